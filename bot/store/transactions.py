"""One transaction at a time on one database: what all parts of the store stand on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import IOBase

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.ports import StoreError
from bot.store.verifying import RESTORE, is_damage

_log = structlog.get_logger(__name__)
ONE_WRITER = select(func.pg_advisory_xact_lock(0x0D16E57B07))
"""On PostgreSQL the bot's processes write in turn, by a lock that ends with the transaction.

So what holds of the store on SQLite holds there too: nothing changes between what a transaction reads and what it
writes. Nearly every one of them adds to the day's counts, for which they would have to wait for each other anyway.
"""


class Transactions:
    """An engine, and the lock that keeps other processes out of its database (None: they may be in it)."""

    def __init__(self, engine: AsyncEngine, lock: IOBase | None = None) -> None:
        self._engine = engine
        self._lock = lock
        self._damaged = ""
        self._turn = asyncio.Lock()  # this process waits with one connection, whatever is waiting in it

    @property
    def shared(self) -> bool:
        """Whether other processes of the bot's may be at work with the same database."""
        return self._engine.dialect.name != "sqlite"

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        """The only one that changes anything, until it ends."""
        if not self.shared:  # its engine has one connection, and its file one process
            async with self._beside() as connection:
                yield connection
            return
        async with self._turn, self._beside() as connection:
            await connection.execute(ONE_WRITER)
            yield connection

    @asynccontextmanager
    async def _beside(self) -> AsyncIterator[AsyncConnection]:
        """A transaction beside others: it reads, or each statement of it is right whatever the others do."""
        if self._damaged:  # every further write could make it worse
            raise StoreError(self._damaged)
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            if is_damage(getattr(error, "orig", None)):
                self._damaged = f"the database is damaged ({reason(error)}): {RESTORE}"
            raise StoreError(self._damaged or f"the database did not answer: {reason(error)}") from error
        except (ValueError, OverflowError, LookupError) as error:  # a date that is none, an unknown zone
            what = f"{type(error).__name__}: {error}"
            _log.debug("store.unreadable", exc_info=error)
            raise StoreError(f"a value in the database cannot be read ({what}): {RESTORE}") from error

    async def close(self) -> None:
        """Let go of the database."""
        await self._engine.dispose()
        if self._lock is not None:
            self._lock.close()


def reason(error: BaseException) -> str:
    """What the database's driver says, without the statement and its values."""
    original = getattr(error, "orig", None) or error
    said = str(original.__cause__ or original).partition("\n")[0]  # what follows may name a row
    return said or type(error).__name__
