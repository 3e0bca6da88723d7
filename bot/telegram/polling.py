"""Connecting to the Bot API, and receiving updates by long polling."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import structlog
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.core.operator_texts import SECOND_POLLER
from bot.ports import Alerts, StartError, StoreError
from bot.telegram.application import ALLOWED_UPDATES, App

_log = structlog.get_logger(__name__)
_TRIES = 3
_LONG_POLL = 10
"""Seconds that Telegram waits for something to tell."""
_ANSWER = 10
"""Seconds more until an answer is given up."""
_CALM = 90.0
"""Seconds without a conflict after which it is over: of two pollers each breaks in on the other every minute."""
_WAITS = (5.0, 10.0, 20.0, 30.0)
"""Seconds to wait after conflicts in a row. To ask is to break off the other's question, so that one of the two is
always undisturbed for the greater part of a minute, and takes over within it when the other ends."""
_REFUSED = 30.0
"""Seconds to wait after a refused token: asking more often will not mend it."""


@contextlib.asynccontextmanager
async def connected(application: App, address: str) -> AsyncIterator[App]:
    """The application with its connection tried. Raises StartError for a wrong token or address."""
    try:
        await _connect(application, address)
        yield application
    finally:
        await application.shutdown()
        await application.bot.shutdown()  # closes the connections of an application that never got so far


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


def _nothing() -> None:
    """What happens by default."""


async def _at_once() -> None:
    """Nobody else is there."""


@dataclass(slots=True)
class Polling:
    """Asks Telegram for updates, for ever, whatever the network does.

    `take` keeps updates, and returns the highest number of them; only then the next question confirms them.
    `on_poll` is called after each answer, `on_conflict` whenever another process broke the question off. Before each
    question `turn` is waited for: of several processes that share a database one asks.
    """

    application: App
    take: Callable[[Any], Awaitable[int]]
    alerts: Alerts
    on_poll: Callable[[], None] = _nothing
    on_conflict: Callable[[], None] = _nothing
    turn: Callable[[], Awaitable[None]] = _at_once
    _offset: int = field(default=0, init=False)
    _conflicts: int = field(default=0, init=False)
    _last_conflict: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)

    async def run(self) -> NoReturn:
        """Go on until cancelled. What was received and not confirmed then comes again, and is known by its number."""
        while True:
            await self.turn()
            wait = await self.poll()
            await asyncio.sleep(wait)

    async def poll(self) -> float:
        """Ask once; how many seconds to wait before the next question."""
        try:
            # PTB's get_updates would read all of them or none.
            updates = await self.application.bot._post(  # noqa: SLF001
                "getUpdates",
                {"timeout": _LONG_POLL, "offset": self._offset, "allowed_updates": ALLOWED_UPDATES},
                read_timeout=_LONG_POLL + _ANSWER,
            )
            self._offset = max(self._offset, await self.take(updates) + 1 if updates else 0)
        except Conflict:
            return self._conflict()
        except InvalidToken:
            _log.error("poll.refused", hint="the token was revoked: copy the new one from @BotFather")
            return _REFUSED
        except RetryAfter as error:
            seconds = error.retry_after
            return seconds if isinstance(seconds, int) else seconds.total_seconds()
        except (TelegramError, StoreError) as error:
            self._failures += 1
            _log.warning("poll.failed", reason=str(error))
            return min(self._failures, 5)
        except Exception:  # noqa: BLE001  whatever it is: who stops to ask hears nothing any more
            _log.exception("poll.crashed")
            return _WAITS[0]
        self._failures = 0
        if self._conflicts and self._now() - self._last_conflict > _CALM:
            self._conflicts = 0
            _log.info("poll.undisturbed")
        self.on_poll()
        return 0

    def _conflict(self) -> float:
        self._conflicts += 1
        self._last_conflict = self._now()
        self.on_conflict()
        wait = _WAITS[min(self._conflicts, len(_WAITS)) - 1]
        _log.error(
            "poll.conflict",
            wait=wait,
            hint="another process receives with the same token: stop one of the two",
        )
        if self._conflicts == len(
            _WAITS
        ):  # a hand-over from one process to the next is none of the operator's
            self.alerts.tell(SECOND_POLLER)
        return wait

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


@contextlib.asynccontextmanager
async def polling(poller: Polling) -> AsyncIterator[None]:
    """The poller at work."""
    task = asyncio.create_task(poller.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
