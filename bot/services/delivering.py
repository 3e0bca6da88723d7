"""Delivery: plan turns due slots into deliveries, drain sends them."""

import asyncio
import datetime as dt
import functools
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import structlog

from bot.core import operator_texts, render, texts
from bot.core.broadcast import Stage
from bot.core.delivery import Decision, OnAmbiguous, decide, give_back
from bot.core.incidents import Cause, Incident, Watch
from bot.core.library import Library, version
from bot.core.markdown import escape
from bot.core.model import Delivery, Message, Pick, Preferences
from bot.core.planning import plan
from bot.core.sequence import pick
from bot.ports import Alerts, Clock, Sender, Store

_log = structlog.get_logger(__name__)
_BATCH = 500
_IN_FLIGHT = 8
"""Messages in flight at once: so many a crash can leave in doubt."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How deliveries are made: messages a second, how late, and what follows an ambiguous send."""

    rate: float = 25
    max_lateness: dt.timedelta = dt.timedelta(hours=6)
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE


@dataclass(slots=True)
class Delivering:
    """Plans and drains. `owner` is random for each start of the process: it fences this one's rows off."""

    store: Store
    sender: Sender
    alerts: Alerts
    library: Library
    clock: Clock
    owner: str
    pace: Pace = Pace()
    _watch: Watch = field(default_factory=Watch)
    _stopped: frozenset[str] = frozenset()
    _unrecorded: list[Decision] = field(default_factory=list)
    _stopping: bool = False

    async def recover(self) -> None:
        """Take up where the last process ended: give back what was in flight, remember what was stopped."""
        if recovered := await self.store.recover(self.pace.on_ambiguous):
            _log.warning("delivery.recovered", count=recovered)
        refused = await self.store.stopped()
        found = ((digest, self.library.digest(digest)) for digest in refused)
        self._stopped = frozenset(
            digest for digest, item in found if item and version(item[1]) == refused[digest]
        )

    async def plan(self) -> int:
        """Turn every slot that has come due into a delivery, and give up those too late; how many came due."""
        now = self.clock.now()  # one for both: a slot between two looks would come due for ever
        planner = functools.partial(plan, now=now, max_lateness=self.pace.max_lateness)
        planned = 0
        while not self._stopping and (count := await self.store.plan(now, planner, _BATCH)):
            planned += count
        if expired := await self.store.expire(now - self.pace.max_lateness):
            _log.warning("delivery.expired", count=expired)
        return planned

    async def drain(self) -> int:
        """Send what is due until nothing is left, or sending has to wait or to stop; how many were tried."""
        tried = 0
        await self._record()  # what the database did not take the last time; nothing is claimed before that
        while not self._stopping and self._watch.may_send(_monotonic()):
            claimed = await self.store.claim(self.clock.now(), self.owner, _IN_FLIGHT, self._choose)
            if not claimed:
                break
            first = self._watch.first(claimed)
            tried += len(first)
            attempts = (self._attempt(delivery) for delivery in first)
            given_back = [
                give_back(delivery, self.clock.now()) for delivery in claimed if delivery not in first
            ]
            self._unrecorded = [*given_back, *await asyncio.gather(*attempts)]
            await self._record()
        return tried

    def stop(self) -> None:
        """Start no more attempts; `drain` returns when those in flight are recorded."""
        self._stopping = True

    @property
    def halted(self) -> Cause | None:
        """Why nothing is sent any more until the bot is restarted."""
        return self._watch.halted

    async def _attempt(self, delivery: Delivery) -> Decision:
        outcome = await self.sender.send(delivery.chat, self._message(delivery))
        if incident := self._watch.observe(delivery, outcome, _monotonic()):
            await self._tell(incident, delivery)
        return decide(delivery, outcome, self.clock.now(), self.pace.on_ambiguous)

    async def _tell(self, incident: Incident, delivery: Delivery) -> None:
        """One message to the operator; what Telegram refuses is stopped with it."""
        _log.error("delivery.incident", cause=incident.cause, detail=incident.detail, digest=incident.digest)
        found = self.library.digest(incident.digest)
        if found is not None:
            self._stopped |= {incident.digest}
            await self.store.stop_digest(incident.digest, version(found[1]))
        if incident.cause is Cause.CONTENT and delivery.broadcast:
            note = operator_texts.broadcast_refused_in_chats(escape(incident.detail))
            now = self.clock.now()
            await self.store.turn(delivery.broadcast, (Stage.RUNNING,), Stage.PAUSED, now, note)
        await self.alerts.tell(texts.incident(incident.cause, incident.detail, incident.digest))

    async def _record(self) -> None:
        decisions = self._unrecorded
        await self.store.settle(decisions, self.owner, self.clock.now())
        self._unrecorded = []
        for decision in decisions:
            if decision.moved_to is not None:
                await self.store.move(decision.delivery.chat.id, decision.moved_to)

    def _choose(self, wanted: Preferences, seen: AbstractSet[str]) -> Pick:
        return pick(self.library, wanted.themes, seen | self._stopped, self.clock.now().date())

    def _message(self, delivery: Delivery) -> Message:
        if delivery.broadcast:
            return Message(delivery.html)
        picked = delivery.pick
        found = self.library.digest(picked.digest) if picked.digest else None
        if found is None:
            return render.all_read(picked.total)
        theme, item = found
        shelf = self.library.visible(theme, self.clock.now().date())
        return render.digest(theme, item, shelf, picked.read, picked.total)


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
