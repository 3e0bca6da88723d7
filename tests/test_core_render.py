"""Messages and screens: what a reader sees is valid for Telegram, escaped and short enough."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from bot.core import render, texts
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.model import Button, Digest, Message, Pick, Theme
from tests.fakes import LIBRARY, TRADE, WATER, digests

TAGS = {"b", "i", "u", "s", "code", "pre", "a", "blockquote", "tg-spoiler", "tg-time"}
ARTICLE = LIBRARY.articles[0]
WATER_THEME, TRADE_THEME = LIBRARY.themes
SHELVES = {"water": WATER, "trade": TRADE}


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
    yield render.all_read(ENGLISH, 4)
    shelves = {theme.name: theme.digests for theme in library.themes}
    yield render.themes(ENGLISH, library, shelves, frozenset({"w1"}))
    yield from (render.article(ENGLISH, article, 1, 4) for article in library.articles)
    for theme in library.themes:
        for item in theme.digests:
            page = render.digest(ENGLISH, theme, item, theme.digests, Pick(None, 1, 4))
            yield page
            found = library.article(item.article)
            assert found is not None
            yield render.with_paragraphs(ENGLISH, page, item, theme.digests, found)


def check(message: Message) -> None:
    """What Telegram demands of every message."""
    assert 1 <= len(plain(message.html)) <= 4096
    for button in buttons(message):
        assert button.label.strip()
        assert bool(button.data) != bool(button.url)
        assert len(button.data.encode()) <= 64


def test_every_message_is_what_telegram_takes() -> None:
    """Balanced HTML, labels, callback data of at most 64 bytes."""
    for message in all_messages(LIBRARY):
        check(message)


def test_names_are_escaped() -> None:
    """Titles and authors show as they are, with <, & and quotation marks."""
    seen = plain(render.welcome(ENGLISH, LIBRARY, 4).html)
    assert 'rivers <& "friends">' in seen
    assert 'A. <b>Author</b> & "Co"' in seen
    about = plain(render.article(ENGLISH, ARTICLE, 1, 4).html)
    assert "Publisher <p>" in about
    assert "Licence & <terms>" in about
    page = render.digest(ENGLISH, WATER_THEME, WATER[0], WATER, Pick(None, 1, 4))
    assert "On <one> & all" in plain(render.with_paragraphs(ENGLISH, page, WATER[0], WATER, ARTICLE).html)
    assert 'Water & "so" <on>' in plain(render.themes(ENGLISH, LIBRARY, SHELVES, frozenset()).html)


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
    """Only the source and the next unread one."""
    page = render.digest(ENGLISH, TRADE_THEME, TRADE[0], TRADE, Pick(None, 1, 4))
    assert [button.data for button in buttons(page)] == ["p:t1", "next"]


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


def test_the_list_of_themes_shows_progress() -> None:
    """A tick where all is read; nothing to read is no tick."""
    listing = render.themes(ENGLISH, LIBRARY, {"water": WATER, "trade": TRADE}, frozenset({"w1", "t1"})).html
    assert "· 1/3\n/water" in listing
    assert "· ✓\n/trade" in listing
    assert "· 0/0\n/trade" in render.themes(ENGLISH, LIBRARY, {"water": WATER, "trade": ()}, frozenset()).html


def test_about_the_article() -> None:
    """What it is, what is covered, how far the reader is, and a way to the source."""
    message = render.article(ENGLISH, ARTICLE, 1, 4)
    assert "2 themes, 4 digests, resting on 2 of its 2 paragraphs. You have read 1 of 4." in message.html
    assert "28 May 2024" in message.html
    assert message.buttons[-1] == (Button("Read the article", url="https://example.org/?a=1&b=2"),)


def test_toasts_are_short_enough() -> None:
    """Telegram shows at most 200 characters."""
    toasts = (
        texts.position(ENGLISH, 999, 999, 998),
        texts.GONE,
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
