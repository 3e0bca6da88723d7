"""Takes from the database's file what is erased from its tables.

With `secure_delete` SQLite overwrites what it deletes, but not the copies of a row that moving it from page to
page leaves behind: of 1,200 chats erased from a database of 5,000, 16 were still to be found in it. So the file
is searched, and written anew where something is left.
"""

import asyncio
import datetime as dt
import os
import sqlite3
from collections.abc import Collection, Iterable
from io import IOBase
from pathlib import Path

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.ports import StoreError
from bot.store.forgotten import Forgotten
from bot.store.inbox import in_payload
from bot.store.transactions import Transactions
from bot.store.verifying import seal

_log = structlog.get_logger(__name__)
_CHUNK = 1 << 20
_SHORT_WAIT, _LONG_WAIT = 100, 5000
"""Milliseconds that a statement waits for another process; the second is the driver's own default."""
_REST = 3600.0
"""Seconds between two times that the whole file is written anew: sending waits meanwhile."""


class Traces(Transactions):
    """A database whose file is known.

    The file is open for reading as long as the database is: the locks of a process on a file end when it closes
    any of its descriptors (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
    """

    def __init__(self, engine: Engine, lock: IOBase, file: Path, onlooker: Engine) -> None:
        super().__init__(engine, lock, onlooker)
        self._file_engine = engine
        self._path = file
        self._forgotten = Forgotten(file)
        self._file = os.open(file, os.O_RDONLY)
        self._left: set[int] = set()
        self._rewritten: float | None = None

    async def close(self) -> None:
        """Let go of the database, and seal it."""
        await self._disconnect()
        if self._file >= 0:
            await asyncio.to_thread(seal, self._path)
        await super().close()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    async def _set_mark(self, chat_id: int, now: dt.datetime) -> None:
        await asyncio.to_thread(self._forgotten.add, chat_id, now)

    async def scrub(self) -> None:
        """As `Privacy.scrub`."""
        if self._left:
            await self._scrub(())

    async def empty_log(self) -> None:
        """As `Inbox.empty_log`."""
        try:
            await self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        except (SQLAlchemyError, sqlite3.Error) as error:
            _log.warning("log.not_emptied", reason=type(error).__name__)

    async def _scrub(self, chat_ids: Iterable[int]) -> None:
        """Empty the log into the file, and look for what is left of these chats; what cannot be done now waits."""
        self._left.update(chat_ids)
        wanted = frozenset(self._left)
        try:
            clean = await self._run("PRAGMA wal_checkpoint(TRUNCATE)")
            if clean and await asyncio.to_thread(found, self._file, wanted):
                clean = await self._rewrite()
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            _log.warning("traces.left", count=len(wanted), reason=type(error).__name__)
            return
        if clean:
            self._left -= wanted
        else:
            _log.info("traces.left", count=len(wanted), reason="tried again within the hour")

    async def _rewrite(self) -> bool:
        now = asyncio.get_running_loop().time()
        if self._rewritten is not None and now - self._rewritten < _REST:
            return False
        self._rewritten = now
        await self._run("VACUUM")
        return await self._run("PRAGMA wal_checkpoint(TRUNCATE)")

    async def _run(self, statement: str) -> bool:
        """Run what cannot stand in a transaction; False: somebody else reads the database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._outside, statement)

    def _outside(self, statement: str) -> bool:
        with self._file_engine.connect() as connection:
            driver = connection.connection.driver_connection
            if driver is None:
                raise StoreError("the database is closed")
            # Sending waits meanwhile, so that a long look from the command line is not waited for.
            driver.execute(f"PRAGMA busy_timeout={_SHORT_WAIT}")
            try:
                rows = driver.execute(statement).fetchall()
            finally:
                driver.execute(f"PRAGMA busy_timeout={_LONG_WAIT}")
        return not any(row[0] for row in rows)


def found(file: int, chat_ids: Collection[int]) -> bool:
    """Whether the bytes of one of these ids stand in an open file, as SQLite stores whole numbers or in an update.

    https://sqlite.org/fileformat2.html#record_format
    """
    wanted = [_stored(chat_id) for chat_id in chat_ids]
    wanted += [part.encode() for chat_id in chat_ids for part in in_payload(chat_id)]
    overlap, at, before = max(map(len, wanted)) - 1, 0, b""
    while chunk := os.pread(file, _CHUNK, at):
        window = before + chunk
        if any(number in window for number in wanted):
            return True
        at, before = at + len(chunk), window[-overlap:] if overlap else b""
    return False


def _stored(number: int) -> bytes:
    """A whole number as the shortest of SQLite's forms: 1, 2, 3, 4, 6 or 8 bytes, the highest first."""
    length = next(size for size in (1, 2, 3, 4, 6, 8) if -(1 << 8 * size - 1) <= number < 1 << 8 * size - 1)
    return number.to_bytes(length, "big", signed=True)
