"""Telegram's HTML: a source becomes text and entities, or a refusal in Telegram's own words.

Source: TDLib `td/telegram/MessageEntity.cpp`, `parse_html`. Offsets in errors count bytes of the UTF-8
source; offsets of entities count UTF-16 code units of the text.
"""

import re
from dataclasses import dataclass

from bot.sandbox.links import check_link
from bot.sandbox.refusal import Json, Refusal, bad_request
from bot.sandbox.text import width

_STYLES = (
    dict.fromkeys(("b", "strong"), "bold")
    | dict.fromkeys(("i", "em"), "italic")
    | dict.fromkeys(("u", "ins"), "underline")
    | dict.fromkeys(("s", "strike", "del"), "strikethrough")
    | dict.fromkeys(("tg-spoiler", "span"), "spoiler")
)
_TAGS = frozenset(_STYLES) | {"a", "code", "pre", "blockquote", "tg-emoji", "tg-time"}
_NAMES = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}

_TEXT = re.compile(rb"[^<&]+")
_WORD = re.compile(rb"[^ \t\r\n\v\0>]*")
_GAP = re.compile(rb"[ \t\r\n\v]*")
_ATTRIBUTE = re.compile(rb"""[^ \t\r\n\v\0=>/"']*""")
_TOKEN = re.compile(rb"[A-Za-z0-9.\-]*")
# A reference of ten characters or more (without the semicolon), and one past U+10FFFE, stays literal text.
_REFERENCE = re.compile(
    rb"&(?:#x([0-9A-Fa-f]{1,6})(?![0-9A-Fa-f])|#([0-9]{1,7})(?![0-9])|(lt|gt|amp|quot)(?![A-Za-z]));?"
)
_LAST_CODE = 0x10FFFE
_INT64 = 2**63


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Return the text and its entities, in the order in which they end. Raises Refusal (400)."""
    return _Parser(source).parse()


def _refuse(what: str) -> Refusal:
    return bad_request(f"can't parse entities: {what}")


def _decode(match: re.Match[bytes]) -> str | None:
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMES[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code <= _LAST_CODE else None


def _decode_value(value: bytes) -> str:
    def replace(match: re.Match[bytes]) -> bytes:
        decoded = _decode(match)
        return match[0] if decoded is None else decoded.encode(errors="surrogatepass")

    return _REFERENCE.sub(replace, value).decode(errors="replace")


@dataclass(slots=True)
class _Tag:
    name: str
    attributes: dict[str, str]
    offset: int
    begin: int  # index into the pieces of text, for a link without href


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source.encode() + b"\0"  # the end, as a C string has it: every scan stops there
        self.at = 0
        self.pieces: list[str] = []
        self.offset = 0
        self.tags: list[_Tag] = []
        self.entities: list[Json] = []

    def parse(self) -> tuple[str, list[Json]]:
        end = len(self.source) - 1
        while self.at < end:
            if self.source[self.at] == ord("<"):
                self._close() if self.source[self.at + 1] == ord("/") else self._open()
            elif self.source[self.at] == ord("&"):
                self._reference()
            else:
                self._add(self._take(_TEXT, end).decode())
        if self.tags:
            raise _refuse(f'Can\'t find end tag corresponding to start tag "{self.tags[-1].name}"')
        text = "".join(self.pieces)
        if re.search("[\ud800-\udfff]", text):
            raise _refuse(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        for entity in self.entities:
            if entity["type"] == "code":
                entity.pop("language", None)
        return text, self.entities

    def _take(self, pattern: re.Pattern[bytes], end: int | None = None) -> bytes:
        match = pattern.match(self.source, self.at, len(self.source) if end is None else end)
        taken = match[0] if match else b""
        self.at += len(taken)
        return taken

    def _add(self, text: str) -> None:
        self.pieces.append(text)
        self.offset += width(text)

    def _reference(self) -> None:
        match = _REFERENCE.match(self.source, self.at)
        decoded = _decode(match) if match else None
        self.at += 1 if match is None or decoded is None else len(match[0])
        self._add("&" if decoded is None else decoded)

    def _open(self) -> None:
        begin = self.at
        self.at += 1
        name = self._take(_WORD).lower().decode()
        if self.source[self.at] == 0:
            raise _refuse(f"Unclosed start tag at byte offset {begin}")
        if name not in _TAGS:
            raise _refuse(f'Unsupported start tag "{name}" at byte offset {begin}')
        attributes: dict[str, str] = {}
        while not self._tag_ends():
            attribute = self._take(_ATTRIBUTE).decode()
            if not attribute:
                raise _refuse(f'Empty attribute name in the tag "{name}" at byte offset {begin}')
            attributes[attribute] = self._value(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _refuse(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self.at += 1
        self.tags.append(_Tag(name, attributes, self.offset, len(self.pieces)))

    def _tag_ends(self) -> bool:
        self._take(_GAP)
        return self.source[self.at] == ord(">")

    def _value(self, name: str, begin: int) -> str:
        """Read what follows an attribute's name: nothing, a token, or a quoted text."""
        self._take(_GAP)
        unclosed = f'Unclosed start tag "{name}" at byte offset {begin}'
        if self.source[self.at] == 0:
            raise _refuse(unclosed)
        if self.source[self.at] != ord("="):
            return ""
        self.at += 1
        self._take(_GAP)
        start, quote = self.at, self.source[self.at]
        if quote == 0:
            raise _refuse(unclosed)
        if quote not in b"\"'":
            token = self._take(_TOKEN).lower().decode()
            if self.source[self.at] not in b" \t\r\n\v\0>":
                raise _refuse(f"Unexpected end of name token at byte offset {start}")
        else:
            stop = min(p for p in (self.source.find(quote, start + 1), self.source.find(0, start)) if p >= 0)
            token = _decode_value(self.source[start + 1 : stop])
            self.at = stop + (self.source[stop] == quote)
        if self.source[self.at] == 0:
            raise _refuse(f"Unclosed start tag at byte offset {begin}")
        return token

    def _close(self) -> None:
        begin = self.at
        if not self.tags:
            raise _refuse(f"Unexpected end tag at byte offset {begin}")
        self.at += 2
        name = self._take(_WORD).lower().decode()
        if not self._tag_ends():
            raise _refuse(f"Unclosed end tag at byte offset {begin}")
        self.at += 1
        tag = self.tags[-1]
        if name and name != tag.name:
            expected = f'expected "</{tag.name}>", found "</{name}>"'
            raise _refuse(f"Unmatched end tag at byte offset {begin}, {expected}")
        if self.offset > tag.offset:
            self._emit(tag)
        self.tags.pop()

    def _emit(self, tag: _Tag) -> None:
        """Add the entity of a tag that holds text; a link that Telegram does not take adds none."""
        place = {"offset": tag.offset, "length": self.offset - tag.offset}
        if tag.name in _STYLES:
            self.entities.append({"type": _STYLES[tag.name]} | place)
        elif tag.name == "a":
            self._emit_link(tag, place)
        elif tag.name in {"pre", "code"}:
            self._emit_code(tag, place)
        elif tag.name == "blockquote":
            kind = "expandable_blockquote" if "expandable" in tag.attributes else "blockquote"
            self.entities.append({"type": kind} | place)
        elif tag.name == "tg-emoji":
            emoji = tag.attributes.get("emoji-id", "")
            if not re.fullmatch(r"-?[0-9]{1,19}", emoji) or not 0 != int(emoji) < _INT64:
                raise _refuse("Invalid custom emoji identifier specified")
            self.entities.append({"type": "custom_emoji"} | place | {"custom_emoji_id": emoji})
        else:
            self._emit_time(tag, place)

    def _emit_link(self, tag: _Tag, place: Json) -> None:
        try:
            url = check_link(tag.attributes.get("href") or "".join(self.pieces[tag.begin :]))
        except ValueError:
            return
        self.entities.append({"type": "text_link"} | place | {"url": url})

    def _emit_code(self, tag: _Tag, place: Json) -> None:
        """`<pre><code class="language-py">`, in either order, is one pre with a language."""
        language = tag.attributes.get("class", "")
        language = language[9:] if tag.name == "code" and language.startswith("language-") else ""
        last = self.entities[-1] if self.entities else {}
        partner = "code" if tag.name == "pre" else "pre"
        language = language or (last.get("language", "") if tag.name == "pre" else "")
        if last.get("type") == partner and place.items() <= last.items() and language:
            last.update(type="pre", language=language)
        else:
            extra = {"language": language} if tag.name == "code" and language else {}
            self.entities.append({"type": tag.name} | place | extra)

    def _emit_time(self, tag: _Tag, place: Json) -> None:
        unix = tag.attributes.get("unix", "")
        if not re.fullmatch(r"[0-9]{1,10}", unix):
            raise _refuse("Invalid Unix time specified")
        form = tag.attributes.get("format", "")
        extra = {"date_time_format": form} if form else {}
        self.entities.append({"type": "date_time"} | place | {"unix_time": int(unix)} | extra)
