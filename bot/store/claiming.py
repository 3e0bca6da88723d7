"""Which deliveries go out next, and with which digest."""

import datetime as dt
import functools
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, and_, bindparam, exists, func, select, update
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement

from bot.core.broadcast import Stage
from bot.core.delivery import SECOND_ATTEMPTS
from bot.core.model import Chat, Delivery, History, Kind, Pick, Slot, State
from bot.ports import Choose
from bot.store.bulk import for_each
from bot.store.counting import count, count_settled, meet
from bot.store.outbox import reachable
from bot.store.rows import preferences_of, same_chat
from bot.store.tables import Moment, broadcasts, chats, deliveries, progress, subscriptions
from bot.store.upserts import upsert

_NAMES = "id", "chat_id", "thread_id", "local_date", "slot", "attempt", "digest", "version"
_ROW = [*(deliveries.c[name] for name in _NAMES), chats.c.language]
OPEN = (State.DUE, State.SENDING)
"""The states of the outbox: what is in another one is settled."""


def claim(
    connection: Connection, now: dt.datetime, owner: str, limit: int, choose: Choose
) -> tuple[Delivery, ...]:
    """As `Store.claim`: digests before the running broadcast, and of each the second attempts last."""
    claimed = _claim_digests(connection, _due(again=False), limit, now, owner, choose)
    again = _room_for_second_attempts(connection)
    seconds = _claim_digests(
        connection, _due(again=True), min(again, limit - len(claimed)), now, owner, choose
    )
    claimed, again = claimed + seconds, again - len(seconds)
    running = connection.execute(
        select(broadcasts).where(broadcasts.c.stage == Stage.RUNNING).limit(1)
    ).first()
    if running is not None:
        claimed += _claim_broadcast(connection, running, now, owner, limit - len(claimed))
        room = min(again, limit - len(claimed))
        claimed += _claim_broadcast(connection, running, now, owner, room, again=True)
    return claimed


def _room_for_second_attempts(connection: Connection) -> int:
    under_way = select(func.count()).where(deliveries.c.state == State.SENDING, deliveries.c.attempt > 1)
    return max(0, SECOND_ATTEMPTS - connection.execute(under_way).scalar_one())


def _claim_digests(
    connection: Connection, due: Select[Any], limit: int, now: dt.datetime, owner: str, choose: Choose
) -> tuple[Delivery, ...]:
    """One for each chat: what comes after depends on what this one turns out to be."""
    claimed: dict[Chat, Delivery] = {}
    wanted = {"now": now, "limit": limit}
    while not claimed and limit and (rows := connection.execute(due, wanted).all()):
        read = _read_by(connection, {row.chat_id for row in rows})
        going: list[Delivery] = []
        ended: list[tuple[Any, ...]] = []
        for row in rows:
            chat = Chat(row.chat_id, row.thread_id)
            if chat in claimed:
                continue
            picked = choose(preferences_of(row), History(read.get(chat, frozenset()), row.since))
            if row.attempt and row.digest not in (None, picked.digest):
                see(connection, [(chat, row.digest, row.version)], now)  # the first attempt may have arrived
            if picked.digest is None and row.told_end:
                ended.append((row.id, State.UNKNOWN if row.attempt else State.EMPTY, now))
            else:
                claimed[chat] = _claimed(row, picked, kind=Kind(row.kind or ""))
                going.append(claimed[chat])
        for_each(connection, _end, ("row", "state", "updated"), ended)
        count_settled(connection, (state for _, state, _ in ended), now)
        _go(connection, going, owner, now)
    return tuple(claimed.values())


def _claimed(row: Any, picked: Pick, **more: Any) -> Delivery:
    """The delivery of a row, one attempt further."""
    chat, slot = Chat(row.chat_id, row.thread_id), Slot(row.local_date, row.slot)
    spoken, silent = row.language or "", bool(row.silent)
    return Delivery(row.id, chat, slot, picked, row.attempt + 1, language=spoken, silent=silent, **more)


def _go(connection: Connection, going: Sequence[Delivery], owner: str, now: dt.datetime) -> None:
    """These go out now, and are the owner's until their outcome is known."""
    rows = [(each.id, each.attempt, each.pick.digest, each.pick.version, owner, now) for each in going]
    for_each(connection, _send, ("row", "attempt", "digest", "version", "owner", "updated"), rows)


def _send(_: Dialect) -> ClauseElement:
    return update(deliveries).where(deliveries.c.id == bindparam("row")).values(state=State.SENDING)


def _end(_: Dialect) -> ClauseElement:
    return update(deliveries).where(deliveries.c.id == bindparam("row"))


def see(connection: Connection, read: Sequence[tuple[Chat, str, str]], now: dt.datetime) -> None:
    """Remember that chats have read digests, and in which version ("": not known)."""
    if read:
        rows = [(chat.id, chat.thread, digest, now, version) for chat, digest, version in read]
        for_each(connection, _seen, ("chat_id", "thread_id", "digest", "seen", "version"), rows)
        meet(connection, {chat for chat, _, _ in read}, now)
        count(connection, "read", Counter(digest for _, digest, _ in read), now)


def _seen(dialect: Dialect) -> ClauseElement:
    row = upsert(dialect, progress)
    last, known = {"version": row.excluded.version}, row.excluded.version != ""
    return row.on_conflict_do_update(
        index_elements=["chat_id", "thread_id", "digest"], set_=last, where=known
    )


@functools.cache
def _due(*, again: bool) -> Select[Any]:
    """So many (`limit`) that are due by `now`; made once, as it takes as long to make as to run."""
    other = deliveries.alias()
    # While one that may have arrived is open, the chat's next one would pick the same digest.
    doubtful = exists().where(
        same_chat(other, deliveries),
        other.c.broadcast_id == 0,
        other.c.attempt > deliveries.c.attempt,
        other.c.state.in_(OPEN),
    )
    names = ("themes", "articles", "time", "days", "zone", "silent", "resume", "told_end")
    wanted = (getattr(subscriptions.c, name) for name in names)
    return (
        select(*_ROW, chats.c.kind, chats.c.since, *wanted)
        .join(subscriptions, same_chat(deliveries, subscriptions))
        .outerjoin(chats, same_chat(deliveries, chats))
        .where(
            _ready(bindparam("now", type_=Moment), 0, again=again), subscriptions.c.paused == "", ~doubtful
        )
        .order_by(deliveries.c.attempt, deliveries.c.not_before, deliveries.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


def _ready(now: Any, broadcast: int, *, again: bool) -> ColumnElement[bool]:
    """Due by now, for the first time or `again`."""
    return and_(
        deliveries.c.attempt > 0 if again else deliveries.c.attempt == 0,
        deliveries.c.state == State.DUE,
        deliveries.c.broadcast_id == broadcast,
        deliveries.c.not_before <= now,
    )


def _claim_broadcast(
    connection: Connection,
    running: Row[Any],
    now: dt.datetime,
    owner: str,
    limit: int,
    *,
    again: bool = False,
) -> tuple[Delivery, ...]:
    theirs = subscriptions.alias()  # `reachable` asks for subscriptions of its own
    due = select(*_ROW, theirs.c.silent)
    for table in (chats, theirs):
        due = due.outerjoin(table, same_chat(deliveries, table))
    due = due.where(_ready(now, running.id, again=again), reachable())
    due = due.order_by(deliveries.c.attempt, deliveries.c.not_before, deliveries.c.id).limit(limit)
    rows = connection.execute(due).all()
    about = Pick(running.digest, 0, 0, running.version or "")
    claimed = tuple(_claimed(row, about, broadcast=running.id, html=running.html) for row in rows)
    _go(connection, claimed, owner, now)
    return claimed


def _read_by(connection: Connection, chat_ids: Collection[int]) -> dict[Chat, frozenset[str]]:
    """What each of these chats has read, joined by the database: a row for each digest would be most of the work."""
    joined = func.aggregate_strings(progress.c.digest, " ")
    mine = select(progress.c.chat_id, progress.c.thread_id, joined).where(progress.c.chat_id.in_(chat_ids))
    found = connection.execute(mine.group_by(progress.c.chat_id, progress.c.thread_id))
    return {Chat(chat_id, thread_id): frozenset(read.split()) for chat_id, thread_id, read in found}
