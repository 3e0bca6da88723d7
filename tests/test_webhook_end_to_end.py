"""The real bot in webhook mode: it answers, survives kill -9, goes back to polling, and lets no stranger in."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox import Sandbox, SandboxSettings
from bot.sandbox.bot_api import Fault
from bot.sandbox.refusal import Refusal
from tests import webhook_campaign
from tests.conversation import READER, BotProcess, Conversation, free_port
from tests.test_bot_end_to_end import TOKEN

SECRET = "only-telegram-and-the-bot-know-it"


class Stage:
    """A sandbox, a reader, and bots that come and go on one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
        self.bots: list[BotProcess] = []

    @property
    def reader(self) -> Conversation:
        """Who writes."""
        return Conversation(self.sandbox)

    async def bot(self, **more: str) -> BotProcess:
        """A bot, when it has started; by default Telegram calls it."""
        called = {
            "BOT_WEB__PORT": str(self.port),
            "BOT_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{self.port}/telegram",
            "BOT_WEBHOOK_SECRET": SECRET,
        }
        self.sandbox._world.commands.clear()
        bot = BotProcess(self.sandbox.url, TOKEN, self.folder, **(more or called))
        await bot.start()
        self.bots.append(bot)
        await webhook_campaign.begun(self.sandbox, bot)
        return bot

    async def hook(self) -> dict[str, Any]:
        """What Telegram knows of the webhook."""
        return await self.sandbox._bot_api.webhook.info({})


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Without a bot yet."""
    stage = Stage(tmp_path)
    await stage.sandbox.start()
    yield stage
    for bot in stage.bots:
        if bot.running:
            code, output = await bot.stop()
            assert (code, "Traceback" in output, SECRET in output) == (0, False, False), output
    await stage.sandbox.stop()


async def test_a_bot_that_is_called_answers(stage: Stage) -> None:
    """Telegram brings the command; nobody polls, and at the end the address stays."""
    bot = await stage.bot()
    assert "Rivers & people" in (await stage.reader.say("/start"))["text"]
    calls = (await stage.reader.call("/api/calls"))["body"]
    assert "getUpdates" not in {call["method"] for call in calls}
    code, output = await bot.stop()
    assert (code, "Traceback" in output, SECRET in output) == (0, False, False), output
    assert (await stage.hook())["url"].endswith("/telegram")


async def test_what_was_acknowledged_is_answered_after_a_kill(stage: Stage) -> None:
    """It does not learn that its answer has arrived: the update is in the inbox, and the next process answers it."""
    bot = await stage.bot()
    await stage.reader.say("/start")
    late = Fault("sendmessage", READER, 1, "delay", Refusal(500, "late"), 30)
    stage.sandbox._bot_api.faults.append(late)
    first = await stage.reader.say("/themes")
    assert (await stage.hook())["pending_update_count"] == 0
    await bot.stop(signal.SIGKILL)
    before = len(await stage.reader.from_bot())
    await stage.bot()
    assert (await stage.reader.answer(before))["text"] == first["text"]


async def test_what_readers_write_while_the_bot_is_away_is_answered(stage: Stage) -> None:
    """Telegram keeps it, and brings it when the bot is back at its address."""
    bot = await stage.bot()
    await stage.reader.say("/start")
    await bot.stop()
    before = len(await stage.reader.from_bot())
    await stage.reader.send("/themes")
    await stage.bot()
    await stage.reader.answer(before)


async def test_back_to_polling_the_webhook_is_taken_away(stage: Stage) -> None:
    """With what waited answered: one line in the log says so."""
    await (await stage.bot()).stop()
    before = len(await stage.reader.from_bot())
    await stage.reader.send("/start")
    polling = await stage.bot(BOT_LOG__FORMAT="console")
    await stage.reader.answer(before)
    assert (await stage.hook())["url"] == ""
    code, output = await polling.stop()
    assert (code, "webhook.removed" in output) == (0, True), output


async def test_no_stranger_is_let_in(tmp_path: Path) -> None:
    """Each kind of hostile request once, and slow connections, while readers write."""
    outcome = await webhook_campaign.siege(
        tmp_path, list(webhook_campaign.attacks(0)), slow=50, seconds=3, rate=5, patience=2
    )
    assert outcome.accepted == 0, outcome.table()
    assert (outcome.sent, outcome.slow_closed) == (
        len(list(webhook_campaign.attacks(0))),
        outcome.slow_closed,
    )
    assert outcome.good == {200: outcome.rows}, outcome.table()
    assert outcome.replies == outcome.rows == len(outcome.waits) + len(outcome.calm)
    assert (outcome.code, "Traceback" in outcome.log, webhook_campaign.SECRET in outcome.log) == (
        0,
        False,
        False,
    )
