"""/healthz: does the bot receive and send?"""

import asyncio
import dataclasses
import datetime as dt
import functools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.delivery import Decision
from bot.core.model import EVERY_DAY, Chat, Outlook, Pick, Preferences, State
from bot.core.planning import plan
from bot.ports import Store, StoreError
from bot.ports.inbox import Received
from bot.web.health import ADVICE, LEAST_DISK, Code, Health, Vitals
from bot.web.server import serve
from tests.fakes import NOW, FixedClock

MINUTE = dt.timedelta(minutes=1)
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
OPERATING = Path(__file__).parents[1] / "docs" / "operating.md"


class Seconds:
    """A monotonic clock to move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds since whenever."""
        return self.now


@pytest.fixture
def clock() -> FixedClock:
    """The moment of the slot."""
    return FixedClock()


@pytest.fixture
def seconds() -> Seconds:
    """What ages are taken from."""
    return Seconds()


@pytest.fixture
def health(store: Store, clock: FixedClock, seconds: Seconds, tmp_path: Path) -> Health:
    """Polled just now."""
    health = Health(store, clock, database=tmp_path / "bot.db", monotonic=seconds)
    health.polled()
    return health


async def codes(health: Health) -> list[str]:
    """Why it is not well; the status says the same."""
    report: Any = await health.report()
    assert report["status"] == ("failing" if report["reasons"] else "ok")
    return [reason["code"] for reason in report["reasons"]]


async def test_a_bot_that_receives_and_owes_nothing_is_well(health: Health, tmp_path: Path) -> None:
    """Nothing is planned yet: that is no illness. The figures are those of this moment."""
    report: Any = await health.report()
    figures = report.pop("figures")

    assert report == {
        "status": "ok",
        "reasons": [],
        "warnings": [],
        "last_poll_seconds": 0,
        "next_delivery": None,
    }
    assert set(figures) == {each.name for each in dataclasses.fields(Vitals)}
    assert figures["disk_free_bytes"] > 0
    assert figures["database_bytes"] >= (tmp_path / "bot.db").stat().st_size


async def test_the_next_delivery_is_told(health: Health, store: Store) -> None:
    """The nearest slot, or the one that is due."""
    await store.subscribe(Chat(1), WANTED, NOW + dt.timedelta(days=1), NOW)
    assert (await health.report())["next_delivery"] == "2026-11-24T04:00:00+00:00"


async def test_before_the_first_answer_it_is_not_well(store: Store, clock: FixedClock) -> None:
    """A process that runs is not yet a bot that receives."""
    report: Any = await Health(store, clock).report()

    assert (report["status"], report["last_poll_seconds"]) == ("failing", None)
    assert report["reasons"] == [
        {
            "code": "not_receiving",
            "text": "nothing from Telegram yet",
            "hint": ADVICE[Code.NOT_RECEIVING],
        }
    ]


async def test_two_minutes_without_an_answer_are_too_long(health: Health, seconds: Seconds) -> None:
    """A wedged poll looks alive from outside; the next good one ends it."""
    seconds.now += 120
    assert await codes(health) == []
    seconds.now += 1
    assert await codes(health) == ["not_receiving"]
    health.polled()
    assert await codes(health) == []


async def test_how_long_is_too_long_can_be_set(health: Health, seconds: Seconds) -> None:
    """By web.silence."""
    health.silence = dt.timedelta(minutes=10)
    seconds.now += 599
    assert await codes(health) == []
    seconds.now += 2
    assert await codes(health) == ["not_receiving"]


async def test_a_replica_that_stands_by_hears_nothing_and_is_well(health: Health, seconds: Seconds) -> None:
    """Its leader receives for it."""
    health.receives = lambda: False
    seconds.now += 1000
    assert await codes(health) == []


async def test_a_second_poller_is_told_after_a_minute(health: Health, seconds: Seconds) -> None:
    """Each breaks in on the other now and then, with good polls between; that goes on until one of them ends."""
    for _ in range(3):
        health.conflict()
        seconds.now += 30
        health.polled()
    assert await codes(health) == []
    seconds.now += 1
    health.conflict()
    assert await codes(health) == ["second_poller"]
    seconds.now += 90
    health.polled()
    assert await codes(health) == ["second_poller"]
    seconds.now += 1
    health.polled()
    assert await codes(health) == []
    assert health.conflicts == 4


async def test_the_end_of_an_old_process_is_no_second_poller(health: Health, seconds: Seconds) -> None:
    """A few 409s while one hands over to the next; those of yesterday are not counted with today's."""
    for _ in range(2):
        for wait in (5, 10, 20):
            health.conflict()
            seconds.now += wait
        seconds.now += 1000
        health.polled()
    health.conflict()
    assert await codes(health) == []


@pytest.mark.parametrize(("minutes", "found"), [(9, []), (11, ["digests_late"])])
async def test_a_digest_that_is_late_is_told(
    health: Health, store: Store, clock: FixedClock, minutes: int, found: list[str]
) -> None:
    """Ten minutes after its slot it should have gone."""
    await due(store)
    clock.move(minutes=minutes)
    assert await codes(health) == found
    assert (await health.report())["next_delivery"] == NOW.isoformat()


async def test_what_is_owed_to_paused_chats_is_not_late(
    store: Store,
) -> None:
    """Nothing is sent to them; of the others the one that waits longest counts, however often it was tried."""

    def choose(*_: object) -> Pick:
        return Pick("w1", 1, 3)

    for chat in (1, 2, 3):
        await due(store, chat, minute=chat)
    await store.pause(1, "blocked", NOW)
    [second] = await store.claim(NOW + 5 * MINUTE, "me", 1, choose)
    assert (second.chat, (await store.outlook()).oldest_due) == (Chat(2), NOW + 2 * MINUTE)

    again = Decision(second, State.DUE, 1, NOW + 4 * MINUTE)
    await store.settle([again], "me", NOW)
    assert (await store.outlook()).oldest_due == NOW + 3 * MINUTE
    third = await store.claim(NOW + 4 * MINUTE, "me", 1, choose)
    await store.settle([Decision(each, State.SENT, 1, message_id=1) for each in third], "me", NOW)
    assert (await store.outlook()).oldest_due == NOW + 4 * MINUTE


async def due(store: Store, chat: int = 1, minute: int = 0) -> None:
    """A digest that a chat is owed since that minute."""
    at = NOW + minute * MINUTE
    wanted = Preferences(dt.time(9, minute), EVERY_DAY, "Asia/Almaty")
    await store.subscribe(Chat(chat), wanted, at, NOW)
    await store.plan(at, functools.partial(plan, now=at, max_lateness=dt.timedelta(hours=6)), 10)


@pytest.mark.parametrize(("waited", "found"), [(60, []), (61, ["updates_waiting"])])
async def test_handlers_that_hang_are_told(
    health: Health, store: Store, clock: FixedClock, waited: float, found: list[str]
) -> None:
    """What is stored should be handled within a minute."""
    received = [Received(number, 1, "{}") for number in (1, 2)]
    await store.receive(received[:1], "me", clock.now())
    clock.move(seconds=30)
    await store.receive(received[1:], "me", clock.now())
    clock.move(seconds=waited - 30)
    assert await codes(health) == found


async def test_sending_that_has_stopped_is_told_with_its_cause(health: Health) -> None:
    """Only a restart changes that."""
    health.halted = lambda: "token"
    report: Any = await health.report()
    assert [each["text"] for each in report["reasons"]] == ["sending has stopped (token)"]


@pytest.mark.parametrize(("held", "found"), [(60.0, []), (61.0, ["rate_limited"])])
async def test_a_long_wait_for_telegram_is_told(health: Health, held: float, found: list[str]) -> None:
    """Readers get nothing meanwhile."""
    health.held = lambda: held
    assert await codes(health) == found


async def test_a_database_that_fails_is_told(health: Health, store: Store) -> None:
    """Asking it is a real write, so a full or read-only disk is seen."""
    await store.run(lambda c: c.exec_driver_sql("PRAGMA query_only = ON"), alone=True)  # type: ignore[attr-defined]
    report: Any = await health.report()
    [reason] = report["reasons"]

    assert reason["code"] == "database_failing"
    assert "readonly" in reason["text"]


async def test_a_database_that_hangs_is_told_and_not_asked_again(health: Health, store: Store) -> None:
    """Whoever checks gets an answer in time, and questions do not pile up."""
    asked = 0
    locked = asyncio.Event()

    class Hanging:
        """A database that somebody else has locked."""

        async def outlook(self) -> Outlook:
            nonlocal asked
            asked += 1
            await locked.wait()
            raise StoreError("locked")

    health.patience = 0.05
    health.store = Hanging()  # type: ignore[assignment]
    assert await codes(health) == ["database_failing"]
    assert await codes(health) == ["database_failing"]
    assert asked == 1
    locked.set()
    await asyncio.sleep(0)
    health.store, health.patience = store, 30
    assert await codes(health) == []


@pytest.mark.parametrize(
    ("free", "found"), [(LEAST_DISK, []), (LEAST_DISK - 1, ["disk_nearly_full"]), (None, [])]
)
def test_a_disk_that_is_nearly_full_is_told(free: int | None, found: list[str]) -> None:
    """Before the database can write no more; where it is a server, its disk is not ours to see."""
    vitals = Vitals(last_poll_seconds=0, digests=1, disk_free_bytes=free)
    assert [reason.code for reason in vitals.reasons()] == found


async def test_a_disk_that_cannot_be_asked_is_no_reason(health: Health, tmp_path: Path) -> None:
    """What is wrong with it shows in the database."""
    health.database = tmp_path / "gone" / "bot.db"
    assert await codes(health) == []


async def test_broken_content_is_a_warning(health: Health) -> None:
    """Readers get what was good before; a restart, which refuses such content, would take that from them."""
    health.content = lambda: (4, 2)
    report: Any = await health.report()

    assert (report["status"], report["reasons"]) == ("ok", [])
    assert [each["code"] for each in report["warnings"]] == ["content_broken"]
    assert "2 errors" in report["warnings"][0]["text"]


async def test_without_a_digest_it_is_not_well(health: Health) -> None:
    """There is nothing to send."""
    health.content = lambda: (0, 0)
    assert await codes(health) == ["content_broken"]


def test_every_reason_says_what_to_do() -> None:
    """In one line, that is no sentence of its own."""
    assert set(ADVICE) == set(Code)
    assert not [hint for hint in ADVICE.values() if "\n" in hint or hint.endswith(".")]


@pytest.fixture
async def address(health: Health) -> AsyncIterator[str]:
    """The check served on a free port."""
    runner = await serve(health.routes(), "127.0.0.1", 0)
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def test_the_answer_is_200_or_503_with_json(address: str, health: Health) -> None:
    """What a container's health check and an operator can both read; nothing else is served."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/healthz") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ok")
        health.halted = lambda: "token"
        async with session.get(f"{address}/healthz") as answer:
            assert answer.status == 503
            assert (await answer.json())["reasons"] == (await health.report())["reasons"]
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with session.get(f"{address}/") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("POST", 405), ("PUT", 405), ("DELETE", 405)])
async def test_it_can_only_be_looked_at(address: str, method: str, status: int) -> None:
    """GET and HEAD."""
    async with aiohttp.ClientSession() as session, session.request(method, f"{address}/healthz") as answer:
        assert answer.status == status


async def test_a_port_that_is_taken_is_an_error(address: str, health: Health) -> None:
    """And leaves nothing open behind it."""
    with pytest.raises(OSError, match="address"):
        await serve(health.routes(), "127.0.0.1", int(address.rsplit(":", 1)[1]))
