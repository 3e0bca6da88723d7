"""What the operator may count, day by day and without a person in it; and since when a chat is known."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement

from bot.core.model import Chat, Kind, State
from bot.store.bulk import for_each
from bot.store.tables import chats, counts
from bot.store.upserts import upsert

What = Literal["joined", "left", "read", "paid"] | State
"""Of deliveries the states in which they end: one that is tried again after that counts again."""


def count(connection: Connection, what: What, more: Mapping[str, int], now: dt.datetime) -> None:
    """Add to the day's counts, by key: of what was read the digests, of all else "" alone."""
    if more:
        row = upsert(connection.dialect, counts)
        key = ["date", "what", "key"]
        more_of_it = {"count": counts.c.count + row.excluded.count}
        rows = [
            {"date": now.date(), "what": what, "key": name, "count": number} for name, number in more.items()
        ]
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=more_of_it), rows)


def count_settled(connection: Connection, states: Iterable[State], now: dt.datetime) -> None:
    """Add deliveries by the states in which they ended; those that are open have not."""
    for state, number in Counter(states).items():
        if state not in {State.DUE, State.SENDING}:
            count(connection, state, {"": number}, now)


def meet(connection: Connection, met: Iterable[Chat], now: dt.datetime) -> None:
    """Chats are known from now on, unless they are already."""
    rows = [(chat.id, chat.thread, Kind.PRIVATE if chat.id > 0 else Kind.UNKNOWN, now) for chat in met]
    for_each(connection, _met, ("chat_id", "thread_id", "kind", "since"), rows)


def _met(dialect: Dialect) -> ClauseElement:
    return upsert(dialect, chats).values(language="").on_conflict_do_nothing()
