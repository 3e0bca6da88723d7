"""Updates are kept until they are handled, and replicas say what they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the inbox and the leases."""
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(32)),
        sa.Column("received", sa.BigInteger, nullable=False),
    )
    waiting = sa.text("payload <> ''")
    op.create_index(
        "inbox_waiting", "inbox", ["chat_id", "update_id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("inbox_received", "inbox", ["received"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
