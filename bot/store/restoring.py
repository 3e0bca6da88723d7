"""Puts a backup in the place of a database, and moves one to another place; whoever was forgotten stays forgotten."""

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from bot.ports import StoreBusyError, StoreError
from bot.store import opening, postgres, saving, schema
from bot.store.backup import count_rows, drafted, matches_note, reading
from bot.store.copying import copy_rows, is_empty
from bot.store.forgotten import Forgotten, sync_folder
from bot.store.leases import living
from bot.store.privacy import erase_forgotten
from bot.store.tombstones import Tombstones
from bot.store.transactions import ONE_WRITER
from bot.store.verifying import damage

_ANOTHER = "take another backup; nothing was changed"


@dataclass(frozen=True, slots=True)
class Restored:
    """What has been put in place. `made` is the moment of the backup, "" where it is not known."""

    place: str
    made: str
    rows: Mapping[str, int]
    due: int
    in_flight: int
    forgotten: int
    kept: Path | None
    noted: bool


@dataclass(frozen=True, slots=True)
class _Carried:
    """What a backup holds beside the tables."""

    made: str
    keys: bytes
    marks: list[str]


def restore(url: str, backup: Path) -> Restored:
    """Put a backup in the place of the database; what was there is kept in another file.

    Raises:
        StoreBusyError: A bot works with the database.
        StoreError: What is wrong with the backup, or with the place; the database is as it was.
    """
    parsed = opening.parsed_url(url)
    if parsed.drivername == "postgresql":
        return _onto_server(parsed, backup)
    path = Path(parsed.database or "")
    noted = _trusted(backup, path)
    with (
        contextlib.closing(opening.lock_of(path)),
        drafted(path, backup.stat().st_size, replace=True) as draft,
    ):
        carried = _copy(backup, draft)
        forgotten = Forgotten(path)
        forgotten.take_in(
            carried.keys, carried.marks
        )  # they stay even where the rest fails: they can only protect
        gone = _bring_up_to_date(draft, backup, forgotten)
        rows, due, in_flight = _found(draft)
        _give_to_owner(path)
        kept = _put_aside(path)
    return Restored(str(path), carried.made, rows, due, in_flight, gone, kept, noted)


def transfer(source: str, target: str) -> Restored:
    """Move all that a bot keeps into another database, which is empty; the source stays as it is.

    Raises:
        StoreBusyError: A bot works with one of the two.
        StoreError: What is wrong; the target is as it was.
    """
    here, there = opening.parsed_url(source), opening.parsed_url(target)
    _must_be_empty(there)
    beside = next(
        (Path(url.database or "").parent for url in (here, there) if url.drivername == "sqlite"), None
    )
    with contextlib.ExitStack() as stack:
        if here.drivername == "sqlite":
            opening.schema_of(source)  # before a lock is made beside what is not there
            stack.enter_context(closing(opening.lock_of(Path(here.database or ""))))
        else:
            postgres.at_once(here, lambda connection: _must_be_left(connection, here))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="transfer-", dir=beside))
        return restore(target, saving.save(source, Path(folder) / "all.db", "").file)


def _must_be_empty(url: URL) -> None:
    path = Path(url.database or "")
    if url.drivername == "sqlite":
        empty, name = not path.exists(), str(path)
        path.parent.mkdir(parents=True, exist_ok=True)
    else:
        name = postgres.name_of(url)
        empty = postgres.at_once(url, lambda connection: _is_empty(connection, name))
    if not empty:
        raise StoreError(f"{name} is not empty: name a new one; nothing was changed")


def _is_empty(connection: Connection, name: str) -> bool:
    return schema.version_of(connection, name) is None or is_empty(connection)


def _must_be_left(connection: Connection, url: URL) -> None:
    if schema.version_of(connection, postgres.name_of(url)) and connection.execute(living()).first():
        raise StoreBusyError(
            f"a bot works with {postgres.name_of(url)}: stop all of them; one that was killed counts for 30 s"
        )


def _onto_server(url: URL, backup: Path) -> Restored:
    """All in one transaction, which the bot's processes wait for."""
    noted = _trusted(backup, None)
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        draft = Path(folder) / "all.db"
        carried = _copy(backup, draft)
        _bring_up_to_date(draft, backup, Forgotten(draft))

        def work(connection: Connection) -> int:
            connection.execute(ONE_WRITER)
            schema.bring_up_to_date(connection, postgres.name_of(url))
            _must_be_left(connection, url)
            tombstones = Tombstones(connection)
            tombstones.take_in(carried.keys, carried.marks)
            with _file(draft) as source:
                copy_rows(source, connection)
            return len(erase_forgotten(connection, tombstones))

        kept = None
        if not postgres.at_once(url, lambda connection: _is_empty(connection, postgres.name_of(url))):
            kept = saving.save(url.render_as_string(hide_password=False), _free(backup, "replaced"), "").file
        gone = postgres.at_once(url, work)
        rows, due, in_flight = _found(draft)
    return Restored(postgres.name_of(url), carried.made, rows, due, in_flight, gone, kept, noted)


def _trusted(backup: Path, path: Path | None) -> bool:
    """Whether the backup's hash was noted; refuses one that is not what was noted, and the database itself."""
    if not backup.is_file():
        raise StoreError(
            f"there is no backup at {backup}: name a file that “python -m bot backup” has written"
        )
    if path is not None and path.exists() and path.samefile(backup):
        raise StoreError(f"{backup} is the database itself: name a backup of it")
    noted = matches_note(backup)
    if noted is False:
        raise StoreError(f"{backup} is not what it was when it was made (its SHA-256 is another): {_ANOTHER}")
    return bool(noted)


def _copy(backup: Path, draft: Path) -> _Carried:
    """Copy a backup; what it carries beside the tables. Raises StoreError."""
    try:
        with closing(reading(backup)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            if what := damage(copy):
                raise StoreError(f"{backup} is damaged ({what}): {_ANOTHER}")
            found: list[tuple[str, object]] = []
            if "backup" in {name for (name,) in copy.execute("SELECT name FROM sqlite_schema")}:
                found = copy.execute("SELECT what, value FROM backup").fetchall()
                copy.execute("DROP TABLE backup")
    except sqlite3.Error as error:
        if "full" in str(error):
            raise StoreError(
                f"no room for a copy of {backup}: free some space; nothing was changed"
            ) from error
        raise StoreError(f"{backup} is damaged ({error}): {_ANOTHER}") from error
    one = dict(found)
    keys = one.get("keys", b"")
    marks = [str(value) for what, value in found if what == "mark"]
    return _Carried(str(one.get("made", "")), keys if isinstance(keys, bytes) else b"", marks)


def _bring_up_to_date(draft: Path, backup: Path, forgotten: Forgotten) -> int:
    """Migrate the copy, and erase who was forgotten; how many were erased."""
    with _file(draft) as connection:
        if schema.version_of(connection, str(backup)) is None:
            raise StoreError(f"{backup} is empty: {_ANOTHER}")
        schema.bring_up_to_date(connection, str(backup))
        gone = erase_forgotten(connection, forgotten)
        connection.commit()
        if gone:
            opening.write_anew(connection)
    return len(gone)


def _found(draft: Path) -> tuple[dict[str, int], int, int]:
    """The rows of each table, and how many deliveries are due and in flight."""
    with closing(reading(draft)) as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall())
        return count_rows(connection), states.get("due", 0), states.get("sending", 0)


@contextlib.contextmanager
def _file(draft: Path) -> Iterator[Connection]:
    engine = create_engine(
        URL.create("sqlite", database=str(draft)), poolclass=NullPool, hide_parameters=True
    )
    opening.begin_at_once(engine)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise StoreError(opening.explain(draft, error.orig)) from error
    finally:
        engine.dispose()


def _give_to_owner(path: Path) -> None:
    """What root has made here belongs to whom the folder belongs to: the bot must be able to write it."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        for file in (path, *path.parent.glob(f"{path.name}.*")):
            if file.is_file():
                os.chown(file, owner.st_uid, owner.st_gid)


def _put_aside(path: Path) -> Path | None:
    """Keep what stands in the place, its log included; None: there is nothing."""
    if not path.exists():
        return None
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    kept = _free(path, "replaced")
    try:
        kept.hardlink_to(path)  # the database never lacks its name, not even for a moment
    except OSError:  # a file system without hard links
        shutil.copy2(path, kept)
    log = path.with_name(path.name + "-wal")
    if log.exists():  # what it holds must never be taken for a part of the restored database
        log.rename(kept.with_name(kept.name + "-wal"))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    sync_folder(path.parent)
    return kept


def _free(path: Path, word: str) -> Path:
    """A name beside a file that nothing has yet."""
    names = (f"{path.name}.{word}{number}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(file for name in names if not (file := path.with_name(name)).exists())
