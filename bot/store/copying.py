"""Copies all rows from one database into another, of whatever kind the two are, and compares.

Rows are tuples of whole numbers and texts on the way, a date as its ISO 8601 text, as SQLite keeps it.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Date, Table, delete, func, select, text
from sqlalchemy.engine import Connection

from bot.ports import StoreError
from bot.store.tables import broadcasts, deliveries, leases, meta, metadata

_AT_ONCE = 5000
"""Rows that are in memory."""
_NUMBERED = (broadcasts, deliveries)
"""Their numbers are never used again: an old button would speak of a new broadcast."""
_MOVED = [table for table in metadata.sorted_tables if table is not leases]
"""Whoever is at work with a database has no part in what is moved."""


def copy_rows(source: Connection, target: Connection) -> None:
    """Put the rows of one database in the place of those of another, in one transaction on each side.

    Raises:
        StoreError: What arrived is not what was sent, or was not taken; the caller rolls back.
    """
    for table in _MOVED:
        target.execute(delete(table))
        sent = arrived = (0, 0)
        for part in _parts(source, table):
            try:
                _put(target, table, part)
            except (
                ValueError,
                TypeError,
                OverflowError,
            ) as error:  # SQLite keeps a text in a column of numbers
                raise StoreError(f"{table.name} holds what its columns do not allow ({error})") from error
            sent = _with(sent, part)
        for part in _parts(target, table):
            arrived = _with(arrived, part)
        if sent != arrived:
            raise StoreError(
                f"the rows of {table.name} did not arrive as they were: nothing was changed; try again"
            )
    for table in _NUMBERED:
        _go_on_counting(target, table, _last_number(source, table))


def is_empty(connection: Connection) -> bool:
    """Whether none of the tables has a row; but for what a bot notes at its first start."""
    return not any(
        connection.execute(select(table).limit(1)).first() for table in _MOVED if table is not meta
    )


def _parts(connection: Connection, table: Table) -> Iterable[Sequence[tuple[Any, ...]]]:
    cast = "" if connection.dialect.name == "sqlite" else "::text"
    names = ", ".join(f"{c.name}{cast}" if isinstance(c.type, Date) else c.name for c in table.columns)
    query = f"SELECT {names} FROM {table.name}"  # noqa: S608  our own names
    rows = connection.exec_driver_sql(query, execution_options={"stream_results": True})
    for part in rows.yield_per(_AT_ONCE).partitions(_AT_ONCE):
        yield [tuple(row) for row in part]


def _put(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    names = [column.name for column in table.columns]
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(names))
        into = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        connection.exec_driver_sql(into, list(rows))
        return
    dates = {at for at, column in enumerate(table.columns) if isinstance(column.type, Date)}
    if dates:
        rows = [
            tuple(
                dt.date.fromisoformat(v) if v is not None and at in dates else v for at, v in enumerate(row)
            )
            for row in rows
        ]
    driver: Any = connection.connection.dbapi_connection
    # COPY, which SQLAlchemy has no words for: ten times as fast as INSERT.
    driver.run_async(lambda asyncpg: asyncpg.copy_records_to_table(table.name, records=rows, columns=names))


def _with(total: tuple[int, int], rows: Sequence[tuple[Any, ...]]) -> tuple[int, int]:
    """Number and sum of rows in whatever order they come: databases sort texts each in their own way."""
    return total[0] + len(rows), (total[1] + sum(hash(repr(row)) for row in rows)) % 2**64


def _last_number(connection: Connection, table: Table) -> int:
    highest = connection.execute(select(func.max(table.c.id))).scalar() or 0
    used = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    if connection.dialect.name != "sqlite":
        used = text(f"SELECT last_value FROM {table.name}_id_seq WHERE is_called")  # noqa: S608
    arguments = {"name": table.name} if connection.dialect.name == "sqlite" else {}
    return max(highest, connection.execute(used, arguments).scalar() or 0)


def _go_on_counting(connection: Connection, table: Table, last: int) -> None:
    if connection.dialect.name != "sqlite":
        counter = text("SELECT setval(cast(:name AS regclass), :next, false)")
        connection.execute(counter, {"name": f"{table.name}_id_seq", "next": last + 1})
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        row = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
        connection.execute(row, {"name": table.name, "last": last})
