"""What Telegram does to a message's text before it stores it: cleaning, trimming, entities put in order.

Source: TDLib `td/telegram/MessageEntity.cpp` (`fix_formatted_text`) and `misc.cpp` (`clean_input_string`,
`is_empty_string`). Offsets and lengths are UTF-16 code units.
"""

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

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
_QUOTES = ("blockquote", "expandable_blockquote")
_CODE = ("pre", "code")
_RANKS = {kind: rank for rank, kind in enumerate((*_QUOTES, *_CODE, "", *_STYLES))}


def width(text: str) -> int:
    """Return the length in UTF-16 code units."""
    return len(text) + sum(c > "\uffff" for c in text)


def is_empty(text: str) -> bool:
    """Tell whether nothing of the text can be seen."""
    return _INVISIBLE.fullmatch(text) is not None


def finish(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Return the text and the entities as Telegram stores them. The entities must nest."""
    text, entities = _clean(text, entities)
    taken = bytearray(width(text))
    for entity in entities:
        if _family(entity) == "solid":
            taken[entity["offset"] : _end(entity)] = b"\1" * entity["length"]
    free = [e for e in _found(text) if not any(taken[e["offset"] : _end(e)])]
    return text, _settle(_cut(entities + free))


def _clean(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Replace and drop characters, trim spaces and newlines, and move the entities along."""
    moved: list[int] = []  # from an offset in the source to one in the cleaned text
    offset = 0
    for c in text:
        moved += [offset] * width(c)
        offset += 0 if _DROPPED.match(c) else width(c)
    moved.append(offset)
    text = _MARK_BEFORE_MARK.sub("\u200c", _CONTROL.sub(" ", _DROPPED.sub("", text))).rstrip(" \n")
    last, first = width(text), len(text) - len(text.lstrip(" \n"))
    kept: list[Json] = []
    for entity in entities:
        begin, end = max(moved[entity["offset"]], first), min(moved[_end(entity)], last)
        if begin < end:
            kept.append(entity | {"offset": begin - first, "length": end - begin})
    return text[first:], kept


def _cut(entities: list[Json]) -> list[Json]:
    """Cut every style where another entity begins or ends."""
    edges = sorted({edge for e in entities for edge in (e["offset"], _end(e))})
    pieces: list[Json] = []
    for entity in entities:
        span = edges[bisect_left(edges, entity["offset"]) : bisect_right(edges, _end(entity))]
        if entity["type"] not in _STYLES:
            span = [span[0], span[-1]]
        pieces += [entity | {"offset": begin, "length": end - begin} for begin, end in pairwise(span)]
    return pieces


def _settle(entities: list[Json]) -> list[Json]:
    """Drop what may not stand inside another: a link in a link, a quote in a quote, anything in code."""
    kept: list[Json] = []
    around: list[Json] = []
    for entity in sorted(entities, key=_order):
        while around and _end(around[-1]) <= entity["offset"]:
            around.pop()
        if not any(outer["type"] in _CODE or _family(outer) == _family(entity) for outer in around):
            kept.append(entity)
            around.append(entity)
    return kept


def _found(text: str) -> list[Json]:
    """Return the entities that Telegram finds by itself: links, commands and mentions."""
    entities: list[Json] = []
    read = offset = 0
    for match in _FOUND.finditer(text):
        offset += width(text[read : match.start()])
        entities.append({"type": match.lastgroup, "offset": offset, "length": width(match[0])})
        read, offset = match.end(), offset + width(match[0])
    return entities


def _family(entity: Json) -> str:
    """Of a family only the outermost stays: each style is one, so are quotes, and so is all the rest."""
    if entity["type"] in _STYLES:
        return str(entity["type"])
    return "quote" if entity["type"] in _QUOTES else "solid"


def _end(entity: Json) -> int:
    return int(entity["offset"] + entity["length"])


def _order(entity: Json) -> tuple[int, int, int]:
    """Sort outer before inner; of two with the same extent, quotes and code before what they hold, styles last."""
    return entity["offset"], -entity["length"], _RANKS.get(entity["type"], _RANKS[""])
