"""Which of the bot's processes are alive, and which one of them leads: rows that run out by the database's clock."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, literal, select
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from bot.store.tables import Moment, leases
from bot.store.transactions import Transactions, reading
from bot.store.upserts import upsert

_LEADER = "leader"
_REPLICA = "replica:"
_MILLISECOND = dt.timedelta(milliseconds=1)


class _Now(FunctionElement[Any]):
    """This moment, by the clock of the database."""

    type = Moment()
    inherit_cache = True


@compiles(_Now)
def _by_server(*_: Any, **__: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


@compiles(_Now, "sqlite")
def _by_machine(*_: Any, **__: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


_ALIVE: ColumnElement[bool] = leases.c.until > _Now()


def living() -> Select[Any]:
    """The owners that are alive: what belongs to another one is free to be taken."""
    return select(leases.c.owner).where(leases.c.name.startswith(_REPLICA), _ALIVE)


class SqlLeases(Transactions):
    """Implements the `Leases` port; the contracts are written there."""

    @reading
    def renew(
        self, connection: Connection, owner: str, length: dt.timedelta, lately: dt.timedelta | None = None
    ) -> int:
        if not self.shared:
            return 1
        row = _lease(connection, _REPLICA + owner, owner, length)
        mine = {"until": row.excluded.until}
        connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=mine))
        since = _Now() + literal((length - lately if lately else dt.timedelta()) // _MILLISECOND)
        speak = living().where(leases.c.until >= since).subquery()
        return connection.execute(select(func.count()).select_from(speak)).scalar_one()

    @reading
    def lead(self, connection: Connection, owner: str, length: dt.timedelta) -> bool:
        if not self.shared:
            return True
        row = _lease(connection, _LEADER, owner, length)
        free = (leases.c.owner == row.excluded.owner) | ~_ALIVE
        mine = {"owner": row.excluded.owner, "until": row.excluded.until}
        taken = row.on_conflict_do_update(index_elements=["name"], set_=mine, where=free)
        leads = connection.execute(taken.returning(leases.c.owner)).first() is not None
        if leads:  # one process alone tidies up: two could wait for each other
            connection.execute(delete(leases).where(~_ALIVE))
        return leads

    @reading
    def let_go(self, connection: Connection, owner: str) -> None:
        connection.execute(delete(leases).where(leases.c.owner == owner))


def _lease(connection: Any, name: str, owner: str, length: dt.timedelta) -> Any:
    until = _Now() + literal(length // _MILLISECOND)
    return upsert(connection.dialect, leases).values(name=name, owner=owner, until=until)
