"""The operator's commands and buttons, and the cards that follow a broadcast. Private chat only, by numeric id."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from telegram import Bot, MessageEntity, Update
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode
from telegram.error import BadRequest, TelegramError
from telegram.ext import CallbackQueryHandler, CommandHandler, ContextTypes, filters

from bot.core import broadcast
from bot.core import operator_texts as texts
from bot.core.markdown import escape
from bot.core.model import Message
from bot.core.statistics import Statistics, text
from bot.services.broadcasting import Broadcasting
from bot.telegram.application import App
from bot.telegram.sender import arguments

_log = structlog.get_logger(__name__)
Context = ContextTypes.DEFAULT_TYPE
_COMMAND = re.compile(r"/\w+(@\w+)?\s*")
_BUTTON = re.compile(r"b:([a-z]+):([0-9]{1,18})")
_NOT_THERE = ("message to edit not found", "message can't be edited")


class TelegramDesk:
    """Implements the `Desk` port: a card is a message of the bot's in the operator's chat, edited in place."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def show(self, chat: int, card: int | None, message: Message) -> int | None:
        """As `Desk.show`."""
        try:
            if card is not None and await self._edited(chat, card, message):
                return card
            return (await self._bot.send_message(chat, **arguments(message))).message_id
        except TelegramError as error:
            _log.warning("broadcast.card_failed", reason=str(error))
            return None

    async def _edited(self, chat: int, card: int, message: Message) -> bool:
        try:
            await self._bot.edit_message_text(chat_id=chat, message_id=card, **arguments(message))
        except BadRequest as error:
            reason = str(error).casefold()
            if any(words in reason for words in _NOT_THERE):
                return False
            if "message is not modified" not in reason:
                raise
        return True


@dataclass(frozen=True, slots=True)
class Operator:
    """What those in `admins` can say and press; to everybody else these commands do not exist."""

    broadcasting: Broadcasting
    outbox_report: Callable[[], Awaitable[str]]
    figures: Callable[[], Awaitable[Statistics]]
    draw: Callable[[Statistics], bytes]
    admins: Sequence[int]

    def add_to(self, application: App) -> None:
        """Register; before the readers' handlers, as the first that fits an update takes it."""
        theirs = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & filters.User(self.admins)
        application.add_handler(CommandHandler("broadcast", self.broadcast, filters=theirs))
        application.add_handler(CommandHandler("outbox", self.outbox, filters=theirs))
        application.add_handler(CommandHandler("stats", self.stats, filters=theirs))
        application.add_handler(CallbackQueryHandler(self.press, pattern=_BUTTON))

    async def outbox(self, update: Update, _: Context) -> None:
        """The outbox in one message."""
        await _answer(update, Message(await self.outbox_report()))

    async def stats(self, update: Update, _: Context) -> None:
        """The figures as one picture with the text below it; as the text alone where there can be no picture."""
        if update.effective_chat is None:
            return
        figures = await self.figures()
        caption = text(figures)
        try:
            picture = await asyncio.to_thread(self.draw, figures)
            await update.effective_chat.send_photo(picture, caption=caption, parse_mode=ParseMode.HTML)
        except Exception as error:  # noqa: BLE001  whatever is wrong with a picture, the figures are right
            _log.warning("stats.no_picture", reason=str(error))
            await _answer(update, Message(caption))

    async def broadcast(self, update: Update, _: Context) -> None:
        """Show what readers would see, and ask."""
        message, user = update.message, update.effective_user
        if message is None or user is None:
            return
        html = wanted(message)
        problem = texts.BROADCAST_NOT_YOURS if html is None else broadcast.problem(html)
        if html is None or problem:
            await _answer(update, Message(problem or ""))
            return
        try:
            await _answer(update, Message(html))
        except BadRequest as error:
            await _answer(update, Message(texts.broadcast_refused(escape(str(error)))))
            return
        await self.broadcasting.ask(await self.broadcasting.draft(html, message.chat.id))

    async def press(self, update: Update, _: Context) -> None:
        """A button of a card."""
        query, user = update.callback_query, update.effective_user
        found = _BUTTON.fullmatch(query.data or "") if query else None
        if query is None or found is None:
            return
        if user is None or user.id not in self.admins:
            await query.answer(texts.BROADCAST_OVER)
            return
        await query.answer(await self.broadcasting.press(found[1], int(found[2])))


def wanted(message: TelegramMessage) -> str | None:
    """The text to send, as HTML: what stands behind the command, or else the sender's own message that it answers.

    None: it answers a message of somebody else's, or one without a text.
    """
    command = _COMMAND.match(message.text or "")
    behind = _from(message, command.end() if command else 0)
    replied = message.reply_to_message
    if behind or replied is None:
        return behind
    own = replied.from_user is not None and replied.from_user == message.from_user
    return replied.text_html if own and replied.text else None


def _from(message: TelegramMessage, start: int) -> str:
    """The message's text from a character on, as HTML; its formatting may begin before it."""
    cut = len((message.text or "")[:start].encode("utf-16-le")) // 2
    entities = []
    for entity in message.entities:
        begin, end = max(entity.offset, cut), entity.offset + entity.length
        if entity.type != MessageEntity.BOT_COMMAND and end > begin:
            moved = entity.to_dict() | {"offset": begin - cut, "length": end - begin}
            entities.append(MessageEntity.de_json(moved, None))
    text = (message.text or "")[start:]
    rest = TelegramMessage(message.message_id, message.date, message.chat, text=text, entities=entities)
    return rest.text_html if text else ""


async def _answer(update: Update, message: Message) -> None:
    if update.effective_chat is not None:
        await update.effective_chat.send_message(**arguments(message))
