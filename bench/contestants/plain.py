"""Planning with nothing but sqlite3, on the bot's own tables: what planning is compared with."""

import datetime as dt
import functools
import sqlite3
import zoneinfo

from bench.contestants.work import Figures, Job, Watch, run

_BATCH = 500
_DAY = dt.timedelta(days=1)


@functools.cache
def _next(zone: str, clock_time: str, due: int) -> tuple[str, int]:
    """The local date of a slot, and the next one, in ms; a zone's days are not all as long."""
    here = zoneinfo.ZoneInfo(zone)
    date = dt.datetime.fromtimestamp(due / 1000, here).date()
    following = dt.datetime.combine(date + _DAY, dt.time.fromisoformat(clock_time), here)
    return date.isoformat(), int(following.timestamp() * 1000)


async def plan(job: Job) -> Figures:
    """Some at a time: what is due becomes a delivery, and its reader gets the next slot."""
    connection = sqlite3.connect(job.database, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    watch, now = Watch(), int(dt.datetime.now(dt.UTC).timestamp() * 1000)  # noqa: TID251
    planned = 0
    while rows := connection.execute(
        "SELECT chat_id, zone, time, next_slot FROM subscriptions WHERE next_slot <= ? LIMIT ?", (now, _BATCH)
    ).fetchall():
        connection.execute("BEGIN IMMEDIATE")
        slots = [(chat, due, *_next(zone, clock_time, due)) for chat, zone, clock_time, due in rows]
        connection.executemany(
            "INSERT INTO deliveries (chat_id, thread_id, broadcast_id, local_date, slot, state, attempt,"
            " not_before, code, updated) VALUES (?, 0, 0, ?, ?, 'due', 0, ?, '', ?) ON CONFLICT DO NOTHING",
            [(chat, date, due, due, now) for chat, due, date, _ in slots],
        )
        connection.executemany(
            "UPDATE subscriptions SET next_slot = ? WHERE chat_id = ? AND thread_id = 0",
            [(following, chat) for chat, _, _, following in slots],
        )
        connection.execute("COMMIT")
        planned += len(rows)
    assert planned == job.count, planned
    return watch.figures(planned)


if __name__ == "__main__":
    run({"plan": plan})
