"""Languages, silent messages, pauses, articles to follow, and what the operator may count."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_EMPTY, _ZERO = sa.text("''"), sa.text("0")


def upgrade() -> None:
    """Add the columns and tables; who has read something is known since then."""
    for column in (
        sa.Column("articles", sa.String, nullable=False, server_default=_EMPTY),
        sa.Column("silent", sa.Integer, nullable=False, server_default=_ZERO),
        sa.Column("resume", sa.Date),
        sa.Column("owner", sa.BigInteger, nullable=False, server_default=_ZERO),
        sa.Column("paused_since", sa.BigInteger),
        sa.Column("lost", sa.String(8), nullable=False, server_default=_EMPTY),
    ):
        op.add_column("subscriptions", column)
    owned = sa.text("owner <> 0")
    op.create_index(
        "subscriptions_owner", "subscriptions", ["owner"], sqlite_where=owned, postgresql_where=owned
    )
    op.create_index("subscriptions_time", "subscriptions", ["time", "paused", "resume"])
    paused = sa.text("paused_since IS NOT NULL")
    op.create_index(
        "subscriptions_paused",
        "subscriptions",
        ["paused_since"],
        sqlite_where=paused,
        postgresql_where=paused,
    )
    # Since when they are paused was not kept: for these the year until they are erased begins today.
    today = sa.table("subscriptions", sa.column("paused"), sa.column("paused_since"))
    now = 1000 * sa.cast(sa.extract("epoch", sa.func.current_timestamp()), sa.BigInteger)
    op.execute(sa.update(today).where(today.c.paused != "").values(paused_since=now))
    op.create_table(
        "chats",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_index("chats_language", "chats", ["kind", "language", "chat_id", "thread_id"])
    op.create_table(
        "digests",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("since", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "counts",
        sa.Column("date", sa.Date, primary_key=True),
        sa.Column("what", sa.String(8), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO chats (chat_id, thread_id, kind, language, since) "
        "SELECT chat_id, thread_id, CASE WHEN chat_id > 0 THEN 'private' ELSE '' END, '', MIN(seen) "
        "FROM progress GROUP BY chat_id, thread_id"
    )
    op.execute(
        "INSERT INTO chats (chat_id, thread_id, kind, language, since) "
        "SELECT chat_id, thread_id, CASE WHEN chat_id > 0 THEN 'private' ELSE '' END, '', 0 "
        "FROM subscriptions WHERE true UNION "
        "SELECT chat_id, thread_id, CASE WHEN chat_id > 0 THEN 'private' ELSE '' END, '', 0 "
        "FROM deliveries WHERE true ON CONFLICT DO NOTHING"
    )
    op.execute(
        "INSERT INTO counts (date, what, key, count) "
        "SELECT local_date, state, '', count(*) FROM deliveries "
        "WHERE state NOT IN ('due', 'sending') GROUP BY local_date, state"
    )
