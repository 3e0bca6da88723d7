"""The Markdown of digests as Telegram HTML: paragraphs, bold, italic, links and quotes, nothing else.

Grammar of the HTML: https://core.telegram.org/bots/api#html-style.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

_TAGS = {"strong_open": "<b>", "strong_close": "</b>", "em_open": "<i>", "em_close": "</i>"}
_BREAKS = {"softbreak": " ", "hardbreak": "\n"}
_BLOCKS = {
    "heading_open": "a heading",
    "bullet_list_open": "a list",
    "ordered_list_open": "a numbered list",
    "hr": "a rule",
    "table_open": "a table",
    "fence": "a code block",
    "code_block": "a code block (a line that begins with four spaces)",
    "html_block": "HTML",
}
_INLINE = {  # how it is called, and how it begins in the text
    "html_inline": ("HTML", "<"),
    "code_inline": ("code", "`"),
    "image": ("an image", "!["),
    "s_open": ("strikethrough", "~~"),
    "text_special": ("an HTML entity", "&"),
}
_HINT = (
    r"use **bold**, *italic*, [words](https://…), > quotes and blank lines; "
    r"to show a character as it is, put \ before it"
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Markup that a reader would not see as meant. Line and column count from 1 within the text."""

    line: int
    column: int
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as Telegram HTML, as the plain text that a reader sees, and what is wrong with it."""

    html: str
    plain: str
    problems: tuple[Problem, ...]


def escape(text: str, *, quoted: bool = False) -> str:
    """Text as Telegram HTML; `quoted` for the value of an attribute, where " has a meaning too."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&quot;") if quoted else text


def units(text: str) -> int:
    """Length as Telegram counts it: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_link(url: str) -> bool:
    """Whether Telegram would keep a link to `url`: http or https, and a host with a dot."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in host.strip(".")


@lru_cache(maxsize=512)
def render(text: str) -> Rendered:
    """`text` as HTML whose tags are b, i, a and blockquote, balanced; other markup stays as typed.

    Never raises. A text with problems is still rendered, so that an editor sees what a reader would.
    """
    pieces = tuple(_pieces(_reader().parse(text)))
    html = "".join(piece for piece, _ in pieces)
    plain = "".join(piece for _, piece in pieces)
    return Rendered(html, plain, tuple(sorted(_problems(text))))


@cache
def _reader() -> MarkdownIt:
    """The parser that readers' texts go through: it knows only what Telegram can show."""
    reader = MarkdownIt("zero").enable(["emphasis", "link", "blockquote", "newline", "escape"])
    reader.validateLink = _any_address  # type: ignore[method-assign]
    return reader


@cache
def _critic() -> MarkdownIt:
    """The parser that knows all of Markdown, to tell what the reader's parser leaves out."""
    critic = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
    critic.validateLink = _any_address  # type: ignore[method-assign]
    return critic


def _any_address(url: str) -> bool:  # noqa: ARG001  the parser names it
    """Let every link through: left out here, a bad one would stay unmentioned; `is_link` judges."""
    return True


def _pieces(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """HTML and plain text, piece by piece. Telegram has no quote in a quote: it joins the outer one."""
    gap = opening = ""
    for token in tokens:
        if token.type == "blockquote_open" and not token.level:
            opening = "<blockquote>"
        elif token.type == "blockquote_close" and not token.level:
            yield ("" if opening else "</blockquote>"), ""
            opening = ""
        elif token.type == "inline":
            yield gap + opening, gap
            gap, opening = "\n\n", ""
            yield from _inline_pieces(token.children or [])


def _inline_pieces(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    kept: list[bool] = []
    for token in tokens:
        if token.type == "link_open":
            href = str(token.attrGet("href"))
            kept.append(is_link(href))
            yield (f'<a href="{escape(href, quoted=True)}">' if kept[-1] else ""), ""
        elif token.type == "link_close":
            yield ("</a>" if kept.pop() else ""), ""
        elif token.type in _TAGS:
            yield _TAGS[token.type], ""
        else:
            words = _BREAKS.get(token.type, token.content)
            yield escape(words), words


def _problems(text: str) -> Iterator[Problem]:
    definitions: dict[str, Any] = {}
    tokens = _critic().parse(text, definitions)
    lines = re.split(r"\r\n?|\n", text)
    for definition in definitions.get("references", {}).values():
        yield _unsupported(definition["map"][0], 0, "a link defined apart from its words")
    quotes = 0
    for token in tokens:
        quotes += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        if token.map is None:
            continue
        line = token.map[0]
        if token.type in _BLOCKS:
            yield _unsupported(line, len(lines[line]) - len(lines[line].lstrip()), _BLOCKS[token.type])
        elif token.type == "blockquote_open" and quotes > 1:
            yield _unsupported(line, lines[line].rfind(">"), "a quote within a quote")
        elif token.type == "inline":
            yield from _inline_problems(token.children or [], lines, line)


def _inline_problems(tokens: list[Token], lines: list[str], line: int) -> Iterator[Problem]:
    """Inline tokens have no places: count the line breaks, and look for how each begins in its line."""
    cursor = 0

    def column(beginning: str) -> int:
        nonlocal cursor
        found = lines[line].find(beginning, cursor)
        cursor = max(cursor, found + len(beginning))
        return max(found, 0)

    for token, following in zip(tokens, [*tokens, None][1:], strict=True):
        if token.type in _BREAKS:
            line, cursor = min(line + 1, len(lines) - 1), 0
        elif token.type == "link_open" and token.markup == "autolink":
            yield _unsupported(line, column("<"), "an address in < >")
        elif token.type == "link_open":
            empty = following is not None and following.type == "link_close"
            yield from _link_problem(line, column("["), str(token.attrGet("href")), empty=empty)
        elif token.type in _INLINE and token.info != "escape":
            name, beginning = _INLINE[token.type]
            yield _unsupported(line, column(beginning), name)


def _link_problem(line: int, column: int, href: str, *, empty: bool) -> Iterator[Problem]:
    if empty:
        message, hint = "a link has no words to press", "write [words](https://…)"
        yield Problem(line + 1, column + 1, "bad-link", message, hint)
    if not is_link(href):
        message = f"Telegram drops the link to `{href[:80]}`"
        hint = "a link begins with https:// and its host has a dot, as in [words](https://example.org/page)"
        yield Problem(line + 1, column + 1, "bad-link", message, hint)


def _unsupported(line: int, column: int, name: str) -> Problem:
    """Line and column count from 0 here, as the parser does."""
    return Problem(line + 1, column + 1, "unsupported-markup", f"{name} cannot be shown in Telegram", _HINT)
