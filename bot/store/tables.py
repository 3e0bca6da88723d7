"""The tables. Moments are whole milliseconds since 1970 in UTC: the same text on every database."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)


class Moment(TypeDecorator[dt.datetime]):
    """An aware datetime, kept as milliseconds since the epoch."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """To the database."""
        return None if value is None else (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        """From the database."""
        if value is None or isinstance(value, int):
            return None if value is None else _EPOCH + value * _MILLISECOND
        raise ValueError("a moment is no number")


Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives; SQLite's are of 64 bits as they are."""


def _some(name: str, *columns: str, where: str) -> Index:
    """An index over some of the rows; `create` tells the database which, in words of its own."""
    return Index(name, *columns, info={"where": text(where)})


metadata = MetaData()

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
    Column("time", String(5), nullable=False),
    Column("days", Integer, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("themes", String, nullable=False),
    Column("next_slot", Moment),
    Column("paused", String(64), nullable=False),
    Column("told_end", Integer, nullable=False),
    Column("articles", String, nullable=False, server_default=text("''")),
    Column("silent", Integer, nullable=False, server_default=text("0")),
    Column("resume", Date),
    Column("owner", BigInteger, nullable=False, server_default=text("0")),  # who set up a group or channel
    Column("paused_since", Moment),
    Column(
        "lost", String(8), nullable=False, server_default=text("''")
    ),  # what the owner was told of its loss
    Index("subscriptions_next_slot", "next_slot"),
    # /forgetme asks for what somebody has set up: few rows have an owner.
    _some("subscriptions_owner", "owner", where="owner <> 0"),
    Index("subscriptions_time", "time", "paused", "resume"),  # all that /stats asks for
    # Those paused for a year are erased.
    _some("subscriptions_paused", "paused_since", where="paused_since IS NOT NULL"),
)

chats = Table(
    "chats",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(8), nullable=False),  # private, group, channel; "": not known
    Column("language", String(8), nullable=False),  # "": not known
    Column("since", Moment, nullable=False),
    Index("chats_language", "kind", "language", "chat_id", "thread_id"),  # the same
)

digests = Table(
    "digests",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("since", Moment, nullable=False),  # when this bot first had it; 0: from the beginning
)

counts = Table(
    "counts",
    metadata,
    Column("date", Date, primary_key=True),
    Column("what", String(8), primary_key=True),  # joined, left, read, a state of deliveries
    Column("key", String(64), primary_key=True),  # read: the digest
    Column("count", Integer, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False),
    Column("broadcast_id", Integer, nullable=False),  # 0: a digest
    Column("local_date", Date, nullable=False),
    Column("slot", Moment, nullable=False),
    Column("digest", String(64)),
    Column("version", String(16), nullable=False, server_default=text("''")),  # "": not known
    Column("state", String(8), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("owner", String(32)),
    Column("not_before", Moment, nullable=False),
    Column("code", String(200), nullable=False),
    Column("message_id", BigInteger),
    Column("updated", Moment, nullable=False),
    # At most one digest for each chat and local date, and each broadcast once, whatever else goes wrong.
    UniqueConstraint("chat_id", "thread_id", "broadcast_id", "local_date", name="deliveries_one_a_date"),
    Index("deliveries_state", "state", "broadcast_id", "attempt", "not_before"),
    # Only posts in groups and channels are edited: private deliveries, which are most, cost nothing here.
    _some("deliveries_posts", "digest", "version", where="chat_id < 0"),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("html", String, nullable=False),
    Column("stage", String(8), nullable=False),
    Column("operator", BigInteger, nullable=False),
    Column("card", BigInteger),
    Column("note", String(200), nullable=False),
    Column("updated", Moment, nullable=False),
    Column("digest", String(64)),  # not null: the note on a correction of it
    Column("version", String(16)),
    Index("broadcasts_correction", "digest", "version", unique=True),
    sqlite_autoincrement=True,  # an old button never speaks of a new broadcast
)

progress = Table(
    "progress",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("thread_id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", String(64), primary_key=True),
    Column("seen", Moment, nullable=False),
    Column(
        "version", String(16), nullable=False, server_default=text("''")
    ),  # the wording seen last; "": not known
    Index("progress_version", "digest", "version"),
)

holds = Table(
    "holds",
    metadata,
    Column("chat_id", BigInteger, primary_key=True, autoincrement=False),
    Column("until", Moment, nullable=False),
)

stopped = Table(
    "stopped",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("version", String(64), nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat_id", BigInteger, nullable=False),  # in which it is handled in its turn; 0: it has been
    Column("payload", Text, nullable=False),  # "": it has been handled, and only its number is kept
    Column("attempt", Integer, nullable=False),  # how often it was begun
    Column("owner", String(32)),  # who handles it
    Column("received", Moment, nullable=False),
    _some("inbox_waiting", "chat_id", "update_id", where="payload <> ''"),
    Index("inbox_received", "received"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(32), nullable=False),
    Column("until", Moment, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", String, nullable=False),
)
