"""Updates from their receipt to their handling: kept before Telegram may forget them, then handled in their turn."""

import asyncio
import contextlib
import datetime as dt
import json
import time
from typing import Any
from weakref import WeakValueDictionary

import structlog
from telegram import Update

from bot.ports import Clock, Meter, StoreError
from bot.ports.inbox import Inbox, Received
from bot.telegram.application import App
from bot.telegram.gate import Gate
from bot.telegram.intake import numbered, understood, written

_log = structlog.get_logger(__name__)
_AT_WORK = 64
"""Updates that are handled side by side."""
_ROOM = 1000
"""Updates in memory: what comes beyond waits with Telegram."""
_AT_A_TIME = 4
"""Updates of those left over that are handled side by side: a crash then leaves no more of them in doubt."""
_ATTEMPTS = 10
"""An update is given up after the process has ended so often while it was handled: it may be what ends it."""
_PATIENCE = 5.0
"""Seconds that a stop waits for answers under way; what is not answered then is answered after the next start."""
_KEPT = dt.timedelta(hours=25)
"""How long numbers are known: Telegram offers an update for a day (https://core.telegram.org/bots/api#getting-updates)."""


class Receiving:
    """Takes updates from polling or the webhook, and hands them to the application: those of a chat in their order.

    `owner` names this process. What the gate does not let in waits for nothing, so that nobody else waits for it.
    """

    def __init__(
        self, application: App, inbox: Inbox, gate: Gate, clock: Clock, owner: str, meter: Meter | None = None
    ) -> None:
        self._application, self._inbox, self._gate = application, inbox, gate
        self._clock, self._owner, self._meter = clock, owner, meter or Meter()
        self._room, self._at_work = asyncio.Semaphore(_ROOM), asyncio.Semaphore(_AT_WORK)
        self._chats: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: dict[int, bool] = {}
        self._held: set[int] = set()  # from the receipt until it is written down that they are handled
        self._done: set[int] = set()
        self._written = self._behind = self._stopping = False
        self._catching: asyncio.Task[None] | None = None
        self._taking, self._writing = asyncio.Lock(), asyncio.Lock()

    async def take(self, updates: Any) -> int:
        """Keep updates as the Bot API brings them, and begin with those that are new; the highest number, 0: none.

        When it returns they may be confirmed to Telegram.

        Raises:
            StoreError: They could not be kept.
            TelegramError: It is no list of updates.
        """
        wanted = numbered(updates)
        read = {}
        for number, raw in wanted:
            update = understood(raw, self._application.bot)
            if update and self._lets_in(number, update):  # a flood costs the database nothing
                read[number] = update, Received(number, _place(update), written(raw))
        kept = [read[number][1] for number in sorted(read)]
        async with self._taking:
            new = await self._inbox.receive(kept, self._owner, self._clock.now())
            for number, _ in wanted:
                self._asked.pop(number, None)
            self._meter.received(len(new))
            if not self._behind:
                for number in sorted(new):
                    await self._begin(number, read[number][0])
        return max((number for number, _ in wanted), default=0)

    def _lets_in(self, number: int, update: Update) -> bool:
        """The gate's word, which holds until the update is kept: brought again for a full disk, it is no flood."""
        if number not in self._asked:
            while len(self._asked) >= _ROOM:
                del self._asked[next(iter(self._asked))]
            self._asked[number] = self._gate.lets_in(update)
        return self._asked[number]

    def start(self) -> None:
        """Begin with what a process of before has left; what is taken meanwhile waits for its turn after that."""
        self._behind = True
        self._catching = asyncio.create_task(self._catch_up())

    async def tick(self) -> None:
        """Handle what others have left. What readers wrote goes from the log, and old numbers altogether."""
        if self._catching is None or self._catching.done():
            self._catching = asyncio.create_task(self._catch_up())
        await self._write_down()
        if self._written:
            self._written = False
            await self._inbox.empty_log()
            await self._inbox.purge_inbox(self._clock.now() - _KEPT)

    async def _catch_up(self) -> None:
        """Handle what waits in the inbox, a few at a time: what a crash cuts off then is answered twice at most."""
        self._behind = True
        try:
            while not self._stopping:
                async with self._taking:
                    some = await self._inbox.waiting(self._owner, self._held, _AT_A_TIME)
                    if not some:
                        self._behind = False
                        return
                    tasks = [task for each in some if (task := await self._resume(each))]
                if tasks:
                    await asyncio.wait(tasks)
                await self._write_down()
        except StoreError as error:
            _log.error("inbox.unread", reason=str(error))  # the next tick tries again

    async def _resume(self, each: Received) -> "asyncio.Task[None] | None":
        found = understood(json.loads(each.payload), self._application.bot)
        if found and each.attempt <= _ATTEMPTS:
            return await self._begin(each.number, found)
        _log.error("update.given_up", update=each.number, attempts=each.attempt - 1)
        self._done.add(each.number)
        return None

    async def settled(self) -> None:
        """Wait until everything that was taken is handled, and who asked too much is told."""
        if self._catching:
            await asyncio.wait([self._catching])
        while under_way := self._tasks | self._gate.notices:
            await asyncio.wait(under_way)

    async def stop(self) -> None:
        """Let answers under way be given, and what is handled be written down."""
        self._stopping = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), _PATIENCE)
        for task in self._tasks | self._gate.notices:
            task.cancel()
        await self.settled()
        try:
            await self._write_down()
        except StoreError as error:
            _log.warning("inbox.unrecorded", reason=str(error))

    async def _begin(self, number: int, update: Update) -> asyncio.Task[None]:
        await self._room.acquire()
        self._held.add(number)
        task = asyncio.create_task(self._handle(number, update))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._room.release()
        self._tasks.discard(task)

    async def _handle(self, number: int, update: Update) -> None:
        place = _place(update)
        lock = self._chats.get(place)
        if lock is None:
            lock = self._chats[place] = asyncio.Lock()
        async with lock:
            async with self._at_work:
                began = time.monotonic()
                await self._application.process_update(update)
                self._meter.handled(time.monotonic() - began)
            self._done.add(number)
            try:
                await (
                    self._write_down()
                )  # before the chat's next one begins: they must not change places after a crash
            except StoreError as error:
                _log.error("inbox.unrecorded", reason=str(error))

    async def _write_down(self) -> None:
        """Record what is handled; while one transaction is under way, the next gathers."""
        gathered = self._done
        async with self._writing:
            if gathered is not self._done or not gathered:
                return  # another one has taken it along
            self._done = set()
            try:
                await self._inbox.handled(gathered, self._owner)
            except StoreError:
                self._done |= gathered
                raise
            self._held -= gathered
            self._written = True


def _place(update: Update) -> int:
    where = update.effective_chat or update.effective_user
    return where.id if where else 0
