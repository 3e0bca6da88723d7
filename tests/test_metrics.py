"""/metrics: the bot's figures for Prometheus."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from telegram import Update
from telegram.error import TimedOut
from telegram.ext import ExtBot, TypeHandler

from bot.core.delivery import Ambiguous, Decision, Outcome, Sent
from bot.core.model import Chat, Kind, Message, Pick, State
from bot.ports import Store, StoreError
from bot.ports.inbox import Received
from bot.sandbox import Sandbox
from bot.telegram.application import build_application
from bot.telegram.governor import GovernorLimiter
from bot.telegram.sender import TelegramSender
from bot.web.health import Health
from bot.web.metrics import Metrics
from bot.web.server import serve
from tests.backend import Backend
from tests.conftest import TOKEN
from tests.conversation import BotProcess, Conversation, free_port
from tests.fakes import NOW, FixedClock, ForgottenHolds
from tests.test_alerts import fetched
from tests.test_web_health import MINUTE, Seconds, due

Samples = dict[str, float]


@pytest.fixture
def seconds() -> Seconds:
    """What ages are taken from."""
    return Seconds()


@pytest.fixture
def metrics(seconds: Seconds) -> Metrics:
    """Nothing has happened yet."""
    return Metrics("1.2.3", "0004", seconds)


@pytest.fixture
def health(store: Store, seconds: Seconds, tmp_path: Path) -> Health:
    """Polled just now, six minutes after 09:00."""
    clock = FixedClock(NOW + 6 * MINUTE)
    health = Health(store, clock, database=tmp_path / "bot.db", monotonic=seconds)
    health.polled()
    return health


async def samples(metrics: Metrics, health: Health) -> Samples:
    """The page as Prometheus reads it."""
    return read((await metrics.page(health)).decode())


def read(page: str) -> Samples:
    """Values by name and labels."""
    return {
        "".join([each.name, *(f" {name}={value}" for name, value in sorted(each.labels.items()))]): each.value
        for family in text_string_to_metric_families(page)
        for each in family.samples
    }


async def test_what_happens_is_counted(metrics: Metrics, health: Health) -> None:
    """Updates, attempts, answers of Telegram, and waits."""
    metrics.received(3)
    metrics.handled(0.2)
    metrics.failed()
    metrics.attempted(Sent(1))
    metrics.attempted(Ambiguous("time-out"))
    metrics.answered("sendMessage", 200, 0.3)
    metrics.told_to_wait(30)
    found = await samples(metrics, health)

    assert found["digestbot_updates_received_total"] == 3
    assert found["digestbot_update_handling_seconds_count"] == 1
    assert found["digestbot_update_handling_seconds_sum"] == 0.2
    assert found["digestbot_updates_failed_total"] == 1
    assert found["digestbot_send_attempts_total outcome=sent"] == 1
    assert found["digestbot_send_attempts_total outcome=ambiguous"] == 1
    assert found["digestbot_telegram_call_seconds_sum method=sendMessage"] == 0.3
    assert found["digestbot_telegram_answers_total status=200"] == 1
    assert found["digestbot_rate_limit_wait_seconds_total"] == 30


async def test_every_series_begins_at_nought(metrics: Metrics, health: Health) -> None:
    """Or the first event of a kind would not show in a rate."""
    found = await samples(metrics, health)

    outcomes = {type_.__name__ for type_ in get_args(Outcome)}
    attempts = {name: value for name, value in found.items() if "_attempts_total" in name}
    assert len(attempts) == len(outcomes)
    assert set(attempts.values()) == {0}
    assert "digestbot_send_attempts_total outcome=not_sent" in attempts


@pytest.mark.parametrize(
    ("status", "told"),
    [(0, "none"), (200, "200"), (302, "other"), (404, "other"), (429, "429"), (500, "5xx"), (502, "5xx")],
)
async def test_answers_are_told_apart_by_a_few_statuses(
    metrics: Metrics, health: Health, status: int, told: str
) -> None:
    """A status nobody thought of, and no answer at all, have their places."""
    metrics.answered("getMe", status, 1)
    found = await samples(metrics, health)

    assert [name for name, value in found.items() if "answers_total" in name and value] == [
        f"digestbot_telegram_answers_total status={told}"
    ]


async def test_labels_come_from_us_alone(metrics: Metrics, health: Health) -> None:
    """However many methods Telegram gets, and whatever an address ends in, there are not more series."""
    before = set(await samples(metrics, health))
    for name in ("setMyCommands", "1000000001:secret", "a b"):
        metrics.answered(name, 200, 0.1)
    page = (await metrics.page(health)).decode()

    assert set(await samples(metrics, health)) == before
    assert "secret" not in page
    assert len(before) < 200


async def test_the_database_tells_how_much_there_is(store: Store, metrics: Metrics, health: Health) -> None:
    """Subscriptions that are not paused; deliveries that are open, and those that ended."""

    def choose(*_: object) -> Pick:
        return Pick("w1", 1, 3)

    for chat in (1, 2, 3, 4):
        await due(store, chat, minute=chat)
    await store.pause(4, "blocked", NOW)
    [first, _] = await store.claim(NOW + 5 * MINUTE, "me", 2, choose)
    await store.settle([Decision(first, State.SENT, 1, message_id=1)], "me", NOW)
    found = await samples(metrics, health)

    assert found["digestbot_subscriptions"] == 3
    assert (
        found["digestbot_deliveries state=due"] == 2
    )  # what a paused chat is owed waits until it is too late
    assert found["digestbot_deliveries state=sending"] == 1
    assert found["digestbot_deliveries_ended_total state=sent"] == 1
    assert found["digestbot_deliveries_ended_total state=unknown"] == 0
    assert found["digestbot_oldest_due_seconds"] == 240


async def test_counting_has_a_rest(store: Store, metrics: Metrics, health: Health, seconds: Seconds) -> None:
    """Looking often costs nothing: counts are good for ten seconds."""
    await samples(metrics, health)
    await due(store)
    assert (await samples(metrics, health))["digestbot_subscriptions"] == 0
    seconds.now += 10
    assert (await samples(metrics, health))["digestbot_subscriptions"] == 1


async def test_a_slow_count_rests_longer(
    store: Store, metrics: Metrics, health: Health, seconds: Seconds
) -> None:
    """At most a hundredth of the time goes into it, however many readers there are."""
    counted = 0

    class Large:
        """A database that takes half a second to count."""

        async def volume(self) -> object:
            nonlocal counted
            counted += 1
            seconds.now += 0.5
            return await store.volume()

        async def outlook(self) -> object:
            return await store.outlook()

        async def oldest_waiting(self) -> object:
            return None

    health.store = Large()  # type: ignore[assignment]
    await asyncio.gather(*(metrics.page(health) for _ in range(5)))
    seconds.now += 49
    await metrics.page(health)
    assert counted == 1
    seconds.now += 1
    await metrics.page(health)
    assert counted == 2


async def test_the_page_comes_without_a_database(metrics: Metrics, health: Health) -> None:
    """What it would tell is left out, and that it does not answer is told."""

    class Broken:
        """A database on a disk that is gone."""

        async def volume(self) -> object:
            raise StoreError("gone")

        async def outlook(self) -> object:
            raise StoreError("gone")

    health.store = Broken()  # type: ignore[assignment]
    found = await samples(metrics, health)

    assert found["digestbot_database_up"] == 0
    assert not [name for name in found if name.startswith("digestbot_deliveries")]


async def test_what_health_knows_is_measured(metrics: Metrics, health: Health, seconds: Seconds) -> None:
    """Ages in seconds, sizes in bytes."""
    await health.store.receive([Received(1, 1, "{}"), Received(2, 1, "{}")], "me", NOW)
    health.held, health.content = lambda: 12.5, lambda: (4, 2)
    metrics.refused = lambda: 3
    health.conflict()
    seconds.now += 7
    health.conflict()
    found = await samples(metrics, health)

    assert found["digestbot_last_poll_age_seconds"] == 7
    assert found["digestbot_last_poll_age_limit_seconds"] == 120
    assert found["digestbot_conflict_seconds"] == 7
    assert found["digestbot_conflicts_total"] == 2
    assert found["digestbot_webhook_refused_total"] == 3
    assert found["digestbot_inbox_updates"] == 2
    assert found["digestbot_inbox_oldest_seconds"] == 360
    assert found["digestbot_hold_seconds"] == 12.5
    assert found["digestbot_sending_stopped"] == 0
    assert found["digestbot_database_up"] == 1
    assert found["digestbot_disk_free_bytes"] > 0
    assert found["digestbot_database_bytes"] > 0
    assert (found["digestbot_content_digests"], found["digestbot_content_errors"]) == (4, 2)
    assert found["digestbot_build_info schema=0004 version=1.2.3"] == 1
    assert found["process_resident_memory_bytes"] > 0


async def test_what_is_not_there_is_left_out(metrics: Metrics, health: Health) -> None:
    """No disk of a database that is a server, no limit where a replica stands by: no nought to be alarmed by."""
    health.database, health.receives = None, lambda: False
    found = await samples(metrics, health)

    assert not {
        "digestbot_disk_free_bytes",
        "digestbot_database_bytes",
        "digestbot_last_poll_age_limit_seconds",
    } & set(found)


async def test_two_bots_in_one_process_do_not_share_figures(metrics: Metrics, health: Health) -> None:
    """Each has a registry of its own."""
    metrics.received()
    assert (await samples(Metrics("1", "2"), health))["digestbot_updates_received_total"] == 0


async def test_names_are_as_prometheus_wants_them(metrics: Metrics, health: Health) -> None:
    """Lower case, base units, and a help text each (https://prometheus.io/docs/practices/naming/)."""
    families = list(text_string_to_metric_families((await metrics.page(health)).decode()))

    assert [
        each.name for each in families if not re.fullmatch("(digestbot|process)_[a-z_]+", each.name)
    ] == []
    assert [each.name for each in families if not each.documentation] == []
    assert [each.name for each in families if re.search("_(ms|minutes|kb|mb|percent)$", each.name)] == []


@pytest.fixture
async def address(metrics: Metrics, health: Health) -> AsyncIterator[str]:
    """The page served on a free port."""
    runner = await serve(metrics.routes(health), "127.0.0.1", 0)
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}/metrics"
    await runner.cleanup()


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("DELETE", 405)])
async def test_it_can_only_be_looked_at(address: str, method: str, status: int) -> None:
    """GET and HEAD, in the format that Prometheus and all that speak like it read."""
    async with aiohttp.ClientSession() as session, session.request(method, address) as answer:
        assert answer.status == status
        if status == 200:
            assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-store"


async def test_readers_are_not_in_it(store: Store, metrics: Metrics, health: Health) -> None:
    """No id of a chat."""
    chat = 987654321
    await due(store, chat)
    await store.speak(Chat(chat), Kind.PRIVATE, "kk", NOW)
    assert str(chat).encode() not in await metrics.page(health)


async def test_a_running_bot_counts_its_work(sandbox: Sandbox, tmp_path: Path) -> None:
    """What a reader asks, how it is answered, and a 429 on the way."""
    port = free_port()
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_WEB__PORT=str(port))
    await bot.start()
    await fetched(f"http://127.0.0.1:{port}/healthz")
    reader = Conversation(sandbox)
    fault = {"method": "sendMessage", "times": 1, "status": 429, "description": "Too Many Requests"}
    await reader.call("/api/faults", {**fault, "parameters": {"retry_after": 1}})
    await reader.say("/themes")
    await reader.say("/next")
    page = await fetched(f"http://127.0.0.1:{port}/metrics")
    found = read(page)
    await bot.stop()

    assert found["digestbot_updates_received_total"] == 2
    assert found["digestbot_update_handling_seconds_count"] >= 1  # the last answer comes before its end
    assert found["digestbot_updates_failed_total"] == 0
    assert found["digestbot_telegram_call_seconds_count method=sendMessage"] == 3
    assert found["digestbot_telegram_answers_total status=429"] == 1
    assert found["digestbot_telegram_answers_total status=200"] >= 2
    assert found["digestbot_rate_limit_wait_seconds_total"] == 1
    assert found["digestbot_content_digests"] > 0
    assert TOKEN not in page


async def test_the_sender_counts_how_each_attempt_ended(metrics: Metrics, health: Health) -> None:
    """Whatever Telegram answers."""
    telegram = Backend({1: {"id": 1, "type": "private"}}, {})
    telegram.failures = [None, "Forbidden: bot was blocked by the user", TimedOut("no answer in time")]
    limiter = GovernorLimiter(1000, FixedClock(), ForgottenHolds(), {})
    polls = Backend({}, {})
    async with ExtBot(TOKEN, request=telegram, get_updates_request=polls, rate_limiter=limiter) as bot:
        sender = TelegramSender(bot, metrics)
        for _ in range(3):
            await sender.send(Chat(1), Message("Hello"))
    found = await samples(metrics, health)

    assert {name for name, value in found.items() if "_attempts_total" in name and value == 1} == {
        f"digestbot_send_attempts_total outcome={outcome}" for outcome in ("sent", "unreachable", "ambiguous")
    }


async def test_an_update_that_ends_in_an_error_is_counted(
    metrics: Metrics, health: Health, sandbox: Sandbox
) -> None:
    """As a failed one."""
    limiter = GovernorLimiter(25, FixedClock(), ForgottenHolds(), {})
    application = build_application(TOKEN, sandbox.url, limiter, 8, metrics)

    async def broken(_update: object, _context: object) -> None:
        raise ValueError

    application.add_handler(TypeHandler(Update, broken))
    async with application:
        await application.process_update(Update(1))
    found = await samples(metrics, health)

    assert found["digestbot_updates_failed_total"] == 1


async def test_a_wait_of_before_is_known_after_a_restart() -> None:
    """What is left of it is what /healthz and the gauge show; a single chat's wait is not the bot's."""
    held = {None: NOW + 2 * MINUTE, 5: NOW + 9 * MINUTE}
    clock = FixedClock()
    limiter = GovernorLimiter(25, clock, ForgottenHolds(), held)
    clock.move(seconds=30)
    assert limiter.held() == 90
    clock.move(minutes=5)
    assert limiter.held() == 0
