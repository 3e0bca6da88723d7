"""What the benchmark makes of its figures, and where it writes them. No test here measures anything."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contestants.work import TEXT, Job, echo
from bench.page import BEGIN, END, NoMarkersError, between, markdown, promises
from bench.plot import Chart, Series, apart, draw
from bench.readers import rows
from bench.rounds import Goal, Spread, figure, order, ratio
from bench.server import NoServerError, compiler

PAGE = Path(__file__).parents[1] / "docs/performance.md"
ROUNDS = [
    {"us": {"rate": 30.0}, "them": {"rate": 10.0}},
    {"us": {"rate": 10.0}, "them": {"rate": 5.0}},
    {"us": {"rate": 500.0}, "them": {"rate": 100.0}},
]


def test_every_other_round_begins_at_the_other_end() -> None:
    """Nobody always has the machine as the one before has left it."""
    assert [order(["a", "b", "c"], number) for number in range(3)] == [
        ["a", "b", "c"],
        ["c", "b", "a"],
        ["a", "b", "c"],
    ]


def test_a_figure_is_the_median_with_its_range() -> None:
    """Of three rounds the middle one counts."""
    assert figure(ROUNDS, "us", "rate") == Spread(30, 10, 500)


def test_a_ratio_is_taken_within_each_round() -> None:
    """A round on a busy machine is one for both: the medians' own ratio would be 3, and of other rounds anything."""
    assert ratio(ROUNDS, "us", "them") == Spread(3, 2, 5)


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=9))
def test_a_median_lies_in_its_range(values: list[float]) -> None:
    """Whatever was measured."""
    found = Spread.of(values)
    assert found.low == min(values) <= found.median <= max(values) == found.high


@pytest.mark.parametrize(
    ("bound", "measured", "met", "alarming"),
    [
        ("at least 2", 2.0, "yes", "no"),
        ("at least 2", 1.9, "no", "no"),
        ("at least 2", 1.0, "no", "no"),
        ("at least 2", 0.9, "no", "yes"),
        ("at most 2", 2.0, "yes", "no"),
        ("at most 2", 2.1, "no", "no"),
        ("at most 2", 4.0, "no", "no"),
        ("at most 2", 4.1, "no", "yes"),
    ],
)
def test_half_of_a_promise_is_the_alarm(bound: str, measured: float, met: str, alarming: str) -> None:
    """A promise of 2: it is kept or not, and the alarm is one of more than half."""
    goal = Goal("speed", 2, Spread(measured, 0, 9), at_least=bound == "at least 2")
    assert (goal.met, goal.alarming) == (met == "yes", alarming == "yes")


def test_the_table_of_promises_says_what_is_not_kept() -> None:
    """With its bound, the median and the range."""
    table = promises(
        [Goal("speed", 2, Spread(1.5, 1, 3)), Goal("size", 80, Spread(70, 60, 90), at_least=False)]
    )
    assert table.splitlines()[2:] == [
        "| speed | ≥ 2.00× | 1.50× (1.00× to 3.00×) | **no** |",
        "| size | ≤ 80.00× | 70.00× (60.00× to 90.00×) | yes |",
    ]


def test_prose_around_the_markers_stays() -> None:
    """A second run takes the place of the first."""
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = between(page, "new")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert between(once, "new") == once


def test_a_page_without_markers_is_left_alone() -> None:
    """It says which lines it needs."""
    with pytest.raises(NoMarkersError, match="the page needs two lines"):
        between("prose", "new")


def test_the_pages_tables_stand_between_its_markers() -> None:
    """And nowhere else: what stands outside would never be measured again."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    inside, _, after = rest.partition(END)
    assert markdown(("promise", "bound", "measured", "kept"), []).splitlines()[0] in inside
    assert not re.search(r"^\|", before + after, re.MULTILINE)


def test_the_pages_pictures_exist_and_know_the_dark() -> None:
    """Each picture that the page shows is a drawing with colours for both schemes."""
    pictures = re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE.read_text("utf-8"))
    assert pictures
    for name in pictures:
        text = PAGE.with_name(name).read_text("utf-8")
        ET.fromstring(text)  # noqa: S314  our own
        assert "prefers-color-scheme: dark" in text


def test_a_picture_escapes_what_it_is_given() -> None:
    """Names are text, whatever is in them."""
    picture = draw(Chart("a < b", "x & y", "z", [Series("<us>", [(1, 2), (30, 400)])]))
    assert [text for each in ET.fromstring(picture).iter() if (text := each.text) == "<us>"]  # noqa: S314


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 500), max_size=4))
def test_names_of_lines_do_not_cover_each_other(places: dict[str, float]) -> None:
    """They keep their order, and their distance."""
    found = apart(places, 20)
    heights = [found[name] for name, _ in sorted(places.items(), key=lambda each: each[1])]
    assert all(low + 20 <= high + 1e-6 for low, high in pairwise(heights))


def test_as_many_readers_are_due_as_were_asked_for() -> None:
    """Each has a chat of their own, and those due are spread over all of them."""
    made = list(rows(1000, 100, 1_790_000_040_000))
    due = [number for number, row in enumerate(made) if row[4] == 1_790_000_040_000]
    assert (len({row[0] for row in made}), len(due), due[-1]) == (1000, 100, 990)


def test_the_answer_is_what_telegram_makes_of_the_text() -> None:
    """Every entity lies on its words, so that nobody reads less than they would of Telegram's."""
    answer = echo()
    for entity in answer["entities"]:
        assert answer["text"][entity["offset"] :][: entity["length"]] in TEXT


def test_a_job_is_the_same_in_the_other_process() -> None:
    """It goes there as JSON."""
    job = Job("send", "http://127.0.0.1:1", 5, rate=0.5, database="a b.db")
    assert Job.of_json(job.to_json()) == job


def test_without_a_compiler_a_line_says_what_to_install() -> None:
    """Instead of a traceback."""
    with pytest.raises(NoServerError, match="install one"):
        compiler(("no-such-compiler",))
