"""Puts a backup in the place of a database, and brings one up to date; whoever was forgotten stays forgotten."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import URL

from bot.ports import StoreError
from bot.store import opening
from bot.store.backup import count_rows, drafted, matches_note, reading
from bot.store.forgotten import Forgotten, sync_folder
from bot.store.privacy import erase_forgotten
from bot.store.verifying import damage

_ANOTHER = "take another backup; nothing was changed"


@dataclass(frozen=True, slots=True)
class Restored:
    """What has been put in place. `made` is the moment of the backup, "" where it is not known."""

    database: Path
    made: str
    schema: str
    rows: Mapping[str, int]
    due: int
    in_flight: int
    forgotten: int
    kept: Path | None
    noted: bool


def restore(url: str, backup: Path) -> Restored:
    """Put a backup in the place of the database; what was there is kept under another name.

    Raises:
        StoreBusyError: A bot works with the database.
        StoreError: What is wrong with the backup, or with the place; the database is as it was.
    """
    path, parsed = opening.file_of(url)
    noted = _trusted(backup, path)
    with (
        contextlib.closing(opening.lock_of(path)),
        drafted(path, backup.stat().st_size, replace=True) as draft,
    ):
        made, keys, marks = _copy(backup, draft)
        forgotten = Forgotten(path)
        forgotten.take_in(keys, marks)  # they stay even where the rest fails: they can only protect
        schema, gone = _bring_up_to_date(parsed.set(database=str(draft)), backup, forgotten)
        with closing(reading(draft)) as connection:
            rows = count_rows(connection)
            states = dict(
                connection.execute("SELECT state, count(*) FROM deliveries GROUP BY state").fetchall()
            )
        _give_to_owner(path)
        kept = _put_aside(path)
    return Restored(
        path, made, schema, rows, states.get("due", 0), states.get("sending", 0), gone, kept, noted
    )


def _trusted(backup: Path, path: Path) -> bool:
    """Whether the backup's hash was noted; refuses one that is not what was noted, and the database itself."""
    if not backup.is_file():
        raise StoreError(
            f"there is no backup at {backup}: name a file that “python -m bot backup” has written"
        )
    if path.exists() and path.samefile(backup):
        raise StoreError(f"{backup} is the database itself: name a backup of it")
    noted = matches_note(backup)
    if noted is False:
        raise StoreError(f"{backup} is not what it was when it was made (its SHA-256 is another): {_ANOTHER}")
    return bool(noted)


def _copy(backup: Path, draft: Path) -> tuple[str, bytes, list[str]]:
    """Copy a backup; the moment when it was made, and whom the bot had forgotten then. Raises StoreError."""
    try:
        with closing(reading(backup)) as source, closing(sqlite3.connect(draft)) as copy:
            source.backup(copy)
            if what := damage(copy):
                raise StoreError(f"{backup} is damaged ({what}): {_ANOTHER}")
            carried: dict[str, list[object]] = {"made": [""], "keys": [b""], "mark": []}
            if "backup" in {name for (name,) in copy.execute("SELECT name FROM sqlite_schema")}:
                for what, value in copy.execute("SELECT what, value FROM backup"):
                    carried.setdefault(what, []).append(value)
                copy.execute("DROP TABLE backup")
    except sqlite3.Error as error:
        raise StoreError(f"{backup} is damaged ({error}): {_ANOTHER}") from error
    made, keys = carried["made"][-1], carried["keys"][-1]
    return str(made), keys if isinstance(keys, bytes) else b"", [str(mark) for mark in carried["mark"]]


def _bring_up_to_date(url: URL, backup: Path, forgotten: Forgotten) -> tuple[str, int]:
    """Migrate the copy, and erase who was forgotten; the schema that it had, and how many were erased."""
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    opening.begin_at_once(engine)
    try:
        with engine.connect() as connection:
            version = opening.version_of(backup, connection)
            if version is None:
                raise StoreError(f"{backup} is empty: {_ANOTHER}")
            if version != opening.SCHEMA:
                opening.migrate(connection)
            gone = erase_forgotten(connection, forgotten)
            connection.commit()
            if gone:
                opening.write_anew(connection)
    finally:
        engine.dispose()
    return version, len(gone)


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
    names = (f"{path.name}.replaced{number}" for number in ("", *(f"-{n}" for n in range(2, 1000))))
    kept = next(file for name in names if not (file := path.with_name(name)).exists())
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
