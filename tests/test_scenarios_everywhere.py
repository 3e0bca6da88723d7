"""A reader's whole way, once in each language and each kind of chat: the real bot over the project's own content.

One bot serves all of them, as one does for readers; each has a chat of its own.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_asyncio import fixture

from bot.content.loader import load_library
from bot.core.library import Library
from tests.conversation import AIBEK, IVAN, READER, Json, Person
from tests.test_chats_end_to_end import Stage, running

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.asyncio(loop_scope="module")
PEOPLE = {"en": READER, "ru": IVAN, "kk": AIBEK}
WORDS = {"en": "vetoes", "ru": "вету", "kk": "ветоны"}
"""A word of a title in a form that the title does not have."""
KINDS = ("private", "group", "topic", "channel")


@fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """The bot with the project's own content."""
    settings = {"BOT_CONTENT__PATH": str(ROOT / "content"), "BOT_TELEGRAM__CHANNEL_COMMANDS": "true"}
    async with running(tmp_path_factory.mktemp("everywhere"), **settings) as stage:
        yield stage


@pytest.fixture(scope="module")
def library() -> Library:
    """What it reads from."""
    library = load_library(ROOT / "content").library
    assert library is not None
    return library


@dataclass
class Reader:
    """Somebody in a chat, with the library as it reads in their language."""

    person: Person
    library: Library
    language: str

    async def hears(self, text: str) -> Json:
        """The answer to a command."""
        return await self.person.say(text)

    def titles(self, theme: str) -> list[str]:
        """The titles of a theme's digests."""
        found = self.library.theme(theme)
        assert found is not None
        return [item.title for item in found.digests]


@fixture(loop_scope="module", params=[(kind, language) for kind in KINDS for language in PEOPLE])
async def reader(request: pytest.FixtureRequest, stage: Stage, library: Library) -> Reader:
    """Each kind of chat, made by somebody whose app speaks the language."""
    kind, language = request.param
    person = Person(stage.sandbox, PEOPLE[language])
    if kind == "private":
        before = len(await person.from_bot())
        await person.start()
        await person.answer(before)
    elif kind == "channel":
        person.go(await person.new_chat("channel", f"Digests {language}", bot="administrator"))
        await person.say(f"/language {language}")
    else:
        chat = await person.new_chat("supergroup", f"Circle {language}", forum=kind == "topic", bot="member")
        person.go(chat, await person.go(chat).open_topic("Reading") if kind == "topic" else None)
        await asyncio.sleep(0.5)  # the greeting comes unasked
    return Reader(person, library.in_language(language), language)


async def test_a_reader_reads_and_looks_around(reader: Reader) -> None:
    """A theme, the next digest, a source, the lists, a search: all in one's own language, where one asks."""
    person, titles = reader.person, reader.titles("veto")
    opened = await reader.hears("/veto")
    assert titles[0] in opened["text"]
    await person.press(opened, "¶")
    unfolded = await person.again(opened)
    assert "expandable_blockquote" in {each["type"] for each in unfolded["entities"]}
    assert titles[0] not in (await reader.hears("/next"))["text"]

    assert reader.library.themes[0].title in (await reader.hears("/themes"))["text"]
    assert reader.library.articles[0].title in (await reader.hears("/article"))["text"]
    assert "/settings" in (await reader.hears("/help"))["text"]
    found = await reader.hears(f"/search {WORDS[reader.language]}")
    assert any(title in found["text"] for title in titles), found["text"]


async def test_a_reader_subscribes_and_gets_a_digest(reader: Reader, stage: Stage) -> None:
    """Subscribed by a line, silenced by a button, delivered where it was asked for, and ended."""
    person = reader.person
    assert "07:30" in (await reader.hears("/subscribe 07:30 Almaty"))["text"]
    settings = await reader.hears("/settings")
    await person.press(settings, "🔕")
    before = len(await person.from_bot())
    await stage.next_delivery()
    delivered = await person.answer(before)
    assert delivered["silent"]
    everything = [title for theme in reader.library.themes for title in reader.titles(theme.name)]
    assert any(title in delivered["text"] for title in everything)

    assert "/subscribe" in (await reader.hears("/unsubscribe"))["text"]
    assert "🔕" not in str((await reader.hears("/settings"))["reply_markup"])


@pytest.mark.parametrize("language", PEOPLE)
async def test_a_channel_is_set_up_in_private_and_posted_in(
    stage: Stage, library: Library, language: str
) -> None:
    """By its administrator, in whose language its posts are; a post is for everybody."""
    person = Person(stage.sandbox, PEOPLE[language])
    before = len(await person.from_bot())
    await person.start()
    await person.answer(before)
    channel = await person.new_chat("channel", f"News {language}", bot="administrator")
    await person.say(f"/channels {channel}")
    settings = (await person.from_bot())[-1]
    for _ in range(100):  # the keyboard is taken away by a message of its own
        if settings["reply_markup"] and "inline_keyboard" in settings["reply_markup"]:
            break
        await asyncio.sleep(0.02)
        settings = (await person.from_bot())[-1]
    assert f"News {language}" in settings["text"]
    await stage.next_delivery()
    post = await Person(stage.sandbox, PEOPLE[language], channel).answer(0)
    titles = {item.title for theme in library.in_language(language).themes for item in theme.digests}
    assert any(title in post["text"] for title in titles)
    assert post["text"].splitlines()[-1].startswith("#")
    await person.press(await person.again(settings), "🔕")


@pytest.mark.parametrize("language", PEOPLE)
async def test_a_reader_sees_and_erases_what_is_kept(stage: Stage, language: str) -> None:
    """The list, the file, and the end of it: who asks after that is a stranger."""
    person = Person(stage.sandbox, PEOPLE[language])
    before = len(await person.from_bot())
    await person.start()
    await person.answer(before)
    await person.say("/next")
    assert "/forgetme" in (await person.say("/privacy"))["text"]
    assert "mydata.json" in str(await person.say("/mydata"))
    question = await person.say("/forgetme")
    erase = question["reply_markup"]["inline_keyboard"][0][0]
    await person.press(question, erase["text"])
    assert "1/40" in (await person.say("/next"))["text"]


async def test_a_member_who_is_no_administrator_changes_nothing(stage: Stage) -> None:
    """In a group, in each language: a sentence, and the subscription as it was."""
    owner = Person(stage.sandbox, READER)
    chat = await owner.new_chat("supergroup", "Members", bot="member")
    await asyncio.sleep(0.5)
    await owner.go(chat).say("/subscribe 07:30 Almaty")
    for user in (IVAN, AIBEK):
        member = Person(stage.sandbox, user, chat)
        await owner.set_role(user, status="member")
        assert "07:30" not in (await member.say("/unsubscribe"))["text"]
    assert "07:30" in (await owner.say("/settings"))["text"]
