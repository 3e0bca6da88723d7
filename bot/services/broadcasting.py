"""Broadcasting: from the operator's text to the last reader, with a card that shows how far it is."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.core import broadcast
from bot.core import operator_texts as texts
from bot.core.broadcast import Broadcast, Order, Speed, Stage, Tally
from bot.core.governor import cost
from bot.core.markdown import units
from bot.core.model import Message, State
from bot.ports import Broadcasts, Clock

_log = structlog.get_logger(__name__)
_LOOK = 3.0
"""Seconds between two looks at a broadcast, and so between two edits of its card."""
_MISSED = (State.FAILED, State.EXPIRED)
_IN_DOUBT = (State.UNKNOWN,)


class Desk(Protocol):
    """Where the operator follows a broadcast."""

    async def show(self, chat: int, card: int | None, message: Message) -> int | None:
        """Edit the message `card`, or send one where there is none (any more); its id.

        None: Telegram does not take it now. Never raises.
        """
        ...


@dataclass(slots=True)
class Broadcasting:
    """Begins, steers and shows broadcasts; what is due of them is sent by `Delivering`.

    `rate` is messages a second, `zone` the one in which the operator is told times; `orders` gives what the
    command line has asked for since the last look.
    """

    store: Broadcasts
    desk: Desk
    clock: Clock
    rate: float
    zone: str
    orders: Callable[[], Sequence[Order]] = tuple
    _looked: dict[int, float] = field(default_factory=dict)
    _shown: dict[int, Message] = field(default_factory=dict)
    _speeds: dict[int, Speed] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def recover(self, longest: dt.timedelta) -> None:
        """After an absence of more than `longest` the operator has to say whether to go on."""
        note = texts.broadcast_away(longest)
        if rested := await self.store.rest(self.clock.now() - longest, note):
            _log.warning("broadcast.rested", count=rested)

    async def draft(self, html: str, operator: int) -> Broadcast:
        """Keep a text that `broadcast.problem` found nothing wrong with."""
        return await self.store.draft(html, operator, self.clock.now())

    async def ask(self, item: Broadcast) -> None:
        """Show the question whether to send it."""
        message = broadcast.ask(item, await self.store.recipients(), self._pace(item), self._now())
        await self._show(item, message)

    async def press(self, verb: str, number: int) -> str | None:
        """A button of a card was pressed; what to say when it cannot do its work any more."""
        async with self._lock:
            item = await self.store.broadcast(number)
            done = item is not None and await self._do(verb, item)
            self._looked.pop(number, None)
            self._speeds.pop(number, None)
        await self.tick()
        return None if done else texts.BROADCAST_OVER

    async def obey(self, order: Order) -> bool:
        """Do what the command line asks for; False: the broadcast is not at that point (any more)."""
        async with self._lock:
            if order.verb == "send":
                item = await self.draft(order.html, order.operator)
                return await self.store.queue(item.id, self.clock.now())
            found = await self.store.broadcast(order.number)
            self._looked.pop(order.number, None)
            return found is not None and await self._do(order.verb, found)

    async def tick(self) -> None:
        """Carry out orders, let the next one begin, finish what is over, and bring the cards up to date."""
        for order in self.orders():
            done = await self.obey(order)
            _log.info("broadcast.ordered", verb=order.verb, id=order.number, done=done)
        async with self._lock:
            items = await self.store.unfinished()
            now = self.clock.now()
            if items and not any(item.stage is Stage.RUNNING for item in items):
                waiting = next((item for item in items if item.stage is Stage.QUEUED), None)
                if waiting and await self.store.turn(waiting.id, (Stage.QUEUED,), Stage.RUNNING, now):
                    items = await self.store.unfinished()
            for item in items:
                at = asyncio.get_running_loop().time()
                if at - self._looked.get(item.id, -_LOOK) >= _LOOK:
                    self._looked[item.id] = at
                    await self._look(item, at)

    async def _do(self, verb: str, item: Broadcast) -> bool:  # noqa: PLR0911  a table of buttons
        number, now = item.id, self.clock.now()
        active = (Stage.RUNNING, Stage.QUEUED)
        match verb:
            case "send":
                return await self.store.queue(number, now)
            case "discard":
                discarded = await self.store.discard(number)
                if discarded:
                    await self._show(item, Message(texts.BROADCAST_DISCARDED))
                return discarded
            case "pause":
                return await self.store.turn(number, active, Stage.PAUSED, now)
            case "resume":
                return await self.store.turn(number, (Stage.PAUSED,), Stage.QUEUED, now)
            case "stop":
                return await self.store.turn(number, (*active, Stage.PAUSED), Stage.STOPPING, now)
            case "retry" | "again":
                states = _MISSED if verb == "retry" else _IN_DOUBT
                return bool(await self.store.resend(number, states, now))
            case "doubt" | "show" if item.stage is Stage.FINISHED:
                doubtful = await self.store.missed(number, _IN_DOUBT)
                tally = await self.store.tally(number)
                await self._show(
                    item,
                    broadcast.doubt(item, doubtful) if verb == "doubt" else await self._over(item, tally),
                )
                return True
        return False

    async def _look(self, item: Broadcast, at: float) -> None:
        """One look at one that is not over; it is over when nothing of it is open, and not before."""
        if item.stage is Stage.STOPPING:
            await self.store.abandon(item.id)
        tally = await self.store.tally(item.id)
        if await self.store.finish(item.id):
            finished = await self.store.broadcast(item.id) or item
            _log.info("broadcast.finished", id=item.id, sent=tally.sent, failed=tally.failed)
            await self._show(finished, await self._over(finished, tally))
            for kept in (self._looked, self._speeds):
                kept.pop(item.id, None)
            return
        if item.stage in (Stage.RUNNING, Stage.QUEUED):  # it is looked after: an absence counts from here
            await self.store.turn(item.id, (item.stage,), item.stage, self.clock.now())
        speed = self._speeds.setdefault(item.id, Speed())
        rate = speed.observe(at, tally.settled, self._pace(item))
        await self._show(item, broadcast.progress(item, tally, rate, self._now()))

    async def _over(self, item: Broadcast, tally: Tally) -> Message:
        missed = await self.store.missed(item.id, _MISSED)
        return broadcast.summary(item, tally, missed, await self.store.missed(item.id, _IN_DOUBT))

    async def _show(self, item: Broadcast, message: Message) -> None:
        if not item.operator or self._shown.get(item.id) == message:
            return
        card = await self.desk.show(item.operator, item.card, message)
        if card is not None:
            self._shown[item.id] = message
            if card != item.card:
                await self.store.watch(item.id, card)

    def _pace(self, item: Broadcast) -> float:
        """Messages a second to expect: long ones cost more of the budget."""
        return self.rate / cost(units(item.html))

    def _now(self) -> dt.datetime:
        return self.clock.now().astimezone(ZoneInfo(self.zone))
