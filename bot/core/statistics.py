"""The figures of `/stats`: how many, never who."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.markdown import escape, units
from bot.core.model import State
from bot.core.operator_texts import count

DAYS = 30
"""Joining, leaving, deliveries and what was read are counted over so many days."""
STEP = 5
"""Readers by language and by hour are told in whole steps of so many: in a smaller group one could be recognised."""
LANGUAGES = {"en": "English", "ru": "Russian", "kk": "Kazakh"}
STEPS = f"Languages and hours are counted in steps of {STEP}, so that nobody stands out."
_CAPTION = 1024
"""Characters of a picture's caption, at most (Bot API, sendPhoto)."""
_THEMES = 8
_LANGUAGES = 6
_HOURS = 3
_LONGEST_NAME = 32
_DELIVERIES = (
    ("sent", (State.SENT,)),
    ("waiting", (State.DUE, State.SENDING)),
    ("nothing unread", (State.EMPTY,)),
    ("unconfirmed", (State.UNKNOWN,)),
    ("too late", (State.EXPIRED,)),
    ("failed", (State.FAILED,)),
)
Counted = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Volume:
    """How much work there is: subscriptions that are not paused, updates that are waiting to be handled, deliveries.

    Deliveries by state: those that are `open` now, and those that ended, since the beginning.
    """

    subscriptions: int
    waiting: int
    open: Mapping[State, int]
    ended: Mapping[State, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What an operator sees of all readers together at `now`, an aware time in the operator's zone.

    `paused` are those of the `subscribers` who do not get digests for now. `joined` and `left` count new and
    ended subscriptions by day, oldest first; days without any may be missing. `kinds` counts subscribers by the
    kind of chat (`private`, `group`, `channel`), `languages` by language code, `hours` by the 24 hours of their own
    clock. `deliveries` are those of the last 30 days by state; `themes` are commands with how often digests of
    theirs were read, most read first.
    """

    now: dt.datetime
    subscribers: int = 0
    paused: int = 0
    joined: tuple[tuple[dt.date, int], ...] = ()
    left: tuple[tuple[dt.date, int], ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[State, int] = field(default_factory=dict)
    themes: Counted = ()
    languages: Mapping[str, int] = field(default_factory=dict)
    hours: tuple[int, ...] = (0,) * 24

    @property
    def days(self) -> tuple[tuple[dt.date, int, int, int], ...]:
        """Each of the last 30 days: date, joined, left, and subscribers at its end."""
        joined, left = dict(self.joined), dict(self.left)
        total, days = self.subscribers, []
        for back in range(DAYS):
            day = self.now.date() - dt.timedelta(days=back)
            came, went = joined.get(day, 0), left.get(day, 0)
            days.append((day, came, went, max(0, total)))
            total += went - came
        return tuple(reversed(days))

    @property
    def change(self) -> tuple[int, int]:
        """How many joined and left within the last 30 days."""
        days = self.days
        return sum(day[1] for day in days), sum(day[2] for day in days)

    @property
    def by_state(self) -> Counted:
        """Deliveries by what became of them, in words; always the same six."""
        return tuple(
            (words, sum(self.deliveries.get(state, 0) for state in states)) for words, states in _DELIVERIES
        )

    @property
    def by_language(self) -> Counted:
        """Languages by their English names, most spoken first; past the first five they are `other`.

        Empty while there are so few subscribers that any language would be told of one of them.
        """
        if self.subscribers < STEP:
            return ()
        found = [
            (LANGUAGES.get(code, _short(code)), number)
            for code, number in self.languages.items()
            if number > 0
        ]
        found.sort(key=lambda language: (-language[1], language[0]))
        if len(found) > _LANGUAGES:
            found[_LANGUAGES - 1 :] = [("other", sum(number for _, number in found[_LANGUAGES - 1 :]))]
        return tuple(found)

    @property
    def by_hour(self) -> tuple[int, ...]:
        """Subscribers by the hour of their digest, all 0 while there are as few as that."""
        return self.hours if self.subscribers >= STEP else (0,) * len(self.hours)

    @property
    def most_read(self) -> Counted:
        """The eight most read themes as commands."""
        read = sorted((theme for theme in self.themes if theme[1] > 0), key=lambda theme: -theme[1])
        return tuple((f"/{_short(name)}", number) for name, number in read[:_THEMES])

    @property
    def kinds_in_words(self) -> str:
        """`1,180 private, 1 group, 4 channels`; "" without subscribers."""
        private, groups, channels = (self.kinds.get(kind, 0) for kind in ("private", "group", "channel"))
        told = [f"{private:,} private"] * bool(private)
        told += [count(number, noun) for number, noun in ((groups, "group"), (channels, "channel")) if number]
        return ", ".join(told)


def coarse(number: int) -> str:
    """Readers in steps of five: `0`, `<5`, `5+`, `10+`.

    Every group is told so, not the small ones alone: else a small one would be what the others leave of the total.
    """
    if number < STEP:
        return f"<{STEP}" if number > 0 else "0"
    return f"{number // STEP * STEP:,}+"


def text(statistics: Statistics) -> str:
    """The figures as a caption: Telegram HTML, at most 1,024 characters; long lists are cut short to fit."""
    longest = max(len(statistics.most_read), len(statistics.by_language), _HOURS)
    texts = (_text(statistics, most) for most in range(longest, -1, -1))
    return next(text for text in texts if units(text) <= _CAPTION)


def _text(statistics: Statistics, most: int) -> str:
    joined, left = statistics.change
    who = count(statistics.subscribers, "subscriber")
    paused = f", {statistics.paused:,} of them paused" if statistics.paused else ""
    states = _list(((words, f"{number:,}") for words, number in statistics.by_state if number), " ")
    themes = _list(((name, f"{number:,}") for name, number in statistics.most_read[:most]), " ")
    spoken = _list(((name, coarse(number)) for name, number in statistics.by_language[:most]), " ")
    hours = sorted(
        ((number, -hour) for hour, number in enumerate(statistics.by_hour) if number > 0), reverse=True
    )
    busiest = _list(((f"{-hour}:00", coarse(number)) for number, hour in hours[: min(most, _HOURS)]), " ")
    sections = (
        (
            f"📊 <b>{who}</b>{paused}",
            statistics.kinds_in_words,
            f"Last {DAYS} days: {joined:,} joined, {left:,} left",
        ),
        (
            f"<b>Deliveries</b>, last {DAYS} days: {states or 'none yet'}",
            f"<b>Most read</b>, in the same time: {themes}" if themes else "",
            f"<b>Languages</b>: {spoken}" if spoken else "",
            f"<b>Busiest hours</b>, local time: {busiest}" if busiest else "",
        ),
        (f"<i>{STEPS}</i>" if spoken or busiest else "",),
    )
    return "\n\n".join("\n".join(filter(None, lines)) for lines in sections if any(lines))


def _list(pairs: Iterable[tuple[str, str]], between: str) -> str:
    return " · ".join(escape(f"{name}{between}{number}") for name, number in pairs)


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
