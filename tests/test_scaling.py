"""The arithmetic of docs/scaling.md: every table is reckoned anew from what the page says that it rests on."""

import re
from pathlib import Path

import pytest

from bot.config.settings import DeliverySettings
from bot.core.governor import Governor, Lane
from tests.million_figures import Bytes

PAGE = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")
MARGIN, STARS, FREE = 1.005, 0.1, 30
Cells = list[str]


def rows(head: str) -> list[Cells]:
    """The rows of the table whose head begins so."""
    begin = PAGE.index(f"| {head} |")
    lines = PAGE[begin : PAGE.index("\n\n", begin)].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def number(cell: str) -> int:
    """What a cell says."""
    return int(cell.replace(",", ""))


def length(seconds: float) -> str:
    """A time as the page tells it: the longer, the rougher."""
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    if minutes < 10:
        return f"{minutes} min {rest:02} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


@pytest.mark.parametrize("rate", [25, 30, 1000])
def test_the_governor_keeps_the_pace_that_the_page_reckons_with(rate: float) -> None:
    """A thousand messages, each as soon as it may go."""
    governor, now = Governor(rate), 0.0
    for chat in range(1, 1001):
        now += governor.lane_wait(now, Lane.BULK)
        governor.take(now, chat, Lane.BULK)
    assert now == pytest.approx(1000 * MARGIN / rate, rel=0.005, abs=0.05)
    assert f"`readers × {MARGIN} ÷ rate`" in PAGE
    assert f"`rate ÷ {MARGIN} × max_lateness`" in PAGE


def test_how_long_a_peak_takes() -> None:
    """By readers, at three rates."""
    for readers, *times in rows("readers in one minute"):
        assert times == [length(number(readers) * MARGIN / rate) for rate in (25, 30, 1000)]


def test_how_many_fit_before_they_are_too_late() -> None:
    """By rate, in an hour, and in the default and the longest lateness."""
    for rate, *readers in rows("rate"):
        fit = [int(number(rate) / MARGIN * 3600 * hours) for hours in (1, 6, 12)]
        assert [number(cell) for cell in readers] == fit
    given = DeliverySettings()
    assert (given.rate, given.max_lateness.total_seconds()) == (25, 6 * 3600)


def test_how_the_hours_are_spread() -> None:
    """A million readers at the free limit, in ever more hours."""
    for (_, readers, served), parts in zip(rows("the busiest hour holds"), (1, 2, 4, 10, 24), strict=True):
        assert number(readers) == 1_000_000 // parts
        assert served == length(number(readers) * MARGIN / FREE)


def test_what_it_costs_in_stars() -> None:
    """Of 1000 a second 30 are free."""
    for readers, once, month, instead in rows("readers"):
        stars = round(number(readers) * (1000 - FREE) / 1000 * STARS)
        assert (number(once), number(month)) == (stars, 30 * stars)
        assert instead == length(number(readers) * MARGIN / FREE)


def test_what_the_disk_has_to_hold() -> None:
    """From the bytes that were measured."""
    measured = re.search(r"A reader: (\d+) bytes; a delivery: (\d+); a digest read: (\d+)\.", PAGE)
    assert measured
    cost = Bytes(*map(float, measured.groups()))
    for readers, size in rows("daily readers"):
        assert float(size.removesuffix(" GB").replace(",", "")) == pytest.approx(
            cost.of(number(readers)) / 1e9, rel=0.01, abs=0.01
        )
