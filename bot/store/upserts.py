"""The one statement that databases write each in their own way: insert, or do something else on a conflict."""

from typing import TYPE_CHECKING

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(dialect: Dialect, table: Table) -> "postgresql.Insert":
    """An insert that knows `on_conflict_do_nothing` and `on_conflict_do_update`, in the database's own words.

    SQLite has its syntax from PostgreSQL, and SQLAlchemy's two classes are the same to their users.
    """
    if dialect.name == "sqlite":
        return sqlite.insert(table)  # type: ignore[return-value]
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415  3 MB, on PostgreSQL alone

    return postgresql.insert(table)
