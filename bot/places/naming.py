"""Places and time zones as readers of each language call them."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_OFFSET = re.compile(r"(?:Etc/)?GMT([+-])([1-9]\d?)")
_UNIVERSAL = re.compile(r"(?:Etc/)?(?:GMT[+-]?0?|UTC|UCT|Greenwich|Universal|Zulu)")


@dataclass(frozen=True, slots=True)
class Place:
    """A city with its IANA zone.

    `country` is a code of ISO 3166-1 (`KZ`), and `region` the state of a city of the United States (`TX`); both
    are empty for a zone that was given by its own name.
    """

    zone: str
    country: str
    region: str
    english: str
    russian: str = ""
    kazakh: str = ""

    def name(self, language: str) -> str:
        """What it is called: in Kazakh as in Russian where no other name is known, else in English."""
        names = {"ru": self.russian, "kk": self.kazakh or self.russian}
        return names.get(language) or self.english

    def label(self, language: str) -> str:
        """The name with what tells it from others of that name: “Paris, TX, United States”."""
        from babel import Locale, UnknownLocaleError  # noqa: PLC0415  30 ms, for those who look for a city

        try:
            territories = Locale.parse(language, sep="-").territories
        except (UnknownLocaleError, ValueError):  # a language that CLDR does not know, or none at all
            territories = Locale("en").territories
        country = territories.get(self.country, self.country)
        return ", ".join(part for part in (self.name(language), self.region, country) if part)


def lines(file: str) -> list[str]:
    """The lines of a data file of this package, without its head."""
    text = files(__package__).joinpath(file).read_text(encoding="utf-8")
    return [line for line in text.split("\n") if line and not line.startswith("#")]


@cache
def _zones() -> dict[str, Place]:
    found = (line.split("\t") for line in lines("zones.txt"))
    return {zone: Place(zone, "", "", *names) for zone, *names in found}


def zone_place(zone: str) -> Place:
    """What stands for an IANA zone: its best-known city, or its distance from UTC if it has none."""
    if offset := _OFFSET.fullmatch(zone):
        sign = "-" if offset[1] == "+" else "+"  # Etc/GMT-5 is five hours AHEAD of UTC, by POSIX
        return Place(zone, "", "", f"UTC{sign}{offset[2]}")
    if _UNIVERSAL.fullmatch(zone):
        return Place(zone, "", "", "UTC")
    return _zones().get(zone) or Place(zone, "", "", zone.rpartition("/")[2].replace("_", " "))


def zone_name(zone: str, language: str) -> str:
    """What readers call an IANA zone: Asia/Almaty is «Алматы» in Russian, Etc/GMT-5 is “UTC+5” in any language."""
    return zone_place(zone).name(language)
