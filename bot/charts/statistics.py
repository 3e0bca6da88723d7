"""The picture of `/stats`: five charts on a sheet of 1,024 × 1,280 pixels, made to be read on a phone.

Telegram keeps pictures of up to 1,280 pixels a side as they are. The smallest text is 26 pixels high: at 375 pixels of
width, as on a small phone, it is still nearly ten. The colours are those of Okabe and Ito, which colour-blind readers
tell apart, and nothing is told by colour alone.
"""

import math

from bot.charts.canvas import Box, Canvas
from bot.core.statistics import DAYS, STEP, Counted, Statistics, coarse

WIDTH, HEIGHT = 1024, 1280
_PAPER, _CARD, _INK, _QUIET, _GRID = "#e9edf1", "#ffffff", "#16202a", "#56616d", "#d9dfe5"
_BLUE, _PALE, _RED, _GREY = "#0072b2", "#d3e6f3", "#d55e00", "#8b95a0"
_STATES = {
    "waiting": "#56b4e9",
    "nothing unread": _GREY,
    "unconfirmed": "#e69f00",
    "too late": "#cc79a7",
    "failed": _RED,
}
_MARGIN, _GAP, _PAD = 24, 16, 24
_HUGE, _TITLE, _TEXT = 76, 32, 26
_MOST_LABELS = 4
_NOTHING = "Nothing yet"
_MILLION = 1_000_000


def draw(statistics: Statistics) -> bytes:
    """The figures as a PNG. Call it in a thread: it takes about 0.2 s of CPU time."""
    canvas = Canvas(WIDTH, HEIGHT, _PAPER)
    left, right = _MARGIN, WIDTH - _MARGIN
    inner = (WIDTH - _GAP) / 2
    _headline(canvas, statistics)
    _subscribers(canvas, _card(canvas, (left, 134, right, 420), f"Subscribers, {DAYS} days"), statistics)
    _bars(canvas, _card(canvas, (left, 434, inner, 712), f"Deliveries, {DAYS} days"), statistics.by_state)
    box = _card(canvas, (inner + _GAP, 434, right, 712), "Languages", f"in steps of {STEP}")
    _bars(canvas, box, statistics.by_language, _nothing(statistics), grouped=True)
    _bars(
        canvas,
        _card(canvas, (left, 726, right, 1068), "Most read themes", f"digests read, {DAYS} days"),
        statistics.most_read,
    )
    box = _card(
        canvas,
        (left, 1082, right, HEIGHT - 20),
        "Hour of the digest",
        f"readers’ own clock, in steps of {STEP}",
    )
    _hours(canvas, box, statistics.by_hour, _nothing(statistics))
    return canvas.png()


def _headline(canvas: Canvas, statistics: Statistics) -> None:
    """How many there are now, of what kind, and how that changed."""
    number, right = compact(statistics.subscribers, _MILLION * 10), WIDTH - _MARGIN - 4
    canvas.write((_MARGIN + 2, 82), number, _HUGE, _INK, bold=True)
    after = _MARGIN + 2 + canvas.width(number, _HUGE) + 14
    canvas.write((after, 82), "subscriber" if statistics.subscribers == 1 else "subscribers", _TITLE, _INK)
    date = f"{statistics.now.day} {statistics.now:%b %Y, %H:%M}"
    canvas.write((right, 52), date, _TEXT, _QUIET, "rs")
    paused = f"{compact(statistics.paused)} of them paused" if statistics.paused else ""
    canvas.write((right, 82), paused, _TEXT, _QUIET, "rs")
    kinds = statistics.kinds_in_words or "nobody yet"
    canvas.write((_MARGIN + 4, 120), canvas.fitted(kinds, _TEXT, right - _MARGIN), _TEXT, _QUIET)


def _card(canvas: Canvas, box: Box, title: str, note: str = "") -> Box:
    """A white sheet with a title and what it counts; the box that is left inside."""
    left, top, right, bottom = box
    canvas.box(box, _CARD, 14)
    canvas.write((left + _PAD, top + 42), title, _TITLE, _INK, bold=True)
    canvas.write((right - _PAD, top + 42), note, _TEXT, _QUIET, "rs")
    return left + _PAD, top + 62, right - _PAD, bottom - 18


def _subscribers(canvas: Canvas, box: Box, statistics: Statistics) -> None:
    """The course of their number, and below it by day who came (up) and who left (down)."""
    left, top, right, bottom = box
    days, (joined, gone) = statistics.days, statistics.change
    _legend(canvas, right, top - 20, ((f"{compact(joined)} joined", _BLUE), (f"{compact(gone)} left", _RED)))
    course, axis = [day[3] for day in days], bottom - 84
    ticks = scale(min(course), max(course))
    labels = [compact(tick, _MILLION if ticks[-1] < _MILLION else 1) for tick in ticks]
    if len(set(labels)) < len(labels):
        labels = [f"{tick:,}" for tick in ticks]
    start = left + max(canvas.width(label, _TEXT) for label in labels) + 14
    step, height = (right - start) / len(days), (axis - top - 12) / (ticks[-1] - ticks[0])
    places = [start + (place + 0.5) * step for place in range(len(days))]
    points = [(x, axis - (number - ticks[0]) * height) for x, number in zip(places, course, strict=True)]
    if ticks[0] == 0:  # a filled area means a height, so it has to stand on the ground
        canvas.area([(places[0], axis), *points, (places[-1], axis)], _PALE)
    for number, (tick, label) in enumerate(zip(ticks, labels, strict=True)):
        y = axis - (tick - ticks[0]) * height
        canvas.box((start, y - 1, right, y + 1), _GRID)
        if len(ticks) <= _MOST_LABELS or number % 2 == 0:
            canvas.write((start - 12, y), label, _TEXT, _QUIET, "rm")
    canvas.line(points, _BLUE, 4)
    (x, y) = points[-1]
    canvas.box((x - 7, y - 7, x + 7, y + 7), _BLUE, 7)
    _change(canvas, (start, axis + 16, right, bottom - 26), statistics)
    for place, at, anchor in (
        (0, start, "ls"),
        (len(days) // 2, places[len(days) // 2], "ms"),
        (-1, right, "rs"),
    ):
        date = days[place][0]
        canvas.write((at, bottom + 4), f"{date.day} {date:%b}", _TEXT, _QUIET, anchor)


def _change(canvas: Canvas, box: Box, statistics: Statistics) -> None:
    """Bars by day: joined upwards, left downwards, on one scale."""
    left, top, right, bottom = box
    days = statistics.days
    step = (right - left) / len(days)
    up, down = max(day[1] for day in days), max(day[2] for day in days)
    pixels = (bottom - top - 8) / max(1, up + down)
    middle = top + 4 + (up * pixels if up + down else (bottom - top) / 2)
    for place, day in enumerate(days):
        x = left + (place + 0.5) * step
        for number, sign, colour in ((day[1], -1, _BLUE), (day[2], 1, _RED)):
            if number:
                end = middle + sign * max(3, pixels * number)
                canvas.box((x - step * 0.34, min(middle, end), x + step * 0.34, max(middle, end)), colour)
    canvas.box((left, middle - 1, right, middle + 1), _GRID)


def _legend(canvas: Canvas, right: float, baseline: float, entries: tuple[tuple[str, str], ...]) -> None:
    """What the colours mean, from the right."""
    for text, colour in reversed(entries):
        canvas.write((right, baseline), text, _TEXT, _INK, "rs")
        right -= canvas.width(text, _TEXT) + 10
        canvas.box((right - 20, baseline - 19, right, baseline + 1), colour, 4)
        right -= 46


def _nothing(statistics: Statistics) -> str:
    """What stands where groups of readers are not shown."""
    few = 0 < statistics.subscribers < STEP
    return f"From {STEP} subscribers on" if few else _NOTHING


def _bars(
    canvas: Canvas, box: Box, counted: Counted, nothing: str = _NOTHING, *, grouped: bool = False
) -> None:
    """A row for each: name, bar, number; `grouped` shows readers in steps alone."""
    left, top, right, bottom = box
    if not counted:
        canvas.write((left, top + 36), nothing, _TEXT, _QUIET)
        return
    pitch = min(44, (bottom - top) / len(counted))
    thick = min(12, pitch * 0.32)
    told = [coarse(number) if grouped else compact(number) for _, number in counted]
    names = [
        canvas.fitted(name, _TEXT, (right - left) * (0.52 if right - left > WIDTH / 2 else 0.44))
        for name, _ in counted
    ]
    start = left + max(canvas.width(name, _TEXT) for name in names) + 16
    room = right - start - max(canvas.width(number, _TEXT) for number in told) - 12
    shown = [stepped(number) if grouped else number for _, number in counted]
    for row, (name, number) in enumerate(counted):
        middle = top + (row + 0.5) * pitch
        length = max(4, room * shown[row] / max(shown)) if number else 0
        canvas.write((left, middle + 9), names[row], _TEXT, _INK)
        if length:
            canvas.box((start, middle - thick, start + length, middle + thick), _STATES.get(name, _BLUE), 4)
        canvas.write((start + length + (12 if length else 0), middle + 9), told[row], _TEXT, _INK)


def _hours(canvas: Canvas, box: Box, hours: tuple[int, ...], nothing: str) -> None:
    """Twenty-four bars; the highest has its number."""
    left, top, right, bottom = box
    step, axis = (right - left) / len(hours), bottom - 26
    shown = [stepped(number) for number in hours]
    most = max(1, *shown)
    for hour, number in enumerate(shown):
        x = left + (hour + 0.5) * step
        if number:
            canvas.box(
                (x - step * 0.36, axis - max(4, (axis - top - 30) * number / most), x + step * 0.36, axis),
                _BLUE,
                4,
            )
        if hour % 3 == 0:
            canvas.write((x, bottom + 4), str(hour), _TEXT, _QUIET, "ms")
    canvas.box((left, axis, right, axis + 2), _GRID)
    if any(hours):
        peak = shown.index(most)
        text = coarse(hours[peak])
        half = canvas.width(text, _TEXT) / 2
        at = min(max(left + (peak + 0.5) * step, left + half), right - half)
        canvas.write((at, top + 20), text, _TEXT, _INK, "ms")
    else:
        canvas.write((left, top + 36), nothing, _TEXT, _QUIET)


def stepped(number: int) -> float:
    """How long a bar for so many readers is: as coarse as its number, so that it cannot be measured."""
    return number // STEP * STEP or STEP / 2 * (number > 0)


def scale(low: int, high: int) -> tuple[int, ...]:
    """Two to five round numbers for an axis, from one at or below `low` to one at or above `high`.

    It begins at 0 unless the change would be too small to see then.
    """
    if low == high > 0:
        low, high = low - 1, high + 1
    if high - low > high / 4:
        low = 0
    rough = max(1, (high - low) / 3)
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = low // step * step
    return tuple(range(first, max(first + step, -(-high // step) * step) + 1, step))


def compact(number: int, most: int = _MILLION) -> str:
    """`950`, `12,345`, from `most` on `1.2M`."""
    if number < most:
        return f"{number:,}"
    return f"{number / _MILLION:,.1f}M"
