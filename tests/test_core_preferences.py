"""The /subscribe line: words in any order."""

import datetime as dt
import zoneinfo
from collections.abc import Callable
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import EVERY_DAY, WEEKDAYS, WEEKENDS, Preferences
from bot.core.preferences import Understood, parse

zoneinfo.reset_tzpath(to=())
ZONES = sorted(zoneinfo.available_timezones())
THEMES = ("initiatives", "water", "trade")
MON, WED, FRI, SAT, SUN = 1, 4, 16, 32, 64
BASE = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty", ("water",))


def read(line: str) -> Understood:
    """The line as it is understood."""
    return parse(line.split(), THEMES, ZONES)


def good(line: str) -> Understood:
    """The line, which must be understood altogether."""
    understood = read(line)
    assert understood.problems == (), line
    return understood


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("07:30", dt.time(7, 30)),
        ("7:30", dt.time(7, 30)),
        ("7.30", dt.time(7, 30)),
        ("7am", dt.time(7)),
        ("7:30pm", dt.time(19, 30)),
        ("12am", dt.time(0)),
        ("12PM", dt.time(12)),
        ("00:00", dt.time(0)),
        ("23:59", dt.time(23, 59)),
        ("at 21:05", dt.time(21, 5)),
    ],
)
def test_times(line: str, time: dt.time) -> None:
    """Hours and minutes, with a colon, a dot, or am and pm."""
    assert good(line).time == time


@pytest.mark.parametrize("line", ["24:00", "7:60", "13pm", "0am", "7", "07:3", "25", "7:30:00"])
def test_what_is_not_a_time_is_told(line: str) -> None:
    """No guess is made about a time."""
    understood = read(line)
    assert understood.time is None
    assert len(understood.problems) == 1
    assert line in understood.problems[0]


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("daily", EVERY_DAY),
        ("everyday", EVERY_DAY),
        ("weekdays", WEEKDAYS),
        ("Workdays", WEEKDAYS),
        ("weekends", WEEKENDS),
        ("Mon,Wed,Fri", MON | WED | FRI),
        ("mon wed fri", MON | WED | FRI),
        ("every Monday and friday", MON | FRI),
        ("mon-fri", WEEKDAYS),
        ("fri-mon", FRI | SAT | SUN | MON),
        ("sat-sat", SAT),
        ("weekends mon", WEEKENDS | MON),
    ],
)
def test_days(line: str, days: int) -> None:
    """Sets, names, lists and ranges, which also go round the end of the week; several add up."""
    assert good(line).days == days


@pytest.mark.parametrize(
    ("line", "zone"),
    [
        ("Asia/Almaty", "Asia/Almaty"),
        ("asia/almaty", "Asia/Almaty"),
        ("almaty", "Asia/Almaty"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("Ho Chi Minh", "Asia/Ho_Chi_Minh"),
        ("Dar es Salaam", "Africa/Dar_es_Salaam"),
        ("Port-au-Prince", "America/Port-au-Prince"),
        ("istanbul", "Europe/Istanbul"),
        ("UTC", "UTC"),
        ("UTC+5", "Etc/GMT-5"),
        ("utc+05:00", "Etc/GMT-5"),
        ("GMT-03", "Etc/GMT+3"),
        ("utc+14", "Etc/GMT-14"),
        ("utc+0", "UTC"),
    ],
)
def test_zones(line: str, zone: str) -> None:
    """An IANA name, its city, also in several words, or whole hours from UTC with the sign that people mean."""
    assert good(line).zone == zone


CITIES = {
    "алматы": "Asia/Almaty",
    "нур-султан": "Asia/Almaty",
    "нижний новгород": "Europe/Moscow",
    "нью йорк": "America/New_York",
    "қызылорда": "Asia/Qyzylorda",
    "rio das ostras": "America/Sao_Paulo",
}


def local(line: str) -> Understood:
    """The line, with cities by their names in three languages."""
    return parse(line.split(), THEMES, ZONES, lambda text: CITIES.get(text.casefold()))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Алматы 7:30", Understood(dt.time(7, 30), zone="Asia/Almaty")),
        ("каждый день в 9 утра, Нижний Новгород", Understood(dt.time(9), EVERY_DAY, "Europe/Moscow")),
        ("по будням 21.15 нью йорк", Understood(dt.time(21, 15), WEEKDAYS, "America/New_York")),
        ("пн,ср,пт water", Understood(days=MON | WED | FRI, themes=("water",))),
        ("по понедельникам и пятницам на тему trade", Understood(days=MON | FRI, themes=("trade",))),
        ("пн-пт в 9 вечера", Understood(dt.time(21), WEEKDAYS)),
        ("ежедневно все", Understood(days=EVERY_DAY, themes=())),
        ("по выходным дням", Understood(days=WEEKENDS)),
        ("Алматы күнде 7:30-да", Understood(dt.time(7, 30), EVERY_DAY, "Asia/Almaty")),
        ("жұмыс күндері кешкі 9", Understood(dt.time(21), WEEKDAYS)),
        ("күн сайын сағат 08:00 Қызылорда", Understood(dt.time(8), EVERY_DAY, "Asia/Qyzylorda")),
        ("дс, сс және жексенбіде барлығы", Understood(days=MON | 2 | SUN, themes=())),
        ("демалыс күндері таңғы 10", Understood(dt.time(10), WEEKENDS)),
        ("дс-жм", Understood(days=WEEKDAYS)),
        ("every day Rio das Ostras", Understood(days=EVERY_DAY, zone="America/Sao_Paulo")),
    ],
)
def test_lines_in_three_languages(line: str, expected: Understood) -> None:
    """Times, days, cities and small words as people write them in Russian, Kazakh and English."""
    assert local(line) == expected


def test_the_languages_agree_on_the_weekdays() -> None:
    """Short and in full; ср and сб are the same day in two of them."""
    rows = (
        "mon tue wed thu fri sat sun",
        "пн вт ср чт пт сб вс",
        "дс сс ср бс жм сб жс",
        "monday tuesday wednesday thursday friday saturday sunday",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "дүйсенбі сейсенбі сәрсенбі бейсенбі жұма сенбі жексенбі",
    )
    for row in rows:
        assert [local(name).days for name in row.split()] == [1 << number for number in range(7)]


def test_a_city_is_looked_for_only_where_nothing_else_is_meant() -> None:
    """A theme, a day or an IANA name is what it says, whatever cities are called so; the rest is told."""
    asked: list[str] = []
    understood = parse(["water", "7:30", "mon", "almaty", "narnia"], THEMES, ZONES, asked.append)
    assert set(asked) == {"narnia"}
    assert understood.problems == ("“narnia”",)


def test_hours_ahead_of_utc_are_ahead() -> None:
    """The POSIX sign of Etc/GMT is turned round: UTC+5 is five hours ahead."""
    zone = good("utc+5").zone
    assert zone is not None
    assert dt.datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() == dt.timedelta(hours=5)


@pytest.mark.parametrize("line", ["utc+15", "utc+5:30", "Mars", "Asia/", "utc+"])
def test_what_is_not_a_zone_is_told(line: str) -> None:
    """Offsets that no zone has are not rounded."""
    assert read(line).zone is None
    assert read(line).problems


def test_themes() -> None:
    """By name, with or without the slash and the bot's name; several add up, all means all."""
    assert good("initiatives").themes == ("initiatives",)
    assert good("/Initiatives@digest_bot").themes == ("initiatives",)
    assert good("water trade water").themes == ("trade", "water")
    assert good("all").themes == ()
    assert good("all water").themes == good("water all").themes == ()


def test_only_what_is_named_changes() -> None:
    """The rest stays as it was."""
    assert good("21:00").apply(BASE) == Preferences(dt.time(21), EVERY_DAY, "Asia/Almaty", ("water",))
    assert good("all").apply(BASE).themes == ()
    assert good("").apply(BASE) == BASE


def test_a_misspelt_word_gets_a_suggestion() -> None:
    """The nearest theme, set of days or zone is named."""
    assert read("initiative").problems == ("“initiative” (did you mean initiatives?)",)
    assert read("weekdas").problems == ("“weekdas” (did you mean weekdays?)",)
    assert read("Almati").problems == ("“Almati” (did you mean Asia/Almaty?)",)
    assert read("qqqqqq").problems == ("“qqqqqq”",)


def test_two_values_for_one_matter_are_told() -> None:
    """Nobody knows which of two times is meant; the same twice is no matter."""
    assert read("07:30 08:30").problems == ("two values for the time: “08:30” is the second",)
    assert "zone" in read("almaty berlin").problems[0]
    assert good("7:30 07:30 almaty Asia/Almaty").time == dt.time(7, 30)


def test_every_problem_is_told_and_long_words_are_cut() -> None:
    """All problems of a line at once, none of them longer than a reader can bear."""
    problems = read(f"xyzzy {'q' * 4000} 99:99").problems
    assert len(problems) == 3
    assert all(len(problem) < 100 for problem in problems)


@given(st.lists(st.text(max_size=60) | st.sampled_from(["/", ".", "-", "mon-", "utc+", "@", "٣:٣٠", "²:00"])))
def test_nothing_that_is_typed_raises(words: list[str]) -> None:
    """Whatever is typed is understood or told, whether cities are looked for or not."""
    for places in (lambda _: None, CITIES.get):
        understood = parse(words, THEMES, ZONES, places)
        assert all(understood.problems)


VALID = st.fixed_dictionaries(
    {},
    optional={
        "time": st.integers(0, 1439).map(lambda minutes: [f"{minutes // 60:02}:{minutes % 60:02}"]),
        "days": st.lists(
            st.sampled_from(["weekdays", "mon", "Tuesday", "wed-fri", "sat"]), min_size=1, max_size=3
        ),
        "zone": st.sampled_from(ZONES).map(lambda zone: [zone]),
        "themes": st.lists(st.sampled_from([*THEMES, "all"]), min_size=1, max_size=3),
        "filler": st.lists(st.sampled_from(["at", "in", "on", "every", "and"]), max_size=3),
    },
).map(lambda parts: [word for part in parts.values() for word in part])


@given(VALID.flatmap(lambda words: st.tuples(st.just(words), st.permutations(words))), st.booleans())
def test_any_order_of_the_words_says_the_same(pair: tuple[list[str], list[str]], upper: bool) -> None:  # noqa: FBT001
    """The order of words never matters, nor does their case."""
    words, shuffled = pair
    understood = parse(words, THEMES, ZONES)
    assert understood.problems == ()
    assert parse([word.upper() for word in shuffled] if upper else shuffled, THEMES, ZONES) == understood


@given(
    st.integers(0, 1439).map(lambda minutes: dt.time(*divmod(minutes, 60))),
    st.integers(1, EVERY_DAY),
    st.sampled_from(
        [zone for zone in ZONES if zone not in ("GMT+0", "GMT-0")]
    ),  # read as the UTC that they are
    st.sets(st.sampled_from(THEMES), min_size=1),
)
def test_values_survive_the_way_through_words(time: dt.time, days: int, zone: str, themes: set[str]) -> None:
    """Preferences written as a line are read back as they were."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    chosen = ",".join(name for number, name in enumerate(names) if days >> number & 1)
    line = f"{time:%H:%M} {chosen} {zone} {' '.join(themes)}"
    assert good(line).apply(BASE) == Preferences(time, days, zone, tuple(sorted(themes)))


def test_every_zone_is_understood_by_its_name_in_any_case() -> None:
    """Also names such as Etc/GMT+5 and GMT+0, which look like offsets."""
    for zone in ZONES:
        found = good(zone.lower()).zone
        assert found is not None
        if found != zone:
            moment = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
            assert moment.astimezone(ZoneInfo(found)).utcoffset() == (
                moment.astimezone(ZoneInfo(zone)).utcoffset()
            )


def test_without_themes_and_zones_only_times_and_days_are_known() -> None:
    """The configuration reads its days with the same words."""
    assert parse(["Mon,Fri"], (), ()) == Understood(days=MON | FRI)
    assert parse(["almaty"], (), ()).problems == ("“almaty”",)
    assert parse(["utc+5"], (), ()).problems


NAMES = st.sampled_from(
    [
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
        ("дс", "сс", "ср", "бс", "жм", "сб", "жс"),
    ]
)


@given(
    st.integers(0, 1439).map(lambda minutes: dt.time(*divmod(minutes, 60))),
    st.integers(1, EVERY_DAY),
    st.sampled_from(sorted(CITIES)),
    NAMES,
    st.sampled_from([str, str.upper, str.title]),
    st.randoms(use_true_random=False),
)
def test_values_survive_in_any_language_case_and_order(
    time: dt.time, days: int, city: str, names: tuple[str, ...], write: Callable[[str], str], chance: Random
) -> None:
    """A city's words stay together; all else stands anywhere."""
    parts = [f"{time:%H:%M}", city, *(name for number, name in enumerate(names) if days >> number & 1)]
    chance.shuffle(parts)
    assert local(write(" ".join(parts))) == Understood(time, days, CITIES[city])
