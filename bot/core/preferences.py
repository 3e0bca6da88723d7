"""The words of the /subscribe line, in any order and in three languages: `07:30 Алматы weekdays initiatives`."""

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from bot.core.language import ENGLISH, N_, Language
from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Preferences
from bot.core.zones import read_clock

_DAY_SETS = {
    **dict.fromkeys(("daily", "everyday", "ежедневно", "күнде", "күнсайын"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "workdays", "будни", "будням", "жұмыскүндері"), WEEKDAYS),
    **dict.fromkeys(("weekends", "weekend", "выходные", "выходным", "демалыс"), WEEKENDS),
}
_PHRASES = {
    "every day": "daily",
    "каждый день": "ежедневно",
    "күн сайын": "күнде",
    "рабочие дни": "будни",
    "рабочим дням": "будни",
    "будние дни": "будни",
    "будним дням": "будни",
    "выходные дни": "выходные",
    "выходным дням": "выходные",
    "жұмыс күндері": "жұмыскүндері",
    "демалыс күндері": "демалыс",
}
"""Two words that mean one."""
_WEEKDAYS = (
    "mon monday пн понедельник понедельникам дс дүйсенбі дүйсенбіде",
    "tue tuesday вт вторник вторникам сс сейсенбі сейсенбіде",
    "wed wednesday ср среда среду средам сәрсенбі сәрсенбіде",
    "thu thursday чт четверг четвергам бс бейсенбі бейсенбіде",
    "fri friday пт пятница пятницу пятницам жм жұма жұмада",
    "sat saturday сб суббота субботу субботам сенбі сенбіде",
    "sun sunday вс воскресенье воскресеньям жс жексенбі жексенбіде",
)
"""What the weekdays are called, Monday first; ср and сб are the same in Russian and in Kazakh."""
_DAYS = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_FILLER_WORDS = """
    at in on every day and to for
    в во по с и на к для каждый каждую каждое каждые час часов темы тему
    сағат және мен үшін сайын
"""
_FILLERS = frozenset(_FILLER_WORDS.split())
_ALL = frozenset({"all", "все", "всё", "барлығы", "бәрі"})
_HALVES_AFTER = frozenset({"утра", "дня", "вечера", "ночи"})
_HALVES_BEFORE = frozenset({"таңғы", "түскі", "кешкі", "түнгі"})
"""Words beside an hour that say which half of the day it belongs to: «9 вечера», «кешкі 9»."""
_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?(?:-?[дт][ае])?", re.IGNORECASE)
_UTC_OFFSET = re.compile(r"(?:utc|gmt)([+-])0?(\d{1,2})(?::?00)?", re.IGNORECASE)
_AREAS = "Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific"
_CONTINENTS = frozenset(_AREAS.split())
"""The areas whose zones are named by a city; Brazil/West and US/Central are not."""
_NOON = 12
_LONGEST = 40
"""Characters of a word that is repeated to the reader; the rest is cut."""


_MATTERS = {"time": N_("time"), "zone": N_("zone")}
"""What a line may say once; days and themes add up."""


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


def parse(
    words: Sequence[str],
    themes: Collection[str],
    zones: Collection[str],
    places: Callable[[str], str | None] = lambda _: None,
    say: Language = ENGLISH,
) -> Understood:
    """Read the words of a line in any order.

    `themes` are the commands that exist, `zones` the IANA names; `places` gives the zone of a city that is called so
    in any language. Never raises: what cannot be read, or says two different things about one matter, is told in
    `problems` as a sentence of the reader's without a full stop.
    """
    reader = _Reader(tuple(themes), {zone.casefold(): zone for zone in zones}, places)
    found: dict[str, Any] = {}
    problems: list[str] = []
    for word in reader.join([part for whole in words for part in whole.split(",") if part]):
        key, value = reader.read(word)
        if key is None:
            problems.append(reader.complaint(say, word))
        elif key == "days" and "days" in found:
            found["days"] |= value
        elif key == "themes" and "themes" in found:
            every = not value or not found["themes"]  # “all” and a name besides: all
            found["themes"] = () if every else tuple(sorted({*found["themes"], *value}))
        elif key in found and found[key] != value:
            matter = say(_MATTERS[key])
            problems.append(
                say("two values for the {matter}: “{word}” is the second", matter=matter, word=_shown(word))
            )
        elif key:
            found[key] = value
    return Understood(**found, problems=tuple(problems))


class _Reader:
    """Knows the themes and the zones; reads one word at a time."""

    def __init__(
        self, themes: tuple[str, ...], zones: dict[str, str], places: Callable[[str], str | None]
    ) -> None:
        self._themes = themes
        self._zones = zones
        self._places = places
        self._cities: dict[str, set[str]] = {}
        for zone in zones.values():
            area, _, city = zone.rpartition("/")
            if area.partition("/")[0] in _CONTINENTS:
                self._cities.setdefault(city.casefold(), set()).add(zone)

    def join(self, words: Sequence[str]) -> list[str]:
        """Put the words of one name together: New York becomes New_York, «каждый день» becomes «ежедневно»."""
        joined: list[str] = []
        for word in words:
            joined.append(word)
            for width in (3, 2):
                if len(joined) >= width and (name := self._name(joined[-width:])):
                    joined[-width:] = [name]
        return joined

    def _name(self, words: Sequence[str]) -> str | None:
        """What several words stand for together; a word that means something by itself is no part of a name."""
        name, folded = "_".join(words), [word.casefold() for word in words]
        if name.casefold() in self._cities:
            return name
        if phrase := _PHRASES.get(" ".join(folded)):
            return phrase
        if len(folded) == 2 and (folded[1] in _HALVES_AFTER or folded[0] in _HALVES_BEFORE):  # noqa: PLR2004  a pair
            time = read_clock(" ".join(folded))
            return f"{time:%H:%M}" if time else None
        if any(self.read(word)[0] is not None for word in words):
            return None
        return self._places(" ".join(words))

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

    def complaint(self, say: Language, word: str) -> str:
        """What is wrong with a word, and the nearest word that would have been understood."""
        known = (*self._themes, *_DAY_SETS, *self._cities)
        near = get_close_matches(word.casefold().lstrip("/"), known, n=1, cutoff=0.75)
        if not near:
            return say("“{word}”", word=_shown(word))
        zones = self._cities.get(near[0])
        meant = min(zones) if zones else near[0]
        return say("“{word}” (did you mean {near}?)", word=_shown(word), near=meant)

    def _theme(self, word: str) -> tuple[str, ...] | None:
        name = word.removeprefix("/").partition("@")[0]
        if name in _ALL:
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
        return max(self._cities.get(word, ()), default=None) or self._places(word)


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
    start, end = _DAYS.get(first), _DAYS.get(last)
    if not dash:
        return None if start is None else 1 << start
    if start is None or end is None:
        return None
    return sum(1 << (start + step) % 7 for step in range((end - start) % 7 + 1))


def _shown(word: str) -> str:
    return word if len(word) <= _LONGEST else word[: _LONGEST - 1] + "…"
