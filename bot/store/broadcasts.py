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
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.broadcast import Broadcast, Stage, Tally
from bot.core.model import State
from bot.store.claiming import OPEN
from bot.store.outbox import again, reachable
from bot.store.settling import leave_in_doubt
from bot.store.tables import Moment, broadcasts, deliveries, subscriptions
from bot.store.transactions import Transactions

_NOT_YET = ("id", "digest", "version", "owner", "message_id")
OVER = (Stage.DRAFT, Stage.FINISHED)


class SqlBroadcasts(Transactions):
    """Implements the `Broadcasts` port; the contracts are written there."""

    async def recipients(self) -> int:
        everybody = select(func.count()).select_from(subscriptions).where(subscriptions.c.paused == "")
        async with self._beside() as connection:
            return (await connection.execute(everybody)).scalar_one()

    async def draft(self, html: str, operator: int, now: dt.datetime) -> Broadcast:
        values = {"html": html, "stage": Stage.DRAFT, "operator": operator, "note": "", "updated": now}
        async with self._transaction() as connection:
            made = insert(broadcasts).values(values).returning(broadcasts.c.id)
            number: int = (await connection.execute(made)).scalar_one()
        return Broadcast(number, html, Stage.DRAFT, operator)

    async def discard(self, number: int) -> bool:
        draft = and_(broadcasts.c.id == number, broadcasts.c.stage == Stage.DRAFT)
        async with self._transaction() as connection:
            return bool((await connection.execute(delete(broadcasts).where(draft))).rowcount)

    async def queue(self, number: int, now: dt.datetime) -> bool:
        chats = select(subscriptions.c.chat_id, subscriptions.c.thread_id).where(subscriptions.c.paused == "")
        async with self._transaction() as connection:
            if not await _turn(connection, number, (Stage.DRAFT,), Stage.QUEUED, now):
                return False
            await owe(connection, number, chats, now)
        return True

    async def broadcast(self, number: int) -> Broadcast | None:
        async with self._beside() as connection:
            row = (await connection.execute(select(broadcasts).where(broadcasts.c.id == number))).first()
        return _broadcast(row) if row else None

    async def unfinished(self) -> tuple[Broadcast, ...]:
        wanted = select(broadcasts).where(broadcasts.c.stage.not_in(OVER)).order_by(broadcasts.c.id)
        async with self._beside() as connection:
            rows = (await connection.execute(wanted)).all()
        return tuple(map(_broadcast, rows))

    async def turn(
        self, number: int, before: Collection[Stage], after: Stage, now: dt.datetime, note: str = ""
    ) -> bool:
        async with self._transaction() as connection:
            return await _turn(connection, number, before, after, now, note)

    async def finish(self, number: int) -> bool:
        still = exists().where(deliveries.c.broadcast_id == number, deliveries.c.state.in_(OPEN))
        mine = and_(broadcasts.c.id == number, broadcasts.c.stage.not_in(OVER), ~still)
        async with self._transaction() as connection:
            over = update(broadcasts).where(mine).values(stage=Stage.FINISHED, note="")
            return bool((await connection.execute(over)).rowcount)

    async def rest(self, before: dt.datetime, note: str) -> int:
        old = and_(broadcasts.c.stage.in_((Stage.RUNNING, Stage.QUEUED)), broadcasts.c.updated < before)
        old = and_(old, broadcasts.c.digest.is_(None))  # a correction is as true after an absence
        async with self._transaction() as connection:
            rested = update(broadcasts).where(old).values(stage=Stage.PAUSED, note=note)
            return (await connection.execute(rested)).rowcount

    async def watch(self, number: int, card: int) -> None:
        async with self._transaction() as connection:
            await connection.execute(update(broadcasts).where(broadcasts.c.id == number).values(card=card))

    async def tally(self, number: int) -> Tally:
        mine = and_(deliveries.c.state.in_(tuple(State)), deliveries.c.broadcast_id == number)
        counted = select(deliveries.c.state, func.count()).where(mine).group_by(deliveries.c.state)
        async with self._beside() as connection:
            found = {row[0]: row[1] for row in await connection.execute(counted)}
        ended = (State.SENT, State.FAILED, State.UNKNOWN, State.EXPIRED)
        return Tally(sum(found.get(state, 0) for state in OPEN), *(found.get(state, 0) for state in ended))

    async def abandon(self, number: int) -> None:
        owed = and_(deliveries.c.broadcast_id == number, deliveries.c.state == State.DUE)
        async with self._transaction() as connection:
            await leave_in_doubt(connection, owed)
            given_up = update(deliveries).where(owed)
            await connection.execute(given_up.values(state=State.EXPIRED, code="cancelled"))

    async def missed(self, number: int, states: Collection[State]) -> int:
        mine = and_(deliveries.c.broadcast_id == number, deliveries.c.state.in_(states))
        async with self._beside() as connection:
            return (
                await connection.execute(
                    select(func.count()).select_from(deliveries).where(mine, reachable())
                )
            ).scalar_one()

    async def resend(self, number: int, states: Collection[State], now: dt.datetime) -> int:
        mine = and_(deliveries.c.broadcast_id == number, deliveries.c.state.in_(states))
        async with self._transaction() as connection:
            if not await _turn(connection, number, (Stage.FINISHED,), Stage.QUEUED, now):
                return 0
            return await again(connection, mine, now)


async def owe(connection: AsyncConnection, number: int, chats: Select[Any], now: dt.datetime) -> int:
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
    return (await connection.execute(rows)).rowcount


def _broadcast(row: Row[Any]) -> Broadcast:
    return Broadcast(row.id, row.html, Stage(row.stage), row.operator, row.card, row.note)


async def _turn(
    connection: AsyncConnection,
    number: int,
    before: Collection[Stage],
    after: Stage,
    now: dt.datetime,
    note: str = "",
) -> bool:
    mine = and_(broadcasts.c.id == number, broadcasts.c.stage.in_(before))
    turned = update(broadcasts).where(mine).values(stage=after, updated=now, note=note[:200])
    return bool((await connection.execute(turned)).rowcount)
