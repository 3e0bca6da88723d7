"""The one statement that databases write each in their own way: insert, or do something else on a conflict."""

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(dialect: Dialect, table: Table) -> postgresql.Insert:
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in the database's own words.

    SQLite has its syntax from PostgreSQL, and SQLAlchemy's two classes are the same to their users.
    """
    made = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    return made(table)  # type: ignore[return-value]
