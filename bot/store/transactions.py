"""One transaction at a time on one engine: what all parts of the store stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import IOBase

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.ports import StoreError


class Transactions:
    """An engine, and the lock that keeps other processes out of its database (None: it only reads)."""

    def __init__(self, engine: AsyncEngine, lock: IOBase | None) -> None:
        self._engine = engine
        self._lock = lock

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(
                f"the database did not answer: {getattr(error, 'orig', None) or error}"
            ) from error

    async def close(self) -> None:
        """Let go of the database."""
        await self._engine.dispose()
        if self._lock is not None:
            self._lock.close()
