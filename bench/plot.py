"""Lines on two logarithmic axes, as an SVG that follows the reader's light or dark scheme."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 860, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 78, 236, 64, 62
_APART = 20
"""Pixels between the names of two lines."""
_STYLE = """
  svg { --paper: #ffffff; --ink: #16202a; --quiet: #56616d; --grid: #e3e8ed;
        --a: #0072b2; --b: #c04f00; --c: #00785a; --d: #9b4f80 }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #0d1117; --ink: #e6edf3; --quiet: #9aa5b1; --grid: #262d36;
          --a: #56b4e9; --b: #f28e4b; --c: #2fc49a; --d: #d99bc2 }
  }
  text { font: 14px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--quiet) }
  .title { font-size: 17px; font-weight: 600; fill: var(--ink) }
  .grid { stroke: var(--grid) }
  .line { fill: none; stroke-width: 2.5; stroke-linejoin: round }
"""
_COLOURS = ("a", "b", "c", "d")
_SHAPES = (
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
    "M-5,-5h10v10h-10z",
    "M0,-6l6,11h-12z",
    "M0,-6l6,6l-6,6l-6,-6z",
)
"""Nothing is told by colour alone."""


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name, and its points, all of them above zero."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture; the first series is drawn last, on top of the others."""

    title: str
    across: str
    up: str
    series: Sequence[Series]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> "_Axis":
        low, high = math.log10(min(values)), math.log10(max(values))
        room = max(0.08 * (high - low), 0.05)
        return cls(low - room, high + room, start, end)

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values: powers of ten, and 2 and 5 of each where there is room for them."""
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        steps = (1,) if self.high - self.low > 3 else (1, 2, 5)
        found = [step * 10.0**decade for decade in decades for step in steps]
        return [value for value in found if self.low <= math.log10(value) <= self.high]


def draw(chart: Chart) -> str:
    """The picture as the text of an SVG file."""
    points = [point for series in chart.series for point in series.points]
    across = _Axis.over([x for x, _ in points], _LEFT, _WIDTH - _RIGHT)
    up = _Axis.over([y for _, y in points], _HEIGHT - _BOTTOM, _TOP)
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(chart.title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" rx="10" fill="var(--paper)"/>',
        f'<text class="title" x="24" y="36">{escape(chart.title)}</text>',
        *_grid(across, up),
        _caption(chart.across, f"translate({(_LEFT + _WIDTH - _RIGHT) / 2} {_HEIGHT - 16})"),
        _caption(chart.up, f"translate(22 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)"),
        *_lines(chart, across, up),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _caption(text: str, where: str) -> str:
    return f'<text transform="{where}" text-anchor="middle">{escape(text)}</text>'


def _grid(across: _Axis, up: _Axis) -> Iterator[str]:
    top, bottom, left, right = _TOP, _HEIGHT - _BOTTOM, _LEFT, _WIDTH - _RIGHT
    for value in across.ticks():
        x = f"{across.at(value):.1f}"
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{bottom}"/>'
        yield f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{number(value)}</text>'
    for value in up.ticks():
        y = f"{up.at(value):.1f}"
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{left - 10}" y="{y}" dy="5" text-anchor="end">{number(value)}</text>'


def _lines(chart: Chart, across: _Axis, up: _Axis) -> Iterator[str]:
    ends = {series.name: up.at(series.points[-1][1]) for series in chart.series}
    names = apart(ends, _APART)
    styles = [*zip(chart.series, _COLOURS, _SHAPES, strict=False)]
    for series, colour, shape in reversed(styles):
        pixels = [(across.at(x), up.at(y)) for x, y in series.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in pixels)
        yield f'<polyline class="line" stroke="var(--{colour})" points="{path}"/>'
        for x, y in pixels:
            yield f'<path d="{shape}" transform="translate({x:.1f} {y:.1f})" fill="var(--{colour})"/>'
        x, y = pixels[-1][0], names[series.name]
        right = _WIDTH - _RIGHT + 12
        yield (
            f'<path d="M{x + 8:.1f},{ends[series.name]:.1f}L{right:.1f},{y:.1f}" '
            f'stroke="var(--{colour})" stroke-width="1" opacity="0.45"/>'
        )
        yield (
            f'<text x="{right + 5}" y="{y:.1f}" dy="5" style="fill:var(--{colour});font-weight:600">'
            f"{escape(series.name)}</text>"
        )


def apart(places: dict[str, float], least: float) -> dict[str, float]:
    """The places, each at least so far from the next, in their order, moved as little as need be."""
    found: dict[str, float] = {}
    last = -math.inf
    for name, place in sorted(places.items(), key=lambda each: each[1]):
        last = found[name] = max(place, last + least)
    return found


def number(value: float) -> str:
    """A round number, as short as it can be written."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:g}"
