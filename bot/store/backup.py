"""Backups: one file each, a SQLite database that also holds whom the bot has forgotten.

Of the configuration nothing goes in: no token, no secret.
"""

import contextlib
import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.ports import StoreError
from bot.store.forgotten import Forgotten, sync_folder
from bot.store.tables import metadata
from bot.store.verifying import RESTORE, damage, sha256_of

_KEPT = 2
"""Copies from before a migration."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A backup on disk, and how many rows each table has in it."""

    file: Path
    rows: Mapping[str, int]


def save(database: Path, target: Path, made: str, *, replace: bool = False) -> Saved:
    """Back up a SQLite database, also while a bot works with it: its state of one moment.

    It only reads: such a connection cannot meet the fault of SQLite before 3.51.3 that two writers can
    (https://sqlite.org/wal.html#walresetbug). `made` is the moment, for those who restore it.

    Raises:
        StoreError: What is wrong; there is no backup then, and nothing was overwritten.
    """
    with drafted(target, _size(database), replace=replace) as draft:
        try:
            with closing(reading(database)) as source, closing(sqlite3.connect(draft)) as copy:
                source.backup(copy)
                rows = finish(copy, Forgotten(database).held(), made)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"cannot back up {database}: {error}") from error
        except _DamagedError as error:  # the pages are those of the original
            raise StoreError(
                f"{database} is damaged ({error}), and was not backed up: keep the backups that there are; {RESTORE}"
            ) from error
        note_hash(draft, target)
    return Saved(target, rows)


def save_before_migrating(database: Path, schema: str) -> Path:
    """Copy a database beside itself before its schema changes; the last two such copies are kept.

    Raises:
        StoreError: There is no copy, and nothing may be changed.
    """
    target = copy_before_migrating(database, schema)
    save(database, target, "", replace=True)  # one of an upgrade that was gone back from
    prune(database.parent, f"{database.name}.*.backup", _KEPT)
    return target


def forget_copies(database: Path, before: dt.date) -> None:
    """Remove the copies from before migrations that are older: they hold readers who may have been forgotten."""
    midnight = dt.datetime.combine(before, dt.time(), dt.UTC).timestamp()
    for copy in database.parent.glob(f"{database.name}.*.backup"):
        if copy.stat().st_mtime < midnight:
            _note(copy).unlink(missing_ok=True)
            copy.unlink()


def copy_before_migrating(database: Path, schema: str) -> Path:
    """Where the copy of a database with that schema is kept."""
    return database.with_name(f"{database.name}.{schema}.backup")


def prune(folder: Path, pattern: str, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest of the backups whose names follow the pattern; which they were."""
    gone = tuple(sorted(folder.glob(pattern))[:-keep])
    for file in gone:
        _note(file).unlink(missing_ok=True)
        file.unlink()
    return gone


def finish(copy: sqlite3.Connection, forgotten: tuple[bytes, tuple[str, ...]], made: str) -> dict[str, int]:
    """Make a copy a file of its own, with whom the bot has forgotten; how many rows it has. Raises sqlite3.Error."""
    copy.execute("PRAGMA journal_mode=DELETE")  # one file, which a read-only disk may hold
    if what := damage(copy):
        raise _DamagedError(what)
    keys, marks = forgotten
    copy.execute("PRAGMA secure_delete=ON")
    with copy:
        if made and "inbox" in {name for (name,) in copy.execute("SELECT name FROM sqlite_schema")}:
            # What was being answered then has been since: a restore must not answer it again.
            copy.execute("UPDATE inbox SET payload = '', chat_id = 0, owner = NULL")
        copy.execute("DROP TABLE IF EXISTS backup")
        copy.execute("CREATE TABLE backup (what TEXT, value BLOB)")
        lines = [("made", made), ("keys", keys), *(("mark", mark) for mark in marks)]
        copy.executemany("INSERT INTO backup VALUES (?, ?)", lines)
    return count_rows(copy)


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """The tables of the bot that there are, with their rows."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    wanted = [table for table in metadata.tables if table in there]
    return {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  our own names
        for table in wanted
    }


@contextlib.contextmanager
def drafted(target: Path, size: int, *, replace: bool = False) -> Iterator[Path]:
    """An empty file for this user alone, which gets its name when all went well.

    Raises:
        StoreError: There is no room, the folder cannot be written, or there is such a file already.
    """
    if target.exists() and not replace:
        raise StoreError(f"{target} is there already: name another file; a backup never overwrites one")
    draft = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _room(target.parent, size)
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            yield draft
            _settle(draft, target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write {target} ({error.strerror}): name a folder that this user may write, on a disk with room"
        ) from error


def reading(database: Path) -> sqlite3.Connection:
    """A connection that writes nothing. Raises StoreError, sqlite3.Error."""
    if not database.is_file():
        raise StoreError(f"there is no database at {database}")
    log = database.with_name(database.name + "-wal")
    alone = not log.exists()  # then nobody is at work with it: nothing is made beside it
    how = "mode=ro&immutable=1" if alone and not os.access(database.parent, os.W_OK) else "mode=ro"
    return sqlite3.connect(f"file:{quote(str(database.absolute()))}?{how}", uri=True, timeout=30)


def matches_note(file: Path) -> bool | None:
    """Whether a backup has the hash that was noted beside it; None: there is no note."""
    note = _note(file)
    return note.read_text().split()[:1] == [sha256_of(file)] if note.exists() else None


def _settle(draft: Path, target: Path) -> None:
    """The draft is on disk, and has its name."""
    with draft.open("rb") as file:
        os.fsync(file)
    draft.rename(target)
    sync_folder(target.parent)


def note_hash(draft: Path, target: Path) -> None:
    """Note beside the target what its hash will be."""
    note = _note(target)
    note.touch(0o600)
    note.write_text(f"{sha256_of(draft)}  {target.name}\n")  # as sha256sum writes it


def _room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StoreError(
            f"no room in {folder} for a copy: it takes {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free; "
            "nothing was changed: free some space, then try again"
        )


def _size(database: Path) -> int:
    files = (database, database.with_name(database.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def _note(file: Path) -> Path:
    return file.with_name(file.name + ".sha256")


class _DamagedError(Exception):
    """What is copied is broken."""
