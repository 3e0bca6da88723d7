"""An article as one rich message: every tag is one that Telegram knows, and it is never too long."""

import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.loader import load_library
from bot.core import rich
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.core.markdown import units
from bot.core.model import Article, Digest, History
from bot.core.progress import Progress
from bot.sandbox.rich import rich_blocks
from tests.fakes import LIBRARY, NOW, article, digests

CONTENT = Path(__file__).parents[1] / "content"
Block = dict[str, object]


def whole(item: Article, *seen: str, length: int = rich.LENGTH) -> str:
    """The HTML, for a reader who has read this."""
    progress = Progress(Library((item,)), History(set(seen)), NOW.date())
    return rich.whole(ENGLISH, progress, item, length).html


def blocks(html: str) -> list[Block]:
    """What Telegram's grammar makes of it; refused where that does not fit."""
    found: list[Block] = rich_blocks({"html": html})["blocks"]
    return found


def test_themes_are_headings_and_digests_are_folded() -> None:
    """Title and origin first, the licence last; a read digest is ticked."""
    found = blocks(whole(LIBRARY.articles[0], "w2"))
    assert [block["type"] for block in found] == [
        *("heading", "paragraph"),
        *("heading", "details", "details", "details"),
        *("heading", "details"),
        "footer",
    ]
    assert [block["summary"] for block in found if block["type"] == "details"] == [
        "Title w1",
        "✓ Title w2",
        "Title w3",
        "Title t1",
    ]
    assert all("is_open" not in block for block in found)
    assert found[0]["text"] == 'rivers <& "friends">'


def test_paragraphs_quotes_and_breaks_of_a_digest_become_blocks() -> None:
    """Bold, links and quotes stay what they are."""
    text = "One **bold**\\\nline.\n\n> A quote\n>\n> of two parts.\n\nA [link](https://example.org/?a=1&b=2)."
    item = article("a", [("t", (Digest("x", "X & <Y>", text, (1,)),))], NOW.date())
    (body,) = (block["blocks"] for block in blocks(whole(item)) if block["type"] == "details")
    assert body == [
        {"type": "paragraph", "text": ["One ", {"type": "bold", "text": "bold"}, "\n", "line."]},
        {
            "type": "blockquote",
            "blocks": [{"type": "paragraph", "text": ["A quote", "\n", "\n", "of two parts."]}],
        },
        {
            "type": "paragraph",
            "text": ["A ", {"type": "url", "text": "link", "url": "https://example.org/?a=1&b=2"}, "."],
        },
    ]


@given(st.integers(800, 9_000))
@settings(max_examples=40)
def test_what_does_not_fit_is_left_out_by_whole_digests_and_counted(length: int) -> None:
    """At any length: those shown and those told of are all."""
    item = article(
        "a",
        [(f"t{theme}", digests(*(f"d{theme}-{number}" for number in range(9)))) for theme in range(9)],
        NOW.date(),
    )
    html = whole(item, length=length)
    assert units(html) <= length
    shown = sum(block["type"] == "details" for block in blocks(html))
    more = re.search(r"And (\d+) more digests?", html)
    assert shown + (int(more[1]) if more else 0) == 81


def test_the_largest_article_fits_characters_and_blocks() -> None:
    """A thousand digests of one paragraph meet the limit of blocks, long ones that of characters."""
    for text in ("a", "word " * 90):
        shelf = tuple(Digest(f"d{number}", "T", text, (1,)) for number in range(1_000))
        html = whole(article("a", [("t", shelf)], NOW.date()))
        assert units(html) <= rich.LENGTH
        assert sum(block["type"] == "details" for block in blocks(html)) > 50


def test_what_is_not_out_yet_is_not_in_it() -> None:
    """A theme of which nothing is out has no heading either."""
    item = article(
        "a", [("t", digests("d")), ("soon", digests("s", publish=dt.date(2027, 1, 1)))], NOW.date()
    )
    assert "Soon" not in whole(item)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_the_article_of_the_project_fits_whole_in_each_language(language: str) -> None:
    """All of its digests, nothing left out."""
    library = load_library(CONTENT).library
    assert library is not None
    item = library.in_language(language).articles[0]
    html = whole(item)
    shown = [block["summary"] for block in blocks(html) if block["type"] == "details"]
    assert shown == [digest.title for theme in item.themes for digest in theme.digests]
