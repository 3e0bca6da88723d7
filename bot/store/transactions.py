"""One transaction at a time on one engine: what all parts of the store stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import IOBase

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.ports import StoreError
from bot.store.verifying import RESTORE, is_damage


class Transactions:
    """An engine, and the lock that keeps other processes out of its database (None: it only reads)."""

    def __init__(self, engine: AsyncEngine, lock: IOBase | None) -> None:
        self._engine = engine
        self._lock = lock
        self._damaged = ""

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if self._damaged:  # every further write could make it worse
            raise StoreError(self._damaged)
        try:
            async with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            original = getattr(error, "orig", None) or error
            if is_damage(original):
                self._damaged = f"the database is damaged ({original}): {RESTORE}"
            raise StoreError(self._damaged or f"the database did not answer: {original}") from error

    async def close(self) -> None:
        """Let go of the database."""
        await self._engine.dispose()
        if self._lock is not None:
            self._lock.close()
