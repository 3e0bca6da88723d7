"""Groups and channels, and those who have set them up."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, text, update
from sqlalchemy.engine import Connection

from bot.core.model import Chat, Kind, Slot, Subscription
from bot.core.troubles import Trouble
from bot.store.rows import new_delivery, of_chat, same_chat, subscription_of
from bot.store.tables import chats, deliveries, meta, subscriptions
from bot.store.transactions import Transactions, reading, transaction
from bot.store.upserts import upsert

_LISTED = "channels"
_LOST = text("lost <> ''")
"""Written out, as the index has it."""


class SqlOwners(Transactions):
    """Implements the `Owners` port; the contracts are written there."""

    @reading
    def standing(self, connection: Connection, chat_id: int) -> tuple[Subscription, ...]:
        mine = select(subscriptions).where(subscriptions.c.chat_id == chat_id)
        rows = connection.execute(mine.order_by(subscriptions.c.thread_id)).all()
        return tuple(subscription_of(row) for row in rows)

    @reading
    def channels_of(self, connection: Connection, user: int) -> tuple[int, ...]:
        theirs = (
            select(subscriptions.c.chat_id)
            .join(chats, same_chat(subscriptions, chats))
            .where(subscriptions.c.owner == user, subscriptions.c.owner != 0, chats.c.kind == Kind.CHANNEL)
            .order_by(subscriptions.c.chat_id)
        )
        return tuple(connection.execute(theirs).scalars())

    @transaction
    def lose(
        self, connection: Connection, chat_id: int, thread: int | None, trouble: Trouble
    ) -> tuple[Subscription, ...]:
        return _mark(connection, and_(_of(chat_id, thread), subscriptions.c.lost == ""), trouble)

    @transaction
    def regain(self, connection: Connection, chat_id: int, thread: int | None) -> tuple[Subscription, ...]:
        told = subscriptions.c.lost != ""
        if thread is None:
            told = and_(told, subscriptions.c.lost != Trouble.TOPIC)
        return _mark(connection, and_(_of(chat_id, thread), told), "")

    @reading
    def lost(self, connection: Connection) -> frozenset[Chat]:
        told = select(subscriptions.c.chat_id, subscriptions.c.thread_id).where(_LOST)
        return frozenset(Chat(*row) for row in connection.execute(told))

    @transaction
    def owe(self, connection: Connection, chat: Chat, date: dt.date, now: dt.datetime) -> bool:
        mine = select(subscriptions).where(of_chat(subscriptions, chat), subscriptions.c.paused == "")
        if connection.execute(mine).first() is None:
            return False
        owed = (
            upsert(connection.dialect, deliveries)
            .values(new_delivery(chat, Slot(date, now), now))
            .on_conflict_do_nothing()
        )
        return bool(connection.execute(owed).rowcount)

    @reading
    def listed(self, connection: Connection) -> Mapping[str, int]:
        kept = connection.execute(select(meta.c.value).where(meta.c.key == _LISTED)).scalar()
        return json.loads(kept) if kept else {}

    @transaction
    def list_channels(self, connection: Connection, channels: Mapping[str, int]) -> None:
        row = upsert(connection.dialect, meta).values(key=_LISTED, value=json.dumps(dict(channels)))
        connection.execute(
            row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value})
        )


def _mark(connection: Connection, which: ColumnElement[bool], lost: str) -> tuple[Subscription, ...]:
    marked: Any = update(subscriptions).where(which).values(lost=lost).returning(*subscriptions.c)
    return tuple(subscription_of(row) for row in connection.execute(marked).all())


def _of(chat_id: int, thread: int | None) -> ColumnElement[bool]:
    whole = subscriptions.c.chat_id == chat_id
    return whole if thread is None else and_(whole, subscriptions.c.thread_id == thread)
