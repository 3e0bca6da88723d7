"""Updates between their receipt and their handling."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, text, update
from sqlalchemy.engine import Connection

from bot.ports.inbox import Received
from bot.store.leases import living
from bot.store.tables import inbox
from bot.store.transactions import Transactions, reading, transaction
from bot.store.upserts import upsert

_WAITING = text("payload <> ''")
"""Written out, as the index has it."""
_LEFT = -1
"""The attempt of what was left to the process that has the chat's earlier ones, which has not looked at it yet.

Whatever comes to that process itself must wait behind it.
"""
_DONE = {"payload": "", "chat_id": 0, "owner": None}


def _as_it_is(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Its value, as one that no index has: that of what waits is taken, and not the one of a whole day's numbers."""
    return func.coalesce(column, column)


class SqlInbox(Transactions):
    """Implements the `Inbox` port; the contracts are written there."""

    @transaction
    def receive(
        self, connection: Connection, updates: Sequence[Received], owner: str, now: dt.datetime
    ) -> frozenset[int]:
        if not updates:
            return frozenset()
        chats = {each.chat_id for each in updates}
        first = (inbox.c.owner != owner) | (inbox.c.attempt == _LEFT)
        in_hand = and_(_WAITING, inbox.c.chat_id.in_(chats), first, inbox.c.owner.in_(living()))
        earlier = select(inbox.c.chat_id, inbox.c.owner).where(in_hand)
        theirs = {row.chat_id: row.owner for row in connection.execute(earlier)} if self.shared else {}
        rows = [
            {
                "update_id": each.number,
                "chat_id": each.chat_id,
                "payload": each.payload,
                "attempt": _LEFT if each.chat_id in theirs else each.attempt,
                "owner": theirs.get(each.chat_id, owner),
                "received": now,
            }
            for each in updates
        ]
        kept = upsert(connection.dialect, inbox).on_conflict_do_nothing()
        new = connection.execute(kept.returning(inbox.c.update_id, inbox.c.attempt), rows).all()
        return frozenset(row.update_id for row in new if row.attempt != _LEFT)

    @transaction
    def waiting(
        self, connection: Connection, owner: str, held: Collection[int], limit: int
    ) -> tuple[Received, ...]:
        dead = inbox.c.owner.is_(None) | inbox.c.owner.not_in(living())
        free = and_(or_(inbox.c.owner == owner, dead), inbox.c.update_id.not_in(held))
        some = select(inbox).where(_WAITING, free).order_by(_as_it_is(inbox.c.update_id)).limit(limit)
        rows = connection.execute(some).all()
        begun = update(inbox).where(inbox.c.update_id.in_([row.update_id for row in rows]))
        if rows:
            connection.execute(begun.values(owner=owner, attempt=inbox.c.attempt + 1))
        return tuple(Received(row.update_id, row.chat_id, row.payload, row.attempt + 1) for row in rows)

    @transaction
    def handled(self, connection: Connection, numbers: Collection[int], owner: str) -> None:
        done = update(inbox).where(inbox.c.update_id.in_(numbers), inbox.c.owner == owner)
        connection.execute(done.values(**_DONE))

    @reading
    def oldest_waiting(self, connection: Connection) -> dt.datetime | None:
        oldest: dt.datetime | None = connection.execute(
            select(func.min(_as_it_is(inbox.c.received))).where(_WAITING)
        ).scalar()
        return oldest

    @transaction
    def purge_inbox(self, connection: Connection, before: dt.datetime) -> None:
        connection.execute(delete(inbox).where(inbox.c.received < before, inbox.c.payload == ""))


def take_effect(connection: Connection, number: int) -> bool:
    """Whether the update may take effect now; with the transaction it counts as handled.

    False: it has taken effect before, in a process that ended between that and its answer. An update that is not
    kept (number 0, say) always may.
    """
    known = connection.execute(select(inbox.c.payload).where(inbox.c.update_id == number)).scalar()
    if known == "":
        return False
    connection.execute(update(inbox).where(inbox.c.update_id == number).values(**_DONE))
    return True


def forget_updates(connection: Connection, chat_id: int) -> int:
    """What waits from this chat, or speaks of it, counts as handled: nothing but its number is kept. How many."""
    spoken = or_(*(inbox.c.payload.contains(part) for part in in_payload(chat_id)))
    theirs = update(inbox).where(_WAITING, (inbox.c.chat_id == chat_id) | spoken)
    return connection.execute(theirs.values(**_DONE)).rowcount


def in_payload(chat_id: int) -> tuple[str, str]:
    """How the id of a person or a chat stands in an update that is kept."""
    return f'"id":{chat_id},', f'"id":{chat_id}}}'
