"""What the next hours ask of the bot, and when the last reader of the busiest one gets theirs."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

_NEVER = 10 * 365 * 24 * 3600.0
"""Seconds: what takes longer, by whatever a rate was set to, is as good as never."""


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour's readers, and when the last of them has been served (both moments aware)."""

    at: dt.datetime
    readers: int
    served: dt.datetime


def forecast(due: Mapping[dt.datetime, int], rate: float) -> tuple[Hour, ...]:
    """The hours in order, served at `rate` messages a second; what one leaves over, the next one waits for.

    All readers of an hour count from its beginning: 09:00 is what most of them choose.
    """
    hours: list[Hour] = []
    free = dt.datetime.min.replace(tzinfo=dt.UTC)
    for at in sorted(due):
        free = max(at, free) + dt.timedelta(seconds=min(due[at] / rate, _NEVER))
        hours.append(Hour(at, due[at], free))
    return tuple(hours)


def busiest(hours: tuple[Hour, ...]) -> Hour | None:
    """The hour with the most readers, the first of equals."""
    return max(hours, key=lambda hour: (hour.readers, -hour.at.timestamp()), default=None)
