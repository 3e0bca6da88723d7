"""All that is kept about a chat: shown, and erased from the tables."""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Delete, Update, and_, delete, exists, func, select, text, union, update
from sqlalchemy.engine import Connection

from bot.core.model import State
from bot.ports.privacy import Kept
from bot.store.counting import count
from bot.store.forgotten import Marks
from bot.store.inbox import forget_updates
from bot.store.tables import broadcasts, chats, deliveries, holds, progress, subscriptions
from bot.store.transactions import Transactions, reading, transaction

_BY_TOPIC = (chats, subscriptions, progress, deliveries)
"""The tables whose rows each belong to a chat or to a topic of one."""
_OWNED = text("subscriptions.owner <> 0")
"""Written out, as the index has it."""
_AT_ONCE = 200
"""Chats that one look at those long paused erases: the next look goes on."""


class SqlPrivacy(Transactions):
    """Implements the `Privacy` port; the contracts are written there."""

    @reading
    def kept(self, connection: Connection, chat_id: int) -> Kept:
        mine = {table.name: select(table).where(table.c.chat_id == chat_id) for table in (*_BY_TOPIC, holds)}
        theirs = select(subscriptions.c.chat_id, subscriptions.c.thread_id)
        mine["elsewhere"] = theirs.where(
            _OWNED, subscriptions.c.owner == chat_id, subscriptions.c.chat_id != chat_id
        )
        mine["broadcasts"] = select(broadcasts).where(broadcasts.c.operator == chat_id)
        return {
            name: [dict(row) for row in connection.execute(rows).mappings()] for name, rows in mine.items()
        }

    async def forget(self, chat_id: int, now: dt.datetime) -> None:
        # The mark comes first: what a crash or a full disk leaves in the tables goes at the next opening.
        await self._set_mark(chat_id, now)
        await self._erase([chat_id], now)
        await self._scrub([chat_id])

    async def scrub(self) -> None:
        """As the port has it: what lies in the files of a server is the server's."""

    async def empty_log(self) -> None:
        """As the port has it: the same."""

    async def _set_mark(self, chat_id: int, now: dt.datetime) -> None:
        """Set a mark that outlives a restored backup. Raises StoreError; then there is none."""
        raise NotImplementedError

    async def _scrub(self, chat_ids: Iterable[int]) -> None:
        """Take from the files what has just been erased from the tables."""

    async def forget_paused(self, before: dt.datetime) -> int:
        if gone := await self._long_paused(before):
            await self._erase(gone, before)
            await self._scrub(gone)
        return len(gone)

    @reading
    def _long_paused(self, connection: Connection, before: dt.datetime) -> frozenset[int]:
        other = subscriptions.alias()
        still = exists().where(
            other.c.chat_id == subscriptions.c.chat_id,
            (other.c.paused_since >= before) | other.c.paused_since.is_(None),
        )
        # Without DISTINCT, for which SQLite would go through all subscriptions in their order.
        long_ago = select(subscriptions.c.chat_id).where(subscriptions.c.paused_since < before, ~still)
        return frozenset(connection.execute(long_ago.limit(_AT_ONCE)).scalars())

    @transaction
    def _erase(self, connection: Connection, chat_ids: Collection[int], now: dt.datetime) -> None:
        active = select(func.count()).where(
            subscriptions.c.chat_id.in_(chat_ids), subscriptions.c.paused == ""
        )
        if left := connection.execute(active).scalar_one():
            count(connection, "left", {"": left}, now)
        for chat_id in chat_ids:
            erase(connection, chat_id)


def erase(connection: Connection, chat_id: int, keep: Collection[int] = ()) -> int:
    """Every row about a chat goes, but for those of the topics that are to `keep`; how many there were.

    A delivery in flight keeps its number, so that its outcome cannot be taken for that of another one, and
    nothing else.
    """
    flying = and_(_of(deliveries, chat_id, keep), deliveries.c.state == State.SENDING)
    nobody = {"chat_id": 0, "thread_id": deliveries.c.id, "digest": None, "version": "", "message_id": None}
    over = {"state": State.EMPTY, "owner": None, "code": "forgotten"}
    changes: list[Delete | Update] = [update(deliveries).where(flying).values(**nobody, **over)]
    changes += [delete(table).where(_of(table, chat_id, keep)) for table in reversed(_BY_TOPIC)]
    if not keep:
        owned = and_(_OWNED, subscriptions.c.owner == chat_id)
        written = update(broadcasts).where(broadcasts.c.operator == chat_id)
        changes += [
            delete(holds).where(holds.c.chat_id == chat_id),
            update(subscriptions).where(owned).values(owner=0),
            written.values(operator=0, card=None),
        ]
    gone = sum(connection.execute(change).rowcount for change in changes)
    return gone if keep else gone + forget_updates(connection, chat_id)


def erase_forgotten(connection: Connection, forgotten: Marks) -> tuple[int, ...]:
    """What a restored backup, or an end in the midst, brought back of forgotten chats goes; which they were.

    What is newer than their mark stays: they came back.
    """
    ids = union(
        select(chats.c.chat_id),
        select(holds.c.chat_id),
        select(subscriptions.c.owner).where(_OWNED),
        select(broadcasts.c.operator),
    )
    among = forgotten.among(row[0] for row in connection.execute(ids))
    gone = []
    for chat_id, moment in among.items():
        later = select(chats.c.thread_id).where(chats.c.chat_id == chat_id, chats.c.since > moment)
        if erase(connection, chat_id, connection.execute(later).scalars().all()):
            gone.append(chat_id)
    return tuple(gone)


def _of(table: Any, chat_id: int, keep: Collection[int]) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = table.c.chat_id == chat_id
    return and_(mine, table.c.thread_id.not_in(keep)) if keep else mine
