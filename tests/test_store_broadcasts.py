"""Broadcasts and the operator's view of the outbox, on both databases."""

import asyncio
import datetime as dt
import functools
from collections import Counter
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.core.broadcast import Broadcast, Stage, Tally
from bot.core.delivery import (
    Ambiguous,
    NotSent,
    OnAmbiguous,
    Outcome,
    RateLimited,
    Refused,
    Restricted,
    Sent,
    Unreachable,
    decide,
)
from bot.core.model import EVERY_DAY, Chat, Delivery, History, Pick, Preferences, State, Wanted
from bot.core.planning import plan
from bot.core.sequence import pick
from bot.ports import Store
from bot.store import open_store
from tests.databases import Database, File, on_both
from tests.fakes import LIBRARY, NOW

pytestmark = on_both
T = TypeVar("T")
ALICE, BOB, TOPIC = Chat(1), Chat(2), Chat(1, 7)
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
MISSED = (State.FAILED, State.EXPIRED)


def choose(wanted: Preferences, history: History) -> Pick:
    """The next unread digest."""
    return pick(LIBRARY, wanted, history, NOW.date())


async def subscribe(store: Store, *chats: Chat, at: dt.datetime = NOW + DAY) -> None:
    """Readers."""
    for chat in chats:
        await store.subscribe(chat, WANTED, at, NOW)


async def running(store: Store, *chats: Chat) -> Broadcast:
    """A broadcast to these readers that has begun."""
    await subscribe(store, *chats)
    item = await store.draft("Hello", 501, NOW)
    assert await store.queue(item.id, NOW)
    assert await store.turn(item.id, (Stage.QUEUED,), Stage.RUNNING, NOW)
    return item


async def claim(store: Store, now: dt.datetime = NOW, limit: int = 100) -> tuple[Delivery, ...]:
    """Claim what is due."""
    return await store.claim(now, "me", limit, choose)


async def answer(store: Store, delivery: Delivery, outcome: Outcome) -> None:
    """Settle by what Telegram answered."""
    await store.settle([decide(delivery, outcome, NOW)], "me", NOW)


async def test_a_draft_owes_nobody_anything_until_it_is_queued(store: Store) -> None:
    """Queued once, to every active chat and topic, whatever is pressed how often."""
    await subscribe(store, ALICE, TOPIC, BOB)
    await store.pause(2, "blocked", NOW)
    assert await store.recipients() == 2
    item = await store.draft("Hello", 501, NOW)
    assert await store.tally(item.id) == Tally()
    assert [await store.queue(item.id, NOW) for _ in range(2)] == [True, False]
    assert await store.tally(item.id) == Tally(open=2)
    assert not await store.discard(item.id)
    other = await store.draft("Other", 501, NOW)
    assert await store.discard(other.id)
    assert await store.broadcast(other.id) is None
    assert (await store.draft("Third", 501, NOW)).id > other.id  # an old button never means a new one


async def test_only_a_running_broadcast_is_claimed_and_digests_go_first(store: Store) -> None:
    """A digest that comes due overtakes; the same chat may get both."""
    await subscribe(store, ALICE, BOB)
    item = await store.draft("Hello", 501, NOW)
    await store.queue(item.id, NOW)
    assert await claim(store) == ()
    await store.turn(item.id, (Stage.QUEUED,), Stage.RUNNING, NOW)
    await store.subscribe(BOB, WANTED, NOW, NOW)
    await store.plan(NOW, functools.partial(plan, now=NOW, max_lateness=HOUR), 10)
    claimed = await claim(store, limit=2)
    assert [(each.broadcast, each.html, each.pick.digest) for each in claimed] == [
        (0, "", "w1"),
        (item.id, "Hello", None),
    ]
    assert {each.chat for each in claimed + await claim(store)} == {ALICE, BOB}


async def test_a_broadcast_leaves_the_reading_alone(store: Store) -> None:
    """No progress, no end told, no date taken, no health alarm, whatever becomes of it."""
    item = await running(store, ALICE, BOB)
    first, second = await claim(store)
    await answer(store, first, Sent(1))
    await answer(store, second, Ambiguous("no answer"))
    (again,) = await claim(store, NOW + HOUR)
    await answer(store, again, Ambiguous("no answer"))
    assert await store.tally(item.id) == Tally(sent=1, unknown=1)
    assert await store.finish(item.id)
    for chat in (ALICE, BOB):
        assert (await store.history(chat)).seen == frozenset()
        assert await store.last_date(chat) is None
    assert (await store.outlook()).oldest_due is None
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    await store.plan(NOW, functools.partial(plan, now=NOW, max_lateness=HOUR), 10)
    assert [each.pick.digest for each in await claim(store)] == ["w1"]


async def test_it_is_finished_when_nothing_is_open_and_not_before(store: Store) -> None:
    """In flight and held back are open; a chat that leaves, or ends its subscription, is not."""
    item = await running(store, ALICE, BOB, Chat(3))
    first, second, third = await claim(store)
    await answer(store, first, Sent(1))
    assert not await store.finish(item.id)
    await answer(store, second, RateLimited(HOUR))
    assert not await store.finish(item.id)
    await store.pause(second.chat.id, "kicked", NOW)
    await answer(store, third, RateLimited(HOUR))
    assert await store.tally(item.id) == Tally(open=1, sent=1, failed=1)
    await store.unsubscribe(third.chat, NOW)
    assert await store.finish(item.id)
    assert not await store.finish(item.id)


async def test_a_broadcast_does_not_expire_like_a_digest(store: Store) -> None:
    """A million readers take half a day."""
    item = await running(store, ALICE)
    assert await store.expire(NOW + DAY) == 0
    assert await store.tally(item.id) == Tally(open=1)


async def test_giving_up_lists_what_may_have_arrived(store: Store) -> None:
    """The rest was never sent."""
    item = await running(store, ALICE, BOB)
    (first,) = await claim(store, limit=1)
    await answer(store, first, Ambiguous("no answer"))
    await store.abandon(item.id)
    assert await store.tally(item.id) == Tally(unknown=1, expired=1)


async def test_a_retry_goes_to_those_without_it_who_can_be_reached(store: Store) -> None:
    """Never to who got it, nor to who may have it, nor to who left."""
    item = await running(store, *(Chat(number) for number in range(1, 6)))
    outcomes: tuple[Outcome, ...] = (
        Sent(1),
        Refused("bad"),
        Unreachable("blocked"),
        Ambiguous("?"),
        Restricted("no rights"),
    )
    claimed = sorted(await claim(store), key=lambda delivery: delivery.chat.id)  # due together: in any order
    for delivery, outcome in zip(claimed, outcomes, strict=True):
        await answer(store, delivery, outcome)
    await store.abandon(item.id)
    assert await store.resend(item.id, MISSED, NOW) == 0  # it is not finished
    assert await store.finish(item.id)
    assert await store.missed(item.id, MISSED) == 2
    assert await store.resend(item.id, MISSED, NOW) == 2
    await store.turn(item.id, (Stage.QUEUED,), Stage.RUNNING, NOW)
    assert {(each.chat, each.attempt) for each in await claim(store)} == {(Chat(2), 1), (Chat(5), 1)}


async def test_the_last_dates_of_a_chat_are_those_of_its_digests(store: Store) -> None:
    """Many broadcasts in a day do not make a chat look gone; a block still does at once."""
    for _ in range(8):
        item = await running(store, ALICE)
        (delivery,) = await claim(store)
        await answer(store, delivery, Restricted("no rights"))
        await store.finish(item.id)
    assert await store.paused(1) == ()
    await running(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Unreachable("blocked"))
    assert len(await store.paused(1)) == 1


async def test_after_an_absence_it_rests(store: Store) -> None:
    """What nobody looked after since; its note is kept until it goes on."""
    item = await running(store, ALICE)
    assert await store.rest(NOW, "away") == 0
    assert await store.rest(NOW + HOUR, "away") == 1
    found = await store.broadcast(item.id)
    assert found is not None
    assert (found.stage, found.note) == (Stage.PAUSED, "away")
    assert await claim(store) == ()


async def test_old_broadcasts_are_purged_with_their_deliveries(store: Store) -> None:
    """Not those at work."""
    item = await running(store, ALICE)
    assert await store.purge(NOW.date() + 9 * DAY) == 0
    (delivery,) = await claim(store)
    await answer(store, delivery, Sent(1))
    await store.finish(item.id)
    assert await store.purge(NOW.date() + 9 * DAY) == 1
    assert await store.broadcast(item.id) is None


# -- the outbox -------------------------------------------------------------------------------------------


async def settled(store: Store, *outcomes: Outcome) -> None:
    """A digest for each outcome, to the chats 1, 2, 3 …, ended so."""
    await subscribe(store, *(Chat(number) for number, _ in enumerate(outcomes, 1)), at=NOW)
    await store.plan(NOW, functools.partial(plan, now=NOW, max_lateness=HOUR), 100)
    claimed = sorted(await claim(store), key=lambda delivery: delivery.chat.id)  # due together: in any order
    for delivery, outcome in zip(claimed, outcomes, strict=True):
        await answer(store, delivery, outcome)


async def test_the_outbox_counts_and_finds(store: Store) -> None:
    """By state, chat, date and id, a page at a time."""
    await settled(store, Sent(7), Refused("bad"), Sent(8))
    counts = await store.counts()
    assert {state: number for state, number in counts.items() if number} == {"sent": 2, "failed": 1}
    (failed,) = await store.entries(Wanted((State.FAILED,)), 0, 10)
    assert (failed.chat, failed.digest, failed.code, failed.attempt) == (2, "w1", "bad", 1)
    assert await store.entries(Wanted(id=failed.id), 0, 1) == (failed,)
    assert [entry.message_id for entry in await store.entries(Wanted(chat=3), 0, 10)] == [8]
    assert await store.entries(Wanted(date=NOW.date() + DAY), 0, 10) == ()
    pages = [await store.entries(Wanted(), after, 2) for after in (0, 2)]
    assert [len(page) for page in pages] == [2, 1]


async def test_a_retried_digest_in_doubt_is_really_sent(store: Store) -> None:
    """Its mark as read is taken back; the slot is now, so that it does not expire at once."""
    await settled(store, Ambiguous("?"))
    (second,) = await claim(store, NOW + HOUR)
    await answer(store, second, Ambiguous("?"))
    assert (await store.history(ALICE)).seen == {"w1"}
    assert await store.retry(Wanted((State.UNKNOWN,)), NOW + DAY) == 1
    assert (await store.history(ALICE)).seen == frozenset()
    assert await store.expire(NOW + DAY - HOUR) == 0
    (third,) = await claim(store, NOW + DAY)
    assert (third.pick.digest, third.attempt) == ("w1", 1)


async def test_who_left_is_not_tried_again(store: Store) -> None:
    """Paused and unsubscribed chats keep their record."""
    await settled(store, Unreachable("blocked"), Refused("bad"), Refused("bad"))
    await store.unsubscribe(Chat(3), NOW)
    wanted = Wanted((State.FAILED,))
    assert await store.matching(wanted) == (3, 1)
    assert await store.retry(wanted, NOW) == 1
    assert await store.matching(wanted) == (2, 0)


async def test_a_retry_wakes_the_broadcast_it_belongs_to(store: Store) -> None:
    """Finished, it waits for its turn again."""
    item = await running(store, ALICE)
    (delivery,) = await claim(store)
    await answer(store, delivery, Refused("bad"))
    await store.finish(item.id)
    assert await store.retry(Wanted((State.FAILED,)), NOW) == 1
    assert [each.stage for each in await store.unfinished()] == [Stage.QUEUED]


async def test_the_next_hours_are_counted(store: Store) -> None:
    """Active subscriptions by the hour in which they come due."""
    await subscribe(store, ALICE, at=NOW + 5 * HOUR + dt.timedelta(minutes=59))
    await subscribe(store, BOB, at=NOW + 5 * HOUR)
    await subscribe(store, Chat(3), at=NOW + 30 * HOUR)
    await subscribe(store, Chat(4), at=NOW)
    await store.pause(4, "blocked", NOW)
    assert await store.upcoming(NOW + DAY) == {NOW + 5 * HOUR: 2}


# -- any history ------------------------------------------------------------------------------------------

OUTCOMES = st.sampled_from(
    [Sent(1), Sent(1), Ambiguous("?"), NotSent("-"), RateLimited(HOUR), Refused("bad"), Unreachable("no")]
)
CHATS = [Chat(1), Chat(1, 7), Chat(2)]


class BroadcastMachine(RuleBasedStateMachine):
    """One broadcast after another to three chats that come and go, with answers of every kind and crashes."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.database = database
        database.empty()
        self.now = NOW
        self.in_flight: dict[int, Delivery] = {}
        self.copies: Counter[tuple[int, Chat]] = Counter()
        self.got: set[tuple[int, Chat]] = set()
        self.current = 0
        self.store = self.run(self._open())
        self.run(subscribe(self.store, *CHATS))

    async def _open(self) -> Store:
        return open_store(self.database.url)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for the store."""
        return self.runner.run(work)

    def teardown(self) -> None:
        """Close everything."""
        self.run(self.store.close())
        self.runner.close()

    @precondition(lambda self: not self.run(self.store.unfinished()))
    @rule()
    def begin(self) -> None:
        """The next one."""
        item = self.run(self.store.draft("Hello", 501, self.now))
        assert self.run(self.store.queue(item.id, self.now))
        self.current = item.id

    @rule(after=st.sampled_from([*[Stage.RUNNING] * 3, Stage.QUEUED, Stage.PAUSED, Stage.STOPPING]))
    def steer(self, after: Stage) -> None:
        """Any button, at any time."""
        self.run(self.store.turn(self.current, list(Stage)[1:5], after, self.now))

    @rule()
    def abandon(self) -> None:
        """A cancelled one is looked at."""
        item = self.run(self.store.broadcast(self.current))
        if item and item.stage is Stage.STOPPING:
            self.run(self.store.abandon(self.current))

    @rule(states=st.sampled_from([MISSED]))
    def resend(self, states: tuple[State, ...]) -> None:
        """To those who did not get it."""
        self.run(self.store.finish(self.current))
        self.run(self.store.resend(self.current, states, self.now))

    @rule(chat=st.sampled_from(CHATS), how=st.sampled_from(["pause", "wake", "leave"]))
    def come_and_go(self, chat: Chat, how: str) -> None:
        """Readers block the bot, return, unsubscribe."""
        if how == "pause":
            self.run(self.store.pause(chat.id, "blocked", NOW))
        elif how == "wake":
            self.run(subscribe(self.store, chat))
        else:
            self.run(self.store.unsubscribe(chat, NOW))

    @rule(hours=st.integers(0, 2), limit=st.integers(1, 3))
    def claim(self, hours: int, limit: int) -> None:
        """Only of a running one, and never what somebody has or what is in flight."""
        self.now += hours * HOUR
        item = self.run(self.store.broadcast(self.current))
        for delivery in self.run(claim(self.store, self.now, limit)):
            assert item is not None
            assert (item.stage, delivery.broadcast) == (Stage.RUNNING, item.id)
            assert delivery.id not in self.in_flight
            assert (delivery.broadcast, delivery.chat) not in self.got
            self.in_flight[delivery.id] = delivery

    @precondition(lambda self: self.in_flight)
    @rule(outcome=OUTCOMES)
    def settle(self, outcome: Outcome) -> None:
        """An answer."""
        _, delivery = self.in_flight.popitem()
        self.left(delivery, outcome)
        self.run(self.store.settle([decide(delivery, outcome, self.now)], "me", self.now))

    @rule()
    def crash(self) -> None:
        """Everything in flight may have arrived."""
        for delivery in self.in_flight.values():
            self.left(delivery, Ambiguous("crashed"))
        self.in_flight.clear()
        self.run(self.store.close())
        self.store = self.run(self._open())
        self.run(self.store.recover(OnAmbiguous.RETRY_ONCE))

    def left(self, delivery: Delivery, outcome: Outcome) -> None:
        """A request went out."""
        if isinstance(outcome, Sent | Ambiguous):
            self.copies[delivery.broadcast, delivery.chat] += 1
        if isinstance(outcome, Sent):
            self.got.add((delivery.broadcast, delivery.chat))

    @invariant()
    def nobody_gets_a_third_copy(self) -> None:
        """However often it is paused, cancelled, retried or killed."""
        assert all(count <= 2 for count in self.copies.values())

    @invariant()
    def finished_means_that_nothing_is_open(self) -> None:
        """And everything else can still be finished: nothing waits for a chat that left."""
        item = self.run(self.store.broadcast(self.current))
        if item is None:
            return
        tally = self.run(self.store.tally(item.id))
        assert item.stage is not Stage.FINISHED or not tally.open
        owed = self.run(self.store.missed(item.id, (State.DUE,)))
        assert owed == tally.open - len(self.in_flight)


def test_broadcasts_under_any_history(database: Database) -> None:
    """Fewer of them where each takes longer: the rules are the same."""
    given = settings(
        max_examples=30 if isinstance(database, File) else 3,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    )
    run_state_machine_as_test(lambda: BroadcastMachine(database), settings=given)  # type: ignore[arg-type]
