"""What becomes of deliveries: outcomes recorded, chats paused, doubts listed."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement

from bot.core.delivery import Decision
from bot.core.model import Chat, State
from bot.store.bulk import for_each
from bot.store.claiming import see
from bot.store.counting import count, count_settled
from bot.store.outbox import reachable
from bot.store.rows import of_chat
from bot.store.tables import Moment, chats, deliveries, holds, progress, subscriptions
from bot.store.upserts import upsert

_KEYS: Mapping[Table, tuple[str, ...]] = {
    subscriptions: ("thread_id",),
    deliveries: ("thread_id", "broadcast_id", "local_date"),
    progress: ("thread_id", "digest"),
    chats: ("thread_id",),
}
"""What a chat has only one of, in each table of its rows."""


def settle(connection: Connection, decisions: Sequence[Decision], owner: str, now: dt.datetime) -> None:
    """As `Store.settle`: the whole round in a handful of statements, what is rare in some more."""
    if charged := sum(decision.charged for decision in decisions):  # whoever has the rows by now
        count(connection, "paid", {"": charged}, now)
    rows = _held(connection, decisions, owner)
    mine = [(decision, rows[decision.delivery.id]) for decision in decisions if decision.delivery.id in rows]
    if not mine:
        return
    names = "row", "state", "attempt", "code", "message_id", "not_before", "updated"
    for_each(connection, _outcome, names, (_settled(decision, row, now) for decision, row in mine))
    count_settled(connection, (decision.state for decision, _ in mine), now)
    read = [
        (Chat(row.chat_id, row.thread_id), decision.delivery.pick.digest, decision.delivery.pick.version)
        for decision, row in mine
        if decision.state in (State.SENT, State.UNKNOWN) and not decision.delivery.broadcast
    ]
    delivered(connection, read, now)
    hold(
        connection,
        {row.chat_id: decision.not_before for decision, row in mine if decision.hold and decision.not_before},
    )
    for decision, row in mine:
        _follow_up(connection, decision, Chat(row.chat_id, row.thread_id), now)


def _held(connection: Connection, decisions: Sequence[Decision], owner: str) -> dict[int, Row[Any]]:
    """The rows that the owner still holds at the attempt that was decided upon: all others are not its own."""
    attempts = {decision.delivery.id: decision.delivery.attempt for decision in decisions}
    wanted = and_(
        deliveries.c.id.in_(attempts), deliveries.c.owner == owner, deliveries.c.state == State.SENDING
    )
    columns = (
        getattr(deliveries.c, name) for name in ("id", "chat_id", "thread_id", "attempt", "not_before")
    )
    rows = connection.execute(select(*columns).where(wanted)).all()
    return {row.id: row for row in rows if row.attempt == attempts[row.id]}


def _settled(decision: Decision, row: Row[Any], now: dt.datetime) -> tuple[Any, ...]:
    later = decision.not_before or row.not_before
    return row.id, decision.state, decision.attempt, decision.code[:200], decision.message_id, later, now


def _outcome(_: Dialect) -> ClauseElement:
    return update(deliveries).where(deliveries.c.id == bindparam("row"))


def _follow_up(connection: Connection, decision: Decision, chat: Chat, now: dt.datetime) -> None:
    """What an outcome means for the chat; `chat` is where the row is now, as it may have moved meanwhile."""
    delivery = decision.delivery
    if delivery.broadcast and decision.state is State.DUE:  # its chat may have left while it was in flight
        close_unreachable(connection, deliveries.c.id == delivery.id, "left")
    if decision.pause and _refused_long_enough(connection, chat, decision):
        topic, whole = of_chat(subscriptions, delivery.chat), subscriptions.c.chat_id == delivery.chat.id
        pause(connection, topic if decision.topic else whole, decision.pause, now)
    if decision.moved_to is not None:
        move(connection, delivery.chat.id, decision.moved_to)


def hold(connection: Connection, until: Mapping[int, dt.datetime]) -> None:
    """Remember until when Telegram wants chats left alone; 0 stands for all of them."""
    if until:
        row = upsert(connection.dialect, holds)
        row = row.on_conflict_do_update(index_elements=["chat_id"], set_={"until": row.excluded.until})
        connection.execute(row, [{"chat_id": chat, "until": end} for chat, end in until.items()])


def move(connection: Connection, old_id: int, new_id: int) -> None:
    """As `Store.move`."""
    for table, key in _KEYS.items():
        new = table.alias()
        taken = exists().where(new.c.chat_id == new_id, *(new.c[name] == table.c[name] for name in key))
        connection.execute(delete(table).where(table.c.chat_id == old_id, taken))
        connection.execute(update(table).where(table.c.chat_id == old_id).values(chat_id=new_id))
    close_unreachable(connection, deliveries.c.chat_id == new_id, "left")


def delivered(connection: Connection, read: Sequence[tuple[Chat, str | None, str]], now: dt.datetime) -> None:
    """Readers have it, or may have it: it does not come again. The end is told once until something new came."""
    if not read:
        return
    known = [(chat, digest, version) for chat, digest, version in read if digest is not None]
    see(connection, known, now)
    told = [(chat.id, chat.thread, int(digest is None)) for chat, digest, _ in read]
    for_each(connection, _tell_end, ("chat", "thread", "told"), told)


def _tell_end(_: Dialect) -> ClauseElement:
    mine = subscriptions.c.chat_id == bindparam("chat"), subscriptions.c.thread_id == bindparam("thread")
    told = bindparam("told", type_=Integer)
    return update(subscriptions).where(*mine, subscriptions.c.told_end != told).values(told_end=told)


def leave_in_doubt(connection: Connection, which: ColumnElement[bool]) -> int:
    """Rows that may have gone out once and get no second attempt are listed as such; how many there were."""
    rows = connection.execute(select(deliveries).where(which, deliveries.c.attempt > 0)).all()
    for row in rows:
        become(connection, row, State.UNKNOWN, row.code)
    return len(rows)


def become(connection: Connection, row: Row[Any], state: State, code: str) -> None:
    """A delivery is in another state now, and nobody's."""
    changed = update(deliveries).where(deliveries.c.id == row.id)
    connection.execute(changed.values(state=state, owner=None, code=code))
    count_settled(connection, [state], row.updated)
    if state is State.UNKNOWN and not row.broadcast_id:
        delivered(connection, [(Chat(row.chat_id, row.thread_id), row.digest, row.version)], row.updated)


def pause(
    connection: Connection, which: ColumnElement[bool], reason: str, now: dt.datetime
) -> tuple[int, ...]:
    """Subscriptions get nothing until their chat returns; who has set them up, where that is known."""
    ended = select(func.count()).where(which, subscriptions.c.paused == "")
    count(connection, "left", {"": connection.execute(ended).scalar_one()}, now)
    since = func.coalesce(subscriptions.c.paused_since, literal(now, Moment))
    paused = update(subscriptions).where(which)
    paused = paused.values(paused=reason[:64], next_slot=None, paused_since=since)
    named = (subscriptions.c.chat_id, subscriptions.c.thread_id, subscriptions.c.owner)
    rows = connection.execute(paused.returning(*named)).all()
    for row in rows:
        close_unreachable(connection, of_chat(deliveries, Chat(row.chat_id, row.thread_id)), reason)
    return tuple(sorted({row.owner for row in rows if row.owner}))


def close_unreachable(connection: Connection, which: ColumnElement[bool], reason: str) -> None:
    """What of these is due of a broadcast and belongs to a chat that takes no messages has failed.

    A digest waits for the chat's return, within its lateness; a broadcast would never be finished.
    """
    # Concatenated, so that SQLite does not go through all that is due by the index of states.
    due = deliveries.c.state.concat("") == State.DUE
    owed = and_(which, deliveries.c.broadcast_id > 0, due, ~reachable())
    leave_in_doubt(connection, owed)
    failed = update(deliveries).where(owed).values(state=State.FAILED, code=reason[:200])
    for row in connection.execute(failed.returning(deliveries.c.updated)).all():
        count_settled(connection, [State.FAILED], row.updated)


def _refused_long_enough(connection: Connection, chat: Chat, decision: Decision) -> bool:
    """Whether the chat's last dates all ended with the same answer; a broadcast is no date of its own."""
    if decision.pause_after == 1:
        return True
    latest = (
        select(deliveries.c.code)
        .where(of_chat(deliveries, chat), deliveries.c.broadcast_id == 0)
        .order_by(deliveries.c.local_date.desc())
        .limit(decision.pause_after)
    )
    codes = connection.execute(latest).scalars().all()
    return len(codes) == decision.pause_after and set(codes) == {decision.code[:200]}
