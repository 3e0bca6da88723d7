"""The Governor at work: every call of the bot's waits here for its turn, and every 429 is noted here.

Not PTB's AIORateLimiter: there any call that ends lets the others go in the midst of a wait
(https://github.com/python-telegram-bot/python-telegram-bot/issues/5338).
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.core import markdown
from bot.core.governor import Governor, HeldChats, Lane
from bot.ports import Clock, Meter, StoreError
from bot.telegram.request import NotSentError

_log = structlog.get_logger(__name__)
_COUNTED = ("send", "copyMessage", "forwardMessage", "editMessage", "deleteMessage")
"""Beginnings of the methods that put, change or remove a message: they alone take of the budget."""
_BULK = Lane.BULK, Lane.PAID
_PATIENCE = dt.timedelta(seconds=5)
"""How long a call waits out a hold. A delivery does not wait: it goes back to the database."""

_STEP = 0.004
"""The shortest wait, in seconds: at 1000 a second four go together, which wakes the event loop for four at once."""


class Holds(Protocol):
    """Remembers the waits that Telegram asked for, so that they survive a restart."""

    async def hold(self, chat_id: int | None, until: dt.datetime) -> None:
        """Nothing goes to the chat (None: to any) before `until`, in UTC. May raise StoreError."""
        ...


@dataclass(eq=False, frozen=True, slots=True)
class _Call:
    """`lane` None: not counted. `turn`: how long the chat is held; zero: the call may go."""

    chat: int | None
    lane: Lane | None
    units: int
    turn: asyncio.Future[dt.timedelta]


class GovernorLimiter(BaseRateLimiter[str]):
    """Paces calls through PTB's seam. `rate` is the bulk lane's; `held` are the waits of earlier runs.

    `rate_limit_args=Lane.BULK` puts a call into the bulk lane, which keeps to the `free` rate if there is one,
    `Lane.PAID` into that of what is paid for; without it a call is interactive. RetryAfter comes from Telegram, or
    from here when the chat is held: then nothing was sent. Once this process is not `alive`, deliveries that wait for
    their turn are told so: others send them in its place.
    """

    alive: Callable[[], bool] = staticmethod(lambda: True)

    def __init__(
        self,
        rate: float,
        clock: Clock,
        holds: Holds,
        held: dict[int | None, dt.datetime],
        meter: Meter | None = None,
        free: float | None = None,
    ) -> None:
        self._governor = Governor(rate, free)
        self._held = HeldChats(clock.now(), held)
        self._clock = clock
        self._holds = holds
        self._meter = meter or Meter()
        self._waiting: dict[Lane | None, dict[_Call, None]] = {lane: {} for lane in (None, *Lane)}
        self._timer: asyncio.TimerHandle | None = None
        self._bulk_closed = False

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of: those who wait still get their turn."""

    def held(self) -> float:
        """Seconds for which nothing may go to anybody; 0: the bot is not held."""
        return self._held.remaining(self._clock.now(), None).total_seconds()

    def close_bulk(self) -> None:
        """The bot stops: deliveries that wait for their turn have not left, and are told so; none follows."""
        self._bulk_closed = True
        for waiting in (self._waiting[lane] for lane in _BULK):
            for call in waiting:
                if not call.turn.done():
                    call.turn.set_exception(NotSentError("the bot stops"))
            waiting.clear()

    def share(self, processes: int) -> None:
        """So many processes send for the same bot."""
        self._governor.share(processes)

    def forget(self, chat: int) -> None:
        """Know nothing of this chat any more; what waits for its turn keeps it."""
        self._governor.forget(chat)
        self._held.forget(chat)

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Any:
        """Wait for the call's turn and make it; an interactive one once more after a short 429."""
        chat = data.get("chat_id")
        chat = chat if isinstance(chat, int) else None  # a @name has no pace: the bot knows chats by number
        lane = Lane(rate_limit_args or Lane.INTERACTIVE) if endpoint.startswith(_COUNTED) else None
        if chat is None and lane is None:
            return await callback(*args, **kwargs)
        text = data.get("text") or data.get("caption") or ""
        last = chat is None or lane in _BULK
        while True:
            await self._turn(chat, lane, markdown.units(text))
            try:
                answer = await callback(*args, **kwargs)
            except RetryAfter as error:
                await self._note(chat, error, save=lane not in _BULK)
                if last:
                    raise
                last = True  # after a long 429 there is no next turn: the chat is held
            else:
                self._held.taken(self._clock.now())
                return answer

    async def _turn(self, chat: int | None, lane: Lane | None, units: int) -> None:
        if lane in _BULK and self._bulk_closed:
            raise NotSentError("the bot stops")
        call = _Call(chat, lane, units, asyncio.get_running_loop().create_future())
        self._waiting[lane][call] = None
        self._serve()
        if held := await call.turn:
            raise RetryAfter(held)

    def _serve(self) -> None:
        """Let go all that may go now, in order, and come back when the next one may."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        now, wall = loop.time(), self._clock.now()
        waits: list[float] = []
        for lane, waiting in self._waiting.items():
            for call in tuple(waiting):
                if lane is not None and (wait := self._governor.lane_wait(now, lane)):
                    waits.append(wait)  # nobody further back in this lane can go either
                    break
                if wait := self._wait(call, now, wall):
                    waits.append(wait)
                else:
                    del waiting[call]
        self._timer = loop.call_later(max(min(waits), _STEP), self._serve) if waits else None

    def _wait(self, call: _Call, now: float, wall: dt.datetime) -> float:
        """Seconds that its chat keeps a call; 0: it goes, or it was told that it cannot."""
        if call.turn.done():  # cancelled
            return 0
        if call.lane in _BULK and not self.alive():
            call.turn.set_exception(NotSentError("others send in this process's place"))
            return 0
        held = self._held.remaining(wall, call.chat)
        if not held or (held <= _PATIENCE and call.lane not in _BULK):
            pause = self._governor.chat_wait(now, call.chat, call.lane) if call.lane else 0
            if wait := max(held.total_seconds(), pause):
                return wait
            if call.lane:
                self._governor.take(now, call.chat, call.lane, call.units)
        call.turn.set_result(held)
        return 0

    async def _note(self, chat: int | None, error: RetryAfter, *, save: bool) -> None:
        """Hold what a 429 speaks of; those who wait learn it at their turn.

        A delivery's own wait is saved with its outcome, not here.
        """
        wait = error.retry_after
        wait = wait if isinstance(wait, dt.timedelta) else dt.timedelta(seconds=wait)
        self._meter.told_to_wait(wait.total_seconds())
        made = self._held.refused(self._clock.now(), chat, wait) if chat is not None else {}
        for held, until in made.items():
            _log.warning("chat.held", all=held is None, until=until.isoformat())
            if held is not None and not save:
                continue
            try:
                await self._holds.hold(held, until)
            except StoreError as failure:  # this process keeps to it all the same
                _log.warning("chat.hold_not_saved", reason=str(failure))
