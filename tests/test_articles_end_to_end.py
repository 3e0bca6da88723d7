"""Several articles with the real bot as a process: as readers of three languages and subscribers see them."""

import asyncio
import datetime as dt
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.content.loader import load_library
from bot.core import article_texts, texts
from bot.core.library import Library, short_title
from bot.core.model import EVERY_DAY, Chat, Kind, Preferences
from bot.core.schedule import next_slot
from bot.sandbox import Sandbox, SandboxSettings
from bot.store import open_store
from tests.conversation import (
    IVAN,
    OTHER,
    READER,
    SAMPLE,
    BotProcess,
    Json,
    Person,
    free_port,
    labels,
    until,
)

TOKEN = "1000000001:test-token"
TESTS = Path(__file__).parent
SHELF, REAL = TESTS / "shelf", TESTS.parent / "content" / "middle-powers"
SPECIFICATION = TESTS.parents[1] / "shared" / "botapi" / "api-10.1.min.json"
REFUSED = {
    "method": "sendRichMessage",
    "times": 1,
    "status": 400,
    "description": "Bad Request: no such thing",
}


@dataclass
class Stage:
    """A sandbox, a content folder, a bot that is not started yet, and two readers."""

    folder: Path
    bot: BotProcess
    reader: Person
    other: Person

    @property
    def library(self) -> Library:
        """What the folder holds now."""
        library = load_library(self.folder).library
        assert library is not None
        return library

    async def open(self, *articles: Path) -> None:
        """Put articles into the folder, and start the bot."""
        for article in articles:
            shutil.copytree(article, self.folder / article.name)
        await self.bot.start()
        await until(lambda: self.shows(self.library.themes[0].name))
        await until(self.described)

    async def shows(self, command: str) -> bool:
        """Whether a command is in the menu, and so the bot has taken up what brought it."""
        commands: list[Json] = (await self.reader.call("/api/state"))["commands"]
        return command in [each["command"] for each in commands]

    async def described(self) -> bool:
        """Whether the bot has said what it is, in its last language, the last thing that it does at a start."""
        return any(call["method"] == "setMyShortDescription" for call in await self.calls())

    async def calls(self) -> list[Json]:
        """All that the bot called."""
        calls: list[Json] = (await self.reader.call("/api/calls"))["body"]
        return calls

    async def next_delivery(self, person: Person) -> str:
        """Move the clock to the next delivery; what it brought to this chat."""
        before = len(await person.from_bot())
        for _ in range(500):
            clock = (await self.reader.call("/api/state"))["clock"]
            if clock["next"] is not None and clock["next"] > clock["now"]:
                break
            await asyncio.sleep(0.02)
        assert "clock" in await self.reader.call("/api/clock", {"to": "next"})
        text: str = (await person.answer(before))["text"]
        return text


@pytest.fixture
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """All is there but the bot."""
    port = free_port()
    status = f"http://127.0.0.1:{port}/healthz"
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN, clock_file=tmp_path / "clock", status_url=status))
    await sandbox.start()
    content = tmp_path / "content"
    content.mkdir()
    bot = BotProcess(
        sandbox.url,
        TOKEN,
        tmp_path,
        BOT_CONTENT__PATH=str(content),
        BOT_WEB__PORT=str(port),
        **getattr(request, "param", {}),
    )
    yield Stage(content, bot, Person(sandbox), Person(sandbox, OTHER))
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    await sandbox.stop()


async def subscribed(
    folder: Path, chat: int, *, language: str = "en", articles: tuple[str, ...] = ()
) -> None:
    """A subscription of every day at nine, as if made before the bot was started."""
    store = open_store(f"sqlite:///{folder}/bot.db")
    now = SystemClock().now()
    wanted = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty", articles=articles)
    await store.subscribe(Chat(chat), wanted, next_slot(wanted, now).at, now)
    await store.speak(Chat(chat), Kind.PRIVATE, language, now)
    await store.close()


async def press(reader: Person, message: Json, data: str) -> Json:
    """Press the button that carries this; the callback's answer."""
    buttons = [each for row in message["reply_markup"]["inline_keyboard"] for each in row]
    label = next(each["text"] for each in buttons if each.get("callback_data") == data)
    return await reader.press(message, label)


async def test_readers_of_three_languages_find_their_way_through_four_articles(stage: Stage) -> None:
    """The list, a page, back, reading on; a command of two articles; titles in the reader's language."""
    await stage.open(SHELF / "apples", SHELF / "bridges", SHELF / "wells", REAL)
    for user, language in ((READER, "en"), (OTHER, "ru"), (IVAN, "kk")):
        reader = Person(stage.reader.sandbox, user)
        await reader.speak(language)
        shelf = stage.library.in_language(language)
        listing = await reader.say("/article")
        assert labels(listing) == [[article.title] for article in shelf.articles]
        assert all(article.title in listing["text"] for article in shelf.articles)

        bridges = shelf.articles[1]
        page = await again_at(reader, listing, "a:bridges")
        assert page["text"].startswith(f"📰 {bridges.title}\n\n{bridges.author}\n{bridges.publisher}")
        await press(reader, page, "articles:0")
        assert (await reader.again(page))["text"] == listing["text"]

        message = await reader.say("/care")
        assert labels(message)[0] == ["◀", "1/3", "▶"]
        assert f"/care · {short_title(shelf.articles[0].title)} · " in message["text"]
        themes = (await reader.say("/themes"))["text"]
        assert all(article.title in themes for article in shelf.articles[:3])
        before = len(await reader.from_bot())
        await press(reader, await again_at(reader, listing, "a:middle-powers"), "read:middle-powers")
        assert shelf.articles[3].themes[0].digests[0].title in (await reader.answer(before))["text"]


async def again_at(reader: Person, listing: Json, data: str) -> Json:
    """Open a page from the list; the same message with the page in it."""
    await press(reader, listing, data)
    return await reader.again(listing)


async def test_an_article_added_while_the_bot_runs_comes_first_to_whoever_follows_it(
    stage: Stage, tmp_path: Path
) -> None:
    """In the midst of a sequence, in order, as new; who follows another article never gets it."""
    await subscribed(tmp_path, READER)
    await subscribed(tmp_path, OTHER, language="ru", articles=("bridges",))
    for person in (stage.reader, stage.other):
        await person.start()
    await stage.open(SHELF / "bridges", SHELF / "wells")
    await stage.other.answer(0)
    assert "Stones that press" in await stage.next_delivery(stage.reader)
    shutil.copytree(SHELF / "apples", stage.folder / "apples")
    await until(lambda: stage.shows("orchard"))

    came = [await stage.next_delivery(stage.reader) for _ in range(4)]
    assert [text.split("\n")[:2] for text in came[:3]] == [
        ["🆕 New digest", "🍎 Trees in rows"],
        ["🆕 New digest", "🍎 Red is not ripe"],
        ["🆕 New digest", "✂️ Cut before the sap rises"],
    ]
    assert came[3].startswith("🌉 The last stone")
    assert "/arches · Bridges of stone and… · 5/9 read" in came[3]
    await stage.other.answer(4)
    titles = [message["text"].split("\n")[0] for message in await stage.other.from_bot()]
    shelf = stage.library.in_language("ru")
    assert [title.partition(" ")[2] for title in titles[1:5]] == [
        digest.title for theme in shelf.articles[1].themes for digest in theme.digests
    ]


async def test_an_article_that_is_removed_is_missed_in_friendly_words(stage: Stage) -> None:
    """Its buttons say so; the others go on, and the digests of the last need no article's name."""
    await stage.open(SHELF / "bridges", SHELF / "wells")
    listing = await stage.reader.say("/article")
    arch = await stage.reader.say("/next")
    page = await again_at(stage.reader, listing, "a:bridges")
    shutil.rmtree(stage.folder / "bridges")
    await until(lambda: absent(stage, "arches"))

    assert (await press(stage.reader, page, "read:bridges"))["text"] == article_texts.ARTICLE_GONE
    assert (await stage.reader.press(arch, "▶"))["text"] == texts.GONE
    assert (await stage.reader.say("/article"))["text"].startswith("📰 Wells\n")
    assert "/digging · 1/2 read" in (await stage.reader.say("/next"))["text"]
    assert "I do not know /arches." in (await stage.reader.say("/arches"))["text"]


async def absent(stage: Stage, command: str) -> bool:
    """Whether a command has left the menu."""
    return not await stage.shows(command)


@pytest.mark.parametrize("stage", [{"BOT_TELEGRAM__RICH_MESSAGES": "true"}], indirect=True)
async def test_an_article_as_one_rich_message_and_plain_where_that_is_refused(stage: Stage) -> None:
    """All of its digests, folded; refused, the plain page comes instead, and the next time at once.

    So it is with an article of several: a message of its own, or else the list turns into the page.
    """
    await stage.open(SAMPLE / "rivers")
    blocks = (await stage.reader.say("/article"))["content"]["rich_message"]["blocks"]
    titles = [digest.title for theme in stage.library.articles[0].themes for digest in theme.digests]
    assert [block["summary"] for block in blocks if block["type"] == "details"] == titles
    await stage.reader.call("/api/faults", REFUSED)
    for _ in range(2):
        plain = await stage.reader.say("/article")
        assert plain["text"].startswith("📰 Rivers & people\n")
        assert "0/5 read" in plain["text"]
    tried = [call for call in await stage.calls() if call["method"] == "sendRichMessage"]
    assert [call["status"] for call in tried] == [200, 400]
    if SPECIFICATION.exists():
        method = json.loads(SPECIFICATION.read_text())["methods"]["sendRichMessage"]
        assert set(tried[0]["params"]) <= {each["name"] for each in method["fields"]}

    await stage.reader.call("/api/clock", {"advance": 3600})
    shutil.copytree(SHELF / "wells", stage.folder / "wells")
    await until(lambda: stage.shows("digging"))
    listing = await stage.reader.say("/article")
    before = len(await stage.reader.from_bot())
    await press(stage.reader, listing, "a:wells")
    assert (await stage.reader.answer(before))["content"]["rich_message"]["blocks"][0]["text"] == "Wells"
    await stage.reader.call("/api/faults", REFUSED)
    await press(stage.reader, listing, "a:rivers")
    assert (await stage.reader.again(listing))["text"].startswith("📰 Rivers & people\n")
