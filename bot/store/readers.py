"""What is known of chats: subscriptions, language, what they have read; and what the operator may count of it."""

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.model import Chat, History, Kind, Preferences, State, Subscription
from bot.store.claiming import see
from bot.store.counting import count, meet
from bot.store.inbox import take_effect
from bot.store.rows import of_chat, subscribed_values, subscription_of
from bot.store.settling import leave_in_doubt, move, pause
from bot.store.tables import chats, deliveries, progress, subscriptions
from bot.store.tables import digests as registered
from bot.store.transactions import Transactions
from bot.store.upserts import upsert


class SqlReaders(Transactions):
    """Implements the `Readers` port; the contracts are written there."""

    async def subscription(self, chat: Chat) -> Subscription | None:
        async with self._beside() as connection:
            row = (
                await connection.execute(select(subscriptions).where(of_chat(subscriptions, chat)))
            ).first()
        return subscription_of(row) if row else None

    async def subscribe(
        self, chat: Chat, preferences: Preferences, next_slot: dt.datetime, now: dt.datetime, owner: int = 0
    ) -> None:
        wanted = subscribed_values(preferences, next_slot, owner)
        mine = exists().where(of_chat(subscriptions, chat), subscriptions.c.paused == "")
        async with self._transaction() as connection:
            if not (await connection.execute(select(mine))).scalar_one():
                await count(connection, "joined", {"": 1}, now)
            row = upsert(connection, subscriptions)
            row = row.values(chat_id=chat.id, thread_id=chat.thread, told_end=0, **wanted)
            await connection.execute(
                row.on_conflict_do_update(index_elements=["chat_id", "thread_id"], set_=wanted)
            )
            await meet(connection, [chat, *([Chat(owner)] if owner else [])], now)

    async def unsubscribe(self, chat: Chat, now: dt.datetime) -> bool:
        async with self._transaction() as connection:
            gone = await connection.execute(
                delete(subscriptions).where(of_chat(subscriptions, chat)).returning(subscriptions.c.paused)
            )
            was = gone.scalar()
            if was == "":  # one that was paused has been counted then
                await count(connection, "left", {"": 1}, now)
            await _drop_owed(connection, chat)
        return was is not None

    async def postpone(self, chat: Chat) -> None:
        async with self._transaction() as connection:
            await _drop_owed(connection, chat)

    async def language(self, chat: Chat) -> str:
        async with self._beside() as connection:
            known = await connection.execute(select(chats.c.language).where(of_chat(chats, chat)))
            return known.scalar() or ""

    async def speak(self, chat: Chat, kind: Kind, language: str, now: dt.datetime) -> None:
        spoken = {"kind": kind, "language": language}
        async with self._transaction() as connection:
            row = upsert(connection, chats)
            row = row.values(chat_id=chat.id, thread_id=chat.thread, since=now, **spoken)
            await connection.execute(
                row.on_conflict_do_update(index_elements=["chat_id", "thread_id"], set_=spoken)
            )

    async def last_date(self, chat: Chat) -> dt.date | None:
        digests = and_(of_chat(deliveries, chat), deliveries.c.broadcast_id == 0)
        latest = select(func.max(deliveries.c.local_date)).where(digests)
        async with self._beside() as connection:
            date: dt.date | None = (await connection.execute(latest)).scalar()
        return date

    async def pause(self, chat_id: int, reason: str, now: dt.datetime) -> tuple[int, ...]:
        async with self._transaction() as connection:
            return await pause(connection, subscriptions.c.chat_id == chat_id, reason, now)

    async def paused(self, chat_id: int) -> tuple[Subscription, ...]:
        mine = select(subscriptions).where(subscriptions.c.chat_id == chat_id, subscriptions.c.paused != "")
        async with self._beside() as connection:
            rows = (await connection.execute(mine)).all()
        return tuple(subscription_of(row) for row in rows)

    async def move(self, old_id: int, new_id: int) -> None:
        async with self._transaction() as connection:
            await move(connection, old_id, new_id)

    async def history(self, chat: Chat) -> History:
        async with self._beside() as connection:
            rows = await connection.execute(select(progress.c.digest).where(of_chat(progress, chat)))
            since = await connection.execute(select(chats.c.since).where(of_chat(chats, chat)))
            return History(frozenset(rows.scalars()), since.scalar())

    async def register(self, digests: Collection[str], now: dt.datetime) -> Mapping[str, dt.datetime]:
        async with self._transaction() as connection:
            known = {row.digest: row.since for row in await connection.execute(select(registered))}
            since = now if known else dt.datetime.fromtimestamp(0, dt.UTC)
            if new := [{"digest": id_, "since": since} for id_ in digests if id_ not in known]:
                await connection.execute(insert(registered), new)
        return {id_: known.get(id_, since) for id_ in digests}

    async def mark_seen(
        self, chat: Chat, digest: str, now: dt.datetime, version: str = "", update: int = 0
    ) -> None:
        async with self._transaction() as connection:
            if await take_effect(connection, update):
                await see(connection, [(chat, digest, version)], now)

    async def start_over(self, chat: Chat) -> None:
        async with self._transaction() as connection:
            await connection.execute(delete(progress).where(of_chat(progress, chat)))
            mine = update(subscriptions).where(of_chat(subscriptions, chat))
            await connection.execute(mine.values(told_end=0))


async def _drop_owed(connection: AsyncConnection, chat: Chat) -> None:
    owed = and_(of_chat(deliveries, chat), deliveries.c.state == State.DUE)
    await leave_in_doubt(connection, owed)
    await connection.execute(delete(deliveries).where(owed))
