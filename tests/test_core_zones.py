import datetime as dt
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.zones import read_clock, zones_showing

WINTER = dt.datetime(2026, 1, 15, 9, 5, tzinfo=dt.UTC)
SUMMER = dt.datetime(2026, 7, 15, 9, 5, tzinfo=dt.UTC)
HALF_A_YEAR = dt.timedelta(days=182)
ZONES = sorted(available_timezones() - {"Factory", "localtime"})


@pytest.mark.parametrize(
    "text",
    [
        *(
            "14:05",
            "14.05",
            "14,05",
            "14-05",
            "1405",
            "14 05",
            "14h05",
            "14:05:33",
            "2:05 pm",
            "2:05PM",
            "02:05 p.m.",
        ),
        *(
            "it is 14:05 here",
            "сейчас 14:05",
            "14:05!",
            "14 ч 05 мин",
            "14 часов 05",
            "2:05 дня",
            "24.11.2026 14:05",
        ),
        *("14:05-те", "қазір 14:05", "сағат 14:05", "түскі 2:05", "14:05 дня"),
    ],
)
def test_five_past_two_is_read_however_it_is_typed(text: str) -> None:
    """In each language, with or without words around it."""
    assert read_clock(text) == dt.time(14, 5)


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2 pm", 14),
        ("9 вечера", 21),
        ("кешкі 9", 21),
        ("12 ночи", 0),
        ("12 am", 0),
        ("12 pm", 12),
        ("таңғы 7", 7),
    ],
)
def test_an_hour_alone_needs_its_half_of_the_day(text: str, hour: int) -> None:
    """A number may be anything else."""
    assert read_clock(text) == dt.time(hour)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "5",
        "24:00",
        "14:60",
        "25:00",
        "140500",
        "2026-11-24",
        "14:05 или 15:05",
        "14:05 am",
        "2 am pm",
        "²:05",
    ],
)
def test_what_is_no_time_or_two_is_not_guessed_at(text: str) -> None:
    """The reader is asked again."""
    assert read_clock(text) is None


@given(st.text(max_size=60))
def test_reading_a_clock_never_fails(text: str) -> None:
    """Whatever is typed."""
    found = read_clock(text)

    assert found is None or isinstance(found, dt.time)


@given(st.times())
def test_every_time_is_read_as_it_is_written(time: dt.time) -> None:
    """All 1,440 minutes of the day."""
    assert read_clock(time.strftime("%H:%M")) == time.replace(second=0, microsecond=0)


def test_five_hours_ahead_is_kazakhstan_first_for_its_readers() -> None:
    """Others follow: the clocks are the same, the names are not."""
    assert zones_showing(dt.time(14, 5), WINTER, "kk")[:2] == ("Asia/Almaty", "Asia/Tashkent")
    assert zones_showing(dt.time(14, 5), WINTER, "ru")[0] == "Asia/Yekaterinburg"


def test_the_language_says_who_is_first_among_equals() -> None:
    """Ten minutes past midday at nine in Greenwich is Moscow for some and Istanbul for others."""
    assert zones_showing(dt.time(12, 5), WINTER, "ru")[0] == "Europe/Moscow"
    assert zones_showing(dt.time(12, 5), WINTER, "kk")[0] == "Europe/Istanbul"


def test_summer_time_counts_as_it_is_now() -> None:
    """Berlin is an hour ahead of Greenwich in winter and two in summer; Lagos is always one ahead."""
    one, two = dt.time(10, 5), dt.time(11, 5)

    assert {"Europe/Berlin", "Africa/Lagos"} <= {*zones_showing(one, WINTER)}
    assert "Europe/Berlin" in zones_showing(two, SUMMER)
    assert "Europe/Berlin" not in zones_showing(one, SUMMER)


@pytest.mark.parametrize(("minute", "found"), [(58, True), (12, True), (57, False), (13, False)])
def test_a_clock_may_be_seven_minutes_wrong(minute: int, found: bool) -> None:  # noqa: FBT001
    """Across the hour, too; at eight it could be another quarter."""
    hour = 13 if minute > 30 else 14

    assert ("Asia/Almaty" in zones_showing(dt.time(hour, minute), WINTER)) is found


def test_one_time_on_two_dates_offers_both() -> None:
    """At eleven o'clock thirteen hours ahead it is eleven o'clock eleven hours behind, the day before."""
    found = zones_showing(dt.time(22, 5), WINTER)

    assert {"Pacific/Tongatapu", "Pacific/Pago_Pago"} <= {*found}


def test_a_time_that_no_clock_shows_offers_nothing() -> None:
    """Twenty past the hour is nobody's at five past."""
    assert zones_showing(dt.time(14, 22), WINTER) == ()


def test_a_list_fits_under_a_message() -> None:
    """As buttons in two columns: ten at most."""
    times = [dt.time(hour, minute) for hour in range(24) for minute in (5, 35)]

    assert max(len(zones_showing(time, now)) for time in times for now in (WINTER, SUMMER)) <= 10


@given(st.sampled_from(ZONES), st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1)))  # noqa: DTZ001
def test_every_zone_has_a_well_known_one_with_its_clock_and_its_summer_time(
    zone: str, moment: dt.datetime
) -> None:
    """Whoever answers truly finds a zone that is right today and in half a year."""
    now = moment.replace(tzinfo=dt.UTC, day=15)

    def clock(zone: str) -> list[dt.timedelta | None]:
        return [each.astimezone(ZoneInfo(zone)).utcoffset() for each in (now, now + HALF_A_YEAR)]

    found = zones_showing(now.astimezone(ZoneInfo(zone)).time(), now)

    assert clock(zone) in [clock(each) for each in found]


@pytest.mark.parametrize("text", ["12:30am", "12:30 a.m.", "12:30 ночи", "0:30", "00:30", "түнгі 12:30"])
def test_half_past_midnight_is_not_half_past_noon(text: str) -> None:
    """The twelfth hour comes before the first."""
    assert read_clock(text) == dt.time(0, 30)
