"""The figures of `/stats`: how many, never who."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping

from sqlalchemy import case, exists, false, func, or_, select, text
from sqlalchemy.engine import Connection

from bot.core.model import State
from bot.core.statistics import DAYS, Statistics, Volume
from bot.store.claiming import OPEN
from bot.store.rows import same_chat
from bot.store.tables import chats, counts, deliveries, inbox, subscriptions
from bot.store.transactions import Transactions, counting

_HOURS = 24
_Days = tuple[tuple[dt.date, int], ...]


class SqlStatistics(Transactions):
    """Implements the `Figures` port; the contract is written there."""

    @counting
    def statistics(self, connection: Connection, now: dt.datetime) -> tuple[Statistics, Mapping[str, int]]:
        since = now.astimezone(dt.UTC).date() - dt.timedelta(days=DAYS - 1)
        joined, left = _days(connection, "joined", since), _days(connection, "left", since)
        settled = _sums(connection, counts.c.what, counts.c.what.in_(tuple(State)), since)
        read = _sums(connection, counts.c.key, counts.c.what == "read", since)
        waiting = connection.execute(
            select(func.count()).select_from(deliveries).where(deliveries.c.state.in_(OPEN))
        )
        states = {State(state): number for state, number in settled.items()}
        states[State.DUE] = waiting.scalar_one()
        paused, hours = _by_time(connection, now.date())
        kinds, languages = _by_chat(connection)
        return Statistics(
            now=now,
            subscribers=hours.total(),
            paused=paused,
            joined=joined,
            left=left,
            kinds={kind: number for kind, number in kinds.items() if kind},
            deliveries=states,
            languages={code: number for code, number in languages.items() if code},
            hours=tuple(hours[hour] for hour in range(_HOURS)),
        ), read

    @counting
    def volume(self, connection: Connection) -> Volume:
        active = select(func.count()).where(subscriptions.c.next_slot.is_not(None))
        updates = select(func.count()).select_from(inbox).where(text("payload <> ''"))  # as its index has it
        state = deliveries.c.state
        waiting = select(state, func.count()).where(state.in_(OPEN)).group_by(state)
        settled = _sums(connection, counts.c.what, counts.c.what.in_(tuple(State)), dt.date.min)
        found = {row[0]: row[1] for row in connection.execute(waiting).all()}
        subscribed = connection.execute(active).scalar_one()
        stored = connection.execute(updates).scalar_one()
        return Volume(
            subscribed,
            stored,
            {each: found.get(each, 0) for each in OPEN},
            {each: settled.get(each, 0) for each in State if each not in OPEN},
        )


def _days(connection: Connection, what: str, since: dt.date) -> _Days:
    days = select(counts.c.date, counts.c.count).where(counts.c.what == what, counts.c.date >= since)
    rows = connection.execute(days.order_by(counts.c.date)).all()
    return tuple((row[0], row[1]) for row in rows)


def _sums(connection: Connection, by: object, which: object, since: dt.date) -> dict[str, int]:
    summed = select(by, func.sum(counts.c.count)).where(which, counts.c.date >= since).group_by(by)  # type: ignore[call-overload]
    return {row[0]: row[1] for row in connection.execute(summed).all()}


def _by_time(connection: Connection, today: dt.date) -> tuple[int, Counter[int]]:
    """How many subscriptions rest, and how many there are by the hour of their own clock; both read an index alone."""
    resting = or_(subscriptions.c.paused != "", func.coalesce(subscriptions.c.resume > today, false()))
    wanted = select(subscriptions.c.time, func.sum(case((resting, 1), else_=0)), func.count())
    hours: Counter[int] = Counter()
    paused = 0
    for time, rest, number in connection.execute(wanted.group_by(subscriptions.c.time)).all():
        hours[int(time[:2])] += number
        paused += rest
    return paused, hours


def _by_chat(connection: Connection) -> tuple[Counter[str], Counter[str]]:
    """Subscriptions by the kind and by the language of their chats."""
    subscribed = exists().where(same_chat(subscriptions, chats))
    wanted = select(chats.c.kind, chats.c.language, func.count()).where(subscribed)
    kinds: Counter[str] = Counter()
    languages: Counter[str] = Counter()
    grouped = wanted.group_by(chats.c.kind, chats.c.language)
    for kind, language, number in connection.execute(grouped).all():
        kinds[kind] += number
        languages[language] += number
    return kinds, languages
