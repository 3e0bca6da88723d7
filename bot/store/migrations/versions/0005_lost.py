"""Find the few groups and channels that the bot has lost without going through all subscriptions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the index."""
    lost = sa.text("lost <> ''")
    op.create_index(
        "subscriptions_lost", "subscriptions", ["chat_id"], sqlite_where=lost, postgresql_where=lost
    )
