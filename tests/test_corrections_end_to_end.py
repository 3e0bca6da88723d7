"""Corrections with the real bot as a process: posts edited in place, one note, /changes."""

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox import Sandbox, SandboxSettings
from tests.conversation import CHANNEL, GROUP, OTHER, READER, SAMPLE, BotProcess, Conversation, Json, labels

TOKEN = "1000000001:test-token"
OLD, NEW = "A river ends in a *sea*.", "A river ends in a *sea*, or in a lake."
SHOWN = "A river ends in a sea, or in a lake."


@dataclass
class Stage:
    """A sandbox, the bot, and the content that it is started with."""

    sandbox: Sandbox
    bot: BotProcess
    water: Path

    def talk(self, chat: int, user: int = READER) -> Conversation:
        """One chat."""
        return Conversation(self.sandbox, user, chat)

    async def restart_with(self, text: str, correction: str = "") -> None:
        """Stop the bot, change the second digest of /water, and start it again."""
        code, output = await self.bot.stop()
        assert (code, "Traceback" in output) == (0, False), output
        added = f"\n    correction: {correction}" if correction else ""
        self.water.write_text(self.water.read_text().replace(f"text: {OLD}", f"text: {text}{added}"))
        await self.bot.start()


async def until(reached: Callable[[list[Json]], bool], chat: Conversation) -> list[Json]:
    """The bot's messages in a chat once they are as they should be."""
    for _ in range(1000):
        if reached(messages := await chat.from_bot()):
            return messages
        await asyncio.sleep(0.02)
    raise AssertionError(messages)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A running bot with content of its own."""
    shutil.copytree(SAMPLE, tmp_path / "content")
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN, clock_file=tmp_path / "clock"))
    await sandbox.start()
    settings = {
        "BOT_CONTENT__PATH": str(tmp_path / "content"),
        "BOT_TELEGRAM__CHANNEL_COMMANDS": "true",
        "BOT_TELEGRAM__ADMINS": str(OTHER),
    }
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, **settings)
    await bot.start()
    yield Stage(sandbox, bot, tmp_path / "content" / "rivers" / "water.yaml")
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    await sandbox.stop()


async def test_a_correction_reaches_posts_readers_and_changes(stage: Stage) -> None:
    """Two digests each; the second is corrected while the bot is away, and the bot restarted twice."""
    channel, group, reader = stage.talk(CHANNEL), stage.talk(GROUP), stage.talk(READER)
    just_past = dt.datetime.now(ZoneInfo("Asia/Almaty")) - dt.timedelta(minutes=2)  # noqa: TID251
    line = f"/subscribe {just_past:%H:%M} Almaty"  # at another hour a day ahead may be too late
    for chat in (group, reader):
        await chat.say(line)
    await channel.send(line)
    await until(lambda messages: "One digest a day" in messages[-1]["text"], channel)
    for day in (1, 2):
        await reader.call("/api/clock", {"advance": 24 * 3600.0})
        title = "Springs" if day == 1 else "Seas"
        for chat in (group, reader, channel):
            await until(lambda messages, title=title: title in messages[-1]["text"], chat)  # type: ignore[misc]
    assert "Nothing has changed" in (await reader.say("/changes"))["text"]
    private = await reader.from_bot()

    await stage.restart_with(NEW, "Not every river reaches a sea.")
    for chat in (group, channel):
        messages = await until(lambda messages: any(SHOWN in each["text"] for each in messages), chat)
        (edited,) = [each for each in messages if SHOWN in each["text"]]
        assert edited["edit_date"] is not None
        assert ("#water · 2/3" if chat is channel else "/water · 2/5 read") in edited["text"]
        assert len([each for each in messages if "Springs" in each["text"]]) == 1

    messages = await until(lambda messages: len(messages) == len(private) + 1, reader)
    assert messages[:-1] == private
    note = messages[-1]
    assert note["text"] == "✏️ Seas, which you have read, was corrected:\n\nNot every river reaches a sea."
    listed = await reader.say("/changes")
    assert "• Seas\nNot every river reaches a sea." in listed["text"]
    assert labels(listed) == [["💧 Seas"]]
    assert "• Seas" in (await group.say("/changes"))["text"]

    await reader.press(note, "Read it again")
    assert SHOWN in (await reader.from_bot())[-1]["text"]
    assert "Nothing has changed" in (await reader.say("/changes"))["text"]
    count = len(await reader.from_bot())
    calls = len(await edits(reader))
    await stage.restart_with(NEW)
    assert "Springs" in (await stage.talk(OTHER, OTHER).say("/water"))["text"]
    await asyncio.sleep(6)  # a tick of corrections and several of broadcasts
    assert len(await reader.from_bot()) == count
    assert len(await edits(reader)) == calls
    await reader.press(listed, "Seas")
    assert SHOWN in (await reader.from_bot())[-1]["text"]


async def edits(chat: Conversation) -> list[Json]:
    """The bot's edits in groups and channels."""
    calls = (await chat.call("/api/calls"))["body"]
    return [
        call for call in calls if call["method"] == "editMessageText" and int(call["params"]["chat_id"]) < 0
    ]
