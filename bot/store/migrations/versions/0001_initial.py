"""Subscriptions, deliveries, broadcasts, progress, holds, stopped digests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables. Written out: a later change of bot.store.tables must not change the past."""
    op.create_table(
        "subscriptions",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("time", sa.String(5), nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.Column("zone", sa.String(64), nullable=False),
        sa.Column("themes", sa.String, nullable=False),
        sa.Column("next_slot", sa.BigInteger),
        sa.Column("paused", sa.String(64), nullable=False),
        sa.Column("told_end", sa.Integer, nullable=False),
    )
    op.create_index("subscriptions_next_slot", "subscriptions", ["next_slot"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("thread_id", sa.BigInteger, nullable=False),
        sa.Column("broadcast_id", sa.Integer, nullable=False),
        sa.Column("local_date", sa.Date, nullable=False),
        sa.Column("slot", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(200), nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.UniqueConstraint(
            "chat_id", "thread_id", "broadcast_id", "local_date", name="deliveries_one_a_date"
        ),
    )
    op.create_index("deliveries_state", "deliveries", ["state", "broadcast_id", "attempt", "not_before"])
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("html", sa.String, nullable=False),
        sa.Column("stage", sa.String(8), nullable=False),
        sa.Column("operator", sa.BigInteger, nullable=False),
        sa.Column("card", sa.BigInteger),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "progress",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "holds",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "stopped",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("version", sa.String(64), nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
