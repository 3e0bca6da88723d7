"""One statement for many rows at the driver's own speed: SQLAlchemy by itself takes 10 µs to look at each."""

import functools
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat
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
    columns = tuple(zip(*rows, strict=True))
    if columns:
        sql, places = _compiled(make, names, connection.dialect)
        written = (repeat(at()) if callable(at) else _written(columns[at], write) for at, write in places)
        connection.exec_driver_sql(sql, list(zip(*written, strict=False)))


def _written(values: Iterable[Any], write: _Write | None) -> Iterable[Any]:
    return values if write is None else _once(values, write)


def _once(values: Iterable[Any], write: _Write) -> Iterator[Any]:
    """A column as the driver takes it; what stands in row after row, as a moment often does, is written once."""
    last = done = None
    for value in values:
        if value is not last:
            last, done = value, write(value)
        yield done


@functools.lru_cache(64)
def _compiled(
    make: Make, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, tuple[tuple[int | Callable[[], Any], _Write | None], ...]]:
    """The statement's text, and for each of its places the column that stands there and how it is written.

    A value of the statement's own stands there as a function that gives it.
    """
    compiled: Any = make(dialect).compile(dialect=dialect, column_keys=names, for_executemany=True)
    writes = {
        name: bound.type.dialect_impl(dialect).bind_processor(dialect)
        for bound, name in compiled.bind_names.items()
    }

    def place(name: str) -> tuple[int | Callable[[], Any], _Write | None]:
        if name in names:
            return names.index(name), writes[name]
        write, value = writes[name], compiled.params[name]
        own = value if write is None else write(value)
        return (lambda: own), None

    return str(compiled), tuple(place(name) for name in compiled.positiontup)
