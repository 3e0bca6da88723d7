"""Opens a database on PostgreSQL, and says what to do when it cannot. Several processes may be at work with one."""

import asyncio
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from bot.ports import StoreError
from bot.store.privacy import erase_forgotten
from bot.store.schema import bring_up_to_date, must_be_current
from bot.store.sql import SqlStore
from bot.store.tombstones import Tombstones
from bot.store.transactions import ONE_WRITER, reason

_log = structlog.get_logger(__name__)
T = TypeVar("T")
_CONNECT = 10
"""Seconds within which a server that is there takes a connection."""
_STATEMENT = 60
"""Seconds that one statement may take: a broadcast to a million readers is queued in one."""
_IN_TURN = 30
"""Seconds that a transaction waits for its turn to write."""
_SILENCE = 5
"""Seconds after which a process that was stopped in the midst of a transaction loses it, and lets others write."""
_WHILE_MIGRATING = 600
_POOL = 5
"""One that writes, and some that read beside it."""

_READ_ONLY = "25006"
_REFUSED = (
    "PostgreSQL on {place} refused the user “{user}” ({why}): correct the name and password in storage.url"
)
_HINTS = {
    "": "PostgreSQL on {place} cannot be reached ({why}): start it, or correct storage.url",
    "28P01": _REFUSED,
    "28000": _REFUSED,
    "3D000": "there is no database “{base}” on {place}: make it (“createdb {base}”), or correct storage.url",
    "42501": "“{user}” may not do what the bot needs in {name} ({why}): make it the owner, with "
    "“ALTER DATABASE {base} OWNER TO {user}”",
    _READ_ONLY: "{name} takes no writes ({why}): set storage.url to the primary server",
    "53100": "{name}: {why}: free some space on its server, then start again; nothing is lost",
    "53300": "{name}: {why}: let the server take more connections (max_connections); each bot needs {needed}",
    "55P03": "{name} is being changed by another process: wait until it is done, then start again",
}
"""What to do, by PostgreSQL's own code of an error (https://www.postgresql.org/docs/current/errcodes-appendix.html).

Without a code it was not the server that answered.
"""


class ServerStore(SqlStore):
    """A store that several processes share."""

    async def _set_mark(self, chat_id: int, now: dt.datetime) -> None:
        await self.run(lambda connection: Tombstones(connection).add(chat_id, now), alone=True)


def open_server(url: URL, *, make: bool) -> ServerStore:
    """As `open_store`. Of several that start at once one brings the schema up to date, and the others wait."""

    def prepare(connection: Connection) -> None:
        if not make:
            must_be_current(connection, name_of(url))
        connection.execute(ONE_WRITER)
        bring_up_to_date(connection, name_of(url))
        Tombstones(connection).make()
        if gone := erase_forgotten(connection, Tombstones(connection)):
            _log.warning("forgotten.erased_again", chats=len(gone))

    at_once(url, prepare)
    return ServerStore(_engine(url))


def look_at_server(url: URL) -> AsyncEngine:
    """An engine that only reads, as `open_outbox`."""
    at_once(url, lambda connection: must_be_current(connection, name_of(url)))
    return _engine(url, default_transaction_read_only="on")


def name_of(url: URL) -> str:
    """What messages call the database; never with a password."""
    return f"the database “{url.database}” on {_place(url)}"


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    return f"{host}:{url.port}" if url.port else str(host)


def _engine(url: URL, **settings: str) -> AsyncEngine:
    limits = {
        "statement_timeout": f"{_STATEMENT}s",
        "lock_timeout": f"{_IN_TURN}s",
        "idle_in_transaction_session_timeout": f"{_SILENCE}s",
    }
    engine = create_async_engine(
        _dialled(url),
        hide_parameters=True,  # no error names a person
        pool_size=_POOL,
        max_overflow=0,
        pool_timeout=_IN_TURN,
        pool_pre_ping=True,  # a server that was started anew costs no answer
        connect_args=_arguments(command_timeout=_STATEMENT + _IN_TURN, **limits, **settings),
    )
    event.listen(engine.sync_engine, "handle_error", _leave_a_standby)
    return engine


def _leave_a_standby(context: ExceptionContext) -> None:
    """Dial anew after a failover: connections that are open stay with the old server, which takes no more writes."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _dialled(url: URL) -> URL:
    """The address for the driver, which calls libpq's `sslmode` `ssl`."""
    query = {("ssl" if key == "sslmode" else key): value for key, value in url.query.items()}
    return url.set(drivername="postgresql+asyncpg", query=query)


def _arguments(command_timeout: float | None = None, **settings: str) -> dict[str, Any]:
    named = {"application_name": "digest-bot", **settings}
    return {"timeout": _CONNECT, "command_timeout": command_timeout, "server_settings": named}


def at_once(url: URL, work: Callable[[Connection], T]) -> T:
    """One transaction, waited for in a thread: the caller may stand in a loop of its own, and the driver needs one."""

    async def done() -> T:
        arguments = _arguments(lock_timeout=f"{_WHILE_MIGRATING}s")
        engine = create_async_engine(
            _dialled(url), poolclass=NullPool, hide_parameters=True, connect_args=arguments
        )
        try:
            async with engine.begin() as connection:
                return await connection.run_sync(work)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(explain(url, error)) from error
        finally:
            await engine.dispose()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(done())).result()


def explain(url: URL, error: BaseException) -> str:
    """What the server or the way to it has, as a sentence that says what to do; never with the password."""
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    hint = _HINTS.get(state, "{name}: {why}")
    known = {"base": url.database, "user": url.username, "place": _place(url), "name": name_of(url)}
    return hint.format(why=reason(error), needed=_POOL + 1, **known)
