"""What the next hours ask for, and when the last reader is served."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from bot.core.capacity import Hour, busiest, forecast
from bot.core.operator_texts import capacity

NINE = dt.datetime(2026, 11, 24, 9, tzinfo=dt.timezone(dt.timedelta(hours=5)))
HOUR = dt.timedelta(hours=1)
DUE = st.dictionaries(st.integers(0, 23).map(lambda hours: NINE + hours * HOUR), st.integers(1, 10**6))


def test_a_quarter_of_a_million_at_nine() -> None:
    """The example of the documentation."""
    (hour,) = forecast({NINE: 240_000}, 25)
    assert capacity(hour.at, hour.readers, 25, hour.served) == (
        "09:00: 240,000 readers at 25/s: the last one at 11:40"
    )


def test_a_million_is_served_the_next_morning() -> None:
    """Another day is named."""
    (hour,) = forecast({NINE: 2_000_000}, 25)
    assert capacity(hour.at, hour.readers, 25, hour.served).endswith("the last one at Wed 25 November, 07:13")


def test_an_hour_waits_for_what_the_one_before_leaves_over() -> None:
    """One line of readers."""
    assert forecast({NINE + HOUR: 3600, NINE: 7200}, 1) == (
        Hour(NINE, 7200, NINE + 2 * HOUR),
        Hour(NINE + HOUR, 3600, NINE + 3 * HOUR),
    )


def test_nobody_is_no_busiest_hour() -> None:
    """And of two equals it is the first."""
    assert busiest(forecast({}, 25)) is None
    first = busiest(forecast({NINE + HOUR: 5, NINE: 5}, 25))
    assert first is not None
    assert first.at == NINE


@given(DUE, st.floats(0.1, 1000))
def test_nobody_is_served_before_due_nor_faster_than_the_rate(
    due: dict[dt.datetime, int], rate: float
) -> None:
    """The hours come in order; each ends after it began and after the one before; none is lost."""
    hours = forecast(due, rate)
    assert {hour.at: hour.readers for hour in hours} == due
    ends = [hour.served for hour in hours]
    assert ends == sorted(ends)
    slack = dt.timedelta(milliseconds=1)
    assert all(hour.served - hour.at >= dt.timedelta(seconds=hour.readers / rate) - slack for hour in hours)
