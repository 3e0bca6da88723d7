"""What Telegram does to a message's text before it stores it: cleaning, trimming, entities put in order.

Source: TDLib `td/telegram/MessageEntity.cpp` (`fix_formatted_text`, `fix_entities`, `split_entities`) and
`misc.cpp` (`clean_input_string`, `is_empty_string`). Offsets and lengths are UTF-16 code units.
"""

import re

from bot.sandbox.refusal import Json

_DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")
_MARK_BEFORE_MARK = re.compile("[\u200e\u200f](?=[\u200e\u200f])")
_INVISIBLE = re.compile(
    "[ \n\u00a0\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufeff\ufffc\U000e0000-\U000e007f]*"
)
_FOUND = re.compile(
    r"(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)'])"
    r"|(?<![\w/@<>])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/<>])"
    r"|(?<![\w@])(?P<mention>@[A-Za-z0-9_]{3,32})(?!\w)"
)
_STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler")
_QUOTES = frozenset({"blockquote", "expandable_blockquote"})
_CODE = frozenset({"code", "pre"})
_FIRST = {"blockquote": 0, "expandable_blockquote": 0, "pre": 10, "code": 20, "text_link": 49}
_FIRST |= {style: 90 + place for place, style in enumerate(_STYLES)}


def width(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(c > "\uffff" for c in text)


def is_empty(text: str) -> bool:
    """Tell whether nothing of the text can be seen."""
    return _INVISIBLE.fullmatch(text) is not None


def found(text: str) -> list[Json]:
    """Return the entities that Telegram finds by itself: links, commands and mentions."""
    entities: list[Json] = []
    read = offset = 0
    for match in _FOUND.finditer(text):
        offset += width(text[read : match.start()])
        entities.append({"type": match.lastgroup, "offset": offset, "length": width(match[0])})
        read, offset = match.end(), offset + width(match[0])
    return entities


def finish(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Return the text and the entities as Telegram stores them."""
    text, entities = _trim(*_clean(text, settle(entities)))
    taken = bytearray(width(text))
    for entity in entities:
        if entity["type"] not in _STYLES and entity["type"] not in _QUOTES:
            taken[entity["offset"] : _end(entity)] = b"\1" * entity["length"]
    return text, settle(entities + [e for e in found(text) if not any(taken[e["offset"] : _end(e)])])


def settle(entities: list[Json]) -> list[Json]:
    """Drop what may not overlap (links in links, quotes in quotes, styles in code), cut styles at the rest.

    Entities that hold no style are `blocks`: they keep their extent; a style is cut where one begins or ends.
    """
    quotes = _apart([e for e in entities if e["type"] in _QUOTES])
    solid = _apart([e for e in entities if e["type"] not in _QUOTES and e["type"] not in _STYLES])
    solid = [e for e in solid if not any(_crosses(e, quote) for quote in quotes)]
    blocks = sorted(quotes + solid, key=_order)
    styles = sorted((e for e in entities if e["type"] in _STYLES), key=_order)
    return sorted(blocks + _Cutter(styles).cut(blocks), key=_order)


def _end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def _order(entity: Json) -> tuple[int, int, int]:
    return entity["offset"], -entity["length"], _FIRST.get(entity["type"], 50)


def _apart(entities: list[Json]) -> list[Json]:
    kept: list[Json] = []
    for entity in sorted(entities, key=_order):
        if not kept or _end(kept[-1]) <= entity["offset"]:
            kept.append(entity)
    return kept


def _crosses(entity: Json, quote: Json) -> bool:
    """Tell whether the entity touches the quote without lying inside it."""
    touches = entity["offset"] < _end(quote) and quote["offset"] < _end(entity)
    return touches and not (quote["offset"] <= entity["offset"] and _end(entity) <= _end(quote))


class _Cutter:
    """Styles in order of offset, cut at blocks and at each other, joined where the same style touches."""

    def __init__(self, styles: list[Json]) -> None:
        self._waiting = styles[::-1]
        self._running: dict[str, list[int]] = {}
        self._pieces: list[Json] = []

    def cut(self, blocks: list[Json]) -> list[Json]:
        around: list[Json] = []
        for block in blocks:
            self._leave(around, block["offset"])
            around.append(block)
        self._leave(around, 2**31)
        return self._pieces

    def _leave(self, around: list[Json], offset: int) -> None:
        while around and _end(around[-1]) <= offset:
            block = around.pop()
            before = len(self._pieces)
            self._advance(_end(block))
            if block["type"] in _CODE:
                del self._pieces[before:]
        self._advance(offset)

    def _advance(self, offset: int) -> None:
        while self._waiting and self._waiting[-1]["offset"] < offset:
            style = self._waiting.pop()
            running = self._running.get(style["type"])
            if running and style["offset"] <= running[1]:
                running[1] = max(running[1], _end(style))
            else:
                self._flush(style["offset"])
                self._running[style["type"]] = [style["offset"], _end(style)]
        self._flush(offset)

    def _flush(self, offset: int) -> None:
        for style in [s for s in _STYLES if s in self._running]:
            begin, end = self._running[style]
            if begin < offset:
                self._pieces.append({"type": style, "offset": begin, "length": min(end, offset) - begin})
                self._running[style][0] = offset
            if end <= offset:
                del self._running[style]


def _clean(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Replace control characters, drop what Telegram drops, and move the entities along."""
    moved: list[int] = []
    offset = 0
    for c in text:
        moved += [offset] * (1 + (c > "\uffff"))
        offset += 0 if _DROPPED.match(c) else width(c)
    moved.append(offset)
    text = _MARK_BEFORE_MARK.sub("\u200c", _CONTROL.sub(" ", _DROPPED.sub("", text)))
    spans = [(moved[e["offset"]], moved[_end(e)], e) for e in entities]
    return text, [e | {"offset": begin, "length": end - begin} for begin, end, e in spans]


def _trim(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Cut spaces and newlines at both ends of the text and at the beginning of entities."""
    units = "".join(c if c <= "\uffff" else c + c for c in text)  # indexed as UTF-16 is
    last = len(units.rstrip(" \n"))
    first = len(units) - len(units.lstrip(" \n"))
    kept: list[Json] = []
    for entity in entities:
        inner = units[entity["offset"] : _end(entity)]
        begin = entity["offset"] + len(inner) - len(inner.lstrip(" \n"))
        end = min(_end(entity), last)
        if begin < end:
            kept.append(entity | {"offset": begin - first, "length": end - begin})
    return text.strip(" \n"), kept
