"""Databases full of readers, as the bot's own tables hold them."""

import asyncio
import datetime as dt
import shutil
import sqlite3
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from bench.contestants.work import CHAT
from bot.clock import SystemClock
from bot.core.model import EVERY_DAY
from bot.store import open_store

_ZONES = ("Asia/Almaty", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "UTC")
_MINUTE = 60_000


def rows(readers: int, due: int, now: int) -> Iterator[tuple[int, str, int, str, int]]:
    """Chat, time, days, zone and next slot (ms) of each; those due in the minute `now` are spread over all of them."""
    local = {zone: dt.datetime.fromtimestamp(now / 1000, zoneinfo.ZoneInfo(zone)) for zone in _ZONES}
    step = readers // due if due else readers + 1
    for number in range(readers):
        zone = _ZONES[number % len(_ZONES)]
        if number % step == 0 and number // step < due:
            yield CHAT + number, f"{local[zone]:%H:%M}", EVERY_DAY, zone, now
        else:
            minute = number % 1380
            yield (
                CHAT + number,
                f"{minute // 60:02}:{minute % 60:02}",
                EVERY_DAY,
                zone,
                now + (60 + minute) * _MINUTE,
            )


async def fill(path: Path, readers: int, due: int) -> None:
    """A new database with so many readers, of whom so many are due now."""
    store = await asyncio.to_thread(open_store, f"sqlite:///{path}")
    await store.close()
    now = int(SystemClock().now().timestamp() * 1000) // _MINUTE * _MINUTE
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO subscriptions (chat_id, thread_id, time, days, zone, themes, next_slot, paused, told_end)"
        " VALUES (?, 0, ?, ?, ?, '', ?, '', 0)",
        rows(readers, due, now),
    )
    connection.execute(
        "INSERT INTO chats (chat_id, thread_id, kind, language, since)"
        " SELECT chat_id, 0, 'private', 'en', ? FROM subscriptions",
        (now - 1440 * _MINUTE,),
    )
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def copied(template: Path, name: str) -> Path:
    """A fresh copy to work on; leftovers of an earlier one are removed."""
    for each in template.parent.glob(f"{name}*"):
        each.unlink()
    return Path(shutil.copyfile(template, template.with_name(name)))
