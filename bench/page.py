"""docs/performance.md: the tables stand between two markers, and what people write around them stays."""

from collections.abc import Sequence
from pathlib import Path

from bench.plot import draw
from bench.rounds import Goal
from bench.subjects import Result, ranged

BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"


class NoMarkersError(Exception):
    """The page has no place for tables."""


def between(page: str, figures: str) -> str:
    """The page with these figures in place of those that it has. Raises NoMarkersError."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise NoMarkersError(f"the page needs two lines, “{BEGIN}” and “{END}”: put them where tables belong")
    return f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}"


def write(page: Path, results: Sequence[Result], measured_on: str) -> None:
    """Write the figures into the page, and the pictures beside it."""
    page.write_text(between(page.read_text("utf-8"), figures(results, measured_on)), "utf-8")
    for result in results:
        for name, chart in result.charts.items():
            page.with_name(name).write_text(draw(chart), "utf-8")


def figures(results: Sequence[Result], measured_on: str) -> str:
    """All tables in Markdown."""
    goals = [goal for result in results for goal in result.goals]
    return "\n\n".join([f"Measured on {measured_on}.", promises(goals), *map(_section, results)])


def promises(goals: Sequence[Goal]) -> str:
    """What was promised, and what became of it."""
    rows = [
        (
            goal.what,
            f"{'≥' if goal.at_least else '≤'} {goal.shown(goal.bound)}",
            ranged(goal.measured, goal.shown),
            "yes" if goal.met else "**no**",
        )
        for goal in goals
    ]
    return markdown(("promise", "bound", "measured", "kept"), rows)


def _section(result: Result) -> str:
    pictures = [f"![{chart.title}]({name})" for name, chart in result.charts.items()]
    return "\n\n".join(
        [f"### {result.title}", result.note, *pictures, markdown(result.head, list(result.rows))]
    )


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
