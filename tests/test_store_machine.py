"""The store under any history of readers, ticks, answers and crashes: what always holds."""

import asyncio
import datetime as dt
import functools
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core.delivery import (
    Ambiguous,
    NotSent,
    OnAmbiguous,
    Outcome,
    RateLimited,
    Refused,
    Sent,
    Unauthorized,
    Unreachable,
    decide,
)
from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Delivery, History, Pick, Preferences
from bot.core.planning import Planned, plan
from bot.core.schedule import next_slot
from bot.core.sequence import pick
from bot.store import open_store
from tests.databases import Database, File, on_both
from tests.fakes import LIBRARY, NOW

T = TypeVar("T")
LATENESS = dt.timedelta(hours=12)
CHATS = st.sampled_from([Chat(1), Chat(1, 7), Chat(2)])
WANTED = st.builds(
    Preferences,
    st.sampled_from([dt.time(hour) for hour in range(0, 24, 3)]),
    st.sampled_from([EVERY_DAY, WEEKDAYS]),
    st.sampled_from(["Asia/Almaty", "Pacific/Apia", "America/New_York"]),
    st.sampled_from([(), ("water",), ("trade",)]),
)
OUTCOMES = st.sampled_from(
    [
        Sent(1),
        Sent(1),
        Ambiguous("no answer"),
        Ambiguous("no answer"),
        NotSent("no connection"),
        RateLimited(dt.timedelta(hours=2)),
        Refused("bad"),
        Unreachable("blocked"),
        Unreachable("TOPIC_CLOSED", topic=True),
        Unauthorized(),
    ]
)
Row = tuple[Any, ...]


class StoreMachine(RuleBasedStateMachine):
    """One store, three chats, two owners, and a clock that only goes forward."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = database
        database.empty()
        self.store = self.runner.run(self._open())
        self.now = NOW
        self.expected: set[tuple[Chat, dt.date]] = set()
        self.in_flight: dict[int, tuple[str, Delivery]] = {}
        self.copies: Counter[tuple[Chat, str]] = Counter()

    async def _open(self) -> Any:
        return open_store(self.database.url)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the store."""
        return self.runner.run(work)

    def rows(self, query: str) -> list[Row]:
        """What stands in the tables, read past the store."""
        return self.database.rows(query)

    def everything(self) -> list[list[Row]]:
        """All tables."""
        return [self.rows(f"SELECT * FROM {table}") for table in ("subscriptions", "deliveries", "progress")]  # noqa: S608

    def dates(self, where: str = "true") -> set[tuple[Chat, dt.date]]:
        """The chats and dates that have a delivery."""
        query = f"SELECT chat_id, thread_id, local_date FROM deliveries WHERE {where}"  # noqa: S608
        return {(Chat(chat, thread), dt.date.fromisoformat(date)) for chat, thread, date in self.rows(query)}

    def teardown(self) -> None:
        """Close everything."""
        self.run(self.store.close())
        self.runner.close()

    # -- readers ------------------------------------------------------------------------------------------

    @rule(chat=CHATS, wanted=WANTED)
    def subscribe(self, chat: Chat, wanted: Preferences) -> None:
        """Begin or change."""
        self.save(chat, wanted)

    def save(self, chat: Chat, wanted: Preferences) -> None:
        """As the use case does it."""
        slot = next_slot(wanted, self.now, self.run(self.store.last_date(chat)))
        self.run(self.store.subscribe(chat, wanted, slot.at, self.now))

    @rule(chat=CHATS)
    def unsubscribe(self, chat: Chat) -> None:
        """What is owed and never left is dropped."""
        mine = f"chat_id = {chat.id} AND thread_id = {chat.thread}"
        self.expected -= self.dates(f"{mine} AND state = 'due' AND attempt = 0")
        self.run(self.store.unsubscribe(chat, self.now))
        assert self.run(self.store.subscription(chat)) is None

    @rule(chat=CHATS, digest=st.sampled_from(["w1", "w2", "w3", "t1"]))
    def read(self, chat: Chat, digest: str) -> None:
        """On request."""
        self.run(self.store.mark_seen(chat, digest, self.now))

    @rule(chat_id=st.sampled_from([1, 2]))
    def leave_and_return(self, chat_id: int) -> None:
        """A pause keeps all settings; waking brings them back."""
        before = self.rows(f"SELECT time, days, zone, themes FROM subscriptions WHERE chat_id = {chat_id}")  # noqa: S608
        self.run(self.store.pause(chat_id, "left", self.now))
        for subscription in self.run(self.store.paused(chat_id)):
            self.save(subscription.chat, subscription.preferences)
        after = self.rows(f"SELECT time, days, zone, themes FROM subscriptions WHERE chat_id = {chat_id}")  # noqa: S608
        assert before == after

    # -- ticks --------------------------------------------------------------------------------------------

    @rule(minutes=st.sampled_from([1, 30, 180, 600, 1440]))
    def wait(self, minutes: int) -> None:
        """Time passes."""
        self.now += dt.timedelta(minutes=minutes)

    @rule(repeats=st.integers(1, 2), limit=st.integers(1, 3))
    def plan(self, repeats: int, limit: int) -> None:
        """Every slot that came due is planned; doing it again changes nothing."""
        planner = functools.partial(plan, now=self.now, max_lateness=LATENESS)
        for chat_id, thread_id in self.rows("SELECT chat_id, thread_id FROM subscriptions"):
            subscription = self.run(self.store.subscription(Chat(chat_id, thread_id)))
            while subscription.next_slot and subscription.next_slot <= self.now:
                planned: Planned = planner(subscription)
                if planned.state is not None:
                    self.expected.add((subscription.chat, planned.slot.date))
                subscription = replace(subscription, next_slot=planned.next_slot)
        for _ in range(repeats):
            while self.run(self.store.plan(self.now, planner, limit))[0]:
                pass
        assert not self.rows(f"SELECT 1 FROM subscriptions WHERE next_slot <= {self.milliseconds()}")  # noqa: S608

    @rule(owner=st.sampled_from(["a", "b"]), limit=st.integers(1, 4))
    def claim(self, owner: str, limit: int) -> None:
        """What is claimed was not claimed yet, is due, and never repeats what the chat has read."""
        choose = functools.partial(_choose, today=self.now.date())
        for delivery in self.run(self.store.claim(self.now, owner, limit, choose)):
            assert delivery.id not in self.in_flight
            assert delivery.slot.at <= self.now
            assert delivery.pick.digest not in self.run(self.store.history(delivery.chat)).seen
            self.in_flight[delivery.id] = owner, delivery

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), outcome=OUTCOMES)
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        """An answer comes for one that is in flight."""
        owner, delivery = self.in_flight.pop(data.draw(st.sampled_from(sorted(self.in_flight))))
        if isinstance(outcome, Sent | Ambiguous):
            self.left(delivery)
        self.run(self.store.settle([decide(delivery, outcome, self.now)], owner, self.now))

    @precondition(lambda self: self.in_flight)
    @rule(data=st.data(), outcome=OUTCOMES, stale=st.booleans())
    def settle_what_is_not_ones_own(self, data: st.DataObject, outcome: Outcome, stale: bool) -> None:  # noqa: FBT001
        """A foreign owner or a stale attempt changes nothing at all."""
        owner, delivery = self.in_flight[data.draw(st.sampled_from(sorted(self.in_flight)))]
        before = self.everything()
        if stale:
            delivery = replace(delivery, attempt=delivery.attempt - 1)
        else:
            owner = "somebody else"
        self.run(self.store.settle([decide(delivery, outcome, self.now)], owner, self.now))
        assert self.everything() == before

    @rule(left=st.booleans())
    def crash(self, left: bool) -> None:  # noqa: FBT001
        """The process dies, its requests out or not; the next one opens the database and gives back."""
        if left:
            for _, delivery in self.in_flight.values():
                self.left(delivery)
        given_back = len(self.in_flight)
        self.in_flight.clear()
        self.run(self.store.close())
        self.store = self.run(self._open())
        assert self.run(self.store.recover(OnAmbiguous.RETRY_ONCE)) == given_back
        assert self.run(self.store.recover(OnAmbiguous.RETRY_ONCE)) == 0

    @rule()
    def expire(self) -> None:
        """What is too late is given up."""
        self.run(self.store.expire(self.now - LATENESS))
        limit = self.milliseconds() - LATENESS // dt.timedelta(milliseconds=1)
        assert not self.rows(f"SELECT 1 FROM deliveries WHERE state = 'due' AND slot < {limit}")  # noqa: S608

    @rule()
    def purge(self) -> None:
        """Old settled rows go from the oldest on, as far as they are old; all others stay."""
        before = self.now.date() - dt.timedelta(days=2)
        old = f"local_date < '{before}' AND state NOT IN ('due', 'sending')"
        young = self.rows(f"SELECT min(id) FROM deliveries WHERE local_date >= '{before}'")[0][0]  # noqa: S608
        gone = self.dates(f"{old} AND id < {young}" if young else old)
        assert self.run(self.store.purge(before)) == len(gone)
        assert self.run(self.store.purge(before)) == 0
        self.expected -= gone

    def left(self, delivery: Delivery) -> None:
        """A request went out, so the reader may have a copy."""
        if delivery.pick.digest is not None:
            self.copies[delivery.chat, delivery.pick.digest] += 1

    def milliseconds(self) -> int:
        """The clock as the tables keep it."""
        return int(self.now.timestamp() * 1000)

    # -- what always holds --------------------------------------------------------------------------------

    @invariant()
    def no_row_is_lost_and_no_date_has_two(self) -> None:
        """Every planned slot is there, once."""
        rows = self.rows("SELECT chat_id, thread_id, local_date FROM deliveries")
        assert len(rows) == len(set(rows))
        assert self.dates() == self.expected

    @invariant()
    def only_what_is_in_flight_is_being_sent(self) -> None:
        """`sending` is what an owner holds, with the attempt that it was given."""
        rows = self.rows("SELECT id, owner, attempt FROM deliveries WHERE state = 'sending'")
        held = {(id_, owner, delivery.attempt) for id_, (owner, delivery) in self.in_flight.items()}
        assert set(rows) == held

    @invariant()
    def nobody_gets_a_third_copy(self) -> None:
        """Of any digest, by any way of delivery."""
        assert all(count <= 2 for count in self.copies.values())

    @invariant()
    def attempts_stay_within_two(self) -> None:
        """And what is settled as sent or unknown had at least one."""
        assert not self.rows("SELECT 1 FROM deliveries WHERE attempt NOT BETWEEN 0 AND 2")
        assert not self.rows("SELECT 1 FROM deliveries WHERE state IN ('sent', 'unknown') AND attempt = 0")


def _choose(wanted: Preferences, history: History, today: dt.date) -> Pick:
    return pick(LIBRARY, wanted, history, today)


@on_both
def test_the_store_under_any_history(database: Database) -> None:
    """Fewer of them where each takes longer: the rules are the same."""
    given = settings(
        max_examples=40 if isinstance(database, File) else 3,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: StoreMachine(database), settings=given)  # type: ignore[arg-type]
