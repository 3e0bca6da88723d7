"""Plan and drain: what is owed goes out, once, whatever Telegram answers."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import (
    Ambiguous,
    Decision,
    Migrated,
    Missing,
    NotSent,
    OnAmbiguous,
    Outcome,
    RateLimited,
    Refused,
    Restricted,
    Sent,
    Unauthorized,
    Unreachable,
)
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.model import EVERY_DAY, Chat, Delivery, Message, Preferences, State, Wanted
from bot.ports import Choose, Store, StoreError
from bot.ports.store import LONG_AGO
from bot.services.delivering import Delivering, Pace
from bot.services.subscribing import Subscribing
from bot.store import open_store
from tests.databases import Database
from tests.fakes import ATLAS, LIBRARY, NOW, SHORT, FixedClock, RecordingAlerts, RecordingSender

WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
ALICE, BOB = Chat(1), Chat(2)


@pytest.fixture
def clock() -> FixedClock:
    """The moment at which the slots come due."""
    return FixedClock()


@pytest.fixture
def sender() -> RecordingSender:
    """Answers `Sent` unless a script says otherwise."""
    return RecordingSender()


@pytest.fixture
def delivering(store: Store, clock: FixedClock, sender: RecordingSender) -> Delivering:
    """The use case, fast."""
    return deliverer(store, sender, clock)


def deliverer(
    store: Store,
    sender: RecordingSender,
    clock: FixedClock,
    owner: str = "me",
    library: Library = LIBRARY,
) -> Delivering:
    """What sends at a thousand a second."""
    return Delivering(store, sender, RecordingAlerts(), library, clock, owner, Pace(rate=1000))


@pytest.fixture
def alerts(delivering: Delivering) -> RecordingAlerts:
    """What the operator was told."""
    assert isinstance(delivering.alerts, RecordingAlerts)
    return delivering.alerts


class FullDisk:
    """A store whose disk can be full when results come."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_full = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(
        self,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        """Refused while the disk is full."""
        if self.is_full and settled:
            raise StoreError("the disk is full")
        return await self._store.claim(now, owner, limit, choose, settled, before)


class CutOff(FullDisk):
    """A store whose connection is cut once after a claim was kept, before the answer comes."""

    async def claim(
        self,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        """Kept; but who asked does not know it."""
        claimed = await self._store.claim(now, owner, limit, choose, settled, before)
        if not self.is_full:
            self.is_full = True
            raise StoreError("the connection is gone")
        return claimed


class Hanging(RecordingSender):
    """Answers at once, but for one chat, which waits."""

    def __init__(self, chat: Chat) -> None:
        super().__init__()
        self.chat, self.patience = chat, asyncio.Event()

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """One attempt."""
        self.sent.append((chat, message))
        if chat == self.chat:
            await self.patience.wait()
        return Sent(len(self.sent))


@pytest.fixture
def states(database: Database) -> Callable[[], list[str]]:
    """The states of all deliveries, read past the store."""

    def read() -> list[str]:
        return [state for (state,) in database.rows("SELECT state FROM deliveries ORDER BY id")]

    return read


async def subscribe(store: Store, *chats: Chat) -> None:
    """Readers whose slot comes due now."""
    for chat in chats:
        await store.subscribe(chat, WANTED, NOW, NOW)


async def tick(delivering: Delivering) -> int:
    """Ask, plan, then drain; how many were tried."""
    await delivering.ask()
    await delivering.plan()
    return await delivering.drain()


async def test_a_due_digest_is_sent_and_not_again(
    store: Store, delivering: Delivering, sender: RecordingSender
) -> None:
    """Each reader gets the first unread digest; more ticks send nothing more."""
    await subscribe(store, ALICE, BOB)
    await store.mark_seen(BOB, "w1", NOW)
    assert [await tick(delivering) for _ in range(3)] == [2, 0, 0]
    assert {chat: message.html.split("\n")[-1] for chat, message in sender.sent} == {
        ALICE: "<i>/water · 1/4 read</i>",
        BOB: "<i>/water · 2/4 read</i>",
    }
    assert (await store.history(ALICE)).seen == {"w1"}


async def test_a_week_brings_everything_once_and_then_the_end(
    store: Store, delivering: Delivering, clock: FixedClock, sender: RecordingSender
) -> None:
    """One a day, in order, never the same twice; after the last one the end is said once."""
    await subscribe(store, ALICE)
    for _ in range(7):
        await tick(delivering)
        clock.move(days=1)
    titles = sender.titles()
    assert titles[:4] == [f"🤝 <b>Title {name}</b>" for name in ("w1", "w2", "w3", "t1")]
    assert len(titles) == 5
    assert "You have read all there is: 4 digests" in titles[4]


async def test_more_readers_than_one_round_holds(
    store: Store, delivering: Delivering, sender: RecordingSender
) -> None:
    """Rounds follow until nothing is due."""
    await subscribe(store, *(Chat(number) for number in range(20)))
    assert await tick(delivering) == 20
    assert len({chat for chat, _ in sender.sent}) == 20


async def test_planning_ends_though_the_clock_runs_on(store: Store, sender: RecordingSender) -> None:
    """A slot that comes due while planning is at work waits for the next tick, and does not hold up this one."""
    clock = FixedClock(NOW - dt.timedelta(seconds=1), step=dt.timedelta(milliseconds=600))
    delivering = deliverer(store, sender, clock, "me", LIBRARY)
    await subscribe(store, ALICE)
    async with asyncio.timeout(5):
        assert [await delivering.plan() for _ in range(3)] == [0, 1, 0]


async def test_what_is_too_late_is_never_sent(
    store: Store,
    delivering: Delivering,
    clock: FixedClock,
    sender: RecordingSender,
    states: Callable[[], list[str]],
) -> None:
    """After an absence: what is older than six hours is counted, today's goes out."""
    await subscribe(store, ALICE)
    clock.move(days=2, hours=1)
    await tick(delivering)
    assert states() == ["expired", "expired", "sent"]
    assert sender.titles() == ["🤝 <b>Title w1</b>"]


async def test_what_could_not_be_sent_all_day_expires(
    store: Store,
    delivering: Delivering,
    clock: FixedClock,
    sender: RecordingSender,
    states: Callable[[], list[str]],
) -> None:
    """Telegram cannot be reached: tried again and again, then given up, then the next day starts afresh."""
    sender.script = [NotSent("no connection")] * 3
    await subscribe(store, ALICE)
    for _ in range(3):
        await tick(delivering)
        clock.move(hours=2)
    clock.move(minutes=1)
    await tick(delivering)
    assert states() == ["expired"]
    clock.moment = NOW + dt.timedelta(days=1)
    await tick(delivering)
    assert states() == ["expired", "sent"]
    assert len(sender.sent) == 4


async def test_a_wait_is_respected_and_survives_a_restart(
    store: Store, delivering: Delivering, clock: FixedClock, sender: RecordingSender
) -> None:
    """429 with 10,072 s: stored, not slept; a new process waits just as long."""
    sender.script = [RateLimited(dt.timedelta(seconds=10072))]
    await subscribe(store, ALICE)
    assert await tick(delivering) == 1
    clock.move(seconds=10071)
    after_restart = deliverer(store, sender, clock, "new", LIBRARY)
    assert await tick(after_restart) == 0
    clock.move(seconds=1)
    assert await tick(after_restart) == 1
    assert sender.titles() == ["🤝 <b>Title w1</b>"] * 2


async def test_an_ambiguous_send_is_tried_once_more_and_then_listed(
    store: Store,
    delivering: Delivering,
    clock: FixedClock,
    sender: RecordingSender,
    states: Callable[[], list[str]],
) -> None:
    """Two copies at most; the next day goes on with the next digest."""
    sender.script = [Ambiguous("no answer")] * 2
    await subscribe(store, ALICE)
    tried = []
    for _ in range(4):
        tried.append(await tick(delivering))
        clock.move(minutes=1)
    assert tried == [1, 1, 0, 0]
    assert states() == ["unknown"]
    clock.moment = NOW + dt.timedelta(days=1)
    await tick(delivering)
    assert sender.titles()[-1] == "🤝 <b>Title w2</b>"


async def test_a_refused_digest_does_not_pause_the_chat(
    store: Store,
    delivering: Delivering,
    clock: FixedClock,
    sender: RecordingSender,
    states: Callable[[], list[str]],
) -> None:
    """The reader is not to blame for our content."""
    sender.script = [Refused("can't parse entities")]
    await subscribe(store, ALICE)
    await tick(delivering)
    clock.move(days=1)
    await tick(delivering)
    assert states() == ["failed", "sent"]


async def test_a_blocked_chat_is_paused_until_it_returns(
    store: Store, delivering: Delivering, clock: FixedClock, sender: RecordingSender
) -> None:
    """Nothing is tried meanwhile; on its return the settings are as they were, and today is not repeated."""
    sender.script = [Unreachable("bot was blocked by the user")]
    await subscribe(store, ALICE)
    await tick(delivering)
    clock.move(days=3)
    assert await tick(delivering) == 0
    await Subscribing(store, LIBRARY, clock, WANTED, ENGLISH, ATLAS).returned(ALICE.id)
    subscription = await store.subscription(ALICE)
    assert subscription is not None
    assert subscription.preferences == WANTED
    clock.move(days=1)
    assert await tick(delivering) == 1


async def test_a_moved_group_gets_its_digest_at_its_new_id(
    store: Store, delivering: Delivering, sender: RecordingSender, states: Callable[[], list[str]]
) -> None:
    """Moved and sent in one tick."""
    sender.script = [Migrated(-100)]
    await subscribe(store, ALICE)
    assert await tick(delivering) == 2
    assert [chat for chat, _ in sender.sent] == [ALICE, Chat(-100)]
    assert states() == ["sent"]
    assert (await store.history(Chat(-100))).seen == {"w1"}


async def test_a_refused_token_stops_everything_and_costs_nobody_a_digest(
    store: Store, delivering: Delivering, clock: FixedClock, sender: RecordingSender, alerts: RecordingAlerts
) -> None:
    """Nothing more is tried, the operator hears once; after a restart with a good token everybody gets theirs."""
    readers = [Chat(number) for number in range(20)]
    sender.script = [Unauthorized()] * 3
    await subscribe(store, *readers)
    assert await tick(delivering) == 3
    assert await tick(delivering) == 0
    assert delivering.halted == "token"
    assert len(alerts.told) == 1
    clock.move(minutes=10)
    assert await tick(deliverer(store, sender, clock, "new")) == 20
    assert {frozenset({"w1"})} == {(await store.history(chat)).seen for chat in readers}


async def test_a_digest_that_telegram_refuses_stops_itself(
    store: Store, delivering: Delivering, clock: FixedClock, sender: RecordingSender, alerts: RecordingAlerts
) -> None:
    """Three chats see the attempt, no more, after a restart as well; everybody goes on with the next digest."""
    readers = [Chat(number) for number in range(20)]
    sender.script = [Refused("MESSAGE_TOO_LONG")] * 3
    await subscribe(store, *readers)
    await tick(delivering)
    assert sender.titles()[:4] == ["🤝 <b>Title w1</b>"] * 3 + ["🤝 <b>Title w2</b>"]
    assert len(alerts.told) == 1
    assert "w1" in alerts.told[0]
    again = deliverer(store, sender, clock, "new")
    await again.recover()
    clock.move(days=1)
    await tick(again)
    assert sender.titles().count("🤝 <b>Title w1</b>") == 3


async def test_a_stopped_digest_is_sent_again_once_it_is_mended(
    store: Store, delivering: Delivering, sender: RecordingSender
) -> None:
    """A stop is of a wording: another one has its chance."""
    await store.stop_digest("w1", "another wording")
    await delivering.recover()
    await subscribe(store, ALICE)
    await tick(delivering)
    assert sender.titles() == ["🤝 <b>Title w1</b>"]


async def test_unknown_chats_in_numbers_are_nobodys_fault(
    store: Store, delivering: Delivering, sender: RecordingSender, alerts: RecordingAlerts
) -> None:
    """As with another bot's token: sending stops, one message, no chat is paused."""
    readers = [Chat(number) for number in range(1, 21)]
    sender.script = [Missing("chat not found")] * 20
    await subscribe(store, *readers)
    assert await tick(delivering) < 20
    assert (delivering.halted, len(alerts.told)) == ("strangers", 1)
    assert [await store.paused(chat.id) for chat in readers] == [()] * 20


@pytest.mark.parametrize(("outcome", "dates"), [(Missing("chat not found"), 3), (Restricted("no rights"), 7)])
async def test_a_chat_is_given_several_dates(
    store: Store,
    delivering: Delivering,
    clock: FixedClock,
    sender: RecordingSender,
    outcome: Outcome,
    dates: int,
) -> None:
    """One attempt a date; it is paused when so many in a row ended with the same answer."""
    sender.script = [outcome] * dates
    await subscribe(store, ALICE)
    paused = []
    for _ in range(dates):
        await tick(delivering)
        paused.append(bool(await store.paused(ALICE.id)))
        clock.move(days=1)
    assert paused == [False] * (dates - 1) + [True]


async def test_a_database_that_takes_no_result_stops_the_sending(
    store: Store, clock: FixedClock, sender: RecordingSender
) -> None:
    """Nothing more goes out until the outcome of what did is recorded; then everything goes on, once each."""
    readers = [Chat(number) for number in range(20)]
    await subscribe(store, *readers)
    full = FullDisk(store)
    delivering = deliverer(full, sender, clock)
    full.is_full = True
    for _ in range(3):
        with pytest.raises(StoreError):
            await tick(delivering)
    assert len(sender.sent) == 3
    full.is_full = False
    await tick(delivering)
    assert len(sender.sent) == 20


async def test_stopping_waits_for_what_is_in_flight(
    store: Store, delivering: Delivering, sender: RecordingSender, states: Callable[[], list[str]]
) -> None:
    """What was claimed is answered and recorded; nothing more is claimed."""
    sender.gate = asyncio.Event()
    await subscribe(store, *(Chat(number) for number in range(20)))
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    async with asyncio.timeout(5):
        while len(sender.sent) < 3:
            await asyncio.sleep(0.001)
    delivering.stop()
    assert not drain.done()
    sender.gate.set()
    assert await drain == 3
    assert sorted(states()) == ["due"] * 17 + ["sent"] * 3
    assert await delivering.drain() == 0


async def test_a_chat_that_hangs_holds_up_nobody(store: Store, clock: FixedClock) -> None:
    """The others go past it; what it answers at last is recorded."""
    sender = Hanging(BOB)
    await subscribe(store, BOB, *(Chat(number) for number in range(10, 40)))
    delivering = deliverer(store, sender, clock)
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    async with asyncio.timeout(5):
        while len(sender.sent) < 31:
            await asyncio.sleep(0.001)
    assert not drain.done()
    sender.patience.set()
    assert await drain == 31
    assert (await store.counts())[State.SENT] == 31


async def test_what_comes_due_meanwhile_does_not_wait_for_a_chat_that_hangs(
    store: Store, clock: FixedClock
) -> None:
    """It is looked for again and again while something is in flight."""
    sender = Hanging(BOB)
    await store.mark_seen(BOB, "w1", NOW)
    await subscribe(store, BOB)
    delivering = deliverer(store, sender, clock)
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    await asyncio.sleep(0)
    await subscribe(store, ALICE)
    await delivering.plan()
    async with asyncio.timeout(5):
        while ALICE not in {chat for chat, _ in sender.sent}:
            await asyncio.sleep(0.01)
    sender.patience.set()
    await drain


class Counting:
    """A store that counts the rounds in which answers were recorded."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rounds = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(
        self,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        """As the store's."""
        self.rounds += bool(settled)
        return await self._store.claim(now, owner, limit, choose, settled, before)


class OneByOne(RecordingSender):
    """Each answer comes a millisecond after the one before."""

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """One attempt."""
        await asyncio.sleep(0.001 * chat.id)
        return await RecordingSender.send(self, chat, message)


async def test_answers_are_recorded_together(store: Store, clock: FixedClock) -> None:
    """Of a hundred that come one after another, many in a transaction."""
    counting = Counting(store)
    pace = Pace(rate=1000, in_flight=100)
    delivering = Delivering(counting, OneByOne(), RecordingAlerts(), LIBRARY, clock, "me", pace)
    await subscribe(store, *(Chat(number) for number in range(1, 101)))
    assert await tick(delivering) == 100
    assert counting.rounds <= 25
    assert (await store.counts())[State.SENT] == 100


async def test_never_more_is_in_flight_than_a_crash_may_leave_in_doubt(
    store: Store, clock: FixedClock, sender: RecordingSender
) -> None:
    """As many as the pace allows, whatever is due."""
    sender.gate = asyncio.Event()
    await subscribe(store, *(Chat(number) for number in range(40)))
    delivering = Delivering(
        store, sender, RecordingAlerts(), SHORT, clock, "me", Pace(rate=1000, in_flight=5)
    )
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    await asyncio.sleep(1.2)
    assert (await store.counts())[State.SENDING] <= 5
    sender.gate.set()
    assert await drain == 40


async def test_a_pause_ends_when_telegram_answers_again(
    store: Store, clock: FixedClock, sender: RecordingSender
) -> None:
    """No second attempt is spent while it is silent; the operator hears once."""
    sender.script = [Ambiguous("no answer")] * 4
    sender.silent = True
    await subscribe(store, *(Chat(number) for number in range(20)))
    delivering = deliverer(store, sender, clock)
    tried = [await tick(delivering) for _ in range(3)]
    assert sum(tried) < 20
    sender.silent = False
    tried.append(await tick(delivering))
    clock.move(minutes=1)
    tried.append(await tick(delivering))
    assert sum(tried) == 24
    assert isinstance(delivering.alerts, RecordingAlerts)
    assert len(delivering.alerts.told) == 1


async def test_the_operator_hears_once_of_a_full_disk_and_once_of_the_next(
    store: Store, clock: FixedClock, sender: RecordingSender
) -> None:
    """However many ticks fail; it is over when the disk takes something."""
    await subscribe(store, *(Chat(number) for number in range(20)))
    full = FullDisk(store)
    delivering = deliverer(full, sender, clock)
    for _ in range(2):
        full.is_full = True
        for _ in range(3):
            with pytest.raises(StoreError):
                await tick(delivering)
        full.is_full = False
        await tick(delivering)
        clock.move(days=1)
    assert isinstance(delivering.alerts, RecordingAlerts)
    assert [text[:24] for text in delivering.alerts.told] == ["⚠️ The database takes no"] * 2


async def test_the_operator_hears_once_of_an_absence(
    store: Store, delivering: Delivering, clock: FixedClock, alerts: RecordingAlerts
) -> None:
    """How many digests were too late, and where they are listed."""
    await subscribe(store, ALICE, BOB)
    clock.move(hours=9)
    for _ in range(3):
        await tick(delivering)
    assert len(alerts.told) == 1
    assert alerts.told[0].startswith("⌛ 2 digests came due while nothing could be sent")


async def test_a_stop_does_not_wait_for_ever(store: Store, clock: FixedClock) -> None:
    """What is not answered in time is in doubt: it is tried once more by the next process, last."""
    sender = Hanging(BOB)
    await subscribe(store, BOB)
    delivering = deliverer(store, sender, clock)
    delivering.last_wait = 0.05
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    async with asyncio.timeout(5):
        while not sender.sent:
            await asyncio.sleep(0.001)
        delivering.stop()
        await drain
    (entry,) = await store.entries(Wanted(), 0, 10)
    assert (entry.state, entry.attempt, entry.code) == (State.DUE, 1, "stopped before the answer came")


async def test_a_kill_between_claim_and_settle_costs_one_more_copy_at_most(
    tmp_path: Path, clock: FixedClock, sender: RecordingSender
) -> None:
    """Killed twice with the request out: two copies, then it is listed and the reader goes on."""
    url = f"sqlite:///{tmp_path}/killed.db"
    store = open_store(url)
    await subscribe(store, ALICE)
    for process in ("first", "second"):
        sender.gate = asyncio.Event()
        delivering = deliverer(store, sender, clock, process, LIBRARY)
        await delivering.plan()
        drain = asyncio.create_task(delivering.drain())
        sent = len(sender.sent)
        async with asyncio.timeout(5):
            while len(sender.sent) == sent:
                await asyncio.sleep(0.001)
        drain.cancel()
        await asyncio.wait([drain])
        await store.close()
        store = open_store(url)
        assert await store.recover(OnAmbiguous.RETRY_ONCE) == 1
    sender.gate = None
    third = deliverer(store, sender, clock, "third", LIBRARY)
    assert await tick(third) == 0
    clock.move(days=1)
    assert await tick(third) == 1
    await store.close()
    assert sender.titles() == [f"🤝 <b>Title {name}</b>" for name in ("w1", "w1", "w2")]


async def test_the_end_is_sent_with_a_way_to_start_over(
    store: Store, clock: FixedClock, sender: RecordingSender
) -> None:
    """And it is said once."""
    delivering = deliverer(store, sender, clock, "me", SHORT)
    await store.mark_seen(ALICE, "w1", NOW)
    await subscribe(store, ALICE)
    await tick(delivering)
    clock.move(days=1)
    await tick(delivering)
    ((_, message),) = sender.sent
    assert "You have read all there is: 1 digest." in message.html
    assert "over" in [button.data for row in message.buttons for button in row]


async def test_a_claim_that_was_kept_without_an_answer_is_sent_all_the_same(
    store: Store, sender: RecordingSender, clock: FixedClock
) -> None:
    """A database that restarts may have kept it: nobody else takes what a living process has in hand."""
    await store.renew("me", dt.timedelta(seconds=30))
    await store.subscribe(ALICE, WANTED, NOW, NOW)
    delivering = deliverer(CutOff(store), sender, clock)
    await delivering.plan()
    with pytest.raises(StoreError):
        await delivering.drain()
    await delivering.rescue()
    assert await store.counts() == dict.fromkeys(State, 0) | {State.SENDING: 1}
    clock.moment += dt.timedelta(minutes=1)
    await delivering.drain()
    assert [chat for chat, _ in sender.sent] == [ALICE]
    assert await store.counts() == dict.fromkeys(State, 0) | {State.SENT: 1}
