"""Which deliveries go out next, and with which digest."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, func, select, update
from sqlalchemy.engine import Connection

from bot.core.broadcast import Stage
from bot.core.delivery import SECOND_ATTEMPTS
from bot.core.model import Chat, Delivery, History, Kind, Pick, Slot, State
from bot.ports import Choose
from bot.store.counting import count, count_settled, meet
from bot.store.outbox import reachable
from bot.store.rows import claimed_values, preferences_of, same_chat
from bot.store.tables import broadcasts, chats, deliveries, progress, subscriptions
from bot.store.upserts import upsert

OPEN = (State.DUE, State.SENDING)
"""The states of the outbox: what is in another one is settled."""


def claim(
    connection: Connection, now: dt.datetime, owner: str, limit: int, choose: Choose
) -> tuple[Delivery, ...]:
    """As `Store.claim`: digests before the running broadcast, and of each the second attempts last."""
    claimed = _claim_digests(connection, _due(now, again=False).limit(limit), now, owner, choose)
    again = _room_for_second_attempts(connection)
    due = _due(now, again=True).limit(min(again, limit - len(claimed)))
    seconds = _claim_digests(connection, due, now, owner, choose)
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
    connection: Connection, due: Select[Any], now: dt.datetime, owner: str, choose: Choose
) -> tuple[Delivery, ...]:
    """One for each chat: what comes after depends on what this one turns out to be."""
    claimed: dict[Chat, Delivery] = {}
    while not claimed and (rows := connection.execute(due).all()):
        known = _histories(connection, rows)
        going, ended = [], []
        for row in rows:
            chat = Chat(row.chat_id, row.thread_id)
            if chat in claimed:
                continue
            picked = choose(preferences_of(row), known.get(chat, History()))
            if row.attempt and row.digest not in (None, picked.digest):
                see(connection, [(chat, row.digest, row.version)], now)  # the first attempt may have arrived
            if picked.digest is None and row.told_end:
                ended.append(
                    {"row": row.id, "state": State.UNKNOWN if row.attempt else State.EMPTY, "updated": now}
                )
            else:
                going.append(claimed_values(row, owner, picked, now))
                slot = Slot(row.local_date, row.slot)
                spoken, silent = row.language or "", bool(row.silent)
                claimed[chat] = Delivery(
                    row.id,
                    chat,
                    slot,
                    picked,
                    row.attempt + 1,
                    language=spoken,
                    silent=silent,
                    kind=Kind(row.kind or ""),
                )
        _change(connection, ended)
        count_settled(connection, (each["state"] for each in ended), now)
        _change(connection, going)
    return tuple(claimed.values())


def _change(connection: Connection, changes: Sequence[dict[str, Any]]) -> None:
    """Change deliveries by their ids, all of them in one statement."""
    if changes:
        connection.execute(update(deliveries).where(deliveries.c.id == bindparam("row")), changes)


def see(connection: Connection, read: Sequence[tuple[Chat, str, str]], now: dt.datetime) -> None:
    """Remember that chats have read digests, and in which version ("": not known)."""
    if read:
        rows = [
            {"chat_id": chat.id, "thread_id": chat.thread, "digest": digest, "seen": now, "version": version}
            for chat, digest, version in read
        ]
        row = upsert(connection, progress)
        last = {"version": row.excluded.version}
        key = ["chat_id", "thread_id", "digest"]
        known = row.excluded.version != ""
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=last, where=known), rows)
        meet(connection, {chat for chat, _, _ in read}, now)
        count(connection, "read", Counter(digest for _, digest, _ in read), now)


def _due(now: dt.datetime, *, again: bool) -> Select[Any]:
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
        select(deliveries, chats.c.language, chats.c.kind, *wanted)
        .join(subscriptions, same_chat(deliveries, subscriptions))
        .outerjoin(chats, same_chat(deliveries, chats))
        .where(_ready(now, 0, again=again), subscriptions.c.paused == "", ~doubtful)
        .order_by(deliveries.c.attempt, deliveries.c.not_before, deliveries.c.id)
    )


def _ready(now: dt.datetime, broadcast: int, *, again: bool) -> ColumnElement[bool]:
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
    due = select(deliveries, chats.c.language, theirs.c.silent)
    for table in (chats, theirs):
        due = due.outerjoin(table, same_chat(deliveries, table))
    due = due.where(_ready(now, running.id, again=again), reachable())
    due = due.order_by(deliveries.c.attempt, deliveries.c.not_before, deliveries.c.id).limit(limit)
    rows = connection.execute(due).all()
    about = Pick(running.digest, 0, 0, running.version or "")
    _change(connection, [claimed_values(row, owner, about, now) for row in rows])
    return tuple(
        Delivery(
            row.id,
            Chat(row.chat_id, row.thread_id),
            Slot(row.local_date, row.slot),
            about,
            row.attempt + 1,
            running.id,
            running.html,
            row.language or "",
            bool(row.silent),
        )
        for row in rows
    )


def _histories(connection: Connection, rows: Sequence[Row[Any]]) -> dict[Chat, History]:
    """What each chat of the rows has read, and since when it is known, in two queries."""
    ids = {row.chat_id for row in rows}
    found: dict[Chat, set[str]] = {}
    for row in connection.execute(select(progress).where(progress.c.chat_id.in_(ids))):
        found.setdefault(Chat(row.chat_id, row.thread_id), set()).add(row.digest)
    since = {
        Chat(row.chat_id, row.thread_id): row.since
        for row in connection.execute(select(chats).where(chats.c.chat_id.in_(ids)))
    }
    return {chat: History(found.get(chat, frozenset()), since.get(chat)) for chat in found.keys() | since}
