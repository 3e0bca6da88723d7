"""Searching, sharing and links as readers meet them, over the real content and the real index."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content.loader import load_library
from bot.core.language import ENGLISH, Language
from bot.core.library import Library
from bot.core.links import Links
from bot.core.model import EVERY_DAY, Button, Chat, Message, Preferences
from bot.core.results import cleaned, query_of
from bot.locales import load_languages
from bot.ports import Store
from bot.ports.searching import Finder
from bot.services.delivering import Delivering
from bot.services.reading import Reading
from bot.services.searching import Searching, entries
from bot.store.search import Index
from tests.fakes import LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender, article, digests
from tests.test_core_render import check, plain

READER = Chat(1)
LANGUAGES = load_languages()
LINKS = Links("my_bot")
CONTENT = Path(__file__).parents[1] / "content"
HOSTILE = [
    "<b>",
    "</b> & &amp; &lt;",
    "\"water\" OR 'ice' NEAR(",
    "title:water* -ice ^rain",
    "x" * 256,
    "воды " * 60,
    "💧🤝",
    "\u202eretaw\u202c \u0000\u0007 \n\n ice",
    "مياه",
    "#<script>",
    "# ",
    "👨‍👩‍👧",
]
Make = Callable[..., Searching]


@cache
def real() -> Library:
    """The project's own content."""
    library = load_library(CONTENT).library
    assert library is not None
    return library


@cache
def index(code: str) -> Finder:
    """The real index over the real content."""
    return Index.build(entries(real().in_language(code)), code)


SMALL = Searching(
    Index.build(entries(LIBRARY), "en"),
    Reading(cast("Store", None), LIBRARY, FixedClock(), ENGLISH, {}, LINKS),  # a search asks no store
)


@pytest.fixture
def make(store: Store) -> Make:
    """Makes the use cases over a library, by default the real one, in a language."""

    def searching(
        library: Library | None = None,
        say: Language = ENGLISH,
        links: Links = LINKS,
        clock: FixedClock | None = None,
    ) -> Searching:
        finder = Index.build(entries(library), say.code) if library else index(say.code)
        shelves = library or real().in_language(say.code)
        return Searching(finder, Reading(store, shelves, clock or FixedClock(), say, {}, links))

    return searching


def opens(message: Message) -> list[str]:
    """The digests that the buttons of a page open."""
    return [button.data[2:] for row in message.buttons for button in row if button.data.startswith("r:")]


def shelf(count: int, publish: dt.date | None = None) -> Library:
    """So many digests of water."""
    names = digests(*(f"w{number}" for number in range(count)), publish=publish)
    water = [replace(item, title=f"Water {item.id}") for item in names]
    return Library((article("rivers", [("water", tuple(water))], dt.date(2024, 5, 28)),))


# -- the command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "query", "digest"),
    [
        ("en", "biosafety agency", "biosafety-agency"),
        ("en", "pandemic", "biosafety-agency"),
        ("en", "pandemcs", "biosafety-agency"),
        ("en", "зфтвуьшс", "biosafety-agency"),
        ("ru", "пандемиями", "biosafety-agency"),
        ("ru", "пондемия", "biosafety-agency"),
        ("kk", "пандемиялардың", "biosafety-agency"),
        ("kk", "пандимия", "biosafety-agency"),
    ],
)
def test_words_are_found_in_any_form_and_with_errors(make: Make, code: str, query: str, digest: str) -> None:
    """In each language, in its own digests: a form of the word, an error, the other keyboard."""
    page = make(say=LANGUAGES[code]).search(query)
    assert digest in opens(page)
    snippets = [block.partition("\n")[2] for block in page.html.split("\n\n")[1:]]
    assert any("<b>" in snippet for snippet in snippets)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_page_shows_titles_commands_snippets_and_opens_each(make: Make, code: str) -> None:
    """Up to five, numbered as their buttons are, and what Telegram takes."""
    library = real().in_language(code)
    title = library.themes[0].digests[0].title
    page = make(say=LANGUAGES[code]).search(title)
    check(page)
    found = opens(page)
    assert found[0] == library.themes[0].digests[0].id
    assert 1 <= len(found) <= 5
    for number, id_ in enumerate(found, 1):
        digest = library.digest(id_)
        assert digest is not None
        assert f"{number}. {digest[1].title} · /{digest[0].name}\n" in plain(page.html)
        assert page.buttons[0][number - 1] == Button(str(number), f"r:{id_}")


def test_pages_lead_on_and_back(make: Make) -> None:
    """Each digest once; there is no way before the first page or after the last."""
    searching = make(shelf(12))
    pages = [searching.search("water", number) for number in range(3)]
    assert [len(opens(page)) for page in pages] == [5, 5, 2]
    assert len({id_ for page in pages for id_ in opens(page)}) == 12
    assert [[(button.label, button.data) for button in page.buttons[1]] for page in pages] == [
        [("›", "f:1")],
        [("‹", "f:0"), ("›", "f:2")],
        [("‹", "f:1")],
    ]
    assert "6–10, and there are more" in pages[1].html
    assert "11–12 of 12 digests" in pages[2].html
    assert "<i>5 digests</i>" in make(shelf(5)).search("water").html
    assert [button.label for button in pages[1].buttons[0]] == ["6", "7", "8", "9", "10"]


def test_a_page_that_is_no_more_is_the_last_one(make: Make) -> None:
    """The content changed, or somebody made the number up."""
    searching = make(shelf(12))
    assert searching.search("water", 99) == searching.search("water", 2)


def test_the_other_pages_are_made_from_the_message_itself(make: Make) -> None:
    """Its first line is the query, whole, however long it is."""
    searching = make(shelf(12))
    query = f"water {'вода ' * 45}"[:250].strip()
    seen = plain(searching.search(query).html)
    assert query_of(seen) == query
    assert query_of("Title\n\ntext") is None


def test_search_alone_says_how_with_a_word_that_finds_something(make: Make) -> None:
    """In each language, with a button that tries it."""
    for say in LANGUAGES.values():
        searching = make(say=say)
        page = searching.search("  \n ")
        check(page)
        example = page.buttons[0][0].here
        assert f"/search {example}" in plain(page.html)
        assert opens(searching.search(example))
        assert page.buttons[-1][0].data == "themes"


def test_without_inline_queries_no_button_writes_one(make: Make) -> None:
    """The operator has not allowed them to @BotFather."""
    searching = make(links=Links("my_bot", inline=False))
    for page in searching.search(""), searching.search("qqqqqqqq"):
        assert [button.data for row in page.buttons for button in row] == ["themes"]


def test_nothing_found_says_so_and_leads_on(make: Make) -> None:
    """To the themes, or to the same words, to be changed."""
    page = make().search("qqqqqqqq <xyz>")
    assert "No digest has these words" in page.html
    assert "/themes" in page.html
    assert page.buttons[0][0].here == "qqqqqqqq <xyz>"
    assert page.buttons[1][0].data == "themes"


def test_an_empty_library_has_nothing_to_search(make: Make) -> None:
    """Nor an example."""
    assert make(shelf(0)).search("water").html == "There is nothing to read yet. Please come back soon."


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_words_stay_words(make: Make, query: str) -> None:
    """What is typed is shown as it is, in one line, and never taken for markup or for the index's syntax."""
    for searching in make(), make(shelf(3)):
        page = searching.search(query)
        check(page)
        assert "\u202e" not in page.html
        assert plain(page.html).startswith(f"🔎 {cleaned(query)}\n")
        results, _ = searching.inline(query, "")
        assert all(plain(each.message.html) for each in results)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("  Two \n words\t", "Two words"),
        ("<b>", "<b>"),
        ("\u202eretaw\u202c", "retaw"),
        ("bio\u00adsafety\u0000", "biosafety"),
        ("x" * 300, "x" * 256),
        (" \u200b\n", ""),
    ],
)
def test_a_query_is_shown_in_one_line_of_what_can_be_seen(query: str, shown: str) -> None:
    """Nothing that turns the writing round, hides in it or breaks it; as much of it as Telegram sends inline."""
    assert cleaned(query) == shown


@given(st.text(max_size=300), st.integers(0, 99))
def test_any_text_is_a_query(query: str, page: int) -> None:
    """And its page is what Telegram takes, with the same query in it."""
    message = SMALL.search(query, page)
    check(message)
    if opens(message):
        assert SMALL.search(query_of(plain(message.html)) or "", page) == message


# -- what may be shown today ------------------------------------------------------------------------------


def test_what_is_published_later_is_not_found_before(make: Make) -> None:
    """The index knows it already; the day decides when it is asked."""
    clock = FixedClock()
    searching = make(shelf(3, publish=NOW.date() + dt.timedelta(days=1)), clock=clock)
    assert opens(searching.search("water")) == []
    assert searching.inline("", "") == ((), "")
    assert searching.inline("#w0", "") == ((), "")
    clock.move(days=1)
    assert opens(searching.search("water")) == ["w0", "w1", "w2"]


def test_much_that_comes_later_hides_nothing_that_is_here(make: Make) -> None:
    """However many of the best results may not be shown yet."""
    later = shelf(300, publish=NOW.date() + dt.timedelta(days=1)).articles[0]
    text = "The last one is about many things, and in its end also about water."
    last = replace(later.themes[0].digests[0], id="here", title="Many things", text=text, publish=None)
    theme = replace(later.themes[0], digests=(*later.themes[0].digests, last))
    assert opens(make(Library((replace(later, themes=(theme,)),))).search("water")) == ["here"]


# -- inline -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
def test_an_inline_result_is_the_finished_digest(make: Make, code: str) -> None:
    """With its source, in the reader's language; the description is plain."""
    library = real().in_language(code)
    theme = library.themes[0]
    item = theme.digests[0]
    (first, *_), _ = make(say=LANGUAGES[code]).inline(item.title, "")
    assert (first.id, first.title) == (item.id, f"{theme.emoji} {item.title}")
    assert "<" not in first.description
    seen = plain(first.message.html)
    assert library.articles[0].title in seen.rpartition("\n")[2]
    assert "¶" in seen.rpartition("\n")[2]
    assert first.message.buttons[0][0].url == f"https://t.me/my_bot?start=d_{item.id}"


def test_inline_without_words_shows_the_first_digests_page_by_page(make: Make) -> None:
    """Twenty at a time, fifty in all, each once."""
    searching = make(shelf(70))
    seen, offset, sizes = [], "", []
    while True:
        results, offset = searching.inline("", offset)
        sizes.append(len(results))
        seen += [each.id for each in results]
        if not offset:
            break
    assert sizes == [20, 20, 10]
    assert seen == [f"w{number}" for number in range(50)]


def test_inline_pages_of_words_end_as_well(make: Make) -> None:
    """What is found beyond fifty needs other words."""
    searching = make(shelf(70))
    assert [len(searching.inline("water", str(offset))[0]) for offset in (0, 20, 40, 60)] == [20, 20, 10, 0]
    assert searching.inline("water", "40")[1] == ""


@pytest.mark.parametrize("offset", ["-1", "x", "²", "1e3", " "])
def test_an_offset_that_is_none_is_the_beginning(make: Make, offset: str) -> None:
    """Whoever made it up."""
    searching = make(shelf(3))
    assert searching.inline("", offset) == searching.inline("", "")


def test_a_number_sign_and_an_id_is_that_digest_alone(make: Make) -> None:
    """It is what the share button writes; an id that is not there finds nothing."""
    searching = make()
    results, following = searching.inline("#biosafety-agency", "")
    assert ([each.id for each in results], following) == (["biosafety-agency"], "")
    assert results[0].description
    assert searching.inline("#no-such-digest", "") == ((), "")


def test_inline_ids_fit_and_differ(make: Make) -> None:
    """Telegram takes ids of 1 to 64 bytes, each once in an answer."""
    results, _ = make().inline("", "")
    ids = [each.id for each in results]
    assert len(ids) == len(set(ids)) == 20
    assert all(1 <= len(id_.encode()) <= 64 for id_ in ids)


# -- links ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", LANGUAGES)
async def test_a_link_opens_its_digest(make: Make, code: str) -> None:
    """In the reader's language; it counts as read once it is shown."""
    page = await make(say=LANGUAGES[code]).linked(READER, "d_biosafety-agency")
    assert page is not None
    found = real().in_language(code).digest("biosafety-agency")
    assert found is not None
    assert found[1].title in plain(page.message.html)
    assert page.digest == "biosafety-agency"


async def test_every_digest_has_a_link_that_telegram_takes(make: Make) -> None:
    """Payloads are 1 to 64 of A-Z a-z 0-9 _ - (https://core.telegram.org/bots/features#deep-linking)."""
    searching = make()
    for id_ in real().ids:
        payload = LINKS.digest(id_).partition("?start=")[2]
        assert re.fullmatch("[A-Za-z0-9_-]{1,64}", payload)
        page = await searching.linked(READER, payload)
        assert page is None or page.digest == id_


async def test_links_to_themes_and_to_the_search(make: Make) -> None:
    """As before, in any case; `search` is what the button below no inline results opens."""
    searching = make(LIBRARY)
    theme, help_ = await searching.linked(READER, "Water"), await searching.linked(READER, "search")
    assert theme is not None
    assert theme.digest == "w1"
    assert help_ is not None
    assert help_.message == searching.search("")


@pytest.mark.parametrize("payload", ["d_", "d_gone", "gone", "d_<b>", "d_" + "x" * 62])
async def test_a_link_that_leads_nowhere_welcomes_and_says_so(make: Make, payload: str) -> None:
    """Nobody is left before a closed door."""
    searching = make(LIBRARY)
    assert await searching.linked(READER, payload) is None
    message = (await searching.lost()).message
    welcome = (await searching.reading.welcome()).message
    assert message.html.endswith(welcome.html)
    assert "no longer here" in message.html
    assert message.buttons == welcome.buttons


async def test_who_comes_by_a_link_hears_what_this_is_once(make: Make) -> None:
    """A reader of whom anything is known is not new."""
    searching = make(LIBRARY)
    assert await searching.is_new(READER)
    await searching.reading.mark_read(READER, "w1")
    assert not await searching.is_new(READER)
    message = searching.introduction("w1")
    check(message)
    assert "4 short digests" in message.html
    assert [button.data for button in message.buttons[0]] == ["s", "themes"]


async def test_what_is_delivered_can_be_shared_too(store: Store) -> None:
    """By the bot's own name, as what is read on request."""
    sender, clock = RecordingSender(), FixedClock()
    delivering = Delivering(store, sender, RecordingAlerts(), LIBRARY, clock, "owner", links=LINKS)
    wanted = Preferences(NOW.time(), EVERY_DAY, "UTC")
    await store.subscribe(READER, wanted, NOW, NOW)
    await delivering.plan()
    await delivering.drain()
    [(_, message)] = sender.sent
    page = await Reading(store, LIBRARY, clock, links=LINKS).digest(READER, "w1")
    assert page is not None
    assert message.buttons == page.message.buttons
    assert "my_bot" in message.buttons[1][1].url
