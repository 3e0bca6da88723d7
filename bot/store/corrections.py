"""Which chats know a digest in another wording than today's: who gets a note, and which posts are edited."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, insert, literal_column, or_, select, update
from sqlalchemy.engine import Connection

from bot.core.broadcast import Stage
from bot.core.model import Chat, Kind, Post, State
from bot.store.broadcasts import OVER, owe
from bot.store.rows import of_chat, same_chat
from bot.store.tables import broadcasts, chats, deliveries, progress, subscriptions
from bot.store.transactions import Transactions, reading, transaction


class SqlCorrections(Transactions):
    """Implements the `Corrections` port; the contracts are written there."""

    @reading
    def versions(self, connection: Connection, chat: Chat) -> dict[str, str]:
        mine = select(progress.c.digest, progress.c.version).where(of_chat(progress, chat))
        known = mine.where(progress.c.version != "").order_by(progress.c.seen.desc())
        return {row.digest: row.version for row in connection.execute(known)}

    @transaction
    def correct(
        self, connection: Connection, digest: str, version: str, html: str, operator: int, now: dt.datetime
    ) -> int:
        mine = broadcasts.c.digest == digest
        sentence = broadcasts.c.html.endswith(html[html.rfind("\n") :], autoescape=True)
        told = exists().where(mine, or_(broadcasts.c.version == version, sentence))
        away = exists().where(same_chat(progress, subscriptions), subscriptions.c.paused != "")
        chats = select(progress.c.chat_id, progress.c.thread_id)
        chats = chats.where(_other(progress, digest, version), progress.c.chat_id > 0, ~away)
        values = {"html": html, "stage": Stage.QUEUED, "operator": operator, "note": "", "updated": now}
        note = insert(broadcasts).values(digest=digest, version=version, **values).returning(broadcasts.c.id)
        if connection.execute(select(told)).scalar_one():
            return 0
        if connection.execute(chats.limit(1)).first() is None:
            return 0
        overtaken = update(broadcasts).where(mine, broadcasts.c.stage.not_in(OVER))
        connection.execute(overtaken.values(stage=Stage.STOPPING))
        return owe(connection, connection.execute(note).scalar_one(), chats, now)

    @reading
    def stale_posts(
        self, connection: Connection, digest: str, version: str, since: dt.date, limit: int
    ) -> tuple[Post, ...]:
        wanted = and_(
            _other(deliveries, digest, version),
            literal_column("deliveries.chat_id") < literal_column("0"),  # as the index has it
            deliveries.c.state.concat("") == State.SENT,  # else SQLite takes the index that leads to all sent
            deliveries.c.message_id.is_not(None),
            deliveries.c.local_date >= since,
        )
        stale = (
            select(deliveries, chats.c.language, chats.c.kind)
            .outerjoin(chats, same_chat(deliveries, chats))
            .where(wanted)
            .order_by(deliveries.c.not_before, deliveries.c.id)
            .limit(limit)
        )
        rows = connection.execute(stale).all()
        read = select(progress).where(progress.c.chat_id.in_({row.chat_id for row in rows}))
        seen: dict[Chat, dict[str, dt.datetime]] = {}
        for row in connection.execute(read):
            seen.setdefault(Chat(row.chat_id, row.thread_id), {})[row.digest] = row.seen
        posts = []
        for row in rows:
            chat = Chat(row.chat_id, row.thread_id)
            then = {known for known, at in seen.get(chat, {}).items() if at <= row.updated} | {digest}
            posts.append(
                Post(
                    row.id,
                    chat,
                    row.message_id,
                    row.not_before,
                    frozenset(then),
                    row.language or "",
                    Kind(row.kind or ""),
                )
            )
        return tuple(posts)

    @transaction
    def edited(self, connection: Connection, post: int, version: str) -> None:
        connection.execute(update(deliveries).where(deliveries.c.id == post).values(version=version))

    @transaction
    def edit_later(self, connection: Connection, post: int, until: dt.datetime) -> None:
        connection.execute(update(deliveries).where(deliveries.c.id == post).values(not_before=until))


def _other(table: Any, digest: str, version: str) -> ColumnElement[bool]:
    """Rows with a known wording that is not this one; two ranges, so that the index leads past all that are current."""
    before = and_(table.c.version > "", table.c.version < version)
    return and_(table.c.digest == digest, or_(before, table.c.version > version))
