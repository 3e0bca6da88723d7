"""What is known of chats: subscriptions, language, what they have read; and what the operator may count of it."""

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.core.model import Chat, History, Kind, Preferences, State, Subscription
from bot.store.claiming import see
from bot.store.counting import count, meet
from bot.store.inbox import take_effect
from bot.store.rows import of_chat, subscribed_values, subscription_of
from bot.store.settling import leave_in_doubt, move, pause
from bot.store.tables import chats, deliveries, progress, subscriptions
from bot.store.tables import digests as registered
from bot.store.transactions import Transactions, reading, transaction
from bot.store.upserts import upsert


class SqlReaders(Transactions):
    """Implements the `Readers` port; the contracts are written there."""

    @reading
    def subscription(self, connection: Connection, chat: Chat) -> Subscription | None:
        row = connection.execute(select(subscriptions).where(of_chat(subscriptions, chat))).first()
        return subscription_of(row) if row else None

    @transaction
    def subscribe(
        self,
        connection: Connection,
        chat: Chat,
        preferences: Preferences,
        next_slot: dt.datetime,
        now: dt.datetime,
        owner: int = 0,
    ) -> None:
        wanted = subscribed_values(preferences, next_slot, owner)
        mine = exists().where(of_chat(subscriptions, chat), subscriptions.c.paused == "")
        if not connection.execute(select(mine)).scalar_one():
            count(connection, "joined", {"": 1}, now)
        row = upsert(connection.dialect, subscriptions)
        row = row.values(chat_id=chat.id, thread_id=chat.thread, told_end=0, **wanted)
        connection.execute(row.on_conflict_do_update(index_elements=["chat_id", "thread_id"], set_=wanted))
        meet(connection, [chat, *([Chat(owner)] if owner else [])], now)

    @transaction
    def unsubscribe(self, connection: Connection, chat: Chat, now: dt.datetime) -> bool:
        gone = connection.execute(
            delete(subscriptions).where(of_chat(subscriptions, chat)).returning(subscriptions.c.paused)
        )
        was = gone.scalar()
        if was == "":  # one that was paused has been counted then
            count(connection, "left", {"": 1}, now)
        _drop_owed(connection, chat)
        return was is not None

    @transaction
    def postpone(self, connection: Connection, chat: Chat) -> None:
        _drop_owed(connection, chat)

    @reading
    def language(self, connection: Connection, chat: Chat) -> str:
        known = connection.execute(select(chats.c.language).where(of_chat(chats, chat)))
        return known.scalar() or ""

    @transaction
    def speak(self, connection: Connection, chat: Chat, kind: Kind, language: str, now: dt.datetime) -> None:
        spoken = {"kind": kind, "language": language}
        row = upsert(connection.dialect, chats)
        row = row.values(chat_id=chat.id, thread_id=chat.thread, since=now, **spoken)
        connection.execute(row.on_conflict_do_update(index_elements=["chat_id", "thread_id"], set_=spoken))

    @reading
    def last_date(self, connection: Connection, chat: Chat) -> dt.date | None:
        digests = and_(of_chat(deliveries, chat), deliveries.c.broadcast_id == 0)
        latest = select(func.max(deliveries.c.local_date)).where(digests)
        date: dt.date | None = connection.execute(latest).scalar()
        return date

    @transaction
    def pause(self, connection: Connection, chat_id: int, reason: str, now: dt.datetime) -> tuple[int, ...]:
        return pause(connection, subscriptions.c.chat_id == chat_id, reason, now)

    @reading
    def paused(self, connection: Connection, chat_id: int) -> tuple[Subscription, ...]:
        mine = select(subscriptions).where(subscriptions.c.chat_id == chat_id, subscriptions.c.paused != "")
        rows = connection.execute(mine).all()
        return tuple(subscription_of(row) for row in rows)

    @transaction
    def move(self, connection: Connection, old_id: int, new_id: int) -> None:
        move(connection, old_id, new_id)

    @reading
    def history(self, connection: Connection, chat: Chat) -> History:
        rows = connection.execute(select(progress.c.digest).where(of_chat(progress, chat)))
        since = connection.execute(select(chats.c.since).where(of_chat(chats, chat)))
        return History(frozenset(rows.scalars()), since.scalar())

    @transaction
    def register(
        self, connection: Connection, digests: Collection[str], now: dt.datetime
    ) -> Mapping[str, dt.datetime]:
        known = {row.digest: row.since for row in connection.execute(select(registered))}
        since = now if known else dt.datetime.fromtimestamp(0, dt.UTC)
        if new := [{"digest": id_, "since": since} for id_ in digests if id_ not in known]:
            connection.execute(insert(registered), new)
        return {id_: known.get(id_, since) for id_ in digests}

    @transaction
    def mark_seen(
        self,
        connection: Connection,
        chat: Chat,
        digest: str,
        now: dt.datetime,
        version: str = "",
        update: int = 0,
    ) -> None:
        if take_effect(connection, update):
            see(connection, [(chat, digest, version)], now)

    @transaction
    def start_over(self, connection: Connection, chat: Chat) -> None:
        connection.execute(delete(progress).where(of_chat(progress, chat)))
        mine = update(subscriptions).where(of_chat(subscriptions, chat))
        connection.execute(mine.values(told_end=0))


def _drop_owed(connection: Connection, chat: Chat) -> None:
    owed = and_(of_chat(deliveries, chat), deliveries.c.state == State.DUE)
    leave_in_doubt(connection, owed)
    connection.execute(delete(deliveries).where(owed))
