import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.markdown import escape, is_link, render, units

MARKUP = st.text("ab *_[]()<>!`~#-=\\&;\"'|.:/1\n\r\t\0ы🤝", max_size=120) | st.text(max_size=60)

SHOWN = {
    "bold": ("**a**", "<b>a</b>"),
    "italic": ("*a* _b_", "<i>a</i> <i>b</i>"),
    "bold within italic": ("*a **b***", "<i>a <b>b</b></i>"),
    "link": ("[a](https://e.org/x?y=1&z=2)", '<a href="https://e.org/x?y=1&amp;z=2">a</a>'),
    "quote": ("a\n\n> b\n> c\n\nd", "a\n\n<blockquote>b c</blockquote>\n\nd"),
    "two paragraphs in a quote": ("> a\n>\n> b", "<blockquote>a\n\nb</blockquote>"),
    "line break in a paragraph": ("a\nb", "a b"),
    "hard line break": ("a  \nb\\\nc", "a\nb\nc"),
    "many blank lines": ("\n\na\n\n\n\nb\n", "a\n\nb"),
    "escaped": (r"\*a\*", "*a*"),
    "arithmetic": ("2 * 3 < 7 & so on", "2 * 3 &lt; 7 &amp; so on"),
    "quotation marks": ("\"a\" 'b'", "\"a\" 'b'"),
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_supported_markup_is_shown_without_problems(text: str, shown: str) -> None:
    """Paragraphs, bold, italic, links, quotes and line breaks become Telegram's HTML."""
    rendered = render(text)
    assert (rendered.html, rendered.problems) == (shown, ())


PROBLEMS = {
    "heading": ("a\n\n# b", "unsupported-markup", 3, 1),
    "underlined heading": ("a\n---", "unsupported-markup", 1, 1),
    "list": ("a\n\n- b", "unsupported-markup", 3, 1),
    "numbered list": ("1. a", "unsupported-markup", 1, 1),
    "rule": ("a\n\n***", "unsupported-markup", 3, 1),
    "code block": ("```\na\n```", "unsupported-markup", 1, 1),
    "indented code": ("    a", "unsupported-markup", 1, 5),
    "code": ("a\nb `c`", "unsupported-markup", 2, 3),
    "image": ("a ![b](https://e.org/c.png)", "unsupported-markup", 1, 3),
    "HTML": ("a  \nb <u>c", "unsupported-markup", 2, 3),
    "HTML block": ("<div>\na\n</div>", "unsupported-markup", 1, 1),
    "entity": ("a &amp; b", "unsupported-markup", 1, 3),
    "table": ("| a |\n|---|\n| b |", "unsupported-markup", 1, 1),
    "strikethrough": ("a ~~b~~", "unsupported-markup", 1, 3),
    "address in brackets": ("a <https://e.org>", "unsupported-markup", 1, 3),
    "link defined apart": ("[a]\n\n[a]: https://e.org", "unsupported-markup", 3, 1),
    "quote within a quote": ("> a\n>\n> > b", "unsupported-markup", 3, 3),
    "markup in a quote": ("> a `b`", "unsupported-markup", 1, 5),
    "script link": ("a [b](javascript:c)", "bad-link", 1, 3),
    "undotted host": ("a [b](https://localhost/c)", "bad-link", 1, 3),
    "relative link": ("[b](/c)", "bad-link", 1, 1),
    "broken address": ("[b](http://[::1)", "bad-link", 1, 1),
    "link without words": ("a [](https://e.org)", "bad-link", 1, 3),
}


@pytest.mark.parametrize(("text", "code", "line", "column"), PROBLEMS.values(), ids=PROBLEMS)
def test_other_markup_is_a_problem_at_its_place(text: str, code: str, line: int, column: int) -> None:
    """What Telegram cannot show, or would drop silently, is named with line and column and a hint."""
    problem = render(text).problems[0]
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert problem.hint


@pytest.mark.parametrize(
    "text", ["# a", "- a", "1. a", "`a`", "<u>a</u>", "~~a~~", "![a](b)", "a &amp; b", "<https://e.org>"]
)
def test_other_markup_stays_as_typed(text: str) -> None:
    """A reader sees the characters, never HTML that the editor did not mean."""
    assert render(text).plain in {text, text.replace("![a](b)", "!a")}


def test_a_bad_link_shows_its_words() -> None:
    """A link that Telegram would drop is dropped here: the words stay."""
    assert render("a [b](javascript:c) d").html == "a b d"


@given(MARKUP)
def test_any_text_renders_to_balanced_tags_that_telegram_knows(text: str) -> None:
    """Never an error, never another tag, never an open one; a raw < > or & is always escaped."""
    rendered = render(text)
    rest = rendered.html
    stack: list[str] = []
    for tag in re.findall(r"<[^>]*>", rest):
        known = re.fullmatch(r'<(/?)(b|i|blockquote|a)(?: href="[^"<>]*")?>', tag)
        assert known, tag
        if known[1]:
            assert stack.pop() == known[2]
        else:
            stack.append(known[2])
    assert not stack
    bare = re.sub(r"<[^>]*>", "", rest)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", bare)
    assert bare == escape(rendered.plain)


@given(MARKUP)
def test_problems_stand_within_the_text(text: str) -> None:
    """Lines and columns count from 1 and point into the text."""
    lines = re.split(r"\r\n?|\n", text)
    for problem in render(text).problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_escaped_markdown_is_shown_as_it_is(text: str) -> None:
    """With a backslash before each ASCII punctuation mark, a text comes out unchanged and without problems."""
    text = "x" + " ".join(text.split()) + "x"
    rendered = render(re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text))
    assert (rendered.plain, rendered.problems) == (text, ())


def test_length_is_counted_as_telegram_counts() -> None:
    """UTF-16 code units: an emoji is two, a Cyrillic letter one."""
    assert [units(text) for text in ("", "a", "ы", "🤝", "👨‍👩‍👧")] == [0, 1, 1, 2, 8]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://e.org", True),
        ("http://e.org:80/a?b#c", True),
        ("https://localhost", False),
        ("https://e.", False),
        ("ftp://e.org", False),
        ("e.org", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_a_link_has_a_scheme_and_a_dotted_host(url: str, kept: bool) -> None:  # noqa: FBT001
    """What Telegram would silently drop is not a link."""
    assert is_link(url) is kept


def test_an_attribute_escapes_its_quotation_marks() -> None:
    """Only & < > have a meaning in text, and the quotation mark in an attribute."""
    assert escape('<a & "b">') == '&lt;a &amp; "b"&gt;'
    assert escape('"', quoted=True) == "&quot;"
