"""Builds the Application: handlers, and order within a chat."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakValueDictionary

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, BaseUpdateProcessor

from bot.ports import Meter
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.intake import UpdatesRequest
from bot.telegram.request import AiohttpRequest

ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
]
_CONCURRENT_UPDATES = 64
_POLL_POOL = 8
_CALL_POOL = 64

App = Application[Any, Any, Any, Any, Any, Any]


class InOrderWithinChat(BaseUpdateProcessor):
    """Handles updates side by side, but those of one chat one after another, as they came.

    What the gate does not let in waits for nothing, so that nobody else waits for it.
    """

    def __init__(self, gate: Gate, meter: Meter | None = None) -> None:
        super().__init__(_CONCURRENT_UPDATES)
        self._gate = gate
        self._meter = meter or Meter()
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the chat's earlier updates, then handle this one, unless there are too many of its kind."""
        self._meter.received()
        if not await self._gate.lets_in(update):
            if inspect.iscoroutine(coroutine):
                coroutine.close()
            return
        where = (update.effective_chat or update.effective_user) if isinstance(update, Update) else None
        key = where.id if where else 0
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        async with lock:
            began = time.monotonic()
            await coroutine
            self._meter.handled(time.monotonic() - began)

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""


def build_application(  # noqa: PLR0913  what an application stands on
    token: str,
    api_url: str,
    on_poll: Callable[[], None],
    limiter: GovernorLimiter,
    deliveries: int,
    gate: Gate | None = None,
    *,
    meter: Meter | None = None,
) -> App:
    """The Application without handlers; `on_poll` is called after every good getUpdates.

    `deliveries` are in flight at once, at most; answers have connections of their own besides. `gate` says what is
    too much of one person; without one the limits hold for everybody. `meter` counts.
    """
    counting = meter or Meter()

    async def failed(_update: object, _context: object) -> None:
        counting.failed()

    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(AiohttpRequest(_CALL_POOL + deliveries, meter=counting))
        .get_updates_request(UpdatesRequest(_POLL_POOL, on_poll))
        .concurrent_updates(InOrderWithinChat(gate or Gate(), counting))
        .rate_limiter(limiter)
        .job_queue(None)
        .build()
    )
    application.add_error_handler(failed)
    return application
