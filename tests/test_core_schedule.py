"""When a digest is due: wall time, weekdays and zone."""

import datetime as dt
import itertools
import zoneinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.model import EVERY_DAY, WEEKDAYS, Preferences, Slot
from bot.core.schedule import instant, next_slot

zoneinfo.reset_tzpath(to=())
ZONES = sorted(zoneinfo.available_timezones())
DAY, SECOND, MINUTE = dt.timedelta(days=1), dt.timedelta(seconds=1), dt.timedelta(minutes=1)
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda number: dt.time(*divmod(number, 60)))
EPOCH = dt.datetime(1970, 1, 3, tzinfo=dt.UTC)
DATES = st.dates(dt.date(1970, 1, 2), dt.date(2037, 12, 30))


def wall(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """What a clock in the zone shows."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def transitions(zone: ZoneInfo, first: int, last: int) -> list[dt.datetime]:
    """The seconds at which the zone's offset changes, from the year `first` until `last`."""
    found = []
    at, end = dt.datetime(first, 1, 1, tzinfo=dt.UTC), dt.datetime(last, 1, 1, tzinfo=dt.UTC)
    while at < end:
        step = at + 7 * DAY
        if at.astimezone(zone).utcoffset() != step.astimezone(zone).utcoffset():
            low, high = at, step
            while high - low > SECOND:
                middle = (low + (high - low) / 2).replace(microsecond=0)
                same = middle.astimezone(zone).utcoffset() == at.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            found.append(high)
        at = step
    return found


CHANGES = [(zone, at) for zone in ZONES for at in transitions(ZoneInfo(zone), 2026, 2028)]


def promised(date: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """The first moment at which the zone's clock has reached a wall time, found without knowing the rules.

    Before a change and after it wall time runs evenly, so it is the wall time under one of the two offsets,
    or the change itself.
    """
    meant = dt.datetime.combine(date, time)
    guesses = {meant.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1)}
    exact = [at for at in guesses if wall(at, zone) == meant]
    if exact:
        return min(exact)
    low, high = min(guesses), max(guesses)
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if wall(middle, zone) >= meant else (middle, high)
    return high


# -- the moment of a wall time ----------------------------------------------------------------------------


@given(st.sampled_from(ZONES), DATES, MINUTES)
def test_a_wall_time_that_exists_is_met_at_its_first_occurrence(
    name: str, date: dt.date, time: dt.time
) -> None:
    """Where the clock shows the wall time at all, the instant is the earliest at which it does."""
    zone = ZoneInfo(name)
    at = instant(date, time, zone)
    if at is not None and wall(at, zone) == dt.datetime.combine(date, time):
        assert at.tzinfo is dt.UTC
        for earlier in (15, 20, 30, 40, 60, 90, 120, 180, 1440):
            assert wall(at - earlier * MINUTE, zone) != dt.datetime.combine(date, time)


@given(st.sampled_from(CHANGES), st.lists(MINUTES, min_size=48, max_size=48), st.integers(-1, 1))
def test_around_every_change_of_2026_and_2027_the_first_valid_instant_is_taken(
    change: tuple[str, dt.datetime], times: list[dt.time], days: int
) -> None:
    """48 wall times on the days around a change: gap -> its end, fold -> first occurrence."""
    zone = ZoneInfo(change[0])
    date = wall(change[1], zone).date() + days * DAY
    for time in times:
        assert instant(date, time, zone) == promised(date, time, zone)


def test_every_change_of_2026_and_2027_is_met_to_the_second() -> None:
    """In every zone: the second after a gap stands for all of the gap; a fold's first pass stands for both."""
    for name, at in CHANGES:
        zone = ZoneInfo(name)
        before, after = wall(at - SECOND, zone) + SECOND, wall(at, zone)
        if after > before:  # a gap
            for meant in (before, before + (after - before) / 2, after - MINUTE):
                assert instant(meant.date(), meant.time(), zone) == at, name
        else:
            for meant in (after, after + (before - after) / 2, before - MINUTE):
                assert instant(meant.date(), meant.time(), zone) == at - (before - meant), name


@pytest.mark.parametrize(
    ("zone", "date", "time", "utc"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),
        ("Asia/Almaty", "2024-02-28", "07:30", "2024-02-28T01:30"),
        ("Asia/Almaty", "2024-02-29", "23:30", "2024-02-29T17:30"),  # shown twice: the first
        ("Asia/Almaty", "2024-03-01", "07:30", "2024-03-01T02:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),  # half an hour of summer
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        ("America/Havana", "2026-03-08", "00:00", "2026-03-08T05:00"),  # midnight does not exist
        ("America/Havana", "2026-03-08", "00:30", "2026-03-08T05:00"),
        ("Asia/Beirut", "2026-03-29", "00:00", "2026-03-28T22:00"),
        ("Asia/Kathmandu", "2026-11-23", "07:30", "2026-11-23T01:45"),
    ],
)
def test_known_moments(zone: str, date: str, time: str, utc: str) -> None:
    """Zones that have surprised others."""
    found = instant(dt.date.fromisoformat(date), dt.time.fromisoformat(time), ZoneInfo(zone))
    assert found == dt.datetime.fromisoformat(utc + "+00:00")


@pytest.mark.parametrize(
    ("zone", "date"), [("Pacific/Apia", dt.date(2011, 12, 30)), ("Pacific/Kwajalein", dt.date(1993, 8, 21))]
)
@pytest.mark.parametrize("time", [dt.time(), dt.time(9), dt.time(23, 59)])
def test_a_date_that_a_zone_left_out_has_no_slot(zone: str, date: dt.date, time: dt.time) -> None:
    """Islands that crossed the date line lived without that day."""
    assert instant(date, time, ZoneInfo(zone)) is None
    assert instant(date - DAY, time, ZoneInfo(zone)) is not None
    assert instant(date + DAY, time, ZoneInfo(zone)) is not None


# -- the next slot ----------------------------------------------------------------------------------------


@given(
    st.sampled_from(ZONES),
    MINUTES,
    st.integers(1, EVERY_DAY),
    st.integers(0, 24_000 * 24 * 60).map(lambda minutes: EPOCH + minutes * MINUTE),
)
def test_slots_follow_one_another_once_a_local_date(
    name: str, time: dt.time, days: int, after: dt.datetime
) -> None:
    """Strictly later, on a later local date each, on chosen weekdays, and no chosen date is passed over."""
    wanted, zone = Preferences(time, days, name), ZoneInfo(name)
    slots = [next_slot(wanted, after)]
    for _ in range(9):
        slots.append(next_slot(wanted, slots[-1].at))
    assert all(slot.at > after for slot in slots)
    for earlier, later in itertools.pairwise(slots):
        assert later.at > earlier.at
        assert later.date > earlier.date
        between = (earlier.date + step * DAY for step in range(1, (later.date - earlier.date).days))
        assert all(not days >> date.weekday() & 1 or instant(date, time, zone) is None for date in between)
    for slot in slots:
        assert days >> slot.date.weekday() & 1
        assert slot.at == instant(slot.date, time, zone)


@given(st.sampled_from(CHANGES), st.lists(MINUTES, min_size=48, max_size=48), st.integers(-36 * 60, 36 * 60))
def test_around_a_change_the_next_slot_is_the_first_one_ahead(
    change: tuple[str, dt.datetime], times: list[dt.time], minutes: int
) -> None:
    """The next slot is the earliest of all dates' instants that lies ahead, never one that is past."""
    name, at = change
    zone, after = ZoneInfo(name), at + minutes * MINUTE
    today = wall(after, zone).date()
    for time in times:
        instants = {today + day * DAY: instant(today + day * DAY, time, zone) for day in (-1, 0, 1, 2)}
        ahead = min((at, date) for date, at in instants.items() if at is not None and at > after)
        assert next_slot(Preferences(time, EVERY_DAY, name), after) == Slot(ahead[1], ahead[0])


def test_a_date_that_had_its_delivery_is_passed_over() -> None:
    """With `after_date` the slot lies on a later local date, even if today's wall time is still ahead."""
    wanted = Preferences(dt.time(21), EVERY_DAY, "Asia/Almaty")
    morning = dt.datetime(2026, 11, 23, 5, tzinfo=dt.UTC)
    assert next_slot(wanted, morning).date == dt.date(2026, 11, 23)
    assert next_slot(wanted, morning, dt.date(2026, 11, 23)).date == dt.date(2026, 11, 24)
    assert next_slot(wanted, morning, dt.date(2026, 11, 22)).date == dt.date(2026, 11, 23)


def test_a_slot_lies_strictly_ahead() -> None:
    """At the very moment of a slot the next one is meant."""
    wanted = Preferences(dt.time(9), WEEKDAYS, "Asia/Almaty")
    friday = dt.datetime(2026, 11, 27, 4, tzinfo=dt.UTC)
    assert next_slot(wanted, friday - SECOND).at == friday
    assert next_slot(wanted, friday) == Slot(dt.date(2026, 11, 30), friday + 3 * DAY)


def test_without_a_weekday_there_is_no_slot() -> None:
    """An empty mask is an error and not an endless search."""
    with pytest.raises(ValueError, match="weekday"):
        next_slot(Preferences(dt.time(9), 0, "UTC"), dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def test_a_week_with_a_day_left_out_still_has_its_next_slot() -> None:
    """Samoa's Fridays: the one that it left out is passed over, the week after is found."""
    wanted = Preferences(dt.time(9), 1 << 4, "Pacific/Apia")
    assert next_slot(wanted, dt.datetime(2011, 12, 24, tzinfo=dt.UTC)).date == dt.date(2012, 1, 6)


def test_a_zone_that_the_rules_have_dropped_is_kept_in_utc() -> None:
    """One reader's old zone must not stop everybody's planning."""
    for name in ("US/Pacific-New", "no/such zone", "../etc", ""):
        slot = next_slot(
            Preferences(dt.time(9), EVERY_DAY, name), dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
        )
        assert slot.at == dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
