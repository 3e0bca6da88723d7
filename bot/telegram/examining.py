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
_TRIED_AGAIN = dt.timedelta(minutes=5)
"""Telegram tries again after two minutes at most (tdlib, WebhookActor.cpp): an older error is over."""
_MANY = 100
_TAKEN = (
    "start the bot, which sets that right; if it comes back, another program uses this token: stop that one, or get a "
    "new token with /revoke in @BotFather"
)


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
    if isinstance(error, InvalidToken):  # PTB's message holds the token
        hint = "copy it again from @BotFather (/mybots, API Token); if it is right, check telegram.api_url"
        return Diagnosis("token", Status.BAD, f"{api_url} refuses it", hint)
    if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
        hint = "check the network, the proxy (HTTPS_PROXY) and telegram.api_url"
        return Diagnosis("api", Status.BAD, f"{api_url} cannot be reached: {error}", hint)
    return Diagnosis("api", Status.BAD, f"{api_url} answers “{error}”", "check telegram.api_url")


def receiving(info: WebhookInfo, webhook_url: str | None, now: dt.datetime) -> Diagnosis:
    """How updates come, against how they are meant to (`webhook_url` None: by long polling)."""
    host = urlsplit(info.url).hostname or "an address"  # the rest may hold another program's secret
    status, message, hint = Status.OK, f"Telegram calls {webhook_url}", ""
    if info.url and info.url != webhook_url:
        meant = "long polling" if webhook_url is None else "another webhook"
        status, message, hint = Status.BAD, f"{meant} is meant, but updates go to a webhook at {host}", _TAKEN
    elif webhook_url is None:
        message = "long polling, and no webhook in its way"
    elif not info.url:
        status, message = Status.WARNING, "the webhook is not registered with Telegram"
        hint = "the bot registers it when it starts"
    elif info.last_error_date and now - info.last_error_date < _RECENT:
        at, said = info.last_error_date, info.last_error_message
        over = now - at > _TRIED_AGAIN or not info.pending_update_count
        status = Status.WARNING if over else Status.BAD
        message = f"at {at:%H:%M} UTC Telegram could not deliver: {said}"
        hint = "does the bot run, does the proxy pass /telegram on to it, is the certificate in force?"
    elif info.pending_update_count > _MANY:
        status, hint = Status.WARNING, "see whether the bot keeps up: “python -m bot outbox”, and its log"
    if info.pending_update_count:
        message += f"; {count(info.pending_update_count, 'update')} waiting"
    return Diagnosis("receiving", status, message, hint)


async def _rights(bot: Bot, chats: Sequence[int | str]) -> AsyncIterator[Diagnosis]:
    """Where the bot may not write, each chat once: a channel of the configuration is subscribed, too."""
    hint = f"let @{bot.username} write there (in a channel as an administrator who may post), or end the subscription"
    writable: dict[int, bool] = {}
    for chat in chats:
        await asyncio.sleep(_PACE)
        todo = hint
        try:
            found = await bot.get_chat(chat)
            if found.id in writable:
                continue
            writable[found.id] = False
            writable[found.id] = may_write(await bot.get_chat_member(found.id, bot.id), found.type)
            if writable[found.id]:
                continue
            message = f"the bot may not {'post' if found.type == ChatType.CHANNEL else 'write'}"
        except RetryAfter as error:
            yield Diagnosis(
                "chats", Status.WARNING, f"from {chat} on not looked at: {error}", "try again later"
            )
            break
        except Forbidden:
            message = "the bot is not there any more"
        except BadRequest:
            message = "Telegram knows no such chat, or the bot was never there"
        except TelegramError as error:
            message, todo = f"Telegram answers “{error}”", "try again later"
        yield Diagnosis("chats", Status.BAD, f"{chat}: {message}", todo)
    if good := sum(writable.values()):
        yield Diagnosis("chats", Status.OK, f"the bot may write in {count(good, 'chat')}")
    elif not chats:
        yield Diagnosis("chats", Status.OK, "no group or channel yet")
