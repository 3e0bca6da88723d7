"""When a subscription is due: wall time, weekdays and zone -> instants in UTC."""

import datetime as dt
from zoneinfo import ZoneInfo

from bot.core.model import Preferences, Slot

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)
_HORIZON = 15
"""Days to look ahead: yesterday's and today's slots may be past, and a zone may leave the next one out."""


def zone_of(name: str) -> ZoneInfo:
    """The zone of that IANA name; UTC for one that the zone rules have dropped, so that it stops nobody else."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # as zoneinfo says it of names, odd names and folders
        return ZoneInfo("UTC")


def instant(date: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime | None:
    """The moment in UTC at which a wall clock in `zone` shows `date` and `time`.

    In a gap it is the first valid instant after the gap, in a fold the first occurrence (PEP 495).
    None for a date that the zone left out altogether, as Samoa did with 2011-12-30.
    """
    wall = dt.datetime.combine(date, time)
    found = _first_valid(wall, zone)
    if _local(found, zone).date() > date and _local(_first_valid(_midnight(date), zone), zone).date() > date:
        return None
    return found


def next_slot(preferences: Preferences, after: dt.datetime, after_date: dt.date | None = None) -> Slot:
    """The first slot later than the instant `after` (aware) and, if given, on a local date later than `after_date`.

    It never lies before the local date `resume` of the preferences.

    Raises:
        ValueError: No weekday is chosen.
    """
    if not preferences.days:
        raise ValueError("a subscription needs at least one weekday")
    zone = zone_of(preferences.zone)
    start = after.astimezone(zone).date() - _DAY
    if after_date is not None:
        start = max(start, after_date + _DAY)
    if preferences.resume is not None:
        start = max(start, preferences.resume)
    for offset in range(_HORIZON + 1):
        date = start + offset * _DAY
        if not preferences.days >> date.weekday() & 1:
            continue
        at = instant(date, preferences.time, zone)
        if at is not None and at > after:
            return Slot(date, at)
    raise AssertionError("unreachable: a week holds every weekday")


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time())


def _local(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _first_valid(wall: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    at = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    if _local(at, zone) == wall:
        return at
    # In a gap fold=0 reads the clock as before the change and fold=1 as after it: the change lies between.
    low = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
    while at - low > _SECOND:
        middle = low + (at - low) / 2
        middle = middle.replace(microsecond=0)
        if _local(middle, zone) >= wall:
            at = middle
        else:
            low = middle
    return at
