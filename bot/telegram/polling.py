"""Connecting to the Bot API, and receiving updates by long polling."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog
from telegram.error import Conflict, InvalidToken, NetworkError, TelegramError
from telegram.ext import Updater

from bot.ports import StartError
from bot.telegram.application import ALLOWED_UPDATES, App

_log = structlog.get_logger(__name__)
_TRIES = 3


@contextlib.asynccontextmanager
async def connected(application: App, address: str) -> AsyncIterator[None]:
    """The application with its connection tried. Raises StartError for a wrong token or address."""
    try:
        await _connect(application, address)
        yield
    finally:
        await application.shutdown()
        await application.bot.shutdown()  # closes the connections of an application that never got so far


@contextlib.asynccontextmanager
async def receiving(application: App) -> AsyncIterator[None]:
    """The application at work: updates are polled and handled.

    Polling goes on for ever once it has begun, whatever the network does. Raises StartError if it cannot begin.
    """
    updater = application.updater
    if updater is None:
        raise TypeError("the application was built without an updater")
    await application.start()
    try:
        await _begin_polling(updater)
        yield
    finally:
        if updater.running:
            await updater.stop()
        await application.stop()


async def _connect(application: App, address: str) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            await application.initialize()
        except InvalidToken:
            raise StartError(
                f"{address} refused the token: copy it again from @BotFather (/mybots, API Token), "
                "then set BOT_TOKEN"
            ) from None  # PTB's message holds the token
        except NetworkError as error:
            if attempt == _TRIES:
                raise StartError(
                    f"{address} cannot be reached ({error}): check the network and telegram.api_url, "
                    "then start again"
                ) from error
            await asyncio.sleep(attempt / 2)
        except TelegramError as error:
            raise StartError(
                f"{address} answered “{error}”: check telegram.api_url, then start again"
            ) from error
        else:
            return


async def _begin_polling(updater: Updater) -> None:
    try:
        # Pending updates are never dropped: what readers wrote while the bot was down is answered.
        await updater.start_polling(
            bootstrap_retries=_TRIES, allowed_updates=ALLOWED_UPDATES, error_callback=_poll_failed
        )
    except NetworkError as error:
        raise StartError(
            f"Telegram stopped answering ({error}): check the network, then start again"
        ) from error


def _poll_failed(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        _log.error("poll.conflict", hint="another process receives with the same token: stop one of the two")
    else:
        _log.warning("poll.failed", reason=str(error))
