"""The words of the /subscribe line, in any order: `07:30 Asia/Almaty weekdays initiatives`."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Preferences

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_SETS = {
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
    "weekdays": WEEKDAYS,
    "workdays": WEEKDAYS,
    "weekends": WEEKENDS,
    "weekend": WEEKENDS,
}
_FILLERS = frozenset({"at", "in", "on", "every", "day", "and", "to", "for"})
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_UTC_OFFSET = re.compile(r"(?:utc|gmt)([+-])0?(\d{1,2})(?::?00)?", re.IGNORECASE)
_CONTINENTS = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
"""The areas whose zones are named by a city; Brazil/West and US/Central are not."""
_NOON = 12
_LONGEST = 40
"""Characters of a word that is repeated to the reader; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a line says: only what it names is set. `problems` are the words that were not understood."""

    time: dt.time | None = None
    days: int | None = None
    zone: str | None = None
    themes: tuple[str, ...] | None = None
    problems: tuple[str, ...] = field(default=())

    def apply(self, base: Preferences) -> Preferences:
        """The preferences of `base` with all that the line names put in their place."""
        named = {key: getattr(self, key) for key in ("time", "days", "zone", "themes")}
        return replace(base, **{key: value for key, value in named.items() if value is not None})


def parse(words: Sequence[str], themes: Collection[str], zones: Collection[str]) -> Understood:
    """Read the words of a line in any order.

    `themes` are the commands that exist, `zones` the IANA names. Never raises: what cannot be read, or says
    two different things about one matter, is told in `problems` as a sentence without a full stop.
    """
    reader = _Reader(tuple(themes), {zone.casefold(): zone for zone in zones})
    found: dict[str, Any] = {}
    problems: list[str] = []
    for word in reader.join([part for whole in words for part in whole.split(",") if part]):
        key, value = reader.read(word)
        if key is None:
            problems.append(reader.complaint(word))
        elif key == "days" and "days" in found:
            found["days"] |= value
        elif key == "themes" and "themes" in found:
            every = not value or not found["themes"]  # “all” and a name besides: all
            found["themes"] = () if every else tuple(sorted({*found["themes"], *value}))
        elif key in found and found[key] != value:
            problems.append(f"two values for the {key}: “{_shown(word)}” is the second")
        elif key:
            found[key] = value
    return Understood(**found, problems=tuple(problems))


class _Reader:
    """Knows the themes and the zones; reads one word at a time."""

    def __init__(self, themes: tuple[str, ...], zones: dict[str, str]) -> None:
        self._themes = themes
        self._zones = zones
        self._cities: dict[str, set[str]] = {}
        for zone in zones.values():
            area, _, city = zone.rpartition("/")
            if area.partition("/")[0] in _CONTINENTS:
                self._cities.setdefault(city.casefold(), set()).add(zone)

    def join(self, words: Sequence[str]) -> list[str]:
        """Put the two or three words of a city's name together: New York becomes New_York."""
        joined: list[str] = []
        for word in words:
            joined.append(word)
            for width in (3, 2):
                name = "_".join(joined[-width:])
                if name.casefold() in self._cities:
                    joined[-width:] = [name]
        return joined

    def read(self, word: str) -> tuple[str | None, Any]:
        """`(matter, value)`; the matter is "" for a filler word and None for one that is not understood."""
        folded = word.casefold().strip(".;")
        readers: tuple[tuple[str, Callable[[str], Any]], ...] = (
            ("days", _days),
            ("themes", self._theme),
            ("time", _time),
            ("zone", self._zone),
        )
        if folded in _FILLERS:
            return "", None
        for matter, read in readers:
            value = read(folded)
            if value is not None:
                return matter, value
        return None, None

    def complaint(self, word: str) -> str:
        """What is wrong with a word, and the nearest word that would have been understood."""
        known = (*self._themes, *_DAY_SETS, *self._cities)
        near = get_close_matches(word.casefold().lstrip("/"), known, n=1, cutoff=0.75)
        if not near:
            return f"“{_shown(word)}”"
        zones = self._cities.get(near[0])
        return f"“{_shown(word)}” (did you mean {min(zones) if zones else near[0]}?)"

    def _theme(self, word: str) -> tuple[str, ...] | None:
        name = word.removeprefix("/").partition("@")[0]
        if name == "all":
            return ()
        return (name,) if name in self._themes else None

    def _zone(self, word: str) -> str | None:
        if offset := _UTC_OFFSET.fullmatch(word):
            sign = "-" if offset[1] == "+" else "+"  # Etc/GMT-5 is five hours AHEAD of UTC, by POSIX
            name = f"etc/gmt{sign}{int(offset[2])}" if int(offset[2]) else "utc"
            return self._zones.get(name)
        if word in self._zones:
            return self._zones[word]
        # A city stands under two continents only where one is an old name of the other, as Asia/Istanbul is.
        return max(self._cities.get(word, ()), default=None)


def _time(word: str) -> dt.time | None:
    match = _TIME.fullmatch(word)
    if not match or (match[2] is None and match[3] is None):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if match[3].casefold() == "pm" else 0)
    return dt.time(hour, minute) if hour < 24 and minute < 60 else None  # noqa: PLR2004  a clock's limits


def _days(word: str) -> int | None:
    if word in _DAY_SETS:
        return _DAY_SETS[word]
    first, dash, last = word.partition("-")
    start, end = _day(first), _day(last)
    if not dash:
        return None if start is None else 1 << start
    if start is None or end is None:
        return None
    return sum(1 << (start + step) % 7 for step in range((end - start) % 7 + 1))


def _day(word: str) -> int | None:
    """The number of a weekday by its name in full or its first three letters: Monday is 0."""
    full = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return next((number for number, name in enumerate(full) if word in (name, name[:3])), None)


def _shown(word: str) -> str:
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
