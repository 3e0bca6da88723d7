"""One statement for many rows at the driver's own speed: SQLAlchemy by itself takes 10 µs to look at each."""

import functools
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement

Make = Callable[[Dialect], ClauseElement]
"""A statement in the words of a database; a function of a module, as what it makes is remembered."""
_Write = Callable[[Any], Any]


def for_each(
    connection: Connection, make: Make, names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Run a statement once for each row; its values stand in the order of `names`, those of its parameters.

    What the statement has besides of values is the same for all; it has no answer.
    """
    sql, places, constants = _compiled(make, names, connection.dialect)
    values = [
        tuple([full[at] if write is None else write(full[at]) for at, write in places])
        for full in ((*row, *constants) for row in rows)
    ]
    if values:
        connection.exec_driver_sql(sql, values)


@functools.lru_cache(64)
def _compiled(
    make: Make, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[tuple[int, _Write | None], ...], tuple[Any, ...]]:
    """The statement's text; for each of its places which value stands there and how it is written; its constants."""
    compiled: Any = make(dialect).compile(dialect=dialect, column_keys=names, for_executemany=True)
    writes = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }
    constants = {name: value for name, value in compiled.params.items() if name not in names}
    order = (*names, *constants)
    places = tuple((order.index(name), writes[name]) for name in compiled.positiontup)
    return str(compiled), places, tuple(constants.values())
