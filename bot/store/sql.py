"""The store on SQL: each method answers one question of the use cases in one transaction."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, select, update
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql import ClauseElement

from bot.core.broadcast import Stage
from bot.core.delivery import Decision, OnAmbiguous, recover
from bot.core.model import Chat, Delivery, Outlook, Preferences, State, Subscription
from bot.core.planning import Planned
from bot.ports import Choose
from bot.ports.store import LONG_AGO, Ids
from bot.store.broadcasts import SqlBroadcasts
from bot.store.bulk import for_each
from bot.store.claiming import OPEN, claim
from bot.store.corrections import SqlCorrections
from bot.store.counting import count_settled
from bot.store.inbox import SqlInbox
from bot.store.leases import SqlLeases, living
from bot.store.outbox import SqlOutbox
from bot.store.owners import SqlOwners
from bot.store.privacy import SqlPrivacy
from bot.store.readers import SqlReaders
from bot.store.rows import same_chat
from bot.store.settling import become, close_unreachable, hold, leave_in_doubt, settle
from bot.store.statistics import SqlStatistics
from bot.store.tables import Moment, broadcasts, counts, deliveries, holds, meta, stopped, subscriptions
from bot.store.transactions import reading, transaction
from bot.store.upserts import upsert

_AT_ONCE = 2000
"""Deliveries that one transaction purges: others wait meanwhile."""
_NO_END = 2**62
_TIMES = "time", "days", "zone", "resume", "next_slot"
_TIMING = [subscriptions.c[name] for name in _TIMES]
"""When a subscription is due: those that are alike in it get the same slots."""


class SqlStore(
    SqlReaders,
    SqlOwners,
    SqlBroadcasts,
    SqlCorrections,
    SqlInbox,
    SqlLeases,
    SqlOutbox,
    SqlPrivacy,
    SqlStatistics,
):
    """Implements the `Store` port; the contracts are written there."""

    # -- deliveries ---------------------------------------------------------------------------------------

    @transaction
    def plan(
        self, connection: Connection, now: dt.datetime, planner: Callable[[Subscription], Planned], limit: int
    ) -> tuple[int, int]:
        due = (
            select(subscriptions.c.chat_id, subscriptions.c.thread_id, *_TIMING)
            .where(subscriptions.c.next_slot <= now)
            .limit(limit)
        )
        alike: dict[tuple[Any, ...], list[tuple[int, int]]] = {}
        for chat_id, thread_id, *timing in connection.execute(due).all():
            alike.setdefault(tuple(timing), []).append((chat_id, thread_id))
        new: list[tuple[Any, ...]] = []
        moved: list[tuple[Any, ...]] = []
        late = 0
        for when, some in alike.items():
            planned = planner(_like(some[0], *when))
            if planned.state is not None:
                row = planned.slot.date, planned.slot.at, planned.state, now
                new += [(*each, *row) for each in some]
            moved += [(*each, planned.next_slot) for each in some]
            late += len(some) if planned.state is State.EXPIRED else 0
        for_each(
            connection, _plan_it, ("chat_id", "thread_id", "local_date", "slot", "state", "updated"), new
        )
        count_settled(connection, [State.EXPIRED] * late, now)
        for_each(connection, _move_on, ("chat", "thread", "moved"), moved)
        return len(moved), late

    @transaction
    def claim(  # noqa: PLR0913, PLR0917  the port's
        self,
        connection: Connection,
        now: dt.datetime,
        owner: str,
        limit: int,
        choose: Choose,
        settled: Sequence[Decision] = (),
        before: dt.datetime = LONG_AGO,
    ) -> tuple[Delivery, ...]:
        settle(connection, settled, owner, now)
        return claim(connection, now, owner, limit, choose, before) if limit else ()

    @transaction
    def expire(self, connection: Connection, before: dt.datetime) -> int:
        due = and_(deliveries.c.state == State.DUE, deliveries.c.broadcast_id == 0)
        late = and_(due, deliveries.c.slot < before)
        doubtful = leave_in_doubt(connection, late)
        never_sent = connection.execute(update(deliveries).where(late).values(state=State.EXPIRED))
        count_settled(connection, [State.EXPIRED] * never_sent.rowcount, before)
        return doubtful + never_sent.rowcount

    @transaction
    def settle(
        self, connection: Connection, decisions: Sequence[Decision], owner: str, now: dt.datetime
    ) -> None:
        settle(connection, decisions, owner, now)

    @transaction
    def recover(
        self, connection: Connection, on_ambiguous: OnAmbiguous, owner: str = "", held: Ids | None = None
    ) -> int:
        left = and_(deliveries.c.owner != owner, deliveries.c.owner.not_in(living()))
        if held is not None:
            left |= and_(deliveries.c.owner == owner, deliveries.c.id.not_in(held))
        stuck = select(deliveries).where(deliveries.c.state == State.SENDING, left)
        rows = connection.execute(stuck).all()
        for row in rows:
            become(connection, row, recover(row.attempt, on_ambiguous), "crashed")
            close_unreachable(connection, deliveries.c.id == row.id, "left")
        return len(rows)

    @transaction
    def purge(self, connection: Connection, before: dt.date) -> int:
        # From the oldest row on, as far as they are old: those of 90 days are not gone through.
        young = select(deliveries.c.id).where(deliveries.c.local_date >= before).order_by(deliveries.c.id)
        bound = func.coalesce(young.limit(1).scalar_subquery(), _NO_END)
        old = and_(deliveries.c.id < bound, deliveries.c.local_date < before, deliveries.c.state.not_in(OPEN))
        some = select(deliveries.c.id).where(old).order_by(deliveries.c.id).limit(_AT_ONCE)
        midnight = dt.datetime.combine(before, dt.time(), dt.UTC)
        over = and_(
            broadcasts.c.updated < midnight,
            broadcasts.c.stage.in_((Stage.DRAFT, Stage.FINISHED)),
            broadcasts.c.digest.is_(None),  # a note on a correction must not come a second time
            ~exists().where(
                deliveries.c.state.in_(tuple(State)), deliveries.c.broadcast_id == broadcasts.c.id
            ),  # of any state, as their index begins with it
        )
        gone = connection.execute(delete(deliveries).where(deliveries.c.id.in_(some))).rowcount
        connection.execute(delete(broadcasts).where(over))
        return gone

    @transaction
    def hold(self, connection: Connection, chat_id: int | None, until: dt.datetime) -> None:
        hold(connection, {chat_id or 0: until})

    @transaction
    def holds(self, connection: Connection, now: dt.datetime) -> dict[int | None, dt.datetime]:
        connection.execute(delete(holds).where(holds.c.until <= now))
        rows = connection.execute(select(holds)).all()
        return {row.chat_id or None: row.until for row in rows}

    @transaction
    def stop_digest(self, connection: Connection, digest: str, version: str) -> None:
        row = upsert(connection.dialect, stopped).values(digest=digest, version=version)
        connection.execute(row.on_conflict_do_update(index_elements=["digest"], set_={"version": version}))

    @reading
    def paid(self, connection: Connection, today: dt.date) -> int:
        mine = select(counts.c.count).where(counts.c.date == today, counts.c.what == "paid")
        return connection.execute(mine).scalar() or 0

    @reading
    def stopped(self, connection: Connection) -> dict[str, str]:
        rows = connection.execute(select(stopped)).all()
        return {row.digest: row.version for row in rows}

    @transaction
    def retime(
        self, connection: Connection, version: str, planner: Callable[[Subscription], dt.datetime]
    ) -> int:
        known = connection.execute(select(meta.c.value).where(meta.c.key == "tzdata"))
        if known.scalar() == version:
            return 0
        active = select(*_TIMING, func.count()).where(subscriptions.c.next_slot.is_not(None))
        moved: list[tuple[Any, ...]] = []
        asked = 0
        for *timing, number in connection.execute(active.group_by(*_TIMING)).all():
            asked += number
            if (slot := planner(_like((0, 0), *timing))) != timing[-1]:
                moved.append((*timing, slot))
        for_each(connection, _move_alike, (*(f"their_{name}" for name in _TIMES), "moved"), moved)
        _remember(connection, "tzdata", version)
        return asked

    # -- the database itself ------------------------------------------------------------------------------

    @transaction
    def outlook(self, connection: Connection) -> Outlook:
        slot = select(func.min(subscriptions.c.next_slot))
        _remember(connection, "opened", "yes")  # proves that the disk takes a write
        oldest = [connection.execute(due).scalar() for due in _OLDEST]
        return Outlook(connection.execute(slot).scalar(), min((at for at in oldest if at), default=None))


_OLDEST = [
    # What Telegram asked to hold back is not late before that time: `not_before` begins as the slot. One question
    # for each state and number of attempts, so that an index answers it at once, however many are due.
    select(deliveries.c.not_before)
    .where(deliveries.c.state == state, deliveries.c.broadcast_id == 0, deliveries.c.attempt == attempt)
    .where(exists().where(same_chat(deliveries, subscriptions), subscriptions.c.paused == ""))
    .order_by(deliveries.c.not_before)
    .limit(1)
    for state in OPEN
    for attempt in range(OnAmbiguous.RETRY_ONCE.attempts + 1)
]


def _like(
    chat: tuple[int, int], time: str, days: int, zone: str, resume: dt.date | None, due: dt.datetime
) -> Subscription:
    """A subscription as the planner asks for it: what it is about says nothing of its time."""
    return Subscription(Chat(*chat), Preferences(dt.time.fromisoformat(time), days, zone, resume=resume), due)


def _plan_it(dialect: Dialect) -> ClauseElement:
    """At most one for each chat and local date."""
    slot = bindparam("slot", type_=Moment)
    row = upsert(dialect, deliveries).values(slot=slot, not_before=slot, broadcast_id=0, attempt=0, code="")
    return row.on_conflict_do_nothing()


def _move_on(_: Dialect) -> ClauseElement:
    mine = subscriptions.c.chat_id == bindparam("chat"), subscriptions.c.thread_id == bindparam("thread")
    return update(subscriptions).where(*mine).values(next_slot=bindparam("moved"))


def _move_alike(_: Dialect) -> ClauseElement:
    alike = (each.is_not_distinct_from(bindparam(f"their_{each.name}")) for each in _TIMING)
    return update(subscriptions).where(*alike).values(next_slot=bindparam("moved"))


def _remember(connection: Connection, key: str, value: str) -> None:
    row = upsert(connection.dialect, meta).values(key=key, value=value)
    connection.execute(row.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
