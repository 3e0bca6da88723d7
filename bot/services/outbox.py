"""The outbox in one look: how many deliveries stand where, and what the next hours ask for."""

import datetime as dt
from zoneinfo import ZoneInfo

from bot.core import operator_texts as texts
from bot.core.capacity import Hour, busiest, forecast
from bot.ports import Clock, Outbox

_AHEAD = dt.timedelta(hours=24)


async def coming(store: Outbox, clock: Clock, rate: float, zone: str) -> tuple[Hour, ...]:
    """The next 24 hours, in the zone's time, served at `rate` messages a second."""
    due = await store.upcoming(clock.now() + _AHEAD)
    local = ZoneInfo(zone)
    return forecast({at.astimezone(local): readers for at, readers in due.items()}, rate)


def capacity(hours: tuple[Hour, ...], rate: float) -> str:
    """The busiest hour in one line."""
    busy = busiest(hours)
    return texts.capacity(busy.at, busy.readers, rate, busy.served) if busy else texts.NOTHING_AHEAD


async def report(store: Outbox, clock: Clock, rate: float, zone: str) -> str:
    """Counts by state and the line about capacity, as Telegram HTML."""
    counts = {str(state): number for state, number in (await store.counts()).items()}
    return texts.outbox(counts, capacity(await coming(store, clock, rate, zone), rate))
