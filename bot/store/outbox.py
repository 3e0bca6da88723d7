"""The outbox as the operator looks at it: counted, listed, exported, set due again."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.engine import Connection

from bot.core.broadcast import Stage
from bot.core.model import Chat, Entry, State, Wanted
from bot.store.rows import of_chat, same_chat
from bot.store.tables import broadcasts, deliveries, progress, subscriptions
from bot.store.transactions import Transactions, counting, transaction

_HOUR = 3_600_000


class SqlOutbox(Transactions):
    """Implements the `Outbox` port; the contracts are written there. It alone works without the lock."""

    @counting
    def counts(self, connection: Connection) -> dict[State, int]:
        counted = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        found = {row[0]: row[1] for row in connection.execute(counted)}
        return {state: found.get(state, 0) for state in State}

    @counting
    def entries(self, connection: Connection, wanted: Wanted, after: int, limit: int) -> tuple[Entry, ...]:
        some = select(deliveries).where(_which(wanted), deliveries.c.id > after)
        rows = connection.execute(some.order_by(deliveries.c.id).limit(limit)).all()
        return tuple(_entry(row) for row in rows)

    @counting
    def matching(self, connection: Connection, wanted: Wanted) -> tuple[int, int]:
        every = select(func.count()).select_from(deliveries).where(_which(wanted))
        total = connection.execute(every).scalar_one()
        return total, connection.execute(every.where(reachable())).scalar_one()

    @transaction
    def retry(self, connection: Connection, wanted: Wanted, now: dt.datetime) -> int:
        which = _which(wanted)
        touched = select(deliveries.c.broadcast_id).where(which)
        again_open = and_(broadcasts.c.id.in_(touched), broadcasts.c.stage == Stage.FINISHED)
        connection.execute(update(broadcasts).where(again_open).values(stage=Stage.QUEUED, updated=now))
        return again(connection, which, now)

    @counting
    def upcoming(self, connection: Connection, before: dt.datetime) -> dict[dt.datetime, int]:
        hour = type_coerce(subscriptions.c.next_slot, BigInteger) // _HOUR
        ahead = subscriptions.c.next_slot < before
        counted = select(hour, func.count()).where(ahead).group_by(hour)
        rows = connection.execute(counted).all()
        return {dt.datetime.fromtimestamp(number * 3600, dt.UTC): count for number, count in rows}


def reachable() -> ColumnElement[bool]:
    """Deliveries whose chat has a subscription that is not paused: to others nothing is sent.

    But a note on a correction also goes to those who read without a subscription.
    """
    subscribed = exists().where(same_chat(deliveries, subscriptions), subscriptions.c.paused == "")
    away = exists().where(same_chat(deliveries, subscriptions), subscriptions.c.paused != "")
    notes = select(broadcasts.c.id).where(broadcasts.c.digest.is_not(None))
    return or_(subscribed, and_(deliveries.c.broadcast_id.in_(notes), ~away))


def again(connection: Connection, which: ColumnElement[bool], now: dt.datetime) -> int:
    """Settled deliveries are due once more, as if never tried; how many there were.

    Those that were in doubt counted as read: that mark is taken back, or nothing would be sent.
    """
    tried = and_(which, reachable())
    doubtful = and_(tried, deliveries.c.state == State.UNKNOWN, deliveries.c.broadcast_id == 0)
    for row in connection.execute(select(deliveries).where(doubtful)).all():
        chat = Chat(row.chat_id, row.thread_id)
        read = and_(of_chat(progress, chat), progress.c.digest == row.digest)
        connection.execute(delete(progress).where(read))
        if row.digest is None:
            connection.execute(update(subscriptions).where(of_chat(subscriptions, chat)).values(told_end=0))
    # The slot is now: an older one would expire at the next look, being too late.
    fresh = {"state": State.DUE, "attempt": 0, "owner": None, "code": "", "not_before": now, "slot": now}
    return connection.execute(update(deliveries).where(tried).values(updated=now, **fresh)).rowcount


def _which(wanted: Wanted) -> ColumnElement[bool]:
    filters: list[ColumnElement[bool]] = [deliveries.c.state.in_(wanted.states or tuple(State))]
    if wanted.chat is not None:
        filters.append(deliveries.c.chat_id == wanted.chat)
    if wanted.date is not None:
        filters.append(deliveries.c.local_date == wanted.date)
    if wanted.id is not None:
        filters.append(deliveries.c.id == wanted.id)
    return and_(*filters)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.id,
        State(row.state),
        row.chat_id,
        row.thread_id,
        row.local_date,
        row.broadcast_id,
        row.digest,
        row.attempt,
        row.code,
        row.message_id,
        row.slot,
        row.not_before,
        row.updated,
    )
