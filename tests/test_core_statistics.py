"""The figures of `/stats` in words: what is told, what is left out, and that it fits under a picture."""

import datetime as dt
import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.markdown import units
from bot.core.model import State
from bot.core.statistics import Statistics, coarse, text

NOW = dt.datetime(2026, 11, 24, 16, 5, tzinfo=dt.timezone(dt.timedelta(hours=5)))
TODAY = NOW.date()
NUMBERS = st.integers(0, 10**7)
DAYS = st.lists(st.tuples(st.integers(0, 40).map(lambda back: TODAY - dt.timedelta(days=back)), NUMBERS)).map(
    tuple
)
STATISTICS = st.builds(
    Statistics,
    now=st.just(NOW),
    subscribers=NUMBERS,
    paused=NUMBERS,
    joined=DAYS,
    left=DAYS,
    kinds=st.dictionaries(st.sampled_from(["private", "group", "channel"]), NUMBERS),
    deliveries=st.dictionaries(st.sampled_from(State), NUMBERS),
    themes=st.lists(st.tuples(st.text(), NUMBERS), max_size=20).map(tuple),
    languages=st.dictionaries(st.text(), NUMBERS, max_size=20),
    hours=st.lists(NUMBERS, min_size=24, max_size=24).map(tuple),
)


def ago(days: int) -> dt.date:
    """A day before today."""
    return TODAY - dt.timedelta(days=days)


def test_all_of_it() -> None:
    """Every figure has its place, and the large ones can be read."""
    told = text(
        Statistics(
            now=NOW,
            subscribers=1234,
            paused=34,
            joined=((ago(30), 9), (ago(29), 2), (TODAY, 1)),
            left=((ago(5), 1),),
            kinds={"private": 1180, "group": 53, "channel": 1},
            deliveries={State.SENT: 31280, State.DUE: 2, State.SENDING: 1, State.FAILED: 4},
            themes=(("water", 90), ("initiatives", 340)),
            languages={"kk": 4, "en": 812, "ru": 418},
            hours=(0,) * 7 + (3, 1200, 31) + (0,) * 14,
        )
    )

    assert told == (
        "📊 <b>1,234 subscribers</b>, 34 of them paused\n"
        "1,180 private, 53 groups, 1 channel\n"
        "Last 30 days: 3 joined, 1 left\n"
        "\n"
        "<b>Deliveries</b>, last 30 days: sent 31,280 · waiting 3 · failed 4\n"
        "<b>Most read</b>, in the same time: /initiatives 340 · /water 90\n"
        "<b>Languages</b>: English 810+ · Russian 415+ · Kazakh &lt;5\n"
        "<b>Busiest hours</b>, local time: 8:00 1,200+ · 9:00 30+ · 7:00 &lt;5\n"
        "\n"
        "<i>Languages and hours are counted in steps of 5, so that nobody stands out.</i>"
    )


def test_before_anything_happened() -> None:
    """What there is not is not listed."""
    assert text(Statistics(now=NOW)) == (
        "📊 <b>0 subscribers</b>\nLast 30 days: 0 joined, 0 left\n\n<b>Deliveries</b>, last 30 days: none yet"
    )


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0"), (1, "<5"), (4, "<5"), (5, "5+"), (9, "5+"), (10, "10+"), (1_000_003, "1,000,000+")],
)
def test_readers_are_told_in_steps(number: int, told: str) -> None:
    """One reader more or less cannot be seen within a step."""
    assert coarse(number) == told


def test_a_small_group_is_hardly_found_by_subtraction() -> None:
    """Who knows the total and what is told of the other group is left with several sizes in nine cases of ten."""
    cases = [(large, small) for large in range(5, 105) for small in range(1, 5)]
    found = [
        (large, small)
        for large, small in cases
        if [size for size in range(1, 5) if coarse(large + small - size) == coarse(large)] == [small]
    ]

    assert len(found) / len(cases) == 0.1


@pytest.mark.parametrize("subscribers", [1, 4])
def test_of_fewer_than_five_subscribers_neither_languages_nor_hours_are_told(subscribers: int) -> None:
    """They would be told of one of them."""
    statistics = Statistics(
        now=NOW, subscribers=subscribers, languages={"kk": subscribers}, hours=(subscribers, *(0,) * 23)
    )

    assert "Kazakh" not in text(statistics)
    assert "0:00" not in text(statistics)
    assert (statistics.by_language, any(statistics.by_hour)) == ((), False)


def test_the_course_ends_with_today_and_leads_back_by_who_came_and_went() -> None:
    """Thirty days, oldest first; what lies before them does not count."""
    statistics = Statistics(
        now=NOW, subscribers=10, joined=((ago(31), 50), (ago(1), 4), (TODAY, 1)), left=((TODAY, 3),)
    )
    days = statistics.days

    assert (len(days), days[0][0]) == (30, ago(29))
    assert days[-3:] == ((ago(2), 0, 0, 8), (ago(1), 4, 0, 12), (TODAY, 1, 3, 10))
    assert statistics.change == (5, 3)


def test_many_languages_and_themes_are_gathered_or_cut() -> None:
    """Five languages and the rest; eight themes, the most read first."""
    statistics = Statistics(
        now=NOW,
        subscribers=100,
        languages={f"l{number}": 10 + number for number in range(8)},
        themes=tuple((f"t{number}", number) for number in range(12)),
    )

    assert statistics.by_language == (
        ("l7", 17),
        ("l6", 16),
        ("l5", 15),
        ("l4", 14),
        ("l3", 13),
        ("other", 33),
    )
    assert [name for name, _ in statistics.most_read] == [f"/t{number}" for number in range(11, 3, -1)]


@given(STATISTICS)
def test_it_always_fits_under_a_picture_and_nothing_breaks_its_markup(statistics: Statistics) -> None:
    """At most 1,024 characters as Telegram counts them, whatever the names; no tag but bold and italics."""
    told = text(statistics)

    assert units(told) <= 1024
    assert set(re.findall("<[^>]*>?", told)) <= {"<b>", "</b>", "<i>", "</i>"}
    assert not re.search("&(?!(amp|lt|gt);)", told)
    assert f"{statistics.subscribers:,} subscriber" in html.unescape(told)
