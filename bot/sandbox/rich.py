"""Rich messages (Bot API 10.1): their HTML becomes the tree of blocks that the Bot API describes.

The tags are those that the types RichBlock and RichText name ("corresponding to the HTML tag"); without media, maps and
formulas, which the sandbox does not show. The refusals' wording is the sandbox's own: Telegram's is not published.
Source: core.telegram.org/bots/api, "Rich message formatting options" and the types' descriptions.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from bot.sandbox.links import check_link
from bot.sandbox.parameters import string
from bot.sandbox.refusal import Json, Refusal, bad_request

LENGTH = 32_768
BLOCKS = 500
DEPTH = 16
COLUMNS = 20
_STYLES = {"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline"}
_STYLES |= dict.fromkeys(("s", "strike", "del"), "strikethrough") | {"tg-spoiler": "spoiler", "code": "code"}
_STYLES |= {"sub": "subscript", "sup": "superscript", "mark": "marked", "a": "url", "tg-time": "date_time"}
_TEXTS = {"p": "paragraph", "footer": "footer", "pre": "pre", "aside": "pullquote"}
_TEXTS |= {f"h{size}": "heading" for size in range(1, 7)}
_HOLDERS = ("blockquote", "details", "li", "ul", "ol", "table", "thead", "tbody", "tr", "td", "th")
_PARTS = ("summary", "cite", "caption")
_VOID = ("br", "hr")
_ALL = {*_STYLES, *_TEXTS, *_HOLDERS, *_PARTS, *_VOID}
_INSIDE = {
    "li": ("ul", "ol"), "tr": ("table", "thead", "tbody"), "td": ("tr",), "th": ("tr",), "thead": ("table",),
    "tbody": ("table",), "summary": ("details",), "caption": ("table",), "cite": ("blockquote", "aside"),
}  # fmt: skip


@dataclass(slots=True)
class _Node:
    tag: str
    given: dict[str, str] = field(default_factory=dict)
    children: list["_Node | str"] = field(default_factory=list)

    def parts(self, *tags: str) -> list["_Node"]:
        return [child for child in self.children if isinstance(child, _Node) and child.tag in tags]


def _refuse(what: str) -> Refusal:
    return bad_request(f"can't parse rich message: {what}")


def rich_blocks(message: Json | None) -> Json:
    """Return the RichMessage of an InputRichMessage. Raises Refusal."""
    source = string(message or {}, "html")
    if message and message.get("markdown"):
        raise _refuse("this sandbox reads rich messages as HTML alone")
    if not source.strip():
        raise _refuse("html must be non-empty")
    if len(source) > LENGTH:
        raise _refuse("message is too long")
    parser = _Parser()
    parser.feed(source)
    parser.close()
    if len(parser.open) > 1:
        raise _refuse(f"the tag <{parser.open[-1].tag}> is not closed")
    blocks = _blocks(parser.open[0])
    if not blocks:
        raise _refuse("message must be non-empty")
    return {"blocks": blocks}


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [_Node("")]
        self.count = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ALL:
            raise _refuse(f"unsupported tag <{tag}>")
        outer = self.open[-1]
        if tag in _INSIDE and outer.tag not in _INSIDE[tag]:
            raise _refuse(f"<{tag}> may not stand in <{outer.tag or 'the message'}>")
        if tag not in _STYLES and tag != "br":
            self.count += 1
            if any(node.tag in _STYLES or node.tag in _TEXTS for node in self.open) and tag not in _PARTS:
                raise _refuse(f"the block <{tag}> may not stand inside a text")
        if self.count > BLOCKS or len(self.open) > DEPTH:
            raise _refuse(f"a message has at most {BLOCKS} blocks, {DEPTH} deep")
        node = _Node(tag, {name: value or "" for name, value in attrs})
        outer.children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if tag != self.open[-1].tag:
            raise _refuse(f"unexpected end tag </{tag}>")
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def _text(children: list[_Node | str], *, raw: bool = False) -> Any:
    """Return a RichText: a string, or a list of strings and styled parts. Blanks run together, save in <pre>."""
    parts: list[Any] = []
    for child in children:
        if isinstance(child, str):
            parts.append(child if raw else re.sub(r"\s+", " ", child))
        elif child.tag == "br":
            parts.append("\n")
        elif child.tag in _STYLES:
            parts.append(_styled(child, raw=raw))
    return parts[0] if len(parts) == 1 else parts


def _styled(node: _Node, *, raw: bool) -> Any:
    text = _text(node.children, raw=raw)
    body: Json = {"type": _STYLES[node.tag], "text": text}
    try:
        if node.tag == "a":
            body["url"] = check_link(node.given.get("href", ""))
        elif node.tag == "tg-time":
            body |= {
                "unix_time": int(node.given.get("unix", "")),
                "date_time_format": node.given.get("format", ""),
            }
    except ValueError:
        return text
    return body


def _blocks(holder: _Node) -> list[Json]:
    """Return what stands in a holder, as blocks; texts outside of any make paragraphs of their own."""
    blocks: list[Json] = []
    loose: list[_Node | str] = []
    for child in [*holder.children, _Node("")]:
        if isinstance(child, str) or child.tag in _STYLES or child.tag == "br":
            loose.append(child)
            continue
        if any(not isinstance(part, str) or part.strip() for part in loose):
            blocks.append({"type": "paragraph", "text": _text(loose)})
        loose = []
        if child.tag and child.tag not in _PARTS:
            blocks.append(_block(child))
    return blocks


def _block(node: _Node) -> Json:
    if node.tag in _TEXTS:
        body: Json = {"type": _TEXTS[node.tag], "text": _text(node.children, raw=node.tag == "pre")}
        body |= {"size": int(node.tag[1])} if node.tag[0] == "h" else {}
        return body | _part(node, "cite", "credit")
    if node.tag in {"ul", "ol"}:
        items = [
            {"label": f"{place}." if node.tag == "ol" else "•", "blocks": _blocks(item)}
            for place, item in enumerate(node.parts("li"), 1)
        ]
        return {"type": "list", "items": items}
    if node.tag == "table":
        return _table(node)
    if node.tag == "details":
        if not node.parts("summary"):
            raise _refuse("<details> needs a <summary>")
        opened = {"is_open": True} if "open" in node.given else {}
        return {"type": "details", "blocks": _blocks(node)} | _part(node, "summary", "summary") | opened
    if node.tag == "blockquote":
        return {"type": "blockquote", "blocks": _blocks(node)} | _part(node, "cite", "credit")
    return {"type": "divider"}


def _part(node: _Node, tag: str, name: str) -> Json:
    found = node.parts(tag)
    return {name: _text(found[0].children)} if found else {}


def _table(node: _Node) -> Json:
    rows = [row for part in (node, *node.parts("thead", "tbody")) for row in part.parts("tr")]
    cells = [
        [
            {"text": _text(cell.children), "align": "left", "valign": "top"}
            | ({"is_header": True} if cell.tag == "th" else {})
            for cell in row.parts("td", "th")
        ]
        for row in rows
    ]
    if not any(cells) or max(map(len, cells)) > COLUMNS:
        raise _refuse(f"a table has 1 to {COLUMNS} columns")
    return {"type": "table", "cells": cells} | _part(node, "caption", "caption")
