"""Which of several processes on one database are alive, which one leads, and what becomes of a dead one's rows."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.core.delivery import OnAmbiguous, Sent, decide
from bot.core.governor import Governor, Lane
from bot.core.model import Chat
from bot.ports import Store
from bot.ports.inbox import Received
from bot.services.leading import Leadership
from bot.store import open_store
from tests.databases import Database
from tests.fakes import NOW
from tests.test_store import CHOOSE, due

LONG, OVER = dt.timedelta(seconds=30), dt.timedelta()
on_server = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
async def other(database: Database, store: Store) -> AsyncIterator[Store]:
    """The same database, opened by a second process."""
    assert store.shared
    other = open_store(database.url)
    yield other
    await other.close()


async def test_one_process_has_a_file_to_itself(store: Store, database: Database) -> None:
    """It leads, whatever the clock does, and writes nothing down."""
    assert not store.shared
    assert await store.renew("me", OVER) == 1
    assert await store.lead("me", OVER)
    assert database.rows("SELECT * FROM leases") == []
    leading = Leadership(store, "me")
    assert (leading.alive, leading.leads) == (True, True)
    await asyncio.wait_for(leading.wait(), 1)


@on_server
async def test_one_of_several_leads(store: Store, other: Store) -> None:
    """The first to ask, as long as it renews; each knows how many they are."""
    assert [await store.renew("a", LONG), await other.renew("b", LONG)] == [1, 2]
    assert [await store.lead("a", LONG), await other.lead("b", LONG)] == [True, False]
    assert [await other.lead("b", LONG), await store.lead("a", LONG)] == [False, True]


@on_server
async def test_many_at_once_agree_on_one(store: Store, other: Store) -> None:
    """Whoever asks in the same moment."""
    asked = [each.lead(f"{number}", LONG) for number, each in enumerate([store, other] * 5)]
    assert sum(await asyncio.gather(*asked)) == 1


@on_server
async def test_when_the_leader_falls_silent_another_one_leads(
    store: Store, other: Store, database: Database
) -> None:
    """And the silent one does not any more, but is counted again once it speaks; its row does not stay for ever."""
    await store.renew("a", OVER)
    await store.lead("a", OVER)
    assert await other.renew("b", LONG) == 1
    assert await other.lead("b", LONG)
    assert database.rows("SELECT name FROM leases ORDER BY 1") == [("leader",), ("replica:b",)]
    assert not await store.lead("a", LONG)
    assert await store.renew("a", LONG) == 2


@on_server
async def test_who_ends_well_is_followed_at_once(store: Store, other: Store) -> None:
    """No lease has to run out."""
    await store.renew("a", LONG)
    await store.lead("a", LONG)
    await store.let_go("a")
    assert await other.renew("b", LONG) == 1
    assert await other.lead("b", LONG)


@on_server
async def test_what_a_living_process_has_in_flight_is_its_own(store: Store, other: Store) -> None:
    """Neither the other's start nor its looks take it; once the lease has run out they do, as after a crash."""
    await due(store, Chat(1), Chat(2))
    await store.renew("a", LONG)
    (mine,) = await store.claim(NOW, "a", 1, CHOOSE)
    assert await other.recover(OnAmbiguous.RETRY_ONCE, "b") == 0
    await store.renew("a", OVER)
    assert await store.recover(OnAmbiguous.RETRY_ONCE, "a") == 0  # it does not take its own
    assert await other.recover(OnAmbiguous.RETRY_ONCE, "b") == 1
    claimed = await other.claim(NOW, "b", 10, CHOOSE)
    assert [(each.chat, each.attempt) for each in claimed] == [(Chat(2), 1), (mine.chat, 2)]


@on_server
async def test_a_process_that_slept_through_its_lease_settles_nothing(store: Store, other: Store) -> None:
    """Its answer comes when another one has the row: the row is that one's."""
    await due(store, Chat(1))
    await store.renew("a", LONG)
    (stale,) = await store.claim(NOW, "a", 10, CHOOSE)
    await store.renew("a", OVER)
    await other.recover(OnAmbiguous.RETRY_ONCE, "b")
    (taken,) = await other.claim(NOW, "b", 10, CHOOSE)
    await store.settle([decide(stale, Sent(1), NOW)], "a", NOW)
    assert (await store.history(Chat(1))).seen == frozenset()
    await other.settle([decide(taken, Sent(2), NOW)], "b", NOW)
    assert (await store.history(Chat(1))).seen == {"w1"}


@on_server
async def test_several_claim_at_once_and_none_takes_the_others(store: Store, other: Store) -> None:
    """Each delivery once, all of them in the end."""
    await due(store, *(Chat(number) for number in range(1, 41)))

    async def claim_all(each: Store, owner: str) -> list[int]:
        mine: list[int] = []
        while claimed := await each.claim(NOW, owner, 3, CHOOSE):
            mine += [delivery.id for delivery in claimed]
        return mine

    one, two = await asyncio.gather(claim_all(store, "a"), claim_all(other, "b"))
    assert sorted(one + two) == list(range(1, 41))
    assert one
    assert two


@on_server
async def test_what_others_left_to_a_process_comes_before_what_it_takes_itself(
    store: Store, other: Store
) -> None:
    """So the updates of a chat keep their order, whichever replica each of them comes to."""
    await store.renew("a", LONG)
    await other.renew("b", LONG)
    first, second, third = (Received(number, 1, "{}") for number in (1, 2, 3))
    assert await store.receive([first], "a", NOW) == {1}
    assert await other.receive([second], "b", NOW) == frozenset()
    assert await store.receive([third], "a", NOW) == frozenset()
    assert [each.number for each in await store.waiting("a", {1}, 4)] == [2, 3]
    assert await store.receive([Received(4, 1, "{}")], "a", NOW) == {4}


@dataclass
class Seconds:
    """A clock that is moved by hand."""

    now: float = 1000

    def __call__(self) -> float:
        """The seconds that it shows."""
        return self.now


# -- what a process knows of itself -----------------------------------------------------------------------


@on_server
async def test_a_process_stops_when_its_own_lease_has_run_out(store: Store) -> None:
    """By its own clock, before anybody else could take over; the next renewal lets it go on."""
    clock = Seconds()
    leading = Leadership(store, "a", monotonic=clock)
    assert (leading.alive, leading.leads) == (False, False)
    await leading.tick()
    assert (leading.alive, leading.leads) == (True, True)
    clock.now += 30
    assert (leading.alive, leading.leads) == (False, False)
    await leading.tick()
    assert (leading.alive, leading.leads) == (True, True)


@on_server
async def test_who_falls_silent_has_no_part_in_the_rate(store: Store, other: Store) -> None:
    """Killed or asleep: long before its lease has run out the others take its part, and by then it begins nothing."""
    clock = Seconds()
    silent = Leadership(store, "a", monotonic=clock)
    await silent.tick()
    assert await other.renew("b", LONG, dt.timedelta(seconds=3)) == 2
    clock.now += 3
    assert not silent.alive
    assert silent.leads  # what is done once is nobody else's yet
    assert await other.renew("b", LONG, OVER + dt.timedelta(milliseconds=1)) == 1
    assert await other.renew("b", LONG) == 2  # and what it has in flight is its own


@on_server
async def test_a_newcomer_waits_until_the_others_know_of_it(store: Store, other: Store) -> None:
    """So that all together never send more than their rate; each hears how many they are."""
    told: dict[str, list[int]] = {"a": [], "b": []}
    clock = Seconds()
    first = Leadership(store, "a", told=told["a"].append, monotonic=clock)
    second = Leadership(other, "b", told=told["b"].append, monotonic=clock)
    await first.tick()
    await second.tick()
    assert [first.alive, second.alive] == [True, False]
    for _ in range(3):
        assert not second.alive
        clock.now += second.every
        await first.tick()
        await second.tick()
    assert [first.alive, second.alive] == [True, True]
    assert told == {"a": [1, 2, 2, 2], "b": [2, 2, 2, 2]}


@on_server
async def test_who_waits_for_the_lead_gets_it_when_the_leader_ends(store: Store, other: Store) -> None:
    """And what only the leader does is done by one."""
    first, second = Leadership(store, "a"), Leadership(other, "b")
    done: list[str] = []

    async def work() -> None:
        done.append("done")

    await first.tick()
    await second.tick()
    waiting = asyncio.create_task(second.wait())
    await second.only(work)()
    await first.let_go()
    await asyncio.sleep(0)
    assert not waiting.done()
    await second.tick()
    await asyncio.wait_for(waiting, 1)
    await first.only(work)()
    assert done == []
    await second.only(work)()
    assert done == ["done"]


def test_all_processes_together_keep_to_the_rate() -> None:
    """Each waits as many times longer as they are, and no longer than before once it is alone again."""
    governor = Governor(30)
    governor.share(3)
    governor.take(0, 1, Lane.BULK)
    together = governor.lane_wait(-0.02, Lane.BULK)  # where a late timer has nothing to catch up on
    governor.share(1)
    governor.take(10, 2, Lane.BULK)
    alone = governor.lane_wait(10 - 0.02, Lane.BULK)
    assert together == pytest.approx(3 * 1.005 / 30)
    assert alone == pytest.approx(1.005 / 30)
