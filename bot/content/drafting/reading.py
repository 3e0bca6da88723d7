"""Bytes of a plain text, a Markdown file or a page -> the source to draft from."""

import contextlib
import datetime as dt
import itertools
import re
from collections.abc import Iterator
from typing import Any

import charset_normalizer
import dateparser
import lxml.html
from markdown_it import MarkdownIt
from yaml.reader import Reader

from bot.content.drafting.lexicon import detect
from bot.content.drafting.source import Block, Source, UnreadableError, passages
from bot.content.drafting.webpage import blocks, read_page
from bot.content.paragraphs import paragraphs
from bot.documents import DocumentError, parse

MAX_BYTES = 10 * 1024 * 1024

_ENCODINGS = (
    ["utf_8", "utf_16", "utf_16_le", "utf_16_be", "utf_32", "cp1251", "koi8_r", "cp866", "kz1048", "cp1252"],
    ["ptcp154"],
    None,
)
"""What a text may be in, most likely first; kz1048 and ptcp154 have the letters of Kazakh; None is any."""
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b]")
_HEADING = re.compile(r"^#{1,4} \S", re.MULTILINE)
_PAGE = re.compile(r"\A\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_SHORT, _FRONT_LINES = 80, 3
"""Characters of a line that can be a heading, a date or an author, and how many such follow a title."""
_BYLINE = re.compile(r"(?:by|автор\w*)[:\s]\s*(\w[^,|]*)(?:[,|]\s*(.*))?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_a-z]\S*(?: [^\W\d_a-z]\S*){1,3}")
"""An author in a line of its own, where a date or a byline follows: two to four words."""
_KAZAKH_DATE = re.compile(r"(\d{4}) жыл\w* (\d+ \w+)")
_NOTES = re.compile(r"^\[\^[^\]]+\]:.*(?:\n[ \t]+\S.*)*|\[\^[^\]]+\]", re.MULTILINE)


def read_source(data: bytes, suffix: str = "") -> Source:
    """The source in `data`, read as a file with that suffix is, or by its look. Raises UnreadableError."""
    text = Reader.NON_PRINTABLE.sub(" ", _decode(data)).replace("\r\n", "\n").replace("\r", "\n")
    suffixes = {".md": _markdown, ".markdown": _markdown, ".html": read_page, ".htm": read_page}
    looks = (_PAGE, read_page), (_HEADING, _markdown)
    by_look = (reader for look, reader in looks if look.search(text))
    read = suffixes.get(suffix.lower()) or next(by_look, _plain)
    source = read(text)
    if not source.passages:
        raise UnreadableError("it holds no paragraph of text")
    return source


def _decode(data: bytes) -> str:
    matches = (charset_normalizer.from_bytes(data, cp_isolation=names).best() for names in _ENCODINGS)
    found = next(filter(None, matches), None)
    if found is None or _CONTROL.search(str(found)) or data.startswith(b"%PDF"):
        raise UnreadableError("it is not a text: save it as plain text, Markdown or HTML, best in UTF-8")
    return str(found)


def _plain(text: str) -> Source:
    """A plain text: the title in the first line, then maybe an author and a date, and headings as short lines."""
    items = list(paragraphs(text))
    said: dict[str, Any] = {}
    if len(items) > 1 and len(items[0]) <= 2 * _SHORT and items[0][-1] not in ".,;:…":
        said["title"] = items.pop(0)
        language = detect(items)
        front = [_front_line(line, language) for line in items[:_FRONT_LINES]]
        while front and not front[-1]:
            front.pop()
        for place in reversed(range(len(front))):
            name = {"author": items[place]} if _NAME.fullmatch(items[place]) else {}
            if front[place] or name:
                said = (front[place] or name) | said
                del items[place]
    return Source(passages(_headed(items)), **said)


def _front_line(line: str, language: str) -> dict[str, Any]:
    """What a line below the title says: a date, an author or both; nothing if it is neither."""
    if published := day(line, language):
        return {"published": published}
    byline = _BYLINE.fullmatch(line[: _SHORT + 1])
    return {"author": byline[1].strip(), "published": day(byline[2] or "", language)} if byline else {}


def day(text: str, language: str) -> dt.date | None:
    """The date that a short text is; None if it is anything else, or not a whole date."""
    if len(text) > _SHORT or not re.search(r"\d{4}", text):
        return None
    settings: Any = {"STRICT_PARSING": True, "PARSERS": ["absolute-time"]}
    settings |= {"DATE_ORDER": "DMY"} if "." in text else {}  # nobody writes 12.31.2024
    for code in (language, "ru", "kk", "en"):
        with contextlib.suppress(ValueError):  # a language whose dates it does not know
            if found := dateparser.parse(
                _KAZAKH_DATE.sub(r"\2 \1", text), languages=[code], settings=settings
            ):
                return dt.date.fromordinal(found.toordinal())
    return None


def _headed(items: list[str]) -> Iterator[Block]:
    """Paragraphs, and as headings the one or two short lines without a full stop before a longer paragraph."""
    runs = [(short, list(run)) for short, run in itertools.groupby(items, _is_short)]
    for place, (short, run) in enumerate(runs, 1):
        if short and place < len(runs) and len(run) <= 2:  # noqa: PLR2004  as in “Chapter 1” and “The well”
            yield 2, ". ".join(run)
        else:
            yield from ((0, item) for item in run)


def _is_short(item: str) -> bool:
    return len(item) <= _SHORT and item[0].isalnum() and (item[-1].isalnum() or item[-1] in ")»”?")


def _markdown(text: str) -> Source:
    """A Markdown file: the first heading of the first level is the title; code and footnotes are left out."""
    said, text = _front_matter(text)
    page = MarkdownIt("commonmark").enable("table").render(_NOTES.sub("", text))
    found = list(blocks(lxml.html.fromstring(f"<div>{page}</div>")))
    top = next((block for block in found if block[0] == 1), None)
    if top and said.setdefault("title", top[1]) == top[1]:
        found.remove(top)
    language = detect([words for level, words in found if not level])
    for block in found[:_FRONT_LINES]:
        if block[0] or not (front := _front_line(block[1], language)):
            break
        said = front | {key: value for key, value in said.items() if value is not None}
        found.remove(block)
    return Source(passages(found), **said)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """What stands between lines of `---` at the top of a file, as far as it is understood, and the rest."""
    head = re.match(r"---\n(.*?)\n(?:---|\.\.\.)\n", text, re.DOTALL)
    if head is None:
        return {}, text
    try:
        data = parse(head[1].encode(), "").data
    except DocumentError:
        data = {}
    said = {
        key: value
        for key, value in data.items()
        if key in {"title", "author", "date"} and isinstance(value, str)
    }
    return {"published": day(said.pop("date", "")[:10], "en"), **said}, text[head.end() :]
