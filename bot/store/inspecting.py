"""Looks a database over without changing a byte of it; the bot may be at work with it."""

import contextlib
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bot.core.diagnosis import Diagnosis, Status
from bot.store.schema import SCHEMA

_RESTORE = "stop the bot and bring back a backup: “python -m bot restore FILE”"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, and the groups and channels with a subscription: the first ones, and how many there are."""

    diagnosis: Diagnosis
    chats: tuple[int, ...] = ()
    total: int = 0


def inspect(url: str, most: int) -> Inspection:
    """The database that `storage.url` names, and at most `most` of its groups and channels."""
    if not url.startswith("sqlite:///"):
        return _only(Status.NOTE, "PostgreSQL: what it holds was not looked at")
    path = Path(url.removeprefix("sqlite:///"))
    try:
        return _inspected(path, most)
    except sqlite3.OperationalError as error:
        hint = "is another program at work with it, and may this user read it?"
        return _only(Status.BAD, f"{path} cannot be read: {error}", hint)
    except sqlite3.DatabaseError as error:
        return _only(Status.BAD, f"{path} is damaged: {error}", _RESTORE)


def _inspected(path: Path, most: int) -> Inspection:
    wal, shared = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    if not path.exists():
        return _only(Status.NOTE, f"there is no {path} yet: the bot makes it when it starts")
    if wal.exists() and not shared.exists():  # to look into it would make the other
        message = (
            f"{wal.name} lies beside {path.name} without {shared.name}, as after a copy: not looked into"
        )
        return _only(Status.WARNING, message, "start the bot, which puts it in order")
    if not wal.exists():
        found = _looked(path, most, "mode=ro&immutable=1")
        if not wal.exists():
            return found
    return _looked(path, most, "mode=ro")  # a bot is at work, or has just begun


def _only(status: Status, message: str, hint: str = "") -> Inspection:
    """What was found instead of a database of the bot's."""
    return Inspection(Diagnosis("database", status, message, hint))


def engine(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> Diagnosis:
    """SQLite itself: some versions can corrupt the WAL of two writers (https://sqlite.org/wal.html#walresetbug)."""
    name = ".".join(map(str, version))
    mended = version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if mended or version < (3, 7):
        return Diagnosis("sqlite", Status.OK, f"SQLite {name}")
    message = (
        f"SQLite {name} can damage a database that two programs write to (mended in 3.51.3); the bot is one, and "
        "keeps a second bot out"
    )
    return Diagnosis("sqlite", Status.NOTE, message, "let no other program write to it while the bot runs")


def _looked(path: Path, most: int, options: str) -> Inspection:
    """What a connection that cannot write finds.

    Of a file that no one is at work with it must be `immutable` besides: else SQLite would lay a -wal and a -shm file
    beside it, and they would be whose command this is, not the bot's (https://sqlite.org/wal.html#readonly).
    """
    address = f"file:{quote(str(path.absolute()))}?{options}"
    with contextlib.closing(sqlite3.connect(address, uri=True)) as connection:
        faults = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        if faults != ["ok"]:
            return _only(Status.BAD, f"{path} is damaged: {'; '.join(faults)}", _RESTORE)
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "alembic_version" not in tables:
            return _strange(path, empty=not tables)
        version = str(*next(connection.execute("SELECT version_num FROM alembic_version"), ("",)))
        if version != SCHEMA:
            return _of_another_version(path, version)
        chats = "FROM subscriptions WHERE chat_id < 0 AND paused = ''"
        first = connection.execute(f"SELECT DISTINCT chat_id {chats} ORDER BY chat_id LIMIT ?", (most,))
        ids = tuple(row[0] for row in first)
        total = connection.execute(f"SELECT count(DISTINCT chat_id) {chats}").fetchone()[0]
    return Inspection(Diagnosis("database", Status.OK, f"{path}: schema {version}, sound"), ids, total)


def _strange(path: Path, *, empty: bool) -> Inspection:
    if empty:
        return _only(Status.NOTE, f"{path} is empty: the bot makes its tables when it starts")
    return _only(
        Status.BAD, f"{path} belongs to another program", "set storage.url to a file of the bot's own"
    )


def _of_another_version(path: Path, version: str) -> Inspection:
    if version > SCHEMA:
        message = (
            f"{path} was written by a newer version of the bot (schema {version}; this one knows {SCHEMA})"
        )
        return _only(Status.BAD, message, "upgrade the bot, or restore a backup of before")
    hint = "the next start brings it up to date; “python -m bot migrate” does it now"
    return _only(Status.WARNING, f"{path} has schema {version}, today's is {SCHEMA}", hint)
