"""Delivery: plan turns due slots into deliveries, drain sends them."""

import asyncio
import contextlib
import datetime as dt
import functools
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import structlog

from bot.core import operator_texts, posts, render, texts
from bot.core.broadcast import Stage
from bot.core.delivery import Ambiguous, Decision, NotSent, OnAmbiguous, decide, give_back
from bot.core.incidents import Cause, Incident, Watch
from bot.core.language import ENGLISH, Language
from bot.core.library import Library, version, wording
from bot.core.links import ANY, Links
from bot.core.markdown import escape
from bot.core.model import Delivery, History, Kind, Message, Pick, Preferences
from bot.core.planning import plan
from bot.core.sequence import Added, pick
from bot.ports import Alerts, Clock, Sender, Store, StoreError
from bot.services.informing import Informing

_log = structlog.get_logger(__name__)
_BATCH = 500
_LOOK_AGAIN = 0.5
"""Seconds after which new deliveries are looked for although nothing in flight was answered."""
_SAME_ABSENCE = 3600.0
"""Seconds of quiet after which what comes too late is a new incident."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How deliveries are made: messages a second and on their way at once, how late, what follows a doubt.

    What is on its way a crash leaves in doubt.
    """

    rate: float = 25
    in_flight: int = 8
    max_lateness: dt.timedelta = dt.timedelta(hours=6)
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE


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
    _watch: Watch = field(default_factory=Watch)
    _refused: dict[str, str] = field(default_factory=dict)
    _stopped: frozenset[str] = frozenset()
    _flying: dict[asyncio.Task[Decision], Delivery] = field(default_factory=dict)
    _unrecorded: list[Decision] = field(default_factory=list)
    _stopping: bool = False
    _store_failed: bool = False
    _last_expiry: float = -_SAME_ABSENCE

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
            await self._land()

    async def ask(self) -> None:
        """In a pause, ask Telegram something harmless: an answer after silence ends the pause."""
        if self._watch.pauses(_monotonic()):
            self._watch.asked(await self.sender.reachable(), _monotonic())

    async def _exchange(self) -> int:
        """One transaction: record what was answered, claim what may go next. How many went."""
        sending = not self._stopping and self.alive() and self._watch.may_send(_monotonic())
        room = self.pace.in_flight - len(self._flying) if sending else 0
        if not room and not self._unrecorded:
            return 0
        settled, now, library = self._unrecorded, self.clock.now(), self.library
        choose = functools.partial(self._choose, library)
        claimed = await self.store.claim(now, self.owner, room, choose, settled)
        self._unrecorded = []
        if claimed or settled:
            self._store_failed = False  # the disk takes a write again
        if self.informing is not None:
            await self.informing.observe(settled)
        first = self._watch.first(claimed, self._flying.values())
        for delivery in claimed:
            if delivery in first:
                self._flying[asyncio.create_task(self._attempt(delivery, library))] = delivery
            else:
                self._unrecorded.append(give_back(delivery, now))
        return len(first)

    async def _land(self) -> None:
        """Wait for an answer to what is in flight; at a stop for all of them, as long as a stop may take."""
        if self._stopping:
            _, late = await asyncio.wait(self._flying, timeout=self.last_wait)
            for task in late:
                task.cancel()
            done, _ = await asyncio.wait(self._flying)
        else:
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait(self._flying, timeout=_LOOK_AGAIN, return_when=first)
        for task in done:
            del self._flying[task]
            self._unrecorded.append(task.result())

    def stop(self) -> None:
        """Start no more attempts; `drain` returns when those in flight are recorded, 5 s later at most."""
        self._stopping = True

    @property
    def halted(self) -> Cause | None:
        """Why nothing is sent any more until the bot is restarted."""
        return self._watch.halted

    async def _attempt(self, delivery: Delivery, library: Library) -> Decision:
        """Send from the library that the delivery was picked from, though it may be another one by now."""
        began = _monotonic()
        try:
            outcome = await self.sender.send(delivery.chat, self._message(delivery, library))
        except asyncio.CancelledError:  # a stop that waits no longer
            outcome = Ambiguous("stopped before the answer came")
        lost = isinstance(outcome, Ambiguous | NotSent)
        digest = delivery.pick.digest or ""
        # What Telegram answers to a text that was replaced meanwhile says nothing about the new one.
        mended = self._wordings(library, digest) != self._wordings(self.library, digest)
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
        found = self._read_in(self.library, delivery.language).digest(incident.digest)
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

    def _choose(self, library: Library, wanted: Preferences, history: History) -> Pick:
        known = replace(history, seen=history.seen | self._stopped)
        return pick(library, wanted, known, self.clock.now().date(), self.added)

    def _read_in(self, library: Library, language: str) -> Library:
        return library.in_language(self.languages.get(language, self.languages["en"]).code)

    def _wordings(self, library: Library, digest: str) -> AbstractSet[str]:
        """What a digest says in the languages in which it goes out: of a broadcast, nothing."""
        found = (library.in_language(code).digest(digest) for code in self.languages)
        return {wording(pair[1]) for pair in found if pair}

    def _message(self, delivery: Delivery, library: Library) -> Message:
        say = self.languages.get(delivery.language, self.languages["en"])
        library, picked = self._read_in(library, delivery.language), delivery.pick
        found = library.digest(picked.digest) if picked.digest else None
        if delivery.broadcast:
            html = delivery.html
            if (
                found and found[1].correction and version(found[1]) == picked.version
            ):  # in the reader's language
                html = texts.corrected(say, escape(found[1].title), escape(found[1].correction))
            message = render.note(say, html, picked.digest)
        elif found is None and delivery.kind is Kind.CHANNEL:
            message = posts.all_posted(say, picked.total)
        elif found is None:
            message = render.all_read(say, picked, subscribed=True)
        else:
            theme, item = found
            shelf = library.visible(theme, self.clock.now().date())
            if delivery.kind is Kind.CHANNEL:
                message = posts.post(say, theme, item, shelf, self.links.digest)
            else:
                message = render.digest(say, theme, item, shelf, picked, self.links)
        return replace(message, silent=delivery.silent)


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
