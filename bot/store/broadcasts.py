"""Broadcasts: their stages, and their deliveries, which lie in the same table as those of digests."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    Row,
    Select,
    String,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.engine import Connection

from bot.core.broadcast import Broadcast, Stage, Tally
from bot.core.model import State
from bot.store.claiming import OPEN
from bot.store.outbox import again, reachable
from bot.store.settling import leave_in_doubt
from bot.store.tables import Moment, broadcasts, deliveries, subscriptions
from bot.store.transactions import Transactions, counting, reading, transaction

_NOT_YET = ("id", "digest", "version", "owner", "message_id")
OVER = (Stage.DRAFT, Stage.FINISHED)


class SqlBroadcasts(Transactions):
    """Implements the `Broadcasts` port; the contracts are written there."""

    @counting
    def recipients(self, connection: Connection) -> int:
        everybody = select(func.count()).select_from(subscriptions).where(subscriptions.c.paused == "")
        return connection.execute(everybody).scalar_one()

    @transaction
    def draft(self, connection: Connection, html: str, operator: int, now: dt.datetime) -> Broadcast:
        values = {"html": html, "stage": Stage.DRAFT, "operator": operator, "note": "", "updated": now}
        made = insert(broadcasts).values(values).returning(broadcasts.c.id)
        number: int = connection.execute(made).scalar_one()
        return Broadcast(number, html, Stage.DRAFT, operator)

    @transaction
    def discard(self, connection: Connection, number: int) -> bool:
        draft = and_(broadcasts.c.id == number, broadcasts.c.stage == Stage.DRAFT)
        return bool(connection.execute(delete(broadcasts).where(draft)).rowcount)

    @transaction
    def queue(self, connection: Connection, number: int, now: dt.datetime) -> bool:
        chats = select(subscriptions.c.chat_id, subscriptions.c.thread_id).where(subscriptions.c.paused == "")
        if not _turn(connection, number, (Stage.DRAFT,), Stage.QUEUED, now):
            return False
        owe(connection, number, chats, now)
        return True

    @reading
    def broadcast(self, connection: Connection, number: int) -> Broadcast | None:
        row = connection.execute(select(broadcasts).where(broadcasts.c.id == number)).first()
        return _broadcast(row) if row else None

    @reading
    def unfinished(self, connection: Connection) -> tuple[Broadcast, ...]:
        wanted = select(broadcasts).where(broadcasts.c.stage.not_in(OVER)).order_by(broadcasts.c.id)
        rows = connection.execute(wanted).all()
        return tuple(map(_broadcast, rows))

    @transaction
    def turn(
        self,
        connection: Connection,
        number: int,
        before: Collection[Stage],
        after: Stage,
        now: dt.datetime,
        note: str = "",
    ) -> bool:
        return _turn(connection, number, before, after, now, note)

    @transaction
    def finish(self, connection: Connection, number: int) -> bool:
        still = exists().where(deliveries.c.broadcast_id == number, deliveries.c.state.in_(OPEN))
        mine = and_(broadcasts.c.id == number, broadcasts.c.stage.not_in(OVER), ~still)
        over = update(broadcasts).where(mine).values(stage=Stage.FINISHED, note="")
        return bool(connection.execute(over).rowcount)

    @transaction
    def rest(self, connection: Connection, before: dt.datetime, note: str) -> int:
        old = and_(broadcasts.c.stage.in_((Stage.RUNNING, Stage.QUEUED)), broadcasts.c.updated < before)
        old = and_(old, broadcasts.c.digest.is_(None))  # a correction is as true after an absence
        rested = update(broadcasts).where(old).values(stage=Stage.PAUSED, note=note)
        return connection.execute(rested).rowcount

    @transaction
    def watch(self, connection: Connection, number: int, card: int) -> None:
        connection.execute(update(broadcasts).where(broadcasts.c.id == number).values(card=card))

    @counting
    def tally(self, connection: Connection, number: int) -> Tally:
        mine = and_(deliveries.c.state.in_(tuple(State)), deliveries.c.broadcast_id == number)
        counted = select(deliveries.c.state, func.count()).where(mine).group_by(deliveries.c.state)
        found = {row[0]: row[1] for row in connection.execute(counted)}
        ended = (State.SENT, State.FAILED, State.UNKNOWN, State.EXPIRED)
        return Tally(sum(found.get(state, 0) for state in OPEN), *(found.get(state, 0) for state in ended))

    @transaction
    def abandon(self, connection: Connection, number: int) -> None:
        owed = and_(deliveries.c.broadcast_id == number, deliveries.c.state == State.DUE)
        leave_in_doubt(connection, owed)
        given_up = update(deliveries).where(owed)
        connection.execute(given_up.values(state=State.EXPIRED, code="cancelled"))

    @counting
    def missed(self, connection: Connection, number: int, states: Collection[State]) -> int:
        mine = and_(deliveries.c.broadcast_id == number, deliveries.c.state.in_(states))
        return connection.execute(
            select(func.count()).select_from(deliveries).where(mine, reachable())
        ).scalar_one()

    @transaction
    def resend(self, connection: Connection, number: int, states: Collection[State], now: dt.datetime) -> int:
        mine = and_(deliveries.c.broadcast_id == number, deliveries.c.state.in_(states))
        if not _turn(connection, number, (Stage.FINISHED,), Stage.QUEUED, now):
            return 0
        return again(connection, mine, now)


def owe(connection: Connection, number: int, chats: Select[Any], now: dt.datetime) -> int:
    """A broadcast becomes due in the chats that `chats` selects by id and topic; how many there are."""
    at, state = literal(now, Moment), literal(str(State.DUE), String)
    fixed = (
        literal(number, Integer),
        literal(now.date(), Date),
        at,
        state,
        literal(0),
        at,
        literal("", String),
        at,
    )
    names = [column.name for column in deliveries.c if column.name not in _NOT_YET]
    rows = insert(deliveries).from_select(names, chats.add_columns(*fixed))
    return connection.execute(rows).rowcount


def _broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(row.id, row.html, Stage(row.stage), row.operator, row.card, row.note)


def _turn(
    connection: Connection,
    number: int,
    before: Collection[Stage],
    after: Stage,
    now: dt.datetime,
    note: str = "",
) -> bool:
    mine = and_(broadcasts.c.id == number, broadcasts.c.stage.in_(before))
    turned = update(broadcasts).where(mine).values(stage=after, updated=now, note=note[:200])
    return bool(connection.execute(turned).rowcount)
