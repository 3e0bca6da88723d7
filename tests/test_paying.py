"""What goes beyond the free rate is paid for, up to the day's ceiling in Stars and no further."""

import asyncio
import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.core.delivery import Ambiguous, NotSent, Outcome, RateLimited, Refused, Sent
from bot.core.governor import Governor, Lane, free
from bot.core.model import EVERY_DAY, Chat, Preferences, State
from bot.core.paying import Purse
from bot.ports import Store, StoreError
from bot.services.delivering import Delivering, Pace
from tests.fakes import LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender

TODAY, IN_FLIGHT = NOW.date(), 8
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")


# -- the purse --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Process:
    """One that sends: a purse, and what it has in flight."""

    purse: Purse
    going: int = 0


@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 30))))
def test_no_more_is_spent_than_the_ceiling_and_what_others_have_in_flight(
    stars: int, rounds: list[tuple[int, int, int]]
) -> None:
    """Three processes share a count: each looks, starts some, and records some of what it has in flight."""
    processes, recorded = [Process(Purse(stars)) for _ in range(3)], 0
    for number, wanted, answered in rounds:
        mine = processes[number]
        mine.purse.look(TODAY, recorded, mine.going)
        mine.going += sum(mine.purse.pay() for _ in range(min(wanted, IN_FLIGHT - mine.going)))
        assert recorded + sum(each.going for each in processes) <= 10 * stars + 2 * IN_FLIGHT
        done = min(answered, mine.going)
        recorded, mine.going = recorded + done, mine.going - done


@given(st.integers(0, 5), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_one_process_never_goes_beyond_the_ceiling(stars: int, rounds: list[tuple[int, int]]) -> None:
    """Whatever is in flight, and whether it is charged for at last or not."""
    purse, recorded, going = Purse(stars), 0, 0
    for wanted, answered in rounds:
        purse.look(TODAY, recorded, going)
        going += sum(purse.pay() for _ in range(wanted))
        assert recorded + going <= 10 * stars
        done = min(answered, going)
        recorded, going = recorded + done // 2, going - done


# -- deliveries -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stage:
    """Readers who are due, and what sends to them with a ceiling."""

    store: Store
    clock: FixedClock = field(default_factory=FixedClock)
    sender: RecordingSender = field(default_factory=RecordingSender)
    alerts: RecordingAlerts = field(default_factory=RecordingAlerts)

    async def subscribe(self, *numbers: int) -> None:
        """Readers whose slot comes due now."""
        for number in numbers:
            await self.store.subscribe(Chat(number), WANTED, NOW, NOW)

    def process(self, owner: str = "me", stars: int = 2, **pace: float) -> Delivering:
        """One that sends, as it starts."""
        chosen = Pace(**{"rate": 1000, "in_flight": 8, "paid_stars": stars, **pace})  # type: ignore[arg-type]
        return Delivering(self.store, self.sender, self.alerts, LIBRARY, self.clock, owner, chosen)

    async def tick(self, delivering: Delivering) -> list[bool]:
        """Plan and drain; of what was sent, in order, whether it may be charged for."""
        before = len(self.sender.sent)
        await delivering.plan()
        await delivering.drain()
        return [message.paid for _, message in self.sender.sent[before:]]

    async def paid(self) -> int:
        """What is recorded for today."""
        return await self.store.paid(self.clock.now().date())


@pytest.fixture
def stage(store: Store) -> Stage:
    """Nobody is subscribed yet."""
    return Stage(store)


async def test_the_ceiling_is_kept_and_the_rest_goes_free_of_charge(stage: Stage) -> None:
    """Two Stars pay for twenty messages; all thirty readers get theirs, and the operator hears once."""
    await stage.subscribe(*range(1, 31))
    with capture_logs() as logs:
        assert await stage.tick(stage.process()) == [True] * 20 + [False] * 10
    assert await stage.paid() == 20
    assert (await stage.store.counts())[State.SENT] == 30
    assert [line["stars"] for line in logs if line["event"] == "delivery.stars_spent"] == [2]
    assert len(stage.alerts.told) == 1
    assert "2 Stars may be spent today" in stage.alerts.told[0]


async def test_the_next_day_has_stars_of_its_own(stage: Stage) -> None:
    """By UTC; the operator hears of that day's end, too."""
    delivering = stage.process()
    await stage.subscribe(*range(1, 31))
    await stage.tick(delivering)
    stage.clock.moment += dt.timedelta(days=1)
    assert sum(await stage.tick(delivering)) == 20
    assert (await stage.paid(), await stage.store.paid(TODAY)) == (20, 20)
    assert len(stage.alerts.told) == 2


async def test_a_restart_remembers_what_was_spent(stage: Stage) -> None:
    """The new process pays for the rest alone, and says nothing about what was said."""
    await stage.subscribe(*range(1, 16))
    assert sum(await stage.tick(stage.process("one"))) == 15
    await stage.subscribe(*range(16, 31))
    assert sum(await stage.tick(stage.process("two"))) == 5
    await stage.subscribe(*range(31, 41))
    assert sum(await stage.tick(stage.process("three"))) == 0
    assert len(stage.alerts.told) == 1


class Forgetful:
    """A store that does not say what was paid."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fails = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def paid(self, today: dt.date) -> int:
        """Not as long as it fails."""
        if self.fails:
            raise StoreError("no answer")
        return await self._store.paid(today)


async def test_nothing_is_paid_while_it_is_not_known_what_was(stage: Stage) -> None:
    """Readers get theirs all the same, free of charge; the operator is not told of an end that is none."""
    forgetful = Forgetful(stage.store)
    delivering = replace(stage.process(), store=forgetful)
    await stage.subscribe(*range(1, 6))
    assert await stage.tick(delivering) == [False] * 5
    forgetful.fails = False
    await stage.subscribe(*range(6, 11))
    assert await stage.tick(delivering) == [True] * 5
    assert stage.alerts.told == []


async def test_processes_share_the_ceiling(stage: Stage) -> None:
    """What one has in flight is all that the other can go beyond it."""
    one, two = stage.process("one"), stage.process("two")
    await stage.subscribe(*range(1, 61))
    await one.plan()
    await asyncio.gather(one.drain(), two.drain())
    assert len(stage.sender.sent) == 60
    assert 20 <= await stage.paid() <= 20 + 8


@pytest.mark.parametrize(
    ("outcome", "charged"),
    [
        (Sent(1), 1),
        (Ambiguous("no answer"), 1),
        (NotSent("no connection"), 0),
        (RateLimited(dt.timedelta(seconds=3)), 0),
        (Refused("Message is too long"), 0),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_telegram_took_or_may_have_taken_counts(
    stage: Stage, outcome: Outcome, charged: int
) -> None:
    """It charges for nothing else."""
    await stage.subscribe(1)
    stage.sender.script = [outcome]
    assert await stage.tick(stage.process()) == [True]
    assert await stage.paid() == charged


@pytest.mark.parametrize(("rate", "stars"), [(1000, 0), (30, 5), (25, 5)])
async def test_nothing_is_paid_without_a_ceiling_or_at_a_free_rate(
    stage: Stage, rate: float, stars: int
) -> None:
    """Nor is the operator told of it."""
    await stage.subscribe(*range(1, 31))
    assert not any(await stage.tick(stage.process(rate=rate, stars=stars)))
    assert (await stage.paid(), stage.alerts.told) == (0, [])


async def test_at_the_free_rate_no_more_wait_for_their_turn_than_it_needs(stage: Stage) -> None:
    """A crash would leave them in doubt."""
    delivering = stage.process(stars=1, in_flight=100)
    await stage.subscribe(*range(1, 11))
    await stage.tick(delivering)
    await stage.subscribe(*range(11, 111))
    stage.sender.gate = asyncio.Event()
    await delivering.plan()
    drain = asyncio.create_task(delivering.drain())
    await asyncio.sleep(0.3)
    assert (await stage.store.counts())[State.SENDING] == 8
    stage.sender.gate.set()
    await drain
    assert len(stage.sender.sent) == 110


# -- the pace ---------------------------------------------------------------------------------------------


def went(lanes: tuple[Lane, ...], seconds: float, rate: float = 500, processes: int = 1) -> dict[Lane, int]:
    """How many messages of each lane go, when all of them have more than enough."""
    governor, counted, now = Governor(rate, free(rate)), dict.fromkeys(lanes, 0), 0.0
    governor.share(processes)
    while now < seconds:
        for lane in lanes:
            while not governor.lane_wait(now, lane):
                governor.take(now, None, lane)
                counted[lane] += 1
        now += 0.0005
    return counted


def test_what_is_not_paid_for_keeps_to_the_free_rate() -> None:
    """25 a second, whatever `rate` is; what is paid for goes as fast as that."""
    assert went((Lane.BULK,), 4)[Lane.BULK] == pytest.approx(100, abs=2)
    assert went((Lane.PAID,), 4)[Lane.PAID] == pytest.approx(2000, rel=0.02)


def test_each_of_several_processes_has_its_part_of_both() -> None:
    """Of what is free, rounded down to 12 a second, and of what is paid for."""
    assert went((Lane.BULK,), 8, processes=2)[Lane.BULK] == pytest.approx(96, abs=2)
    assert went((Lane.PAID,), 4, processes=2)[Lane.PAID] == pytest.approx(1000, rel=0.02)


def test_all_together_keep_within_the_rate() -> None:
    """Where the day's Stars come or end, both kinds are under way."""
    both = went((Lane.BULK, Lane.PAID), 4)
    assert sum(both.values()) == pytest.approx(2000, rel=0.02)
    assert both[Lane.BULK] == pytest.approx(100, abs=2)


@given(st.floats(0.1, 1000))
def test_up_to_thirty_a_second_are_free(rate: float) -> None:
    """As Telegram says; of a higher rate 25 are left without Stars, so that answers have room."""
    assert free(rate) == (rate if rate <= 30 else 25)
