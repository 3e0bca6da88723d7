"""Sends a message through the Bot API; every answer of Telegram's becomes an outcome."""

import datetime as dt
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    SwitchInlineQueryChosenChat,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.ext import ExtBot
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot.core.delivery import (
    Ambiguous,
    Migrated,
    Missing,
    NotSent,
    Outcome,
    RateLimited,
    Refused,
    Restricted,
    Sent,
    Unauthorized,
    Unreachable,
)
from bot.core.governor import Lane
from bot.core.model import Button, Chat, Message
from bot.ports import Meter
from bot.telegram.request import NotSentError

_log = structlog.get_logger(__name__)
_RIGHTS_LOST = (
    "chat_write_forbidden", "chat_admin_required", "chat_restricted", "guest_send_forbidden",
    "allow_payment_required", "have no write access", "not enough rights", "need administrator rights",
    "chat_send_plain_forbidden",
)  # fmt: skip
_UNKNOWN_CHAT = ("chat not found", "peer_id_invalid")
_MARKUP_REFUSED = ("can't parse entities", "entity_bounds_invalid")
_TOPIC_REFUSES = ("topic_closed", "topic_deleted", "message thread not found")
"""Words in a 400 that speak of the chat or topic, not of the message (tdlib/telegram-bot-api, Client.cpp)."""
_VAGUE_WAIT = dt.timedelta(seconds=5)
_PROBE_SECONDS = 2.0
_EDIT_SECONDS = 4.0
_KNOWN = 512
"""Messages of which the buttons are kept, made ready."""
Content = Mapping[str, Any]
"""A text and its buttons as parameters of the Bot API."""
_Call = Callable[[Content], Awaitable[int]]


class TelegramSender:
    """Implements the `Sender` port over one `Bot`."""

    def __init__(self, bot: ExtBot[Any], meter: Meter | None = None) -> None:
        if bot.rate_limiter is None:
            raise ValueError("a sender's bot has a rate limiter")
        self._bot, self._limiter = bot, bot.rate_limiter
        self._url = f"{bot.base_url}/sendMessage"
        self._meter = meter or Meter()

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """One attempt; a text whose markup Telegram refuses goes out once more, plain."""
        call = functools.partial(self._send, chat, message)
        outcome = await self._plain_if_need_be(call, chat, message)
        self._meter.attempted(outcome)
        return outcome

    async def edit(self, chat: Chat, message_id: int, message: Message) -> Outcome:
        """As `Sender.edit`. It waits briefly for an answer: an edit can be repeated without harm."""
        return await self._plain_if_need_be(functools.partial(self._edit, chat, message_id), chat, message)

    async def reachable(self) -> bool:
        """As `Sender.reachable`."""
        try:
            await self._bot.get_me(connect_timeout=_PROBE_SECONDS, read_timeout=_PROBE_SECONDS)
        except (InvalidToken, BadRequest, Forbidden, RetryAfter):
            return True
        except TelegramError:
            return False
        return True

    async def _send(self, chat: Chat, message: Message, what: Content) -> int:
        """As `Bot.send_message` does it, without the Message at its end: to build it takes as long as all the rest."""
        data = {"chat_id": chat.id, **topic(chat), **what, "disable_notification": message.silent}
        if message.paid:
            data["allow_paid_broadcast"] = True
        given = RequestData([RequestParameter(name, value, None) for name, value in data.items()])
        sent: Any = await self._limiter.process_request(
            self._bot.request.post,
            (self._url, given),
            {},
            "sendMessage",
            data,
            Lane.PAID if message.paid else Lane.BULK,
        )
        return int(sent["message_id"])

    async def _edit(self, chat: Chat, message_id: int, what: Content) -> int:
        try:
            await self._bot.edit_message_text(
                chat_id=chat.id,
                message_id=message_id,
                **_arguments(what),
                read_timeout=_EDIT_SECONDS,
                rate_limit_args=Lane.BULK,
            )
        except BadRequest as error:
            if "message is not modified" not in str(error).casefold():
                raise
        return message_id

    async def _plain_if_need_be(self, call: _Call, chat: Chat, message: Message) -> Outcome:
        what = _content(message, inline=chat.id > 0)  # groups and channels cannot be told apart here
        outcome = await self._attempt(call, what)
        if isinstance(outcome, Refused) and any(
            words in outcome.code.casefold() for words in _MARKUP_REFUSED
        ):
            rest = {name: value for name, value in what.items() if name != "parse_mode"}
            plain = await self._attempt(call, {**rest, "text": message.plain})
            if isinstance(plain, Sent):
                return Sent(plain.message_id, refused=outcome.code)
        return outcome

    async def _attempt(self, call: _Call, what: Content) -> Outcome:
        try:
            return Sent(await call(what))
        except TelegramError as error:
            outcome = classify(error)
            _log.warning("delivery.refused", outcome=type(outcome).__name__, reason=str(error))
            return outcome
        except Exception as error:  # noqa: BLE001  a fault of ours must not leave the delivery hanging
            _log.exception("delivery.failed")
            return Ambiguous(type(error).__name__)


def classify(error: TelegramError) -> Outcome:  # noqa: PLR0911  a table
    """What an error says about the attempt, by its cause: in PTB a BadRequest is a NetworkError."""
    text = str(error)
    match error:
        case RetryAfter():
            wait = error.retry_after
            return RateLimited(wait if isinstance(wait, dt.timedelta) else dt.timedelta(seconds=wait))
        case ChatMigrated():
            return Migrated(error.new_chat_id)
        case NotSentError():
            return NotSent(text)
        case InvalidToken():
            return Unauthorized()
        case Forbidden() | BadRequest() if error.__cause__ is not None:
            return Ambiguous(text)  # not the Bot API's JSON: a proxy on the way says so, not Telegram
        case Forbidden():
            return Unreachable(text)
        case BadRequest():
            return _refused(text)
    if text.startswith("Too Many Requests"):  # from a proxy, without a figure
        return RateLimited(_VAGUE_WAIT)
    return Ambiguous(text)


def _refused(text: str) -> Outcome:
    """What a 400 is about: the topic, the chat or the message."""
    words = text.casefold()
    if any(known in words for known in _TOPIC_REFUSES):
        return Unreachable(text, topic=True)
    if any(known in words for known in _RIGHTS_LOST):
        return Restricted(text)
    if any(known in words for known in _UNKNOWN_CHAT):
        return Missing(text)
    return Unreachable(text) if "user_is_blocked" in words else Refused(text)


@functools.lru_cache(_KNOWN)
def _content(message: Message, *, inline: bool) -> Content:
    """As Telegram gets it, made once for all who get the same: PTB would make it anew each time."""
    buttons = keyboard(message, inline=inline)
    options = {"link_preview_options": {"is_disabled": True}}
    if buttons is not None:
        options["reply_markup"] = buttons.to_dict()
    return {"text": message.html, "parse_mode": ParseMode.HTML, **options}


def arguments(message: Message, *, inline: bool = False) -> dict[str, Any]:
    """A message as the arguments that PTB's sending and editing share; `inline` as in `keyboard`."""
    return _arguments(_content(message, inline=inline))


def _arguments(what: Content) -> dict[str, Any]:
    named = {name: what[name] for name in ("text", "parse_mode") if name in what}
    return {**named, "api_kwargs": {name: what[name] for name in what.keys() - named.keys()}}


def sending(message: Message, *, inline: bool = False) -> dict[str, Any]:
    """A message as the arguments of sending it; `inline` as in `keyboard`."""
    return {**arguments(message, inline=inline), "disable_notification": message.silent}


def keyboard(message: Message, *, inline: bool) -> InlineKeyboardMarkup | None:
    """The buttons of a message.

    `inline`: those that write an inline query are there; Telegram refuses a message with such in a channel
    (TDLib, ReplyMarkup.cpp). Elsewhere a link takes their place, if they have one.
    """
    rows = [
        [_button(each, inline=inline) for each in row if inline or each.url or not (each.here or each.share)]
        for row in message.buttons
    ]
    return InlineKeyboardMarkup([row for row in rows if row]) if any(rows) else None


def _button(button: Button, *, inline: bool) -> InlineKeyboardButton:
    if button.copy:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    if button.here and inline:
        return InlineKeyboardButton(button.label, switch_inline_query_current_chat=button.here)
    if button.share and inline:
        anywhere = SwitchInlineQueryChosenChat(
            button.share, allow_user_chats=True, allow_group_chats=True, allow_channel_chats=True
        )
        return InlineKeyboardButton(button.label, switch_inline_query_chosen_chat=anywhere)
    return InlineKeyboardButton(button.label, callback_data=button.data or None, url=button.url or None)


def topic(chat: Chat) -> dict[str, Any]:
    """The argument that names a topic, where there is one."""
    return {"message_thread_id": chat.thread} if chat.thread else {}
