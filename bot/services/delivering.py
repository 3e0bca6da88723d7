"""Delivery: plan turns due slots into deliveries, drain sends them."""

import asyncio
import datetime as dt
import functools
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.core import render
from bot.core.delivery import Decision, decide
from bot.core.library import Library
from bot.core.model import Delivery, Message, Pick, Preferences
from bot.core.planning import plan
from bot.core.sequence import pick
from bot.ports import Clock, Sender, Store

_BATCH = 500
_IN_FLIGHT = 8
"""Messages in flight at once: so many a crash can leave in doubt."""


@dataclass(slots=True)
class Delivering:
    """Plans and drains. `owner` is random for each start of the process: it fences this one's rows off."""

    store: Store
    sender: Sender
    library: Library
    clock: Clock
    owner: str
    rate: float
    max_lateness: dt.timedelta
    _stopping: bool = False

    async def plan(self) -> int:
        """Turn every slot that has come due into a delivery, and give up those too late; how many came due."""
        now = self.clock.now()  # one for both: a slot between two looks would come due for ever
        planner = functools.partial(plan, now=now, max_lateness=self.max_lateness)
        planned = 0
        while count := await self.store.plan(now, planner, _BATCH):
            planned += count
        await self.store.expire(now - self.max_lateness)
        return planned

    async def drain(self) -> int:
        """Send what is due until nothing is left or Telegram refuses the token; how many were tried."""
        tried = 0
        while not self._stopping:
            claimed = await self.store.claim(self.clock.now(), self.owner, _IN_FLIGHT, self._choose)
            if not claimed:
                break
            tried += len(claimed)
            attempts = (self._attempt(delivery, place) for place, delivery in enumerate(claimed))
            decisions = await asyncio.gather(*attempts)
            await self._record(decisions)
            if any(decision.code == "unauthorized" for decision in decisions):
                break
        return tried

    def stop(self) -> None:
        """Start no more attempts; `drain` returns when those in flight are recorded."""
        self._stopping = True

    async def _attempt(self, delivery: Delivery, place: int) -> Decision:
        await asyncio.sleep((place + 1) / self.rate)
        outcome = await self.sender.send(delivery.chat, self._message(delivery))
        return decide(delivery, outcome, self.clock.now())

    async def _record(self, decisions: list[Decision]) -> None:
        await self.store.settle(decisions, self.owner, self.clock.now())
        for decision in decisions:
            if decision.moved_to is not None:
                await self.store.move(decision.delivery.chat.id, decision.moved_to)

    def _choose(self, wanted: Preferences, seen: AbstractSet[str]) -> Pick:
        return pick(self.library, wanted.themes, seen, self.clock.now().date())

    def _message(self, delivery: Delivery) -> Message:
        picked = delivery.pick
        found = self.library.digest(picked.digest) if picked.digest else None
        if found is None:
            return render.all_read(picked.total)
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        return render.digest(theme, item, shelf, picked.read, picked.total)
