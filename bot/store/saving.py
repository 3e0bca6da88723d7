"""Backs up whatever database the bot has into one file of SQLite."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL, Connection

from bot.store import backup, opening, postgres, schema
from bot.store.copying import copy_rows
from bot.store.tombstones import Tombstones


def save(url: str, target: Path, made: str) -> backup.Saved:
    """Back up the database, also while bots work with it: its state of one moment, told as `made`.

    Raises:
        StoreError: What is wrong; there is no backup then, and nothing was overwritten.
    """
    parsed = opening.parsed_url(url)
    if parsed.drivername == "sqlite":
        return backup.save(Path(parsed.database or ""), target, made)
    with backup.drafted(target, 0) as draft:
        held = postgres.at_once(parsed, lambda connection: _copy(connection, parsed, draft))
        with closing(sqlite3.connect(draft)) as copy:
            rows = backup.finish(copy, held, made)
        backup.note_hash(draft, target)
    return backup.Saved(target, rows)


def _copy(connection: Connection, url: URL, draft: Path) -> tuple[bytes, tuple[str, ...]]:
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
    schema.must_be_current(connection, postgres.name_of(url))
    engine = create_engine(
        URL.create("sqlite", database=str(draft)), poolclass=NullPool, hide_parameters=True
    )
    opening.begin_at_once(engine)
    try:
        with engine.begin() as copy:
            schema.create(copy)
            copy_rows(connection, copy)
    finally:
        engine.dispose()
    return Tombstones(connection).held()
