"""Groups and channels, and those who have set them up."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, and_, select, update

from bot.core.model import Chat, Kind, Slot, State, Subscription
from bot.core.planning import Planned
from bot.core.troubles import Trouble
from bot.store.rows import new_delivery, of_chat, same_chat, subscription_of
from bot.store.tables import chats, deliveries, meta, subscriptions
from bot.store.transactions import Transactions
from bot.store.upserts import upsert

_LISTED = "channels"


class SqlOwners(Transactions):
    """Implements the `Owners` port; the contracts are written there."""

    async def standing(self, chat_id: int) -> tuple[Subscription, ...]:
        mine = select(subscriptions).where(subscriptions.c.chat_id == chat_id)
        async with self._beside() as connection:
            rows = (await connection.execute(mine.order_by(subscriptions.c.thread_id))).all()
        return tuple(subscription_of(row) for row in rows)

    async def channels_of(self, user: int) -> tuple[int, ...]:
        theirs = (
            select(subscriptions.c.chat_id)
            .join(chats, same_chat(subscriptions, chats))
            .where(subscriptions.c.owner == user, subscriptions.c.owner != 0, chats.c.kind == Kind.CHANNEL)
            .order_by(subscriptions.c.chat_id)
        )
        async with self._beside() as connection:
            return tuple((await connection.execute(theirs)).scalars())

    async def lose(self, chat_id: int, thread: int | None, trouble: Trouble) -> tuple[Subscription, ...]:
        return await self._mark(and_(_of(chat_id, thread), subscriptions.c.lost == ""), trouble)

    async def regain(self, chat_id: int, thread: int | None) -> tuple[Subscription, ...]:
        told = subscriptions.c.lost != ""
        if thread is None:
            told = and_(told, subscriptions.c.lost != Trouble.TOPIC)
        return await self._mark(and_(_of(chat_id, thread), told), "")

    async def lost(self) -> frozenset[Chat]:
        told = select(subscriptions.c.chat_id, subscriptions.c.thread_id).where(subscriptions.c.lost != "")
        async with self._beside() as connection:
            return frozenset(Chat(*row) for row in await connection.execute(told))

    async def owe(self, chat: Chat, date: dt.date, now: dt.datetime) -> bool:
        mine = select(subscriptions).where(of_chat(subscriptions, chat), subscriptions.c.paused == "")
        async with self._transaction() as connection:
            row = (await connection.execute(mine)).first()
            if row is None:
                return False
            planned = Planned(subscription_of(row), Slot(date, now), State.DUE, now)
            owed = (
                upsert(connection, deliveries)
                .values(new_delivery(planned, State.DUE, now))
                .on_conflict_do_nothing()
            )
            return bool((await connection.execute(owed)).rowcount)

    async def listed(self) -> Mapping[str, int]:
        async with self._beside() as connection:
            kept = (await connection.execute(select(meta.c.value).where(meta.c.key == _LISTED))).scalar()
        return json.loads(kept) if kept else {}

    async def list_channels(self, channels: Mapping[str, int]) -> None:
        async with self._transaction() as connection:
            row = upsert(connection, meta).values(key=_LISTED, value=json.dumps(dict(channels)))
            await connection.execute(
                row.on_conflict_do_update(index_elements=["key"], set_={"value": row.excluded.value})
            )

    async def _mark(self, which: ColumnElement[bool], lost: str) -> tuple[Subscription, ...]:
        marked: Any = update(subscriptions).where(which).values(lost=lost).returning(*subscriptions.c)
        async with self._transaction() as connection:
            rows = (await connection.execute(marked)).all()
        return tuple(subscription_of(row) for row in rows)


def _of(chat_id: int, thread: int | None) -> ColumnElement[bool]:
    whole = subscriptions.c.chat_id == chat_id
    return whole if thread is None else and_(whole, subscriptions.c.thread_id == thread)
