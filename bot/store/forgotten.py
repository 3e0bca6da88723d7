"""Who has asked to be forgotten: marks outside the database, so that a restored backup brings nobody back.

A mark is a keyed hash of the chat's id (HMAC-SHA256, RFC 2104) with the moment; whoever has the key can tell
whether an id is among them, and nobody else can.
"""

import datetime as dt
import hmac
import os
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from bot.ports import StoreError

_log = structlog.get_logger(__name__)
KEY_BYTES = 32


class Marks(Protocol):
    """Who was forgotten, wherever it is kept."""

    def among(self, chat_ids: Iterable[int]) -> dict[int, dt.datetime]:
        """Those of the chats that were forgotten, and when last. Raises StoreError where that cannot be told."""
        ...


class Forgotten:
    """The marks beside a database: `NAME.forgotten`, one a line, only ever appended to, and `NAME.key`."""

    def __init__(self, database: Path) -> None:
        self._marks = database.with_name(database.name + ".forgotten")
        self._key = database.with_name(database.name + ".key")
        self._one_at_a_time = threading.Lock()

    def add(self, chat_id: int, now: dt.datetime) -> None:
        """Set a mark; it is on disk when this returns. Raises StoreError; then there is none.

        May be called from several threads.
        """
        try:
            with self._one_at_a_time:
                self._append(f"{mark_of(self._key_made(), chat_id)} {now.astimezone(dt.UTC).isoformat()}\n")
        except OSError as error:
            raise StoreError(f"cannot write {self._marks} ({error.strerror}): nothing was erased") from error

    def _append(self, line: str) -> None:
        file = os.open(self._marks, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            end = os.lseek(file, 0, os.SEEK_END)
            torn = end and os.pread(file, 1, end - 1) != b"\n"  # a crash cut the last line off
            _write(file, (b"\n" if torn else b"") + line.encode())
        finally:
            os.close(file)
        sync_folder(self._marks.parent)

    def held(self) -> tuple[bytes, tuple[str, ...]]:
        """The keys, one after another, and the lines: what a backup carries along. Raises OSError."""
        key = self._key.read_bytes() if self._key.exists() else b""
        lines = self._marks.read_text(encoding="utf-8", errors="replace") if self._marks.exists() else ""
        return key, tuple(lines.splitlines())

    def take_in(self, keys: bytes, lines: Iterable[str]) -> None:
        """Add what a backup has carried along; what is here stays. Raises StoreError.

        The marks of a bot that was begun anew meanwhile have another key: then both are kept, the own one first.
        """
        try:
            mine, here = self.held()
            others = (key for key in each_key(keys) if key not in each_key(mine))
            self._write_key(b"".join((mine, *others)))  # first: marks without their key cannot be read
            for line in dict.fromkeys(lines):
                if line and line not in here:
                    self._append(f"{line}\n")
        except OSError as error:
            raise StoreError(
                f"cannot write {self._marks} ({error.strerror}): nothing was restored"
            ) from error

    def among(self, chat_ids: Iterable[int]) -> dict[int, dt.datetime]:
        """Those of the chats that were forgotten, and when last. Raises StoreError where that cannot be told."""
        if not self._marks.exists():
            return {}
        if not self._key.exists():
            raise StoreError(
                f"{self._key} is missing, without which {self._marks} cannot be read: put it back. If it is lost, "
                f"remove {self._marks}, and do not restore a backup older than today: it would bring back those "
                "who asked to be forgotten"
            )
        moments = moments_of(self._marks.read_text(encoding="utf-8", errors="replace").splitlines())
        return among(moments, each_key(self._key.read_bytes()), chat_ids)

    def _key_made(self) -> bytes:
        """The key of the bot's own, drawn once."""
        if not self._key.exists():
            self._write_key(secrets.token_bytes(KEY_BYTES))
        return each_key(self._key.read_bytes())[0]

    def _write_key(self, keys: bytes) -> None:
        """A half-written one never stands under its name."""
        if not keys or (self._key.exists() and self._key.read_bytes() == keys):
            return
        draft = self._key.with_name(self._key.name + ".new")
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write(file, keys)
        finally:
            os.close(file)
        draft.replace(self._key)
        sync_folder(self._key.parent)


def among(
    moments: Mapping[str, dt.datetime], keys: Sequence[bytes], chat_ids: Iterable[int]
) -> dict[int, dt.datetime]:
    """Those of the chats that have a mark by one of the keys, each with its latest moment."""
    found: dict[int, dt.datetime] = {}
    for chat_id in chat_ids if moments else ():
        marks = (moments[mark] for key in keys if (mark := mark_of(key, chat_id)) in moments)
        if moment := max(marks, default=None):
            found[chat_id] = moment
    return found


def moments_of(lines: Iterable[str]) -> dict[str, dt.datetime]:
    """The marks of the lines, each with its latest moment."""
    moments: dict[str, dt.datetime] = {}
    for line in lines:
        mark, _, moment = line.partition(" ")
        try:
            at = dt.datetime.fromisoformat(moment).astimezone(dt.UTC)
        except ValueError:
            if line:
                _log.warning("forgotten.line_skipped")
            continue
        moments[mark] = max(at, moments.get(mark, at))
    return moments


def each_key(keys: bytes) -> list[bytes]:
    """The keys that stand one after another."""
    return [keys[at : at + KEY_BYTES] for at in range(0, len(keys), KEY_BYTES)]


def mark_of(key: bytes, chat_id: int) -> str:
    """The mark of a chat: without the key it says nothing."""
    return hmac.digest(key, str(chat_id).encode(), "sha256").hex()


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
    os.fsync(file)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on disk. Raises OSError."""
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
