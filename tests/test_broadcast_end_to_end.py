"""/broadcast with the real bot as a process: preview, question, progress, pause, cancel, and a kill in its midst."""

import asyncio
import datetime as dt
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.sandbox import Sandbox, SandboxSettings
from bot.sandbox.world import Chat as SandboxChat
from bot.store import open_store
from tests.conversation import OTHER, READER, BotProcess, Conversation, Json, labels

TOKEN = "1000000001:test-token"
READERS = range(9001, 9025)
TEXT = "Maintenance tonight <at 9>"
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
FAR = dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


@dataclass
class Stage:
    """A sandbox with two dozen readers, the bot, and the operator, who is no reader."""

    sandbox: Sandbox
    bot: BotProcess
    operator: Conversation

    def copies(self) -> list[int]:
        """How many copies of the text each reader has."""
        chats = self.sandbox._world.chats
        return [
            sum(message.text == TEXT for message in chats[reader].messages.values()) for reader in READERS
        ]

    async def until(self, reached: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        for _ in range(1000):
            if reached():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(self.copies())

    async def ask(self, text: str = f"/broadcast {TEXT}") -> Json:
        """Write the command; the card with the question."""
        before = len(await self.operator.from_bot())
        await self.operator.send(text)
        return await self.operator.answer(before + 1)

    async def card(self, card: Json, words: str) -> Json:
        """The card once it holds certain words."""
        for _ in range(1000):
            if words in (card := await self.operator.again(card))["text"]:
                return card
            await asyncio.sleep(0.02)
        raise AssertionError(card["text"])


@pytest.fixture
def rate() -> float:
    """Messages a second."""
    return 100


@pytest.fixture
async def stage(tmp_path: Path, rate: float) -> AsyncIterator[Stage]:
    """A running bot with readers."""
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    for reader in READERS:
        await store.subscribe(Chat(reader), WANTED, FAR, FAR)
    await store.close()
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    for reader in READERS:
        sandbox._world.chats[reader] = SandboxChat(reader, "private", "Reader", {reader: "member"})
    await sandbox.start()
    settings = {"BOT_TELEGRAM__ADMINS": str(READER), "BOT_DELIVERY__RATE": str(rate)}
    settings["BOT_DELIVERY__PAID_STARS"] = "2"
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, **settings)
    await bot.start()
    yield Stage(sandbox, bot, Conversation(sandbox))
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    await sandbox.stop()


async def test_a_broadcast_from_the_preview_to_the_summary(stage: Stage) -> None:
    """Everybody gets what the preview showed, once; one who blocked the bot is counted, and nobody to retry."""
    stage.sandbox._world.chats[READERS[0]].blocked = True
    question = await stage.ask()
    preview = (await stage.operator.from_bot())[-2]
    assert preview["text"] == TEXT
    assert "Send it to 24 readers? At 100/s that takes less than a minute, until " in question["text"]
    assert labels(question) == [["Send to 24 readers", "Cancel"]]

    await stage.operator.press(question, "Send")
    summary = await stage.card(question, "finished")
    assert "23 of 24 sent · 1 failed" in summary["text"]
    assert "1 reader blocked the bot, left or unsubscribed: nobody to try again." in summary["text"]
    assert summary["reply_markup"] is None
    assert stage.copies() == [0] + [1] * 23


async def test_at_a_rate_that_is_not_free_it_is_paid_for_up_to_the_ceiling(
    stage: Stage, tmp_path: Path
) -> None:
    """Two Stars pay for twenty of the 24 copies; the rest arrives all the same, and the operator is told."""
    question = await stage.ask()
    await stage.operator.press(question, "Send")
    await stage.card(question, "finished")
    assert stage.copies() == [1] * 24
    with closing(sqlite3.connect(tmp_path / "bot.db")) as database:
        assert database.execute("SELECT count FROM counts WHERE what = 'paid'").fetchall() == [(20,)]
    assert any("2 Stars may be spent" in each["text"] for each in await stage.operator.from_bot())


@pytest.mark.parametrize("rate", [8])
async def test_progress_moves_in_place_pauses_and_goes_on(stage: Stage) -> None:
    """One card, edited; nothing goes out while it is paused; then the rest does, and nobody gets two."""
    question = await stage.ask()
    await stage.operator.press(question, "Send")
    moving = await stage.card(question, "sending")
    assert labels(moving) == [["⏸ Pause", "Cancel"]]
    await stage.until(lambda: sum(stage.copies()) >= 3)
    await stage.operator.press(moving, "Pause")
    paused = await stage.card(question, "paused")
    assert labels(paused) == [["▶ Resume", "Cancel"]]
    await asyncio.sleep(1.5)  # what was in flight arrives
    before = sum(stage.copies())
    assert before < len(READERS)
    await asyncio.sleep(1.5)
    assert sum(stage.copies()) == before

    await stage.operator.press(await stage.operator.again(question), "Resume")
    await stage.card(question, "24 of 24 sent")
    assert stage.copies() == [1] * len(READERS)
    assert len(await stage.operator.from_bot()) == 2  # the preview and the card


@pytest.mark.parametrize("rate", [8])
async def test_a_cancelled_broadcast_can_be_taken_up_again(stage: Stage) -> None:
    """Cancel leaves the rest unsent, and counted; the retry goes to them alone."""
    question = await stage.ask()
    await stage.operator.press(question, "Send")
    await stage.until(lambda: sum(stage.copies()) >= 3)
    await stage.operator.press(await stage.operator.again(question), "Cancel")
    summary = await stage.card(question, "finished")
    missing = stage.copies().count(0)
    assert missing
    assert f"{missing} not sent" in summary["text"]
    assert labels(summary) == [[f"Retry those who did not get it ({missing})"]]

    await stage.operator.press(summary, "Retry")
    await stage.card(question, "24 of 24 sent")
    assert stage.copies() == [1] * len(READERS)


@pytest.mark.parametrize("rate", [8])
async def test_kill_9_in_its_midst_costs_no_more_than_what_was_in_flight(stage: Stage) -> None:
    """The next process goes on by itself, on the same card; at most eight readers get a second copy."""
    question = await stage.ask()
    await stage.operator.press(question, "Send")
    await stage.until(lambda: sum(stage.copies()) >= 6)
    await stage.bot.kill()
    await stage.bot.start()
    await stage.card(question, "24 of 24 sent")

    assert min(stage.copies()) == 1
    assert max(stage.copies()) <= 2
    assert stage.copies().count(2) <= 8
    assert len(await stage.operator.from_bot()) == 2


async def test_those_in_doubt_are_sent_to_only_on_a_second_question(stage: Stage) -> None:
    """No answer came twice: `unknown`; the button asks first, and says what it can do."""
    lost = {"chat": READERS[0], "method": "sendMessage", "mode": "drop_after", "times": 1}
    await stage.operator.call("/api/faults", lost)
    question = await stage.ask()
    await stage.bot.stop()
    stage.bot._environment["BOT_DELIVERY__ON_AMBIGUOUS"] = "never"
    await stage.bot.start()
    await stage.operator.press(question, "Send")
    summary = await stage.card(question, "finished")
    assert "23 of 24 sent · 1 unknown" in summary["text"]
    assert labels(summary) == [["1 may or may not have it …"]]

    await stage.operator.press(summary, "may or may not")
    doubt = await stage.card(question, "second copy")
    assert labels(doubt) == [["Send again, a second copy is possible"], ["‹ Back"]]
    await stage.operator.press(doubt, "Back")
    await stage.operator.press(await stage.card(question, "finished"), "may or may not")
    await stage.operator.press(await stage.card(question, "second copy"), "Send again")
    await stage.card(question, "24 of 24 sent")
    assert stage.copies() == [2] + [1] * 23


async def test_cancel_before_it_begins(stage: Stage) -> None:
    """Nothing is sent."""
    question = await stage.ask()
    await stage.operator.press(question, "Cancel")
    await stage.card(question, "Nothing was sent.")
    assert sum(stage.copies()) == 0


async def test_a_reply_broadcasts_ones_own_message(stage: Stage) -> None:
    """/broadcast in answer to one's own text; to the bot's, or to nothing, it says how."""
    hint = await stage.operator.say(TEXT)
    (own, *_) = await stage.operator.messages()
    body = {"user": READER, "chat": READER, "text": "/broadcast"}
    await stage.operator.call("/api/send", {**body, "reply_to": own["message_id"]})
    assert (await stage.operator.answer(1))["text"] == TEXT
    assert "Send it to 24 readers?" in (await stage.operator.answer(2))["text"]
    await stage.operator.call("/api/send", {**body, "reply_to": hint["message_id"]})
    assert "one of your own messages" in (await stage.operator.answer(3))["text"]
    assert "There is no text to send" in (await stage.operator.say("/broadcast"))["text"]


async def test_to_anybody_else_the_commands_do_not_exist(stage: Stage) -> None:
    """A reader gets the answer to an unknown command; nothing is queued."""
    reader = Conversation(stage.sandbox, OTHER, OTHER)
    for command in ("/broadcast hello", "/outbox"):
        assert f"I do not know {command.split()[0]}." in (await reader.say(command))["text"]
    assert sum(stage.copies()) == 0


async def test_the_outbox_in_one_message(stage: Stage) -> None:
    """Counts and the line about the busiest of the next hours."""
    await stage.operator.press(await stage.ask(), "Send")
    await stage.until(lambda: sum(stage.copies()) == len(READERS))
    text = (await stage.operator.say("/outbox"))["text"]
    assert re.search(r"^sent: \d+$", text, re.MULTILINE)
    assert "09:00: 24 readers at 100/s: the last one within the minute" in text
