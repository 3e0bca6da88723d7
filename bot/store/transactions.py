"""Transactions as functions, whole: what all parts of the store stand on."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import IOBase
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.ports import StoreError
from bot.store.verifying import RESTORE, is_damage

if TYPE_CHECKING:  # it brings SQLAlchemy's ORM: 6 MB, on PostgreSQL alone
    from sqlalchemy.ext.asyncio import AsyncEngine

_log = structlog.get_logger(__name__)
ONE_WRITER = select(func.pg_advisory_xact_lock(0x0D16E57B07))
"""On PostgreSQL the bot's processes write in turn, by a lock that ends with the transaction.

So what holds of the store on SQLite holds there too: nothing changes between what a transaction reads and what it
writes. Nearly every one of them adds to the day's counts, for which they would have to wait for each other anyway.
"""

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Transactions")
_Body = Callable[Concatenate[S, Connection, P], T]
_Method = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


class Transactions:
    """An engine, and the lock that keeps other processes out of its database (None: they may be in it).

    On SQLite a transaction is one visit to the one thread that has the database: what it reckons holds up nobody
    who waits in the event loop. What counts through all there is has a thread of its own and a connection that only
    reads (`onlooker`), so that nothing waits for it. On PostgreSQL a transaction is a coroutine.
    """

    def __init__(
        self, engine: "Engine | AsyncEngine", lock: IOBase | None = None, onlooker: "Engine | None" = None
    ) -> None:
        self._engine = engine
        self._onlooker = onlooker
        self._aside = ThreadPoolExecutor(1, "onlooker")
        self._lock = lock
        self._damaged = ""
        self._turn = asyncio.Lock()  # this process waits with one connection, whatever is waiting in it
        self._thread = ThreadPoolExecutor(1, "store")

    @property
    def shared(self) -> bool:
        """Whether other processes of the bot's may be at work with the same database."""
        return self._engine.dialect.name != "sqlite"

    async def run(self, work: Callable[[Connection], T], *, alone: bool, long: bool = False) -> T:
        """Do that in a transaction, the only one (if `alone`) that changes anything until it ends.

        One that takes `long` changes nothing, and others go on meanwhile.

        Raises StoreError.
        """
        if self._damaged:  # every further write could make it worse
            raise StoreError(self._damaged)
        try:
            if isinstance(self._engine, Engine):  # one connection, and a file that is one process's
                engine, thread = self._engine, self._thread
                if long and self._onlooker is not None:
                    engine, thread = self._onlooker, self._aside
                return await asyncio.get_running_loop().run_in_executor(thread, _in_one, engine, work)
            if not alone:
                return await _over_there(self._engine, work)
            async with self._turn:
                return await _over_there(self._engine, work, in_turn=True)
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
        await self._disconnect()
        if self._lock is not None:
            self._lock.close()

    async def _disconnect(self) -> None:
        if isinstance(self._engine, Engine):
            await asyncio.to_thread(self._aside.shutdown)
            if (
                self._onlooker is not None
            ):  # the last one that lets go writes the log into the file, and it cannot
                self._onlooker.dispose()
            await asyncio.to_thread(self._thread.shutdown)
            await asyncio.to_thread(self._engine.dispose)
        else:
            await self._engine.dispose()


def _in_one(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.begin() as connection:
        return work(connection)


async def _over_there(engine: "AsyncEngine", work: Callable[[Connection], T], *, in_turn: bool = False) -> T:
    async with engine.begin() as connection:
        if in_turn:
            await connection.execute(ONE_WRITER)
        return await connection.run_sync(work)


def transaction(body: _Body[S, P, T]) -> _Method[S, P, T]:
    """A method whose body is a transaction: the only one that changes anything, until it ends."""
    return _method(body, alone=True)


def reading(body: _Body[S, P, T]) -> _Method[S, P, T]:
    """The same beside others: it reads, or each statement of it is right whatever the others do."""
    return _method(body, alone=False)


def counting(body: _Body[S, P, T]) -> _Method[S, P, T]:
    """The same where it goes through all that there is."""
    return _method(body, alone=False, long=True)


def _method(body: _Body[S, P, T], *, alone: bool, long: bool = False) -> _Method[S, P, T]:
    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.run(
            lambda connection: body(self, connection, *args, **kwargs), alone=alone, long=long
        )

    functools.update_wrapper(method, body)
    return method


def reason(error: BaseException) -> str:
    """What the database's driver says, without the statement and its values."""
    original = getattr(error, "orig", None) or error
    said = str(original.__cause__ or original).partition("\n")[0]  # what follows may name a row
    return said or type(error).__name__
