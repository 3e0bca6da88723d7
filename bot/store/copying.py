"""Copies all rows from one database into another, of whatever kind the two are, and compares."""

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Column, MetaData, Table, delete, func, insert, select, text
from sqlalchemy.engine import Connection

from bot.ports import StoreError
from bot.store.tables import Moment, broadcasts, deliveries, leases, metadata

_AT_ONCE = 5000
"""Rows that are in memory."""
_NUMBERED = (broadcasts, deliveries)
"""Their numbers are never used again: an old button would speak of a new broadcast."""


def copy_rows(source: Connection, target: Connection) -> None:
    """Put the rows of one database in the place of those of another, in one transaction on each side.

    Whoever is at work with it has no part in it: the leases stay behind.

    Raises:
        StoreError: What arrived is not what was sent; the caller rolls back.
    """
    for table in _tables():
        target.execute(delete(table))
        sent = _Sum()
        for part in _parts(source, table):
            target.execute(insert(table), [dict(row._mapping) for row in part])  # noqa: SLF001  public, by its docs
            sent.add(part)
        arrived = _Sum()
        for part in _parts(target, table):
            arrived.add(part)
        if sent != arrived:
            raise StoreError(
                f"the rows of {table.name} did not arrive as they were: nothing was changed; try again"
            )
    for table in _NUMBERED:
        _go_on_counting(target, table.name, _last_number(source, table.name))


def is_empty(connection: Connection) -> bool:
    """Whether none of the tables has a row about readers."""
    return not any(
        connection.execute(select(table).limit(1)).first() for table in _tables() if table.name not in _OWN
    )


_OWN = ("meta",)
"""What the bot notes for itself at its first start."""


def _tables() -> list[Table]:
    """The tables as they stand in the database: moments as the numbers that they are."""
    plain = MetaData()
    return [
        Table(
            table.name,
            plain,
            *(Column(c.name, BigInteger() if isinstance(c.type, Moment) else c.type) for c in table.columns),
        )
        for table in metadata.sorted_tables
        if table is not leases
    ]


def _parts(connection: Connection, table: Table) -> Iterable[Any]:
    return connection.execute(select(table), execution_options={"yield_per": _AT_ONCE}).partitions()


class _Sum:
    """Of rows, in whatever order they come: databases sort texts each in their own way."""

    def __init__(self) -> None:
        self._rows = self._total = 0

    def add(self, rows: Iterable[Any]) -> None:
        """Add rows."""
        for row in rows:
            digest = hashlib.blake2b(repr(tuple(row)).encode(), digest_size=16).digest()
            self._rows, self._total = self._rows + 1, (self._total + int.from_bytes(digest)) % 2**128

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Sum) and (self._rows, self._total) == (other._rows, other._total)

    __hash__ = None  # type: ignore[assignment]


def _last_number(connection: Connection, table: str) -> int:
    highest = connection.execute(select(func.max(metadata.tables[table].c.id))).scalar() or 0
    if connection.dialect.name == "sqlite":
        used = connection.execute(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table}
        ).scalar()
    else:
        used = connection.execute(text(f"SELECT last_value FROM {table}_id_seq WHERE is_called")).scalar()  # noqa: S608
    return max(highest, used or 0)


def _go_on_counting(connection: Connection, table: str, last: int) -> None:
    if connection.dialect.name == "sqlite":
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
        if metadata.tables[table].dialect_options["sqlite"]["autoincrement"]:
            row = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
            connection.execute(row, {"name": table, "last": last})
    else:
        counter = text("SELECT setval(cast(:name AS regclass), :next, false)")
        connection.execute(counter, {"name": f"{table}_id_seq", "next": last + 1})
