"""Opens the database: takes the lock, checks whose it is, migrates it, and says what to do when it cannot."""

import asyncio
import datetime as dt
import fcntl
import os
import sqlite3
from io import IOBase
from pathlib import Path
from urllib.parse import quote

import structlog
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from bot.ports import StoreBusyError, StoreError
from bot.store.backup import forget_copies, save_before_migrating
from bot.store.broadcasts import SqlBroadcasts
from bot.store.forgotten import Forgotten
from bot.store.orders import Orders
from bot.store.outbox import SqlOutbox
from bot.store.privacy import erase_forgotten
from bot.store.schema import bring_up_to_date, must_be_current, version_of
from bot.store.sql import SqlStore
from bot.store.traces import Traces
from bot.store.verifying import RESTORE, check

_log = structlog.get_logger(__name__)
_EXAMPLES = "a file, as in sqlite:///data/bot.db, or PostgreSQL, as in postgresql://user:password@host/name"
_KNOWN = {"host", "sslmode"}
"""What an address of PostgreSQL may have after its question mark: the folder of a socket, and how it is encrypted."""


class FileStore(Traces, SqlStore):
    """A store that one process has to itself."""

    async def purge(self, before: dt.date) -> int:
        """As `Store.purge`; copies from before migrations go as well."""
        await asyncio.to_thread(forget_copies, self._path, before)
        return await super().purge(before)


def open_store(url: str, *, make: bool = True) -> SqlStore:
    """Open `sqlite:///path` or `postgresql://user:password@host/name`, and bring its schema up to date.

    A file is made if it is missing, and the tables of an empty database, if `make` allows it.

    Raises:
        StoreBusyError: Another process has it.
        StoreError: What is wrong, and what to do about it. Nothing has been changed then.
    """
    parsed = parsed_url(url)
    if parsed.drivername == "postgresql":
        from bot.store.postgres import open_server  # noqa: PLC0415  6 MB, on PostgreSQL alone

        return open_server(parsed, make=make)
    path = Path(parsed.database or "")
    if not make:
        _must_exist(path)
    lock = lock_of(path)
    try:
        check(path)
        _prepare(path, parsed)
        engine = _engine(path, parsed)
    except BaseException:
        lock.close()
        raise
    return FileStore(engine, lock, path, _onlooker(path, parsed))


class Onlooker(SqlBroadcasts, SqlOutbox):
    """Looks at deliveries and broadcasts; what would write is refused by the database."""


def orders_of(url: str) -> Orders:
    """The orders to the bot whose database that is. Raises StoreError.

    On PostgreSQL there are none: whoever has one writes it into the tables, beside the bot.
    """
    parsed = parsed_url(url)
    return Orders(Path(parsed.database or "") if parsed.drivername == "sqlite" else None)


def open_outbox(url: str) -> Onlooker:
    """Open a database to look at its deliveries and broadcasts; a bot may be at work with it.

    On SQLite such a reader writes nothing and makes no checkpoint, so it cannot meet the fault of SQLite before 3.51.3
    that two writers can (https://sqlite.org/wal.html#walresetbug). It only holds the log's start back meanwhile.

    Raises:
        StoreError: What is wrong, and what to do about it.
    """
    parsed = parsed_url(url)
    if parsed.drivername == "postgresql":
        from bot.store.postgres import look_at_server  # noqa: PLC0415

        return Onlooker(look_at_server(parsed))
    path = Path(parsed.database or "")
    _must_exist(path)
    engine = create_engine(_read_only(path, parsed), poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            must_be_current(connection, str(path))
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    return Onlooker(engine)


def schema_of(url: str) -> tuple[str, str | None]:
    """What messages call the database, and its schema (None: it is empty); a bot may be at work with it.

    Raises:
        StoreError: It is not there, cannot be read, or is not the bot's.
    """
    parsed = parsed_url(url)
    if parsed.drivername == "postgresql":
        from bot.store.postgres import at_once, name_of  # noqa: PLC0415

        return name_of(parsed), at_once(parsed, lambda connection: version_of(connection, name_of(parsed)))
    path = Path(parsed.database or "")
    _must_exist(path)
    engine = create_engine(_read_only(path, parsed), poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return str(path), version_of(connection, str(path))
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    finally:
        engine.dispose()


def _read_only(path: Path, url: URL) -> URL:
    return url.set(database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise StoreError(
            f"there is no database at {path}: start the bot once, or set storage.url to the one meant"
        )


def parsed_url(url: str) -> URL:
    """What `storage.url` says: a file of SQLite, or a database on a server of PostgreSQL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # what it holds is not repeated: it may be a password
        raise StoreError(f"storage.url is not a database URL: try {_EXAMPLES}") from error
    file = parsed.drivername == "sqlite" and parsed.database not in (None, "", ":memory:")
    beside = parsed.host or parsed.username or parsed.query
    server = parsed.drivername == "postgresql" and parsed.database and parsed.query.keys() <= _KNOWN
    if not (server or (file and not beside)):
        shown = parsed.set(query={}).render_as_string()  # a query can hold a password
        raise StoreError(f"storage.url “{shown}” is not supported: try {_EXAMPLES}")
    return parsed


def lock_of(path: Path) -> IOBase:
    """Keep a second process out: two writers on one SQLite file can corrupt it (SQLite before 3.51.3)."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Root may write anywhere; a file that somebody marked read-only is still not ours to change.
        if path.exists() and not path.stat().st_mode & 0o222:
            raise PermissionError(13, "Permission denied", str(path))
        lock = path.with_name(path.name + ".lock").open("wb")
    except OSError as error:
        raise StoreError(_not_writable(path, error.strerror or "no access")) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StoreBusyError(
            f"{path} is in use by another bot process: stop that one first, or set another storage.url"
        ) from error
    return lock


def _prepare(path: Path, url: URL) -> None:
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    begin_at_once(engine)  # a migration that dies half-way leaves nothing behind
    try:
        with engine.connect() as connection:
            bring_up_to_date(connection, str(path), lambda version: _copy_before_migrating(path, version))
            gone = erase_forgotten(connection, Forgotten(path))
            connection.commit()
            if gone:
                _log.warning("forgotten.erased_again", chats=len(gone))
                write_anew(connection)
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    finally:
        engine.dispose()


def _copy_before_migrating(path: Path, version: str) -> None:
    copy = save_before_migrating(path, version)
    _log.warning("store.migrating", before=version, backup=str(copy))


def write_anew(connection: Connection) -> None:
    """Leave no trace of what is erased: a restored file may hold what was never overwritten."""
    driver = connection.connection.driver_connection
    try:
        if driver is not None:
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        _log.warning("traces.left", reason=str(error))


def _engine(path: Path, url: URL) -> Engine:
    # One connection: SQLite has one writer, and before 3.51.3 a second one may corrupt the WAL.
    engine = create_engine(url, hide_parameters=True, poolclass=QueuePool, pool_size=1, max_overflow=0)
    begin_at_once(engine)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # what a reader was told survives a power cut

    try:
        engine.connect().close()  # it sets the mode of the file, and who only reads comes after it
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    return engine


def _onlooker(path: Path, url: URL) -> Engine:
    """Reads beside the one that writes; as it makes no checkpoint either, it cannot meet the fault of SQLite's."""
    engine = create_engine(
        _read_only(path, url), hide_parameters=True, poolclass=QueuePool, pool_size=1, max_overflow=0
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")  # all that a transaction counts is of one moment

    return engine


def begin_at_once(engine: Engine) -> None:
    """Begin transactions here and not in the driver, which would leave changes of the schema out of them."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA secure_delete=ON")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        # IMMEDIATE: a read that turns into a write would fail at once as BUSY instead of waiting.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def explain(path: Path, error: BaseException | None) -> str:
    """A database error as a sentence that says what to do."""
    reason = str(error)
    if "not a database" in reason or "malformed" in reason:
        return (
            f"{path} is not a database of the bot's ({reason}): set storage.url to another file, or {RESTORE}"
        )
    if "readonly" in reason or "read-only" in reason or "unable to open" in reason:
        return _not_writable(path, reason)
    if "full" in reason or "I/O error" in reason:
        return f"{path} ({reason}): free some space on the disk, or look after it, then start again; nothing is lost"
    return f"{path}: {reason}"


def _not_writable(path: Path, reason: str) -> str:
    return (
        f"cannot write {path} ({reason}): give its folder to this user, as root with "
        f"“chown -R {os.getuid()}:{os.getgid()} {path.parent.absolute()} && chmod -R u+rwX {path.parent.absolute()}”, "
        "or set storage.url to a place that can be written"
    )
