"""Content that changes while the bot runs, with the real bot as a process: as its readers and operator see it."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core import settings_texts, texts
from bot.sandbox import Sandbox, SandboxSettings
from tests.conversation import OTHER, READER, SAMPLE, BotProcess, Conversation, Json, until

TOKEN = "1000000001:test-token"
PEACE = """\
theme: peace
title: Peace
emoji: "🕊"
summary: What rivers teach
digests:
  - id: meeting
    title: A meeting
    text: Two rivers meet.
    paragraphs: [2]
"""


@dataclass
class Stage:
    """A sandbox, the bot on a content folder of its own, a reader and the operator."""

    folder: Path
    reader: Conversation
    operator: Conversation

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a text in a file of the article, as a save does."""
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    async def menu(self) -> dict[str, str]:
        """The commands that Telegram shows, with their descriptions."""
        commands: list[Json] = (await self.reader.call("/api/state"))["commands"]
        return {each["command"]: each["description"] for each in commands}

    async def told(self, number: int) -> list[str]:
        """What the operator was told, once it is so much."""

        async def enough() -> bool:
            return len(await self.operator.from_bot()) >= number

        await until(enough)
        return [message["text"] for message in await self.operator.from_bot()]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A running bot."""
    content = shutil.copytree(SAMPLE, tmp_path / "content")
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    settings = {"BOT_CONTENT__PATH": str(content), "BOT_TELEGRAM__ADMINS": str(OTHER)}
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, **settings)
    await bot.start()
    operator = Conversation(sandbox, OTHER, OTHER)
    await operator.call("/api/start", {"user": OTHER, "chat": OTHER, "payload": ""})
    await operator.answer(0)
    stage = Stage(content / "rivers", Conversation(sandbox, READER, READER), operator)
    await until(lambda: has_menu(stage, "water"))
    yield stage
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    await sandbox.stop()


async def has_menu(stage: Stage, name: str, description: str = "") -> bool:
    """Whether Telegram shows a command, and so that the bot has taken up what brought it."""
    menu = await stage.menu()
    return name in menu and description in menu[name]


async def test_a_changed_text_and_a_new_theme_reach_readers(stage: Stage) -> None:
    """What was read stays read, an open digest turns to the new text, and the menu holds the new command."""
    before = await stage.reader.say("/water")
    assert "Springs" in before["text"]
    stage.edit("water.yaml", "title: Seas", "title: Oceans")
    stage.edit("initiatives.yaml", "What is proposed", "What somebody proposes")
    (stage.folder / "peace.yaml").write_text(PEACE)
    await until(lambda: has_menu(stage, "peace", "What rivers teach"))

    assert await has_menu(stage, "initiatives", "What somebody proposes")
    assert "Two rivers meet." in (await stage.reader.say("/peace"))["text"]
    assert "Oceans" in (await stage.reader.say("/water"))["text"]
    await stage.reader.press(before, "▶")
    assert "Oceans" in (await stage.reader.again(before))["text"]


async def test_a_removed_theme_and_digest_are_missed_in_friendly_words(stage: Stage) -> None:
    """Its command is unknown, its buttons say that it is gone, and the menu shows it no more."""
    fish = await stage.reader.say("/initiatives")
    screen = await stage.reader.say("/subscribe initiatives")
    await stage.reader.press(screen, "Themes")
    screen = await stage.reader.again(screen)
    (stage.folder / "initiatives.yaml").unlink()
    stage.edit("article.yaml", "themes: [water, initiatives]", "themes: [water]")

    async def gone() -> bool:
        return "initiatives" not in await stage.menu()

    await until(gone)
    assert (await stage.reader.press(fish, "▶"))["text"] == texts.GONE
    assert (await stage.reader.press(screen, "Initiatives"))["text"] == settings_texts.OUT_OF_DATE
    assert "I do not know /initiatives." in (await stage.reader.say("/initiatives"))["text"]
    assert "Springs" in (await stage.reader.say("/next"))["text"]


async def test_broken_content_keeps_the_last_and_tells_the_operator_once(stage: Stage) -> None:
    """With file and line; mended, it is loaded, and the operator hears that too."""
    stage.edit("water.yaml", "paragraphs: [1, 2]", "paragraphs: [1, 7]")
    stage.edit("water.yaml", "title: S", "title: Other S")
    broken = (await stage.told(2))[1]
    assert f"{stage.folder}/water.yaml:13:21: unknown-paragraph: " in broken
    assert (await stage.reader.say("/water"))["text"].startswith("💧 Springs")

    stage.edit("water.yaml", "paragraphs: [1, 7]", "paragraphs: [1, 2]")
    assert (await stage.told(3))[2] == "✅ The content is mended and loaded: 5 digests."
    assert "Other Seas" in (await stage.reader.say("/water"))["text"]
