"""The figures of `/stats`: how many, never who."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.model import Kind, State
from bot.core.statistics import DAYS, Statistics
from bot.store.claiming import OPEN
from bot.store.rows import same_chat
from bot.store.tables import chats, counts, deliveries, subscriptions
from bot.store.transactions import Transactions

_HOURS = 24
_Days = tuple[tuple[dt.date, int], ...]


class SqlStatistics(Transactions):
    """Implements the `Figures` port; the contract is written there."""

    async def statistics(self, now: dt.datetime) -> tuple[Statistics, Mapping[str, int]]:
        since = now.astimezone(dt.UTC).date() - dt.timedelta(days=DAYS - 1)
        async with self._transaction() as connection:
            joined, left = await _days(connection, "joined", since), await _days(connection, "left", since)
            settled = await _sums(connection, counts.c.what, counts.c.what.in_(tuple(State)), since)
            read = await _sums(connection, counts.c.key, counts.c.what == "read", since)
            waiting = await connection.execute(
                select(func.count()).select_from(deliveries).where(deliveries.c.state.in_(OPEN))
            )
            states = {State(state): number for state, number in settled.items()}
            states[State.DUE] = waiting.scalar_one()
            paused, kinds, languages, hours = await _subscribers(connection, now.date())
        return Statistics(
            now=now,
            subscribers=sum(paused.values()),
            paused=paused[True],
            joined=joined,
            left=left,
            kinds={kind: number for kind, number in kinds.items() if kind},
            deliveries=states,
            languages={code: number for code, number in languages.items() if code},
            hours=tuple(hours[hour] for hour in range(_HOURS)),
        ), read


async def _days(connection: AsyncConnection, what: str, since: dt.date) -> _Days:
    days = select(counts.c.date, counts.c.count).where(counts.c.what == what, counts.c.date >= since)
    rows = (await connection.execute(days.order_by(counts.c.date))).all()
    return tuple((row[0], row[1]) for row in rows)


async def _sums(connection: AsyncConnection, by: object, which: object, since: dt.date) -> dict[str, int]:
    summed = select(by, func.sum(counts.c.count)).where(which, counts.c.date >= since).group_by(by)  # type: ignore[call-overload]
    return {row[0]: row[1] for row in (await connection.execute(summed)).all()}


async def _subscribers(
    connection: AsyncConnection, today: dt.date
) -> tuple[Counter[bool], Counter[str], Counter[str], Counter[int]]:
    """All subscriptions in one look: resting or not, by the kind and the language of the chat, by the hour."""
    resting = or_(subscriptions.c.paused != "", func.coalesce(subscriptions.c.resume > today, False))
    hour = func.substr(subscriptions.c.time, 1, 2)
    grouped = (
        select(case((resting, 1), else_=0), chats.c.kind, chats.c.language, hour, func.count())
        .select_from(subscriptions)
        .outerjoin(chats, same_chat(subscriptions, chats))
        .group_by(case((resting, 1), else_=0), chats.c.kind, chats.c.language, hour)
    )
    paused: Counter[bool] = Counter()
    kinds: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    hours: Counter[int] = Counter()
    for rests, kind, language, at, number in (await connection.execute(grouped)).all():
        paused[bool(rests)] += number
        kinds[kind or Kind.UNKNOWN] += number
        languages[language or ""] += number
        hours[int(at)] += number
    return paused, kinds, languages, hours
