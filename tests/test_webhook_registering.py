"""The webhook as Telegram knows it: set, looked at, taken away, and never fought over."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.clock import SystemClock
from bot.ports import StartError
from bot.sandbox import Sandbox
from bot.telegram.application import ALLOWED_UPDATES
from bot.telegram.registering import Registration, unregister
from tests.conversation import READER, Conversation, free_port
from tests.fakes import FixedClock

os.environ["PTB_TIMEDELTA"] = "true"
from telegram import Bot

SECRET = SecretStr("only-telegram-and-the-bot-know-it")


@dataclass
class Heard:
    """What the health check is told."""

    received: int = 0
    conflicts: int = 0

    def receive(self) -> None:
        """All is well."""
        self.received += 1

    def conflict(self) -> None:
        """Somebody else has the updates."""
        self.conflicts += 1


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """The bot's side."""
    async with Bot(sandbox.settings.token, base_url=f"{sandbox.url}/bot") as bot:
        yield bot


@pytest.fixture
def url() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port()}/telegram"


@pytest.fixture
def heard() -> Heard:
    """Nothing yet."""
    return Heard()


@pytest.fixture
def registration(bot: Bot, url: str, heard: Heard) -> Registration:
    """Not begun."""
    return made(bot, url, heard)


def made(bot: Bot, url: str, heard: Heard, clock: FixedClock | SystemClock | None = None) -> Registration:
    """A registration of this address."""
    return Registration(
        bot, url, SECRET, clock or SystemClock(), received=heard.receive, conflict=heard.conflict
    )


async def test_the_address_is_set_with_all_that_belongs_to_it(
    registration: Registration, bot: Bot, url: str, heard: Heard
) -> None:
    """The kinds of updates and the connections; the answer is the first sign of life."""
    await registration.begin()
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (url, 40, tuple(ALLOWED_UPDATES))
    assert heard.received == 1


async def test_the_log_tells_only_of_changes(bot: Bot, url: str, heard: Heard) -> None:
    """A second start with the same address is nothing new; the path is not told."""
    with capture_logs() as logs:
        await made(bot, url, heard).begin()
        await made(bot, url, heard).begin()  # within the second: Telegram answers 429 first
    assert [(line["event"], line["before"]) for line in logs] == [("webhook.set", "polling")]
    assert "/telegram" not in str(logs)


async def test_what_waits_is_kept(registration: Registration, bot: Bot, sandbox: Sandbox) -> None:
    """Neither setting nor taking away drops what readers wrote."""
    await Conversation(sandbox).call("/api/start", {"user": READER, "chat": READER})
    await registration.begin()
    with capture_logs() as logs:
        await unregister(bot)
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("", 1)
    assert [(line["event"], line["waiting"]) for line in logs] == [("webhook.removed", 1)]


async def test_without_a_webhook_there_is_nothing_to_take_away(bot: Bot) -> None:
    """And nothing to tell."""
    with capture_logs() as logs:
        await unregister(bot)
    assert logs == []


async def test_an_address_that_telegram_refuses_ends_the_start(bot: Bot, heard: Heard) -> None:
    """With what is wrong, and what to do."""
    with pytest.raises(StartError, match=r"an https url.*check telegram\.webhook_url"):
        await made(bot, "http://bot.example.org/telegram", heard).begin()
    assert heard.received == 0


async def test_a_server_that_is_away_ends_the_start(registration: Registration, sandbox: Sandbox) -> None:
    """After three tries."""
    await sandbox.stop()
    with pytest.raises(StartError, match="check the network"):
        await registration.begin()


async def test_a_quiet_night_is_no_illness(registration: Registration, heard: Heard) -> None:
    """No update comes, but Telegram says that it has none."""
    await registration.begin()
    await registration.tick()
    assert (heard.received, heard.conflicts) == (2, 0)


async def test_updates_that_cannot_be_brought_are_told(
    registration: Registration, bot: Bot, heard: Heard, sandbox: Sandbox
) -> None:
    """Nobody listens at the address: a line for each new error, and no sign of life."""
    await registration.begin()
    await fails(bot, sandbox)
    with capture_logs() as logs:
        await registration.tick()
    assert [(line["event"], line["reason"], line["waiting"]) for line in logs] == [
        ("webhook.failing", "Connection refused", 1)
    ]
    assert heard.received == 1


async def fails(bot: Bot, sandbox: Sandbox) -> None:
    """A reader writes, and Telegram has tried to bring it."""
    await Conversation(sandbox).call("/api/start", {"user": READER, "chat": READER})
    async with asyncio.timeout(5):
        while (await bot.get_webhook_info()).last_error_date is None:
            await asyncio.sleep(0.02)


async def test_an_error_that_is_over_is_no_illness(
    bot: Bot, url: str, heard: Heard, sandbox: Sandbox
) -> None:
    """It was minutes ago, and Telegram has not failed since."""
    clock = FixedClock(SystemClock().now())
    registration = made(bot, url, heard, clock)
    await registration.begin()
    await fails(bot, sandbox)
    await registration.tick()
    assert heard.received == 1
    clock.move(minutes=6)
    await registration.tick()
    assert heard.received == 2


async def test_somebody_elses_address_is_told_and_left(
    registration: Registration, bot: Bot, heard: Heard
) -> None:
    """Two that set their own in turns would both look well, and readers be answered by chance."""
    await registration.begin()
    theirs = f"http://127.0.0.1:{free_port()}/secret-path"
    await made(bot, theirs, Heard()).begin()
    with capture_logs() as logs:
        await registration.tick()
        await registration.tick()
    assert (await bot.get_webhook_info()).url == theirs
    assert (heard.received, heard.conflicts) == (1, 2)
    assert [(line["event"], line["log_level"]) for line in logs] == [("webhook.conflict", "error")]
    assert "secret-path" not in str(logs)


async def test_an_address_that_is_ours_again_is_well(
    registration: Registration, bot: Bot, url: str, heard: Heard
) -> None:
    """The other one has gone, and this one was started again elsewhere."""
    await registration.begin()
    await bot.delete_webhook()
    await registration.tick()
    await made(bot, url, Heard()).begin()
    await registration.tick()
    assert (heard.received, heard.conflicts) == (2, 1)


async def test_a_look_that_fails_is_only_told(
    registration: Registration, sandbox: Sandbox, heard: Heard
) -> None:
    """The network is away for a moment: the next look will see."""
    await registration.begin()
    await sandbox.stop()
    with capture_logs() as logs:
        await registration.tick()
    assert [line["event"] for line in logs] == ["webhook.unchecked"]
    assert (heard.received, heard.conflicts) == (1, 0)
