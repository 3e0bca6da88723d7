"""Which wording of a digest was sent and read, and notes on corrections."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns; of what was sent before, the wording is not known."""
    for table in ("deliveries", "progress"):
        op.add_column(
            table, sa.Column("version", sa.String(16), nullable=False, server_default=sa.text("''"))
        )
    op.add_column("broadcasts", sa.Column("digest", sa.String(64)))
    op.add_column("broadcasts", sa.Column("version", sa.String(16)))
    posts = sa.text("chat_id < 0")
    op.create_index(
        "deliveries_posts", "deliveries", ["digest", "version"], sqlite_where=posts, postgresql_where=posts
    )
    op.create_index("progress_version", "progress", ["digest", "version"])
    op.create_index("broadcasts_correction", "broadcasts", ["digest", "version"], unique=True)
