"""What becomes of deliveries: outcomes recorded, chats paused, doubts listed."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.delivery import Decision
from bot.core.model import Chat, State
from bot.store.claiming import see
from bot.store.outbox import reachable
from bot.store.rows import of_chat, settled_values
from bot.store.tables import deliveries, subscriptions


async def settle(connection: AsyncConnection, decision: Decision, owner: str, now: dt.datetime) -> None:
    """As `Store.settle`, for one decision."""
    delivery = decision.delivery
    mine = and_(
        deliveries.c.id == delivery.id,
        deliveries.c.owner == owner,
        deliveries.c.attempt == delivery.attempt,
        deliveries.c.state == State.SENDING,
    )
    settled = update(deliveries).where(mine).values(settled_values(decision, now))
    chat = deliveries.c.chat_id, deliveries.c.thread_id  # it may have moved meanwhile
    row = (await connection.execute(settled.returning(*chat))).first()
    if row is None:
        return
    if delivery.broadcast and decision.state is State.DUE:  # its chat may have left while it was in flight
        await close_unreachable(connection, deliveries.c.id == delivery.id, "left")
    elif not delivery.broadcast and decision.state in (State.SENT, State.UNKNOWN):
        await delivered(connection, Chat(*row), delivery.pick.digest, now)
    if decision.pause and await _refused_long_enough(connection, Chat(*row), decision):
        topic, whole = of_chat(subscriptions, delivery.chat), subscriptions.c.chat_id == delivery.chat.id
        await pause(connection, topic if decision.topic else whole, decision.pause)


async def delivered(connection: AsyncConnection, chat: Chat, digest: str | None, now: dt.datetime) -> None:
    """The reader has it, or may have it: it does not come again. The end is told once until something new came."""
    if digest is not None:
        await see(connection, chat, digest, now)
    await connection.execute(
        update(subscriptions).where(of_chat(subscriptions, chat)).values(told_end=int(digest is None))
    )


async def leave_in_doubt(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    """Rows that may have gone out once and get no second attempt are listed as such; how many there were."""
    rows = (await connection.execute(select(deliveries).where(which, deliveries.c.attempt > 0))).all()
    for row in rows:
        await become(connection, row, State.UNKNOWN, row.code)
    return len(rows)


async def become(connection: AsyncConnection, row: Row[Any], state: State, code: str) -> None:
    """A delivery is in another state now, and nobody's."""
    changed = update(deliveries).where(deliveries.c.id == row.id)
    await connection.execute(changed.values(state=state, owner=None, code=code))
    if state is State.UNKNOWN and not row.broadcast_id:
        await delivered(connection, Chat(row.chat_id, row.thread_id), row.digest, row.updated)


async def pause(connection: AsyncConnection, which: ColumnElement[bool], reason: str) -> None:
    """Subscriptions get nothing until their chat returns."""
    paused = update(subscriptions).where(which).values(paused=reason[:64], next_slot=None)
    for row in await connection.execute(paused.returning(subscriptions.c.chat_id, subscriptions.c.thread_id)):
        await close_unreachable(connection, of_chat(deliveries, Chat(*row)), reason)


async def close_unreachable(connection: AsyncConnection, which: ColumnElement[bool], reason: str) -> None:
    """What of these is due of a broadcast and belongs to a chat that takes no messages has failed.

    A digest waits for the chat's return, within its lateness; a broadcast would never be finished.
    """
    owed = and_(which, deliveries.c.broadcast_id > 0, deliveries.c.state == State.DUE, ~reachable())
    await leave_in_doubt(connection, owed)
    await connection.execute(update(deliveries).where(owed).values(state=State.FAILED, code=reason[:200]))


async def _refused_long_enough(connection: AsyncConnection, chat: Chat, decision: Decision) -> bool:
    """Whether the chat's last dates all ended with the same answer; a broadcast is no date of its own."""
    if decision.pause_after == 1:
        return True
    latest = (
        select(deliveries.c.code)
        .where(of_chat(deliveries, chat), deliveries.c.broadcast_id == 0)
        .order_by(deliveries.c.local_date.desc())
        .limit(decision.pause_after)
    )
    codes = (await connection.execute(latest)).scalars().all()
    return len(codes) == decision.pause_after and set(codes) == {decision.code[:200]}
