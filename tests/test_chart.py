"""The picture of `/stats`: a PNG that a phone can show, which tells the figures and nothing of single readers."""

import datetime as dt
import io
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.charts import draw
from bot.charts.canvas import Canvas
from bot.charts.statistics import HEIGHT, WIDTH, compact, scale
from bot.core.model import State
from bot.core.statistics import Statistics
from tests.test_core_statistics import STATISTICS

NOW = dt.datetime(2026, 11, 24, 16, 5, tzinfo=dt.UTC)
DAYS = [NOW.date() - dt.timedelta(days=back) for back in range(29, -1, -1)]
TYPICAL = Statistics(
    now=NOW,
    subscribers=240,
    paused=12,
    joined=tuple((day, 3) for day in DAYS),
    left=tuple((day, 1) for day in DAYS[::3]),
    kinds={"private": 230, "group": 9, "channel": 1},
    deliveries={State.SENT: 5200, State.EMPTY: 310, State.FAILED: 4},
    themes=(("initiatives", 340), ("water", 221)),
    languages={"en": 100, "ru": 95, "kk": 45},
    hours=(0,) * 7 + (40, 120, 60) + (0,) * 8 + (20,) + (0,) * 5,
)
HUGE = Statistics(
    now=NOW,
    subscribers=1_234_567,
    paused=1_000_000,
    joined=tuple((day, 1_000_000) for day in DAYS),
    left=tuple((day, 1_000_000) for day in DAYS),
    kinds={"private": 1_000_000, "group": 1_000_000, "channel": 1_000_000},
    deliveries=dict.fromkeys(State, 1_000_000),
    themes=tuple((letter * 32, 1_000_000) for letter in "mw_i8abc"),
    languages=dict.fromkeys(["en", "ru", "kk", "m" * 40, "де\nfr", "", "it"], 1_000_000),
    hours=(1_000_000,) * 24,
)
PANELS = {
    "headline": (0, 0, WIDTH, 134),
    "subscribers": (24, 134, 1000, 420),
    "deliveries": (24, 434, 504, 712),
    "languages": (520, 434, 1000, 712),
    "themes": (24, 726, 1000, 1068),
    "hours": (24, 1082, 1000, 1260),
}


def picture(statistics: Statistics) -> Image.Image:
    """What is drawn, decoded as a reader's program would."""
    image = Image.open(io.BytesIO(draw(statistics)))
    image.load()
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    return image.convert("RGB")


def changed(one: Statistics, other: Statistics) -> set[str]:
    """The panels in which two pictures differ."""
    difference = ImageChops.difference(picture(one), picture(other))
    return {name for name, box in PANELS.items() if difference.crop(box).getbbox()}


@pytest.mark.parametrize(
    ("figure", "panels"),
    [
        ({"paused": 13}, {"headline"}),
        ({"kinds": {"private": 240}}, {"headline"}),
        ({"left": ()}, {"subscribers"}),
        ({"deliveries": {State.SENT: 5200, State.EMPTY: 310}}, {"deliveries"}),
        ({"languages": {"en": 100, "ru": 95, "kk": 40}}, {"languages"}),
        ({"themes": (("initiatives", 340),)}, {"themes"}),
        ({"hours": (0,) * 7 + (40, 120) + (0,) * 15}, {"hours"}),
    ],
)
def test_every_figure_is_seen_in_its_panel_and_nowhere_else(
    figure: dict[str, object], panels: set[str]
) -> None:
    """Another figure, another picture of it alone."""
    assert changed(TYPICAL, replace(TYPICAL, **figure)) == panels  # type: ignore[arg-type]


def test_one_reader_more_or_less_is_not_seen_by_language_or_hour() -> None:
    """Not in a number, and not in the length of a bar."""
    other = replace(
        TYPICAL,
        languages={"en": 103, "ru": 99, "kk": 46},
        hours=(0,) * 7 + (42, 121, 64) + (0,) * 8 + (24,) + (0,) * 5,
    )

    assert changed(TYPICAL, other) == set()


def test_of_few_readers_neither_language_nor_hour_is_seen() -> None:
    """Below five subscribers those panels are the same whatever the language and the hour."""
    one = Statistics(now=NOW, subscribers=4, languages={"en": 4}, hours=(4, *(0,) * 23))

    assert changed(one, replace(one, languages={"kk": 4}, hours=(*(0,) * 23, 4))) == set()


@pytest.mark.parametrize("statistics", [Statistics(now=NOW), TYPICAL, HUGE], ids=["empty", "typical", "huge"])
def test_nothing_leaves_its_panel(statistics: Statistics) -> None:
    """Between the panels and around them is nothing, and all panels have something: with nobody, too, and a million."""
    image = picture(statistics)
    paper = image.getpixel((2, HEIGHT - 2))
    gaps = ((0, 424, WIDTH, 430), (0, 716, WIDTH, 722), (0, 1072, WIDTH, 1078), (508, 438, 516, 708))
    edges = ((0, 134, 20, HEIGHT), (1004, 134, WIDTH, HEIGHT), (0, 1264, WIDTH, HEIGHT))

    for box in (*gaps, *edges):
        assert image.crop(box).getcolors() == [((box[2] - box[0]) * (box[3] - box[1]), paper)], box
    for name, box in PANELS.items():
        assert len(image.crop(box).getcolors(1_000_000) or ()) > 2, name


@settings(max_examples=8)
@given(STATISTICS)
def test_whatever_the_figures_and_names_it_can_be_drawn(statistics: Statistics) -> None:
    """Zeros, millions, strange names, courses below nothing."""
    picture(statistics)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_an_axis_holds_its_figures_with_few_round_numbers(one: int, other: int) -> None:
    """Two to five numbers at equal distances."""
    low, high = sorted((one, other))
    ticks = scale(low, high)

    assert 0 <= ticks[0] <= low <= high <= ticks[-1]
    assert 2 <= len(ticks) <= 5
    assert len({after - before for before, after in pairwise(ticks)}) == 1


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0"), (950, "950"), (999_999, "999,999"), (1_234_567, "1.2M"), (12_000_000, "12.0M")],
)
def test_large_numbers_are_short(number: int, told: str) -> None:
    """They stay readable beside a bar."""
    assert compact(number) == told


@given(st.text(), st.integers(0, 300))
def test_a_name_is_cut_to_its_place(name: str, width: int) -> None:
    """As much of its beginning as fits, or all of it."""
    canvas = Canvas(8, 8, "#ffffff")
    name = " ".join(name.split())
    fitted = canvas.fitted(name, 26, width)

    assert fitted == name or (fitted.endswith("…") and name.startswith(fitted[:-1]))
    assert canvas.width(fitted, 26) <= max(width, canvas.width("…", 26))


def test_pillow_waits_until_a_picture_is_drawn() -> None:
    """The bot starts without it."""
    program = "import sys, bot.charts; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
