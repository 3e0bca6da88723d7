"""/healthz: does the bot receive and send?"""

import datetime as dt
import functools
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.core.planning import plan
from bot.ports import Store
from bot.web.health import Health
from bot.web.server import serve
from tests.fakes import NOW, FixedClock

WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")


@pytest.fixture
def clock() -> FixedClock:
    """The moment of the slot."""
    return FixedClock()


@pytest.fixture
def health(store: Store, clock: FixedClock) -> Health:
    """Polled just now."""
    health = Health(store, clock)
    health.polled()
    return health


async def test_a_bot_that_receives_and_owes_nothing_is_well(health: Health) -> None:
    """Nothing is planned yet: that is no illness."""
    report = await health.report()
    assert report == {
        "status": "ok",
        "reasons": [],
        "last_poll_seconds": pytest.approx(0, abs=5),
        "next_delivery": None,
    }


async def test_the_next_delivery_is_told(health: Health, store: Store) -> None:
    """The nearest slot, or the one that is due."""
    await store.subscribe(Chat(1), WANTED, NOW + dt.timedelta(days=1), NOW)
    assert (await health.report())["next_delivery"] == "2026-11-24T04:00:00+00:00"


async def test_before_the_first_answer_it_is_not_well(store: Store, clock: FixedClock) -> None:
    """A process that runs is not yet a bot that receives."""
    report = await Health(store, clock).report()
    assert (report["status"], report["last_poll_seconds"]) == ("failing", None)
    assert report["reasons"] == ["no answer from Telegram to getUpdates yet"]


@pytest.mark.parametrize(("silence", "status"), [(110, "ok"), (130, "failing")])
async def test_two_minutes_without_an_answer_are_too_long(
    store: Store, clock: FixedClock, silence: float, status: str
) -> None:
    """A wedged poll looks alive from outside."""
    health = Health(store, clock, time.monotonic() - silence)
    assert (await health.report())["status"] == status
    health.polled()
    assert (await health.report())["status"] == "ok"


@pytest.mark.parametrize(("minutes", "status"), [(9, "ok"), (11, "failing")])
async def test_a_digest_that_is_late_is_told(
    health: Health, store: Store, clock: FixedClock, minutes: int, status: str
) -> None:
    """Ten minutes after its slot it should have gone."""
    await store.subscribe(Chat(1), WANTED, NOW, NOW)
    await store.plan(NOW, functools.partial(plan, now=NOW, max_lateness=dt.timedelta(hours=6)), 1)
    clock.move(minutes=minutes)
    report = await health.report()
    assert report["status"] == status
    assert report["next_delivery"] == NOW.isoformat()
    if status == "failing":
        assert report["reasons"] == ["the oldest unsent digest is 660 s late"]


async def test_a_database_that_fails_is_told(health: Health, store: Store) -> None:
    """Asking it is a real write, so a full or read-only disk is seen."""
    async with store._engine.begin() as connection:  # type: ignore[attr-defined]
        await connection.exec_driver_sql("PRAGMA query_only = ON")
    report = await health.report()
    assert report["status"] == "failing"
    assert "readonly" in str(report["reasons"])


@pytest.fixture
async def address(health: Health) -> AsyncIterator[str]:
    """The check served on a free port."""
    runner = await serve(health.routes(), "127.0.0.1", 0)
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def test_the_answer_is_200_or_503_with_json(
    address: str, store: Store, clock: FixedClock, health: Health
) -> None:
    """What a container's health check and an operator can both read; nothing else is served."""
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{address}/healthz") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ok")
        await store.subscribe(Chat(1), WANTED, NOW, NOW)
        await store.plan(NOW, functools.partial(plan, now=NOW, max_lateness=dt.timedelta(hours=6)), 1)
        clock.move(hours=1)
        async with session.get(f"{address}/healthz") as answer:
            assert answer.status == 503
            assert (await answer.json())["reasons"] == (await health.report())["reasons"]
        async with session.get(f"{address}/") as answer:
            assert answer.status == 404


async def test_a_port_that_is_taken_is_an_error(address: str, health: Health) -> None:
    """And leaves nothing open behind it."""
    with pytest.raises(OSError, match="address"):
        await serve(health.routes(), "127.0.0.1", int(address.rsplit(":", 1)[1]))
