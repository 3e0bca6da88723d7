"""Cities by name: in English, Russian or Kazakh, as people type them."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from operator import itemgetter
from zoneinfo import available_timezones

from anyascii import anyascii

from bot.core.preferences import parse
from bot.places.folding import fold
from bot.places.naming import Place, lines, zone_place

_LONGEST = 60
"""Characters that are looked at: no city's name is longer."""
_FIRST_CYRILLIC, _LAST = "\u0400", "\U0010ffff"
_NO_ZONES = frozenset({"Factory", "localtime"})
_BY_CODE = re.compile(r"\w+(?:/[\w+-]+)+|(?:utc|gmt)(?:[+-][\d:]+)?|[+-]\d[\d:]*", re.IGNORECASE)
_TOWN = re.compile(
    r"(?<!\w)(?:г|гор|город|город[еа]|қ|қала|қаласы|қаласында|в|in)(?:\.\s*|\s+|$)", re.IGNORECASE
)
"""What may stand around a name: «г. Алматы», «Алматы қаласы»."""


class _Index:
    """All names of all cities, folded and in order, each with its rank: cities by size, nicknames after names."""

    def __init__(self, cities: Sequence[str]) -> None:
        self.cities = cities
        plain: list[tuple[str, int]] = []
        nicknames: list[tuple[str, int]] = []
        for city, folded in enumerate(fold("\n".join(cities)).split("\n")):
            _, _, *names = folded.split("\t")
            plain += [(name, city) for name in names[:3] if name]
            nicknames += [(name, city + len(cities)) for name in ";".join(names[3:]).split(";") if name]
        order = sorted(plain + nicknames, key=itemgetter(0))
        self._names = [name for name, _ in order]
        self._ranks = array("i", (rank for _, rank in order))
        self._middle = bisect_left(self._names, _FIRST_CYRILLIC)
        self._latin = self._names[: self._middle]
        self._cyrillic = self._names[self._middle :]

    def exact(self, wanted: str) -> list[int]:
        """Cities that are called so, and then those that have it as a nickname."""
        found = self._ranks[bisect_left(self._names, wanted) : bisect_right(self._names, wanted)]
        return [rank % len(self.cities) for rank in found]

    def begins(self, wanted: str) -> list[int]:
        """Cities whose names, not nicknames, begin so."""
        found = self._ranks[bisect_left(self._names, wanted) : bisect_right(self._names, wanted + _LAST)]
        return sorted(rank for rank in found if rank < len(self.cities))

    def misspelt(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Cities with the number of letters that are wrong, left out, too many or swapped in one of their names."""
        from rapidfuzz import process  # noqa: PLC0415  3 MB, for those who mistype
        from rapidfuzz.distance import OSA  # noqa: PLC0415

        names, start = (self._latin, 0) if wanted < _FIRST_CYRILLIC else (self._cyrillic, self._middle)
        found = process.extract(
            wanted, names, scorer=OSA.distance, score_cutoff=_allowed(wanted), limit=None, processor=None
        )
        return ((int(wrong), self._ranks[start + place] % len(self.cities)) for _, wrong, place in found)


class Places:
    """The cities of the world with more than 50,000 people, and near Kazakhstan with more than 15,000.

    The first search reads them (0.1 s, 17 MB). Only `zones` are ever returned: by default those of tzdata.
    """

    def __init__(self, zones: Collection[str] | None = None) -> None:
        self._zones = frozenset(available_timezones() if zones is None else zones) - _NO_ZONES

    def find(self, text: str, limit: int = 5) -> tuple[Place, ...]:
        """The places that a reader may mean, the likeliest first; none if there is nothing like it.

        A name as it stands comes first. Only if no city is called so are misspelt ones looked for, and one letter
        wrong counts like a name that goes on; among equals a larger city comes first. The names of countries lead to
        the largest city of each of their zones. Also read: IANA names and distances from UTC in whole hours.
        Never raises.
        """
        text = text.strip()[:_LONGEST]
        code = re.sub(r"\s+", "", text).replace("−", "-")
        if _BY_CODE.fullmatch(code):
            zone = parse([f"utc{code}" if code[0] in "+-" else code], (), self._zones).zone
            if zone or "/" not in code:
                return (zone_place(zone),)[:limit] if zone else ()
        found: dict[tuple[str, str, str], Place] = {}
        for line in self._lines(text):
            if len(found) >= limit:
                break
            place = self._place(line)
            found.setdefault((place.english, place.country + place.region, place.zone), place)
        return tuple(found.values())

    @cached_property
    def _index(self) -> _Index:
        return _Index([line for line in lines("cities.txt") if line.partition("\t")[0] in self._zones])

    def _lines(self, text: str) -> Iterator[int]:
        index = self._index
        typed = _folded(text, _TOWN.sub("", text.partition(",")[0]))
        latin = [name for name in _folded(anyascii(text)) if name not in typed]
        exact = [line for name in typed for line in index.exact(name)]
        exact = exact or [line for name in latin for line in index.exact(name)]
        beginning = [line for name in typed for line in index.begins(name)]
        if exact:
            yield from (*exact, *beginning)
            return
        misspelt = (found for name in (*typed, *latin) for found in index.misspelt(name))
        yield from (line for _, line in sorted((*((1, line) for line in beginning), *misspelt)))

    def _place(self, line: int) -> Place:
        zone, country, *names = self._index.cities[line].split("\t")
        return Place(zone, *country.partition("-")[::2], *names[:3])


def _folded(*texts: str) -> list[str]:
    names = (fold("".join(text.replace(";", " ").split())) for text in texts)
    return [name for name in dict.fromkeys(names) if name.isalnum()]


def _allowed(name: str) -> int:
    """Wrong letters that a name may have: one from three letters on, two from six, three from ten."""
    return sum(len(name) >= least for least in (3, 6, 10))
