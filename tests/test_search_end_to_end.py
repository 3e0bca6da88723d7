"""Searching, sharing and links with the real bot as a process and the real content, in every kind of chat."""

import asyncio
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from bot.content.loader import load_library
from bot.core.library import Library
from bot.sandbox import Sandbox, SandboxSettings
from tests.conversation import (
    AIBEK,
    CHANNEL,
    FORUM,
    GROUP,
    IVAN,
    OTHER,
    PATIENCE,
    READER,
    BotProcess,
    Json,
    Person,
    find_button,
    labels,
)
from tests.test_bot_end_to_end import TOKEN, check_calls

pytestmark = pytest.mark.asyncio(loop_scope="module")
CONTENT = Path(__file__).parents[1] / "content"
SPEAKERS = [(READER, "en"), (IVAN, "ru"), (AIBEK, "kk")]
WORDS = {"en": "pandemcs", "ru": "пандемией", "kk": "пандемияның"}
AGENCY = "biosafety-agency"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def telegram(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sandbox]:
    """A sandbox with one bot for all tests: each uses a chat, or words, of its own."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    folder = tmp_path_factory.mktemp("bot")
    more = {
        "BOT_CONTENT__PATH": str(CONTENT),
        "BOT_TELEGRAM__CHANNEL_COMMANDS": "true",
        "BOT_TELEGRAM__ADMINS": "501,502,503,504",  # for whom no limit holds: tests are quick readers
    }
    bot = BotProcess(sandbox.url, TOKEN, folder, **more)
    await bot.start()
    reader = Person(sandbox)
    async with asyncio.timeout(PATIENCE):
        while not (await reader.call("/api/state"))["commands"]:
            await asyncio.sleep(0.02)
    yield sandbox
    code, output = await bot.stop()
    assert (code, "Traceback" in output) == (0, False), output
    assert "пандеми" not in output  # what is looked for is nobody's business
    await check_calls(sandbox)
    await sandbox.stop()


@cache
def content(code: str) -> Library:
    """The real content in a language."""
    library = load_library(CONTENT).library
    assert library is not None
    return library.in_language(code)


def title(code: str, digest: str = AGENCY) -> str:
    """A digest's title in a language."""
    found = content(code).digest(digest)
    assert found is not None
    return found[1].title


async def following(person: Person, payload: str, answers: int = 1) -> list[Json]:
    """What the bot says to who follows a link."""
    before = len(await person.from_bot())
    await person.start(payload)
    return [await person.answer(before + number) for number in range(answers)]


@pytest.mark.parametrize(("user", "code"), SPEAKERS)
async def test_a_link_shows_a_newcomer_the_digest_and_then_what_this_is(
    telegram: Sandbox, user: int, code: str
) -> None:
    """Whose second link brings the digest alone."""
    person = Person(telegram, user)
    digest, about = await following(person, f"d_{AGENCY}", answers=2)
    assert title(code) in digest["text"]
    assert content(code).articles[0].title in about["text"]
    assert [
        button["callback_data"] for row in about["reply_markup"]["inline_keyboard"] for button in row
    ] == [
        "s",
        "themes",
    ]
    [again] = await following(person, f"d_{AGENCY}")
    assert title(code) in again["text"]
    [gone] = await following(person, "d_gone")
    assert content(code).articles[0].title in gone["text"]
    assert len(await person.from_bot()) == 4


@pytest.mark.parametrize(("user", "code"), SPEAKERS)
async def test_search_finds_pages_and_opens(telegram: Sandbox, user: int, code: str) -> None:
    """The words in another form, the digest behind a number."""
    person = Person(telegram, user)
    page = await person.say(f"/search {WORDS[code]}")
    assert page["text"].startswith(f"🔎 {WORDS[code]}\n")
    number = next(
        button["text"]
        for button in page["reply_markup"]["inline_keyboard"][0]
        if button["callback_data"] == f"r:{AGENCY}"
    )
    before = len(await person.from_bot())
    await person.press(page, number)
    assert title(code) in (await person.answer(before))["text"]


async def test_pages_turn_in_place(telegram: Sandbox) -> None:
    """› and ‹ edit the message, which holds the whole query."""
    person = Person(telegram)
    page = await person.say("/search world <&> " + "the " * 50)
    first = page["text"].partition("\n")[0]
    await person.press(page, "›")
    second = await person.again(page)
    assert second["text"].startswith(first + "\n6–10, ")
    await person.press(second, "‹")
    assert (await person.again(page))["text"] == page["text"]


async def test_search_alone_and_in_vain(telegram: Sandbox) -> None:
    """Both say how to go on, here and in inline mode."""
    person = Person(telegram)
    how = await person.say("/search")
    example = find_button(how, "Try it")["switch_inline_query_current_chat"]
    assert (await person.ask_inline(example))["results"]
    vain = await person.say('/search "qqqq <b>')
    assert vain["text"].startswith('🔎 "qqqq <b>\n')
    assert labels(vain) == [["Search again"], ["All themes"]]


async def test_search_answers_in_the_group_and_in_the_topic_that_asks(telegram: Sandbox) -> None:
    """And its pages turn there."""
    person = Person(telegram, chat=GROUP)
    assert (await person.say("/search@digest_bot pandemic"))["text"].startswith("🔎 pandemic")
    person.go(FORUM)
    thread = await person.open_topic("Reading")
    page = await person.go(FORUM, thread).say("/search@digest_bot world")
    await person.press(page, "›")
    assert "6–10, " in (await person.again(page))["text"]
    [digest] = await following(person.go(GROUP), f"d_{AGENCY}")
    assert title("en") in digest["text"]


async def test_a_channel_gets_links_where_inline_queries_are_refused(telegram: Sandbox) -> None:
    """Telegram takes no message with a button that writes an inline query there."""
    person = Person(telegram, chat=CHANNEL)
    how = await person.say("/search")
    assert labels(how) == [["All themes"]]
    digest = await person.say("/next")
    assert find_button(digest, "Share")["url"].startswith("https://t.me/share/url?url=https%3A%2F%2Ft.me%2F")


@pytest.mark.parametrize(
    ("user", "code", "chat"),
    [
        *((user, code, chat) for user, code in SPEAKERS for chat in (user, GROUP)),
        (READER, "en", CHANNEL),
        (READER, "en", FORUM),
    ],
)
async def test_an_inline_result_stands_in_any_chat_as_the_finished_digest(
    telegram: Sandbox, user: int, code: str, chat: int
) -> None:
    """In the language of who looks for it; the bot itself adds nothing, and nothing counts as read."""
    person = Person(telegram, user, chat)
    before = len(await person.from_bot())
    found = await person.ask_inline(WORDS[code])
    assert AGENCY in [result["id"] for result in found["results"]]
    assert all(result["description"] and "<" not in result["description"] for result in found["results"])
    shared = await person.choose(found, AGENCY)
    article = content(code).articles[0]
    assert title(code) in shared["text"].partition("\n")[0]
    assert article.title in shared["text"].rpartition("\n")[2]
    assert article.author in shared["text"].rpartition("\n")[2]
    [[button]] = shared["reply_markup"]["inline_keyboard"]
    assert button["url"] == f"https://t.me/digest_bot?start=d_{AGENCY}"
    assert shared["via_bot"]
    await asyncio.sleep(0.2)
    assert len(await person.from_bot()) == before


async def test_the_share_button_writes_what_finds_the_digest(telegram: Sandbox) -> None:
    """Its query gives that digest alone."""
    person = Person(telegram, OTHER)
    digest = await person.say("/next")
    query = find_button(digest, "Share")["switch_inline_query_chosen_chat"]["query"]
    found = await person.ask_inline(query)
    assert ["#" + result["id"] for result in found["results"]] == [query]
    await person.press(digest, "Source")
    unfolded = await person.again(digest)
    citation = find_button(unfolded, "Citation")["copy_text"]["text"]
    assert citation.endswith(f"https://t.me/digest_bot?start=d_{query[1:]}")
    assert content("en").articles[0].author in citation


async def test_inline_pages_follow_one_another(telegram: Sandbox) -> None:
    """Without words, the library from its beginning."""
    person = Person(telegram)
    first = await person.ask_inline("")
    second = await person.ask_inline("", first["next_offset"])
    ids = [result["id"] for found in (first, second) for result in found["results"]]
    assert len(ids) == len(set(ids)) == 40
    assert ids == list(content("en").ids[:40])


async def test_nothing_found_inline_leads_to_the_bot(telegram: Sandbox) -> None:
    """To how to search, in private."""
    person = Person(telegram, OTHER, GROUP)
    found = await person.ask_inline("qqqqqqqq")
    assert (found["results"], found["next_offset"]) == ([], "")
    [how] = await following(person.go(OTHER), found["button"]["start_parameter"])
    assert how["text"].startswith("🔎 ")


async def test_inline_results_are_in_the_reader_s_own_language(telegram: Sandbox) -> None:
    """The chosen one; where none is chosen, that of the app; where that is none of ours, English."""
    person = Person(telegram, OTHER)
    seen = []
    for app, chosen in ("de", ""), ("ru", ""), ("ru", "kk"):
        await person.speak(app)
        if chosen:
            await person.say(f"/language {chosen}")
        [result] = (await person.ask_inline(f"#{AGENCY}"))["results"]
        seen.append(result["title"].partition(" ")[2])
    assert seen == [title("en"), title("ru"), title("kk")]
