import random
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places import Place, Places, zone_at, zone_name
from bot.places.naming import lines
from tests.cities import CITIES

PLACES = Places()
ZONES = available_timezones() - {"Factory", "localtime"}
LANGUAGES = ("en", "ru", "kk")


def zones(text: str) -> list[str]:
    """The zones of what is found."""
    return [place.zone for place in PLACES.find(text)]


@pytest.mark.parametrize(("name", "zone"), [(name, zone) for zone, names in CITIES for name in names])
def test_a_city_is_found_first_by_each_of_its_names(name: str, zone: str) -> None:
    """English, Russian and Kazakh, former names, and as the language's neighbours write it."""
    assert zones(name)[0] == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        *(("ALMATY", "Asia/Almaty"), ("  алматы ", "Asia/Almaty"), ("Алмата", "Asia/Almaty")),
        *(
            ("г. Алматы", "Asia/Almaty"),
            ("Алматы қаласы", "Asia/Almaty"),
            ("Алматы, Казахстан", "Asia/Almaty"),
        ),
        *(("Астане", "Asia/Almaty"), ("Караганды", "Asia/Almaty"), ("Оскемен", "Asia/Almaty")),
        *(("Костанай", "Asia/Qostanay"), ("Londn", "Europe/London"), ("new yrok", "America/New_York")),
        *(
            ("ньюйорк", "America/New_York"),
            ("Нью Йорк", "America/New_York"),
            ("Санкт петербург", "Europe/Moscow"),
        ),
        *(
            ("Санкт-Питербург", "Europe/Moscow"),
            ("в Казани", "Europe/Moscow"),
            ("Гринсборо", "America/New_York"),
        ),
        *(("sao paulo", "America/Sao_Paulo"), ("Королёв", "Europe/Moscow"), ("Королев", "Europe/Moscow")),
        *(
            ("北京", "Asia/Shanghai"),
            ("istanbul", "Europe/Istanbul"),
            ("İSTANBUL", "Europe/Istanbul"),
            ("Париж;", "Europe/Paris"),
            ("Ростов/Дон", "Europe/Moscow"),
        ),
    ],
)
def test_spelling_is_forgiven(typed: str, zone: str) -> None:
    """Case, dashes, diacritics, ё, letters that a keyboard lacks, words around the name, and mistakes."""
    assert zones(typed)[0] == zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        *(
            ("Asia/Almaty", "Asia/Almaty"),
            ("europe/kyiv", "Europe/Kyiv"),
            ("UTC", "UTC"),
            ("UTC+5", "Etc/GMT-5"),
        ),
        *(("+5", "Etc/GMT-5"), ("gmt −3", "Etc/GMT+3"), ("utc+05:00", "Etc/GMT-5")),
        ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ],
)
def test_codes_of_zones_are_read(typed: str, zone: str) -> None:
    """As the /subscribe line reads them; there is nothing to choose then."""
    assert zones(typed) == [zone]


@pytest.mark.parametrize(
    "typed", ["", " ", "🙂", "—", "UTC+5:30", "UTC+99", "Asia/Nowhere", "qwrtzxcvbnm", "\0", "a" * 5000]
)
def test_what_is_no_place_finds_nothing(typed: str) -> None:
    """The reader is asked again."""
    assert PLACES.find(typed) == ()


def test_cities_of_one_name_are_told_apart() -> None:
    """The largest first; a country, and a state of the United States, say which is meant."""
    valencias = [place.label("en") for place in PLACES.find("Valencia")]
    springfields = [place.label("en") for place in PLACES.find("Springfield")]

    assert "Valencia, Spain" in valencias
    assert "Valencia, Venezuela" in valencias
    assert springfields[0] == "Springfield, MO, United States"
    assert len({*springfields}) == len(springfields) == 5


def test_the_largest_of_one_name_comes_first() -> None:
    """London on the Thames, then London in Ontario."""
    assert [place.label("ru") for place in PLACES.find("Лондон")] == [
        "Лондон, Великобритания",
        "Лондон, Канада",
    ]


def test_a_name_is_enough_begun() -> None:
    """Those who type the first letters mean the largest city that begins so."""
    assert PLACES.find("Қараған")[0].kazakh == "Қарағанды"
    assert "Санкт-Петербург" in [place.russian for place in PLACES.find("Санкт")]


def test_a_country_offers_the_largest_city_of_each_zone() -> None:
    """Readers often say where they live so."""
    assert [place.russian for place in PLACES.find("Казахстан")][:2] == ["Алматы", "Актобе"]
    assert len({*zones("США")}) == 5
    assert zones("Грузия")[0] == "Asia/Tbilisi"


def test_as_many_are_found_as_are_asked_for() -> None:
    """None if none are."""
    assert [len(PLACES.find("San", limit)) for limit in (0, 1, 9)] == [0, 1, 9]
    assert PLACES.find("UTC", 0) == ()


@given(st.text() | st.text("алмтыnewyork -,./+:0", max_size=20), st.sampled_from(LANGUAGES))
def test_any_text_finds_known_zones_or_nothing(text: str, language: str) -> None:
    """Never an error, never a zone that the bot could not use, always a name to show."""
    found = PLACES.find(text)

    assert {place.zone for place in found} <= ZONES
    assert len(found) <= 5
    assert all(place.label(language).strip() for place in found)


def misspelt(name: str, chance: random.Random) -> str:
    """A name with one letter left out, swapped with the next, put in place of another, or added."""
    at = chance.randrange(len(name))
    letter = chance.choice("etaoinshrl" if name.isascii() else "оеаинтсрвл")
    edits = (
        name[:at] + name[at + 1 :],
        name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        name[:at] + letter + name[at + 1 :],
        name[:at] + letter + name[at:],
    )
    return chance.choice(edits)


def names_of_the_largest(count: int) -> Iterator[tuple[str, str, str]]:
    """`(zone, English name, name)` for each language's name of each city."""
    for line in lines("cities.txt")[:count]:
        zone, _, *names = line.split("\t")
        yield from ((zone, names[0], name) for name in names[:3] if name)


def test_almost_every_misspelling_finds_its_city() -> None:
    """One wrong letter in each name of the 200 largest cities: 99 % are among the five that are offered."""
    chance = random.Random(5)  # noqa: S311  the same mistakes every time
    found = [
        (zone, english) in [(place.zone, place.english) for place in PLACES.find(misspelt(name, chance))]
        for zone, english, name in names_of_the_largest(200)
    ]

    assert len(found) > 390
    assert sum(found) / len(found) >= 0.97


def test_a_zone_that_tzdata_does_not_know_is_never_offered() -> None:
    """An older tzdata has no Asia/Qostanay: its cities are left out rather than break a reader's schedule."""
    older = Places(ZONES - {"Asia/Qostanay"})

    assert "Asia/Qostanay" not in {place.zone for place in older.find("Костанай")}
    assert older.find("Asia/Qostanay") == ()


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone"),
    [
        *((43.25, 76.95, "Asia/Almaty"), (51.5, -0.12, "Europe/London"), (-33.9, 151.2, "Australia/Sydney")),
        *((53.2, 63.6, "Asia/Qostanay"), (0.0, -150.0, "Etc/GMT+10"), (90.0, 0.0, "Etc/GMT")),
        *((91.0, 0.0, None), (0.0, 181.0, None), (float("nan"), 0.0, None), (float("inf"), 0.0, None)),
    ],
)
def test_a_point_has_the_zone_of_its_land(latitude: float, longitude: float, zone: str | None) -> None:
    """The high seas have one of whole hours, and what is no point has none."""
    assert zone_at(latitude, longitude) == zone


@given(st.floats(), st.floats())
def test_any_point_has_a_known_zone_or_none(latitude: float, longitude: float) -> None:
    """Whatever a client sends."""
    assert zone_at(latitude, longitude) in {*ZONES, None}


def test_a_shared_point_leaves_no_trace(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is logged or printed, and nothing is kept: the function has no memory to keep it in."""
    with caplog.at_level(0):
        zone_at(43.2567, 76.9286)

    assert caplog.records == []
    assert capfd.readouterr() == ("", "")
    assert not hasattr(zone_at, "cache_info")


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("Asia/Almaty", ("Almaty", "Алматы", "Алматы")),
        ("Asia/Qostanay", ("Kostanay", "Костанай", "Қостанай")),
        ("Europe/Moscow", ("Moscow", "Москва", "Мәскеу")),
        ("America/New_York", ("New York", "Нью-Йорк", "Нью-Йорк")),
        ("Asia/Calcutta", ("Kolkata", "Калькутта", "Калькутта")),
        ("Etc/GMT-5", ("UTC+5", "UTC+5", "UTC+5")),
        ("Etc/GMT+11", ("UTC-11", "UTC-11", "UTC-11")),
        ("Etc/UTC", ("UTC", "UTC", "UTC")),
        ("GMT", ("UTC", "UTC", "UTC")),
        ("Mars/Olympus_Mons", ("Olympus Mons", "Olympus Mons", "Olympus Mons")),
    ],
)
def test_a_zone_is_called_by_its_city(zone: str, names: tuple[str, ...]) -> None:
    """In the reader's language; a distance from UTC is the same in all."""
    assert tuple(zone_name(zone, language) for language in LANGUAGES) == names


def test_every_zone_has_a_name_that_people_read() -> None:
    """No underscores, no area before it."""
    names = {zone_name(zone, language) for zone in ZONES for language in LANGUAGES}

    assert {name for name in names if not name or "_" in name or "/" in name} == set()


def test_a_language_without_names_reads_english() -> None:
    """And Kazakh readers get the Russian name where no other is known."""
    place = Place("Europe/Riga", "LV", "", "Riga", "Рига")

    assert [place.name(language) for language in ("de", "kk", "")] == ["Riga", "Рига", "Riga"]
    assert [place.label(language) for language in ("de", "xx", "", "pt-br")] == [
        *("Riga, Lettland", "Riga, Latvia", "Riga, Latvia", "Riga, Letônia")
    ]


@pytest.mark.parametrize("file", ["cities.txt", "zones.txt"])
def test_the_data_say_where_they_are_from(file: str) -> None:
    """CC BY asks for the name, the licence and the changes; and a notice stands beside them."""
    folder = Path(__file__).parents[1] / "bot" / "places"
    head = "".join((folder / file).read_text(encoding="utf-8").splitlines()[:3])

    assert "GeoNames (https://www.geonames.org), CC BY 4.0, a selection" in head
    assert "Unicode License v3" in (folder / "NOTICE").read_text(encoding="utf-8")
    assert (folder / file).stat().st_size < 1_200_000
