"""Bytes of a plain text, a Markdown file or a page -> the source to draft from."""

import codecs
import datetime as dt
import itertools
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import charset_normalizer
import dateparser
import lxml.html
from markdown_it import MarkdownIt

from bot.content.drafting.language import detect
from bot.content.drafting.source import Block, Source, UnreadableError, passages
from bot.content.drafting.webpage import blocks, read_page
from bot.content.paragraphs import paragraphs
from bot.documents import DocumentError, parse

MAX_BYTES = 10 * 1024 * 1024

_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CHARSETS = ["cp1251", "koi8_r", "cp866", "kz1048", "ptcp154", "cp1252", "utf_16_le", "utf_16_be"]
"""What a text may be in if it is not UTF-8: kz1048 and ptcp154 have the letters of Kazakh."""
_NOT_TEXT = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "an archive or an office document",
    b"{\\rtf": "an RTF document",
}
_DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)=["']?([\w.:-]+)""", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b]")
_LONGEST_HEADING = 80
_BYLINE = re.compile(r"(?:by|автор\w*)[:\s]\s*(\w[^,|]*)(?:[,|]\s*(.*))?", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_a-z]\S*(?: [^\W\d_a-z]\S*){1,3}")
"""An author in a line of its own, if a date or a byline follows: two to four words."""
_FRONT_LINES = 3
_DATES: Any = {"STRICT_PARSING": True, "PARSERS": ["absolute-time"]}
_KAZAKH_DATE = re.compile(r"(\d{4}) жыл\w* (\d+ \w+)")
_NOTES = re.compile(r"^\[\^[^\]]+\]:.*(?:\n[ \t]+\S.*)*|\[\^[^\]]+\]", re.MULTILINE)


class Form(StrEnum):
    """How a text is written."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    PAGE = "page"


_FORMS = {".md": Form.MARKDOWN, ".markdown": Form.MARKDOWN, ".html": Form.PAGE, ".htm": Form.PAGE}


def read_source(data: bytes, *, form: Form | None = None, suffix: str = "", charset: str = "") -> Source:
    """The source in `data`; its form by `form`, by a file's suffix or by its look. Raises UnreadableError."""
    text = decode(data, charset).replace("\r\n", "\n").replace("\r", "\n")
    form = form or _FORMS.get(suffix.lower()) or _look(text)
    source = {Form.PAGE: read_page, Form.MARKDOWN: _markdown, Form.PLAIN: _plain}[form](text)
    if not source.passages:
        raise UnreadableError("it holds no paragraph of text to draft from")
    return source


def decode(data: bytes, charset: str = "") -> str:
    """Text: by its byte order mark, by what is declared, as UTF-8, or by what reads best. Raises UnreadableError."""
    kind = next((kind for start, kind in _NOT_TEXT.items() if data.startswith(start)), None)
    if kind:
        raise UnreadableError(f"it is {kind}: save it as text, Markdown or HTML, and draft from that")
    declared = _DECLARED.search(data[:2048])
    marked = next((name for mark, name in _BOMS.items() if data.startswith(mark)), None)
    for name in filter(None, (marked, charset, declared and declared[1].decode("ascii", "replace"), "utf-8")):
        try:
            text = data.decode(name)
        except (LookupError, ValueError):
            continue
        if not _CONTROL.search(text):
            return text
    best = charset_normalizer.from_bytes(data, cp_isolation=_CHARSETS).best()
    if best is None or _CONTROL.search(str(best)):
        raise UnreadableError("it is not a text: give plain text, Markdown or HTML, best as UTF-8")
    return str(best)


def _look(text: str) -> Form:
    if re.match(r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|head|body)\b", text, re.IGNORECASE):
        return Form.PAGE
    return Form.MARKDOWN if re.search(r"^#{1,4} \S", text, re.MULTILINE) else Form.PLAIN


def _plain(text: str) -> Source:
    """A plain text: the title in the first line, then maybe an author and a date, and headings as short lines."""
    items = list(paragraphs(text))
    said: dict[str, Any] = {}
    if len(items) > 1 and len(items[0]) <= 2 * _LONGEST_HEADING and items[0][-1] not in ".,;:…":
        said["title"] = items.pop(0)
        language = detect(items[:_FRONT_LINES])
        head = [_front_line(line, language) for line in items[:_FRONT_LINES]]
        told = max((place + 1 for place, line in enumerate(head) if line), default=0)
        for place, line in reversed([*enumerate(head[:told])]):
            name = {"author": items[place]} if _NAME.fullmatch(items[place]) else {}
            if line or name:
                said = (line or name) | said
                del items[place]
    return Source(passages(_headed(items)), **said)


def _front_line(line: str, language: str) -> dict[str, Any]:
    """What a line below the title says: a date, an author or both; nothing if it is neither."""
    if published := day(line, language):
        return {"published": published}
    if len(line) <= _LONGEST_HEADING and (byline := _BYLINE.fullmatch(line)):
        published = day(byline[2] or "", language)
        return {"author": byline[1].strip(), **({"published": published} if published else {})}
    return {}


def day(text: str, language: str) -> dt.date | None:
    """The date that a short text is; None if it is anything else, or not a whole date."""
    text = _KAZAKH_DATE.sub(r"\2 \1", text)
    if len(text) > _LONGEST_HEADING or not re.search(r"\d{4}", text):
        return None
    try:
        found = dateparser.parse(text, languages=[language], settings=_DATES)
    except ValueError:  # a language whose dates it does not know
        return None
    return found.date() if found else None


def _headed(items: list[str]) -> Iterator[Block]:
    """Paragraphs, and as headings the one or two short lines without a full stop before a longer paragraph."""
    runs = [(short, list(run)) for short, run in itertools.groupby(items, _is_short)]
    for (short, run), after in itertools.zip_longest(runs, runs[1:]):
        if short and after and len(run) <= 2:  # noqa: PLR2004  as in “Chapter 1” and “The well”
            yield 2, ". ".join(run)
        else:
            yield from ((0, item) for item in run)


def _is_short(item: str) -> bool:
    ends_open = item[-1].isalnum() or item[-1] in ")»”?"
    return len(item) <= _LONGEST_HEADING and item[0].isalnum() and ends_open


def _markdown(text: str) -> Source:
    """A Markdown file: the first heading of the first level is the title; code and footnotes are left out."""
    said, text = _front_matter(text)
    page = MarkdownIt("commonmark").enable("table").render(_NOTES.sub("", text))
    found = list(blocks(lxml.html.fromstring(f"<div>{page}</div>")))
    top = next((block for block in found if block[0] == 1), None)
    if top and (said.get("title") or top[1]) == top[1]:
        said["title"] = top[1]
        found.remove(top)
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
    said = {key: value for key in ("title", "author") if isinstance(value := data.get(key), str)}
    date = data.get("date")
    return {**said, "published": day(date[:10], "en") if isinstance(date, str) else None}, text[head.end() :]
