"""Messages and screens: what a reader sees is valid for Telegram, escaped and short enough."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import article_texts, lists, render, texts
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.links import ANY, Links
from bot.core.markdown import units
from bot.core.model import Button, Digest, History, Message, Pick, Theme
from bot.core.progress import Progress
from tests.fakes import LIBRARY, NOW, TRADE, WATER, article, digests

TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler", "tg-time"}
ARTICLE = LIBRARY.articles[0]
WATER_THEME, TRADE_THEME = LIBRARY.themes


class Balanced(HTMLParser):
    """Reads Telegram's HTML as its server does: known tags, closed in order, nothing bare."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.plain = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Only what Telegram knows."""
        assert tag in TAGS, tag
        assert {name for name, _ in attrs} <= {"href", "expandable", "unix", "format"}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """In order."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Nothing bare."""
        assert not re.search("[<>&]", data), data
        self.plain += data

    def handle_entityref(self, name: str) -> None:
        """The four that Telegram knows."""
        self.plain += {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}[name]


def plain(html: str) -> str:
    """The text that a reader sees; fails where Telegram would refuse the HTML."""
    reader = Balanced()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader.plain


def buttons(message: Message) -> Iterator[Button]:
    """All buttons, row by row."""
    for row in message.buttons:
        assert 1 <= len(row) <= 8
        yield from row


def labels(message: Message) -> list[str]:
    """What stands on the buttons."""
    return [button.label for button in buttons(message)]


def all_messages(library: Library) -> Iterator[Message]:
    """Every message about a library."""
    yield render.welcome(ENGLISH, library, 4)
    yield from (
        render.all_read(ENGLISH, end, subscribed=subscribed)
        for end in (Pick(None, 4, 4), Pick(None, 1, 4))
        for subscribed in (True, False)
    )
    progress = Progress(library, History({"w1"}), NOW.date())
    yield lists.themes(ENGLISH, progress)
    yield lists.articles(ENGLISH, progress)
    yield from (lists.article(ENGLISH, progress, article) for article in library.articles)
    yield from (lists.article_read(ENGLISH, article, 4) for article in library.articles)
    for theme in library.themes:
        for item in theme.digests:
            page = render.digest(ENGLISH, theme, item, theme.digests, Pick(None, 1, 4))
            yield page
            found = library.article(item.article)
            assert found is not None
            yield render.with_paragraphs(ENGLISH, page, item, theme.digests, found)
            yield render.shared(ENGLISH, theme, item, found, ANY)


def check(message: Message) -> None:
    """What Telegram demands of every message."""
    assert 1 <= len(plain(message.html)) <= 4096
    for button in buttons(message):
        assert button.label.strip()
        assert sum(map(bool, (button.data, button.url or button.share, button.copy, button.here))) == 1
        assert len(button.data.encode()) <= 64
        assert units(button.copy) <= 256
        assert len(button.share) <= 256


def test_every_message_is_what_telegram_takes() -> None:
    """Balanced HTML, labels, callback data of at most 64 bytes."""
    for message in all_messages(LIBRARY):
        check(message)


def test_names_are_escaped() -> None:
    """Titles and authors show as they are, with <, & and quotation marks."""
    seen = plain(render.welcome(ENGLISH, LIBRARY, 4).html)
    assert 'rivers <& "friends">' in seen
    assert 'A. <b>Author</b> & "Co"' in seen
    progress = Progress(LIBRARY, History(), NOW.date())
    about = plain(lists.article(ENGLISH, progress, ARTICLE).html)
    assert "Publisher <p>" in about
    assert "Licence & <terms>" in about
    page = render.digest(ENGLISH, WATER_THEME, WATER[0], WATER, Pick(None, 1, 4))
    assert "On <one> & all" in plain(render.with_paragraphs(ENGLISH, page, WATER[0], WATER, ARTICLE).html)
    assert 'Water & "so" <on>' in plain(lists.themes(ENGLISH, progress).html)


def test_a_digest_shows_its_title_text_command_and_progress() -> None:
    """And nothing else; Markdown is rendered."""
    page = render.digest(ENGLISH, WATER_THEME, WATER[1], WATER, Pick(None, 2, 4))
    assert page.html == ("🤝 <b>Title w2</b>\n\nThe <b>text</b> of w2.\n\n<i>/water · 2/4 read</i>")


def test_a_theme_is_a_ring() -> None:
    """◀ and ▶ lead round, and the middle tells the position."""
    first, last = (
        render.digest(ENGLISH, WATER_THEME, item, WATER, Pick(None, 1, 4)) for item in (WATER[0], WATER[-1])
    )
    assert [button.data for button in first.buttons[0]] == ["d:w3", "n:w1", "d:w2"]
    assert [button.data for button in last.buttons[0]] == ["d:w2", "n:w3", "d:w1"]
    assert labels(first)[:3] == ["◀", "1/3", "▶"]


def test_a_theme_of_one_digest_has_no_arrows() -> None:
    """Only what is about the digest, and the next unread one."""
    page = render.digest(ENGLISH, TRADE_THEME, TRADE[0], TRADE, Pick(None, 1, 4))
    assert [button.data for button in buttons(page)] == ["p:t1", "", "next"]


def test_a_digest_has_three_short_rows_folded_or_not() -> None:
    """What turns pages, what is about the digest, and what leads on stand where they stood."""
    page = render.digest(ENGLISH, WATER_THEME, WATER[0], WATER, Pick(None, 1, 4))
    unfolded = render.with_paragraphs(ENGLISH, page, WATER[0], WATER, ARTICLE)
    rows, other = ([[button.label for button in row] for row in each.buttons] for each in (page, unfolded))
    assert rows == [["◀", "1/3", "▶"], ["Source ¶ 1–2", "Share"], ["Next unread ▸"]]
    assert other == [rows[0], ["Hide ¶ 1–2", "Citation", "Share"], rows[2]]


def test_the_share_button_passes_on_the_digest_or_a_link_to_it() -> None:
    """The digest where inline queries work; the link is for the other bots, and for channels."""
    button = Links("my_bot", inline=True).share("Share", WATER[0])
    assert button.share == "#w1"
    link = urlsplit(button.url)
    assert (link.hostname, link.path) == ("t.me", "/share/url")
    assert parse_qs(link.query) == {"url": ["https://t.me/my_bot?start=d_w1"], "text": ["Title w1"]}
    assert Links("my_bot", inline=False).share("Share", WATER[0]) == replace(button, share="")


def test_a_citation_names_its_source_and_leads_back() -> None:
    """As plain text: nothing in it is escaped."""
    seen = render.citation(ENGLISH, WATER[0], ARTICLE, Links("my_bot"))
    assert seen == (
        'Title w1 — rivers <& "friends">, A. <b>Author</b> & "Co", Publisher <p>, 28 May 2024, ¶ 1–2. '
        "https://t.me/my_bot?start=d_w1"
    )


@pytest.mark.parametrize(
    ("title", "article", "kept"),
    [
        (20, 60, ("Author", "Publisher")),
        (20, 120, ("Author",)),
        (20, 150, ()),
        (100, 100, ()),
        (200, 20, ()),
    ],
)
def test_a_long_citation_leaves_out_whole_names(title: int, article: int, kept: tuple[str, ...]) -> None:
    """First the publisher, then the author, then the article; the date, the place and the link are always there."""
    item = replace(WATER[0], id="i" * 40, title="t" * title)
    source = replace(ARTICLE, title="a" * article, author="Author", publisher="Publisher")
    seen = render.citation(ENGLISH, item, source, Links("n" * 20))
    assert units(seen) <= 256
    assert tuple(name for name in ("Author", "Publisher") if name in seen) == kept
    assert seen.endswith(f"28 May 2024, ¶ 1–2. https://t.me/{'n' * 20}?start=d_{'i' * 40}")
    assert (f"{item.title} — " in seen) == (title <= 100)


@given(st.text(max_size=200), st.text(max_size=300))
def test_every_citation_can_be_copied(title: str, article: str) -> None:
    """Letters that count as two included."""
    seen = render.citation(
        ENGLISH, replace(WATER[0], title=title), replace(ARTICLE, title=article), Links("n" * 32)
    )
    assert 1 <= units(seen) <= 256


def test_a_shared_digest_is_whole_names_its_source_and_leads_to_the_bot() -> None:
    """It stands among people who do not know the bot: no command, no progress, no button that needs it there."""
    message = render.shared(ENGLISH, WATER_THEME, WATER[0], ARTICLE, Links("my_bot"))
    seen = plain(message.html)
    assert seen.startswith("🤝 Title w1\n\nThe text of w1.\n\nrivers")
    assert seen.endswith('A. <b>Author</b> & "Co", 28 May 2024, ¶ 1–2')
    assert [button.url for button in buttons(message)] == ["https://t.me/my_bot?start=d_w1"]


def test_the_source_unfolds_and_folds() -> None:
    """The paragraphs stand below the digest, and the button leads back."""
    page = render.digest(ENGLISH, WATER_THEME, WATER[0], WATER, Pick(None, 1, 4))
    unfolded = render.with_paragraphs(ENGLISH, page, WATER[0], WATER, ARTICLE)
    assert unfolded.html.startswith(page.html)
    assert "¶ 2 · On two" in unfolded.html
    assert "p:w1" in [button.data for button in buttons(page)]
    assert Button("Hide ¶ 1–2", "d:w1") in buttons(unfolded)


@pytest.mark.parametrize(
    ("numbers", "label"),
    [
        ((12,), "¶ 12"),
        ((9, 10, 11), "¶ 9–11"),
        ((14, 2), "¶ 2, 14"),
        ((1, 2, 4), "¶ 1–2, 4"),
        ((1, 3, 5, 7), "¶ 1, 3, 5, 7"),
        ((1, 3, 5, 7, 9), "¶ 1, 3, 5, …"),
    ],
)
def test_paragraph_numbers_are_drawn_together(numbers: tuple[int, ...], label: str) -> None:
    """Runs become spans, and a long list is cut."""
    item = Digest("x", "X", "text", numbers)
    page = render.digest(ENGLISH, TRADE_THEME, item, (item,), Pick(None, 1, 1))
    assert labels(page)[0] == f"Source {label}"


def test_the_end_offers_to_start_over_or_to_wait() -> None:
    """A subscriber hears that new ones come by themselves; others are offered that."""
    mine = render.all_read(ENGLISH, Pick(None, 4, 4), subscribed=True)
    assert "You have read all there is: 4 digests." in mine.html
    assert "by themselves" in mine.html
    assert labels(mine) == ["Start over", "All themes"]
    assert labels(render.all_read(ENGLISH, Pick(None, 4, 4), subscribed=False)) == [
        "One a day",
        "Start over",
        "All themes",
    ]


def test_the_end_of_what_is_followed_does_not_say_that_all_is_read() -> None:
    """Who follows a theme is told how much else there is, and how to go on."""
    end = render.all_read(ENGLISH, Pick(None, 1, 4), subscribed=True)
    assert "all that you follow" in end.html
    assert "1/4 read" in end.html
    assert labels(end) == ["Next unread ▸", "All themes"]


def test_a_digest_names_its_article_where_there_are_several() -> None:
    """In its last line, in short: before a colon, or in as many words as fit; alone, an article needs no name."""
    assert article_name("Middle Powers: On Multilateralism", several=True) == "Middle Powers · "
    assert article_name("Bridges of stone and steel", several=True) == "Bridges of stone and… · "
    assert article_name("Bridges of stone and steel", several=False) == ""


def article_name(title: str, *, several: bool) -> str:
    """What the last line of a digest says between the command and the progress."""
    named = replace(ARTICLE, title=title)
    other = article("other", [("trade", digests("o1"))], dt.date(2020, 1, 1))
    found = Library((named, other) if several else (named,)).digest("w1")
    assert found is not None
    page = render.digest(ENGLISH, *found, found[0].digests, Pick(None, 1, 4))
    matched = re.search(r"<i>/water · (.*)1/4 read</i>$", page.html)
    assert matched is not None
    return matched[1]


def test_the_first_message_about_several_articles_names_the_newest() -> None:
    """At most five, with their authors, and how many more there are."""
    several = Library(
        tuple(
            article(f"a{year}", [("w", digests(f"d{year}"))], dt.date(year, 1, 1))
            for year in range(2001, 2009)
        )
    )
    seen = plain(render.welcome(ENGLISH, several, 8).html)
    assert "8 articles in 8 short digests, the newest first" in seen
    assert next(line for line in seen.split("\n") if "a200" in line).startswith("• a2008")
    assert seen.count("• ") == 5
    assert "and 3 more: /article" in seen


def test_toasts_are_short_enough() -> None:
    """Telegram shows at most 200 characters."""
    toasts = (
        texts.position(ENGLISH, 999, 999, 998),
        texts.GONE,
        article_texts.ARTICLE_GONE,
        texts.OLD_BUTTON,
        texts.ONLY_ADMINS,
        texts.SOMETHING_WENT_WRONG,
    )
    assert max(map(len, toasts)) <= 200
    assert texts.position(ENGLISH, 1, 3, 0) == "Digest 1 of 3 in this theme, all read."


def test_every_sentence_is_what_telegram_takes() -> None:
    """Fixed texts, and those with names in them."""
    for html in (
        texts.help_text(ENGLISH, "water"),
        texts.PLAIN_TEXT,
        texts.NOTHING_HERE,
        texts.unknown_command(ENGLISH, "x&lt;", "next"),
        texts.unknown_command(ENGLISH, "x", None),
    ):
        assert plain(html)


def test_the_menu_is_what_telegram_takes() -> None:
    """Commands of the menu: names of 1-32 characters, descriptions of 1-256."""
    assert all(re.fullmatch("[a-z0-9_]{1,32}", name) for name in texts.COMMANDS)
    assert all(1 <= len(description) <= 256 for description in texts.COMMANDS.values())


def test_long_ids_and_names_still_fit_a_button() -> None:
    """The longest theme name that is allowed, and ids that leave room for the action."""
    name = "n" * 32
    theme = Theme(name, "T", "🤝", "S", digests("d" * 60, "e" * 60))
    for item in theme.digests:
        check(render.digest(ENGLISH, theme, item, theme.digests, Pick(None, 1, 2)))
