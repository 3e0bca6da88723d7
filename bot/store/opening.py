"""Opens the database: takes the lock, checks whose it is, migrates it, and says what to do when it cannot."""

import fcntl
import os
import sqlite3
from io import IOBase
from pathlib import Path
from urllib.parse import quote

import structlog
from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from bot.ports import StoreBusyError, StoreError
from bot.store.backup import save_before_migrating
from bot.store.broadcasts import SqlBroadcasts
from bot.store.forgotten import Forgotten
from bot.store.orders import Orders
from bot.store.outbox import SqlOutbox
from bot.store.privacy import erase_forgotten
from bot.store.sql import SqlStore
from bot.store.tables import metadata
from bot.store.verifying import RESTORE, check

_log = structlog.get_logger(__name__)
SCHEMA = "0004"
"""The newest migration; a test holds it to the folder."""
_ASYNC = "sqlite+aiosqlite"
_MIGRATIONS = Path(__file__).parent / "migrations"


def open_store(url: str, *, make: bool = True) -> SqlStore:
    """Open `sqlite:///path`, made if it is missing and `make` allows it, and bring its schema up to date.

    Raises:
        StoreBusyError: Another process has it.
        StoreError: What is wrong, and what to do about it. Nothing has been changed then.
    """
    path, parsed = file_of(url)
    if not make:
        _must_exist(path)
    lock = lock_of(path)
    try:
        check(path)
        _prepare(path, parsed)
    except BaseException:
        lock.close()
        raise
    return SqlStore(_engine(parsed), lock, path)


class Onlooker(SqlBroadcasts, SqlOutbox):
    """Looks at deliveries and broadcasts; what would write is refused by the database."""


def orders_of(url: str) -> Orders:
    """The orders to the bot whose database that is. Raises StoreError."""
    return Orders(file_of(url)[0])


def open_outbox(url: str) -> Onlooker:
    """Open `sqlite:///path` to look at its deliveries and broadcasts; a bot may be at work with it.

    Such a reader writes nothing and makes no checkpoint, so it cannot meet the fault of SQLite before 3.51.3
    that two writers can (https://sqlite.org/wal.html#walresetbug). It only holds the log's start back meanwhile.

    Raises:
        StoreError: What is wrong, and what to do about it.
    """
    path, _ = file_of(url)
    version = schema_of(url)
    if version != SCHEMA:
        raise StoreError(f"{path} is not up to date (schema {version}): start this version of the bot once")
    reading = _read_only(url).set(drivername=_ASYNC)
    return Onlooker(create_async_engine(reading, poolclass=NullPool, hide_parameters=True), None)


def schema_of(url: str) -> str | None:
    """The schema of the database, which a bot may be at work with; None: it is empty. Raises StoreError."""
    path, _ = file_of(url)
    _must_exist(path)
    engine = create_engine(_read_only(url), poolclass=NullPool, hide_parameters=True)
    try:
        with engine.connect() as connection:
            return version_of(path, connection)
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    finally:
        engine.dispose()


def _read_only(url: str) -> URL:
    path, parsed = file_of(url)
    return parsed.set(database=f"file:{quote(str(path.absolute()))}", query={"mode": "ro", "uri": "true"})


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise StoreError(
            f"there is no database at {path}: start the bot once, or set storage.url to the one meant"
        )


def file_of(url: str) -> tuple[Path, URL]:
    """The file that `storage.url` names."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # what it holds is not repeated: it may be a password
        raise StoreError("storage.url is not a database URL: try sqlite:///data/bot.db") from error
    beside = parsed.host or parsed.username or parsed.query
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:" or beside:
        raise StoreError(
            f"storage.url “{parsed.render_as_string()}” is not supported: use a file, as in sqlite:///data/bot.db"
        )
    return Path(parsed.database), parsed


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
            version = version_of(path, connection)
            if version is None:
                _create(connection)
            elif version != SCHEMA:
                copy = save_before_migrating(path, version)
                migrate(connection)
                _log.warning("store.migrated", schema=SCHEMA, before=version, backup=str(copy))
            connection.execute(text("INSERT OR REPLACE INTO meta (key, value) VALUES ('opened', 'yes')"))
            gone = erase_forgotten(connection, Forgotten(path))
            connection.commit()
            if gone:
                _log.warning("forgotten.erased_again", chats=len(gone))
                write_anew(connection)
    except DBAPIError as error:
        raise StoreError(explain(path, error.orig)) from error
    finally:
        engine.dispose()


def write_anew(connection: Connection) -> None:
    """Leave no trace of what is erased: a restored file may hold what was never overwritten."""
    driver = connection.connection.driver_connection
    try:
        if driver is not None:
            driver.execute("VACUUM")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        _log.warning("traces.left", reason=str(error))


def version_of(path: Path, connection: Connection) -> str | None:
    """The schema's version; None for an empty database."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreError(f"{path} belongs to another program: set storage.url to a file of the bot's own")
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    known = {file.name.split("_", 1)[0] for file in (_MIGRATIONS / "versions").glob("*.py")}
    if version is not None and version not in known:
        raise StoreError(
            f"{path} was written by a newer version of the bot (schema {version}): upgrade the bot, or set "
            "storage.url to another file"
        )
    return version


def _create(connection: Connection) -> None:
    """An empty database gets today's schema at once; a test proves that all migrations lead to the same."""
    metadata.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to date, or to an older version, in the connection's transaction."""
    # Imported here: most starts need no migration, and Alembic takes a tenth of a second to import.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _engine(url: URL) -> AsyncEngine:
    # One connection: SQLite has one writer, and before 3.51.3 a second one may corrupt the WAL.
    engine = create_async_engine(
        url.set(drivername=_ASYNC),
        hide_parameters=True,  # no error names a person
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=30,
    )

    begin_at_once(engine.sync_engine)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # what a reader was told survives a power cut
        cursor.close()

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
