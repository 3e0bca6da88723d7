"""What Telegram says of the bot: its token, the way that updates come, and where it may write. Nothing is changed.

getUpdates is never asked: it would end the poll of a bot at work with a 409, and could take updates from it.
"""

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from telegram import Bot, WebhookInfo
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.core.diagnosis import Diagnosis, Status
from bot.core.operator_texts import count
from bot.telegram.request import AiohttpRequest
from bot.telegram.rights import may_write

_PACE = 0.1
"""Seconds between two chats: a bot at work keeps nearly all of its share."""
_RECENT = dt.timedelta(hours=1)
_MANY = 100


async def examine(
    token: str, api_url: str, webhook_url: str | None, chats: Sequence[int | str], now: dt.datetime
) -> AsyncIterator[Diagnosis]:
    """The token, the API, how updates come, and the rights in these chats (ids or @names)."""
    bot = Bot(token, f"{api_url}/bot", request=AiohttpRequest(1), get_updates_request=AiohttpRequest(1))
    began = time.monotonic()
    try:
        await bot.initialize()  # asks getMe
        took = time.monotonic() - began
        yield Diagnosis("token", Status.OK, f"it is @{bot.username}'s")
        yield Diagnosis("api", Status.OK, f"{api_url} answered in {took * 1000:.0f} ms")
        yield receiving(await bot.get_webhook_info(), webhook_url, now)
        async for each in _rights(bot, chats):
            yield each
    except TelegramError as error:
        yield _refused(error, api_url)
    finally:
        await bot.shutdown()


def _refused(error: TelegramError, api_url: str) -> Diagnosis:
    match error:
        case InvalidToken():  # PTB's message holds the token
            hint = (
                "copy it again from @BotFather (/mybots, API Token); if it is right, check telegram.api_url"
            )
            return Diagnosis("token", Status.BAD, f"{api_url} refuses it", hint)
        case NetworkError() if not isinstance(error, BadRequest):
            hint = "check the network, the proxy (HTTPS_PROXY) and telegram.api_url"
            return Diagnosis("api", Status.BAD, f"{api_url} cannot be reached: {error}", hint)
        case _:
            return Diagnosis("api", Status.BAD, f"{api_url} answers “{error}”", "check telegram.api_url")


def receiving(info: WebhookInfo, webhook_url: str | None, now: dt.datetime) -> Diagnosis:
    """How updates come, against how they are meant to (`webhook_url` None: by long polling)."""
    waiting = f"; {count(info.pending_update_count, 'update')} waiting" if info.pending_update_count else ""
    host = urlsplit(info.url).hostname or "an address"  # the rest may hold another program's secret
    if webhook_url is None:
        if info.url:
            hint = (
                "the bot removes it when it starts; if it comes back, another program uses this token: stop that "
                "one, or get a new token with /revoke in @BotFather"
            )
            message = f"long polling is meant, but a webhook is set: updates go to {host}{waiting}"
            return Diagnosis("receiving", Status.BAD, message, hint)
        return Diagnosis("receiving", Status.OK, f"long polling, and no webhook in its way{waiting}")
    if not info.url:
        message = f"the webhook is not registered with Telegram{waiting}"
        return Diagnosis("receiving", Status.WARNING, message, "the bot registers it when it starts")
    if info.url != webhook_url:
        hint = "start the bot, which registers its own; if it changes back, another program uses this token"
        return Diagnosis("receiving", Status.BAD, f"Telegram calls another webhook, at {host}{waiting}", hint)
    if info.last_error_date and now - info.last_error_date < _RECENT:
        message = f"at {info.last_error_date:%H:%M} UTC Telegram could not deliver: {info.last_error_message}{waiting}"
        hint = "check that the bot runs, that the proxy passes /telegram on to it, and the certificate"
        return Diagnosis("receiving", Status.BAD, message, hint)
    status = Status.WARNING if info.pending_update_count > _MANY else Status.OK
    return Diagnosis("receiving", status, f"Telegram calls {webhook_url}{waiting}")


async def _rights(bot: Bot, chats: Sequence[int | str]) -> AsyncIterator[Diagnosis]:
    good = 0
    for number, chat in enumerate(chats):
        try:
            trouble = await _trouble(bot, chat)
        except RetryAfter as error:
            message = f"Telegram asks for a pause: {count(len(chats) - number, 'chat')} not looked at"
            yield Diagnosis("chats", Status.WARNING, message, f"try again later ({error})")
            break
        good += trouble is None
        if trouble:
            yield Diagnosis("chats", Status.BAD, f"{chat}: {trouble[0]}", trouble[1])
        await asyncio.sleep(_PACE)
    if good or not chats:
        message = (
            f"the bot may write in {good:,} of {len(chats):,} looked at"
            if chats
            else "no groups or channels yet"
        )
        yield Diagnosis("chats", Status.OK, message)


async def _trouble(bot: Bot, chat: int | str) -> tuple[str, str] | None:
    """Why the bot may not write somewhere, and what to do; None: it may. Raises RetryAfter."""
    again = (
        f"add @{bot.username} there (to a channel as an administrator who may post), or end the subscription"
    )
    try:
        found = await bot.get_chat(chat)
        member = await bot.get_chat_member(found.id, bot.bot.id)
    except Forbidden:
        return "the bot is not there any more", again
    except BadRequest:
        return "Telegram knows no such chat, or the bot was never there", again
    except RetryAfter:
        raise
    except TelegramError as error:
        return f"Telegram answers “{error}”", "try again"
    if may_write(member, found.type):
        return None
    if found.type == ChatType.CHANNEL:
        return "the bot may not post", f"make @{bot.username} an administrator there who may post messages"
    return "the bot may not write", f"let @{bot.username} write there, or make it an administrator"
