"""Telegram's HTML: a source becomes text and entities, or a refusal in Telegram's own words.

Source: TDLib `td/telegram/MessageEntity.cpp`, `parse_html`. Offsets in errors count bytes of the UTF-8
source; offsets of entities count UTF-16 code units of the text.
"""

import re
from dataclasses import dataclass

from bot.sandbox.links import check_link
from bot.sandbox.refusal import Json, Refusal, bad_request
from bot.sandbox.text import width

_TYPES = (
    dict.fromkeys(("b", "strong"), "bold")
    | dict.fromkeys(("i", "em"), "italic")
    | dict.fromkeys(("u", "ins"), "underline")
    | dict.fromkeys(("s", "strike", "del"), "strikethrough")
    | dict.fromkeys(("tg-spoiler", "span"), "spoiler")
    | {"a": "text_link", "tg-emoji": "custom_emoji", "tg-time": "date_time"}
    | {name: name for name in ("code", "pre", "blockquote")}
)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

# ASCII, because inside a tag Telegram knows no other blanks.
_TEXT = re.compile(r"[^<]*")
_NAME = re.compile(r"[^\s>]*", re.ASCII)
_GAP = re.compile(r"\s*", re.ASCII)
_ATTRIBUTE = re.compile(r"""[^\s=>/"']*""", re.ASCII)
_VALUE = re.compile(
    r"""(["'])(?P<quoted>.*?)\1|(?P<token>[A-Za-z0-9.\-]*)(?=[\s>]|\Z)""", re.ASCII | re.DOTALL
)
# A longer number, and one past U+10FFFE, stays literal text.
_REFERENCE = re.compile(
    r"&(?:#x([0-9A-Fa-f]{1,6})(?![0-9A-Fa-f])|#([0-9]{1,7})(?![0-9])|(lt|gt|amp|quot)(?![A-Za-z]));?"
)
_LAST_CODE = 0x10FFFE


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the text and its entities, in the order in which they end. Raises Refusal (400)."""
    return _Parser(source).parse()


def _refuse(what: str) -> Refusal:
    return bad_request(f"can't parse entities: {what}")


def _decode(text: str) -> str:
    return _REFERENCE.sub(_decode_one, text)


def _decode_one(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 (Unicode's surrogates)
        raise _refuse(
            "Text contains invalid Unicode characters after decoding HTML entities, "
            "check for unmatched surrogate code units"
        )
    return chr(code) if 0 < code <= _LAST_CODE else match[0]


def _digits(value: str | None, what: str) -> str:
    if value is None or not re.fullmatch(r"[0-9]{1,19}", value):
        raise _refuse(f"Invalid {what} specified")
    return value


@dataclass(slots=True)
class _Tag:
    name: str
    attributes: dict[str, str]
    offset: int
    """Where its text begins, in UTF-16 units of the text."""
    language: str = ""
    """Of the code directly inside it; a pre shows it."""


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.pieces: list[str] = []
        self.offset = 0
        self.tags: list[_Tag] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            text = _decode(self._take(_TEXT))
            self.pieces.append(text)
            self.offset += width(text)
            if self.source.startswith("</", self.at):
                self._close()
            elif self._next() == "<":
                self._open()
        if self.tags:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self.tags[-1].name}"')
        return "".join(self.pieces), self.entities

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.source, self.at)
        taken = match[0] if match else ""
        self.at += len(taken)
        return taken

    def _fault(self, what: str, at: int, more: str = "") -> Refusal:
        return _refuse(f"{what} at byte offset {len(self.source[:at].encode())}{more}")

    def _open(self) -> None:
        begin = self.at
        self.at += 1
        name = self._take(_NAME).lower()
        if not self._next():
            raise self._fault("Unclosed start tag", begin)
        if name not in _TYPES:
            raise self._fault(f'Unsupported start tag "{name}"', begin)
        attributes: dict[str, str] = {}
        while self._after_gap() != ">":
            if not self._next():
                raise self._fault("Unclosed start tag", begin)
            attribute = self._take(_ATTRIBUTE)
            if not attribute:
                raise self._fault(f'Empty attribute name in the tag "{name}"', begin)
            attributes[attribute] = self._value(begin) if self._after_gap() == "=" else ""
        self.at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise self._fault('Tag "span" must have class "tg-spoiler"', begin)
        self.tags.append(_Tag(name, attributes, self.offset))

    def _after_gap(self) -> str:
        self._take(_GAP)
        return self._next()

    def _value(self, begin: int) -> str:
        """Read a quoted text or a token, after the "=" of an attribute."""
        self.at += 1
        quote = self._after_gap()
        match = _VALUE.match(self.source, self.at)
        if match is None and quote in {'"', "'"}:
            raise self._fault("Unclosed start tag", begin)
        if match is None:
            raise self._fault("Unexpected end of name token", self.at)
        self.at = match.end()
        return match["token"].lower() if match["quoted"] is None else _decode(match["quoted"])

    def _close(self) -> None:
        begin = self.at
        if not self.tags:
            raise self._fault("Unexpected end tag", begin)
        self.at += 2
        name = self._take(_NAME).lower()
        if self._after_gap() != ">":
            raise self._fault("Unclosed end tag", begin)
        self.at += 1
        tag = self.tags.pop()
        if name and name != tag.name:
            raise self._fault("Unmatched end tag", begin, f', expected "</{tag.name}>", found "</{name}>"')
        if self.offset > tag.offset:
            self._emit(tag)

    def _emit(self, tag: _Tag) -> None:
        """Add the entity of a tag that holds text; a link that Telegram does not take adds none."""
        given = tag.attributes
        entity: Json = {"type": _TYPES[tag.name], "offset": tag.offset, "length": self.offset - tag.offset}
        if tag.name == "a":
            try:
                entity["url"] = check_link(given.get("href", ""))
            except ValueError:
                return
        elif tag.name == "code" and self.tags and given.get("class", "").startswith("language-"):
            self.tags[-1].language = given["class"].removeprefix("language-")
        elif tag.name == "pre" and tag.language:
            entity["language"] = tag.language
        elif tag.name == "blockquote" and "expandable" in given:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "tg-emoji":
            entity["custom_emoji_id"] = _digits(given.get("emoji-id"), "custom emoji identifier")
        elif tag.name == "tg-time":
            entity["unix_time"] = int(_digits(given.get("unix"), "Unix time"))
            if given.get("format"):
                entity["date_time_format"] = given["format"]
        self.entities.append(entity)
