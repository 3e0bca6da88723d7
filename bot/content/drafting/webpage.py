"""A page in the web -> the source in it, without menus, banners and comments; and the walk over trees of HTML."""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from typing import Any

import trafilatura

from bot.content.drafting.source import Block, Source, UnreadableError, flat, passages

_LEVELS = {f"h{level}": level for level in range(1, 7)}
_SILENT = {"pre", "code", "script", "style", "template", "figure", "graphic"}
_LISTS, _ITEMS, _ROWS, _BREAKS = {"ul", "ol", "list"}, {"li", "item"}, {"tr", "row"}, {"br", "lb"}
_BLOCKS = {"p", "blockquote", "quote", "div", "section", "article", "head", "table", *_LEVELS, *_LISTS}
"""HTML's names, and those of TEI, in which extracted pages come."""
_ONE_PARAGRAPH = 500
"""Characters of a list that reads as one paragraph; a longer one has a paragraph for each item."""
_TOO_FEW = 25
"""Words: a page of scripts says no more without them than that they are needed."""


def read_page(page: str) -> Source:
    """The article in a page of HTML. Raises UnreadableError where the page makes its text by scripts."""
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it cannot read is told below
    dates = {
        "extensive_search": False,
        "original_date": True,
        "max_date": "2199-12-31",
    }  # or the clock decides
    found: Any = trafilatura.bare_extraction(page, with_metadata=True, date_extraction_params=dates)
    title = flat(found.title or "") if found else ""
    read = blocks(found.body) if found and found.body is not None else ()
    body = passages(block for block in read if block[1] != title and re.search(r"[^\W\d_]", block[1]))
    if sum(len(passage.text.split()) for passage in body) < _TOO_FEW and "<script" in page.lower():
        raise UnreadableError("its text is made by scripts: save it from a browser, and draft from that file")
    if not body:
        return Source(())
    author, publisher, url = (flat(text or "") for text in (found.author, found.sitename, found.url))
    published = dt.date.fromisoformat(found.date) if found.date else None
    declared = re.search(r"<html[^>]{0,500}?\blang=[\"']?([a-z]{2,3})\b", page, re.IGNORECASE)
    return Source(body, title, author, publisher, published, declared[1].lower() if declared else "", url)


def blocks(tree: Any) -> Iterator[Block]:
    """The headings and paragraphs in an lxml element; code is left out, a short list or table is one paragraph."""
    if not any(child.tag in _BLOCKS for child in tree.iterchildren("*")):
        yield from ((0, flat(item)) for item in re.split(r"\n\s*\n", _text(tree)))
        return
    for child in tree.iterchildren("*"):
        tag = child.get("rend", "h2") if child.tag == "head" else child.tag
        if tag in _LEVELS:
            yield _LEVELS[tag], flat(_text(child))
        elif tag in _LISTS:
            items = [flat(_text(item)) for item in child.iterchildren(*_ITEMS)]
            whole = " ".join(items)
            yield from ((0, item) for item in ([whole] if len(whole) <= _ONE_PARAGRAPH else items))
        elif tag == "table":
            rows = ([flat(_text(cell)) for cell in row.iterchildren("*")] for row in child.iter(*_ROWS))
            yield 0, "; ".join(map(", ".join, rows))
        elif tag not in _SILENT:
            yield from blocks(child)


def _text(element: Any) -> str:
    """The text in an element, in one line but for the breaks that are marked as such."""
    inner = [re.sub(r"\s+", " ", element.text or "")]
    for child in element.iterchildren():
        if child.tag in _BREAKS:
            inner.append("\n")
        elif isinstance(child.tag, str) and child.tag not in _SILENT - {"code"}:
            inner.append(f" {_text(child)} " if child.tag in _BLOCKS | _ITEMS else _text(child))
        inner.append(re.sub(r"\s+", " ", child.tail or ""))
    return "".join(inner)
