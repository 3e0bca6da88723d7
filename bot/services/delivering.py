"""Delivery: plan turns due slots into deliveries, drain sends them."""

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import structlog

from bot.core import operator_texts
from bot.core.broadcast import Stage
from bot.core.delivery import Ambiguous, Decision, NotSent, OnAmbiguous, decide, give_back
from bot.core.incidents import Cause, Incident, Watch
from bot.core.language import ENGLISH, Language
from bot.core.library import Library, wording
from bot.core.links import ANY, Links
from bot.core.markdown import escape
from bot.core.model import Delivery, History, Pick, Preferences
from bot.core.planning import plan
from bot.core.sequence import Added, pick
from bot.ports import Alerts, Clock, Sender, Store, StoreError
from bot.ports.store import LONG_AGO
from bot.services.informing import Informing
from bot.services.paying import Paying
from bot.services.rendering import Rendering

_log = structlog.get_logger(__name__)
_BATCH = 500
_LOOK_AGAIN = 0.5
"""Seconds after which new deliveries are looked for although nothing in flight was answered."""
_ROUND = 0.04
"""Seconds from the first answer on in which others are gathered, to be recorded together."""
_TOO_LATE = dt.timedelta(minutes=1)
"""How often what is too late is looked for: it goes through all that is due, a tenth of a second with a million."""
_SAME_ABSENCE = 3600.0
"""Seconds of quiet after which what comes too late is a new incident."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How deliveries are made: messages a second and on their way at once, how late, what follows a doubt.

    What is on its way a crash leaves in doubt. `paid_stars` may be spent a day on what goes beyond the free rate.
    """

    rate: float = 25
    in_flight: int = 8
    max_lateness: dt.timedelta = dt.timedelta(hours=6)
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE
    paid_stars: int = 0


@dataclass(slots=True)
class Delivering:
    """Plans and drains. `owner` is random for each start of the process: it fences this one's rows off.

    `last_wait`: seconds that a stop waits for answers. `languages` holds English at least; `added` is when this bot
    first had each digest. `informing` tells those who have set up groups and channels, and `link` opens a digest in
    the bot, from a post in a channel. Once this process is not `alive`, others send in its place.
    """

    store: Store
    sender: Sender
    alerts: Alerts
    library: Library
    clock: Clock
    owner: str
    pace: Pace = Pace()
    last_wait: float = 5.0  # a container gives ten in all before it kills
    languages: Mapping[str, Language] = field(default_factory=lambda: {"en": ENGLISH})
    added: Added = field(default_factory=dict)
    links: Links = ANY
    informing: Informing | None = None
    alive: Callable[[], bool] = lambda: True
    _rendering: Rendering = field(init=False)
    _paying: Paying = field(init=False)
    _watch: Watch = field(default_factory=Watch)
    _refused: dict[str, str] = field(default_factory=dict)
    _stopped: frozenset[str] = frozenset()
    _flying: dict[asyncio.Task[Decision], Delivery] = field(default_factory=dict)
    _landed: list[asyncio.Task[Decision]] = field(default_factory=list)
    _awaited: int = 1
    _enough: asyncio.Event = field(default_factory=asyncio.Event)
    _unrecorded: list[Decision] = field(default_factory=list)
    _stopping: bool = False
    _store_failed: bool = False
    _looked: dt.datetime = LONG_AGO
    _claim_lost: bool = False
    _last_expiry: float = -_SAME_ABSENCE

    def __post_init__(self) -> None:
        """Deliver from the library from the beginning."""
        self._paying = Paying(self.store, self.alerts, self.pace.rate, self.pace.paid_stars)
        self.take(self.library)

    async def recover(self) -> None:
        """Take up where the last process ended: give back what was in flight, remember what was stopped."""
        await self.rescue()
        self._refused = await self.store.stopped()
        self.take(self.library)

    async def rescue(self) -> None:
        """Give back what processes had in flight that are not alive any more."""
        if recovered := await self.store.recover(self.pace.on_ambiguous, self.owner):
            _log.warning("delivery.recovered", count=recovered)

    def take(self, library: Library, added: Added | None = None) -> None:
        """Deliver from this library from now on. A text that is new in it counts as never tried."""
        before, self.library = self.library, library
        self._rendering = Rendering(library, self.languages, self.links)
        self.added = self.added if added is None else added
        changed = (id_ for id_ in before.ids if self._wordings(before, id_) != self._wordings(library, id_))
        self._watch.forget(set(changed))
        refused = self._refused.items()
        self._stopped = frozenset(id_ for id_, words in refused if words in self._wordings(library, id_))

    async def plan(self) -> int:
        """Turn every slot that has come due into a delivery, and give up those too late; how many came due."""
        now = self.clock.now()  # one for both: a slot between two looks would come due for ever
        planner = functools.partial(plan, now=now, max_lateness=self.pace.max_lateness)
        planned = expired = 0
        with self._store_watched():
            while not self._stopping:
                count, late = await self.store.plan(now, planner, _BATCH)
                planned, expired = planned + count, expired + late
                if not count:
                    break
            if (
                not self._looked <= now < self._looked + _TOO_LATE
            ):  # what is too late is not claimed in between
                self._looked = now
                expired += await self.store.expire(now - self.pace.max_lateness)
        if expired:
            self._tell_expired(expired)
        return planned

    async def drain(self) -> int:
        """Send what is due until nothing is left, or sending has to wait or to stop; how many were tried.

        Raises StoreError when the database does not answer. What is in flight stays so, and the next call
        records it before anything else is claimed.
        """
        tried = 0
        while True:
            with self._store_watched():
                tried += await self._exchange()
            if not self._flying:
                return tried
            await self._gather()

    async def ask(self) -> None:
        """In a pause, ask Telegram something harmless: an answer after silence ends the pause."""
        if self._watch.pauses(_monotonic()):
            self._watch.asked(await self.sender.reachable(), _monotonic())

    async def _exchange(self) -> int:
        """One transaction: record what was answered, claim what may go next. How many went."""
        sending = not self._stopping and self.alive() and self._watch.may_send(_monotonic())
        room = self._paying.room(self.pace.in_flight, len(self._flying)) if sending else 0
        if not room and not self._unrecorded:
            return 0
        settled, now, rendering = self._unrecorded, self.clock.now(), self._rendering
        choose = functools.partial(self._choose, rendering.library, now.date())
        late = now - self.pace.max_lateness
        if self._claim_lost:  # it may have been kept, though no answer came: nobody has those rows in hand
            held = {each.id for each in self._flying.values()} | {each.delivery.id for each in settled}
            await self.store.recover(self.pace.on_ambiguous, self.owner, held)
        self._claim_lost = True
        claimed = await self.store.claim(now, self.owner, room, choose, settled, late)
        self._claim_lost = False
        self._unrecorded = []
        if claimed or settled:
            self._store_failed = False  # the disk takes a write again
        if self.informing is not None:
            await self.informing.observe(settled)
        await self._paying.look(now.date(), self._flying.values())
        first = self._watch.first(claimed, self._flying.values())
        going = {each.id for each in first}
        for delivery in claimed:
            if delivery.id in going:
                flying = replace(delivery, paid=self._paying.purse.pay())
                task = asyncio.create_task(self._attempt(flying, rendering))
                task.add_done_callback(self._land)
                self._flying[task] = flying
            else:
                self._unrecorded.append(give_back(delivery, now))
        return len(first)

    async def _gather(self) -> None:
        """Wait for answers: for half of them, or for those of one round; at a stop for all, as long as it may take."""
        if self._stopping:
            _, late = await asyncio.wait(self._flying, timeout=self.last_wait)
            for task in late:
                task.cancel()
            await asyncio.wait(self._flying)
        elif await self._until(1, _LOOK_AGAIN):
            await self._until(-(-len(self._flying) // 2), _ROUND)
        for task in self._landed:
            del self._flying[task]
            self._unrecorded.append(task.result())
        self._landed.clear()

    async def _until(self, landed: int, seconds: float) -> bool:
        """Whether so many are answered, within so many seconds."""
        self._awaited = landed
        if len(self._landed) < landed and not self._stopping:
            self._enough.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._enough.wait()
        return len(self._landed) >= landed

    def _land(self, task: asyncio.Task[Decision]) -> None:
        self._landed.append(task)
        if len(self._landed) >= self._awaited:
            self._enough.set()

    def stop(self) -> None:
        """Start no more attempts; `drain` returns when those in flight are recorded, 5 s later at most."""
        self._stopping = True
        self._enough.set()

    @property
    def halted(self) -> Cause | None:
        """Why nothing is sent any more until the bot is restarted."""
        return self._watch.halted

    async def _attempt(self, delivery: Delivery, rendering: Rendering) -> Decision:
        """Send from the library that the delivery was picked from, though it may be another one by now."""
        began, library = _monotonic(), rendering.library
        try:
            message = rendering.message(delivery, self.clock.now().date())
            outcome = await self.sender.send(delivery.chat, message)
        except asyncio.CancelledError:  # a stop that waits no longer
            outcome = Ambiguous("stopped before the answer came")
        lost = isinstance(outcome, Ambiguous | NotSent)
        digest = delivery.pick.digest or ""
        # What Telegram answers to a text that was replaced meanwhile says nothing about the new one.
        mended = library is not self.library and (
            self._wordings(library, digest) != self._wordings(self.library, digest)
        )
        # A stop leaves things unsent: that says nothing about the network.
        if not mended and not (lost and self._stopping):
            incident = self._watch.observe(delivery, outcome, _monotonic(), began)
            if incident is not None:
                await self._tell(incident, delivery)
        return decide(delivery, outcome, self.clock.now(), self.pace.on_ambiguous)

    async def _tell(self, incident: Incident, delivery: Delivery) -> None:
        """One message to the operator; what Telegram refuses is stopped with it."""
        _log.error("delivery.incident", cause=incident.cause, detail=incident.detail, digest=incident.digest)
        self.alerts.tell(operator_texts.incident(incident.cause, incident.detail, incident.digest))
        found = self._rendering.in_language(delivery.language).digest(incident.digest)
        try:
            if found is not None:
                id_, words = incident.digest, wording(found[1])
                self._stopped |= {id_}
                self._refused[id_] = words
                await self.store.stop_digest(id_, words)
            if incident.cause is Cause.CONTENT and delivery.broadcast:
                note = operator_texts.broadcast_refused_in_chats(escape(incident.detail))
                now = self.clock.now()
                await self.store.turn(delivery.broadcast, (Stage.RUNNING,), Stage.PAUSED, now, note)
        except StoreError as error:  # this process keeps to it all the same
            _log.warning("delivery.stop_not_saved", digest=incident.digest, reason=str(error))

    @contextlib.contextmanager
    def _store_watched(self) -> Iterator[None]:
        """The operator hears once of a database that takes nothing, until it takes something again."""
        try:
            yield
        except StoreError as error:
            if not self._store_failed:
                self._store_failed = True
                _log.error("delivery.incident", cause=Cause.STORE, detail=str(error))
                self.alerts.tell(operator_texts.incident(Cause.STORE, str(error)))
            raise

    def _tell_expired(self, count: int) -> None:
        """The operator hears once of an absence, however many ticks and readers it takes."""
        _log.warning("delivery.expired", count=count)
        if _monotonic() - self._last_expiry >= _SAME_ABSENCE:
            self.alerts.tell(operator_texts.expired(count, self.pace.max_lateness))
        self._last_expiry = _monotonic()

    def _choose(self, library: Library, today: dt.date, wanted: Preferences, history: History) -> Pick:
        known = replace(history, seen=history.seen | self._stopped) if self._stopped else history
        return pick(library, wanted, known, today, self.added)

    def _wordings(self, library: Library, digest: str) -> AbstractSet[str]:
        """What a digest says in the languages in which it goes out: of a broadcast, nothing."""
        found = (library.in_language(code).digest(digest) for code in self.languages)
        return {wording(pair[1]) for pair in found if pair}


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
