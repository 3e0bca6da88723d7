"""Scenarios of the campaign about clocks, zones and disks: each gives a row of figures."""

import asyncio
import contextlib
import datetime as dt
import functools
import os
import sqlite3
import subprocess
import time
import zoneinfo
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from bot.clock import SystemClock
from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.core.schedule import next_slot
from bot.store import open_store
from tests.campaign import FIRST, IN_FLIGHT, rig
from tests.invariants import Row, examine
from tests.scenarios import next_message, undisturbed

_DAY, _HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
_HALF_HOURS = [dt.time(half // 2, 30 * (half % 2)) for half in range(48)]
_FIRST_DAY, _LAST_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2028, 1, 1, tzinfo=dt.UTC)


_DAYS = (_LAST_DAY - _FIRST_DAY).days


@dataclass
class Walk:
    """Every slot of a zone, at 48 wall times on each day of two years, found as the planner finds them."""

    changes: int = 0
    slots: int = 0
    gaps: int = 0
    folds: int = 0
    wrong: tuple[str, ...] = ()


async def zones(folder: Path, seed: int, every: int = 1) -> Row:
    """R12: 48 wall times in every zone on every day of 2026 and 2027."""
    del folder, seed
    names, began = sorted(available_timezones())[::every], time.monotonic()
    locked = functools.partial(zoneinfo.reset_tzpath, to=())
    with ProcessPoolExecutor(initializer=locked, mp_context=get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        walks = await asyncio.gather(*(loop.run_in_executor(pool, walk, name) for name in names))
    changes, slots, gaps, folds = (
        sum(getattr(each, name) for each in walks) for name in ("changes", "slots", "gaps", "folds")
    )
    done = f"48 wall times in {len(names)} zones on {_DAYS} days, with {changes} changes"
    notes, seconds = f"{gaps} in gaps, {folds} in folds", time.monotonic() - began
    broken = tuple(wrong for each in walks for wrong in each.wrong)[:5]
    return Row("R12", done, slots, {"once": slots}, 0, 1, 0, notes, broken, seconds)


def walk(name: str) -> Walk:
    """Each local date has exactly one slot, at the right moment: looked at closely around the changes."""
    zone, found = ZoneInfo(name), Walk()
    near: set[dt.date] = set()
    for moment in _changes(zone):
        found.changes += 1
        near |= {moment.astimezone(zone).date() + step * _DAY for step in (-1, 0, 1)}
    for wall in _HALF_HOURS:
        wanted = Preferences(wall, EVERY_DAY, name)
        at, date = _FIRST_DAY - 3 * _DAY, _FIRST_DAY.date() - _DAY
        for _ in range(_DAYS):
            slot = next_slot(wanted, at, date)
            shown = slot.at.astimezone(zone).replace(tzinfo=None)
            kind = _kind(slot.date, slot.at, wall, zone) if slot.date in near else ""
            plain = kind or shown == dt.datetime.combine(slot.date, wall)
            if not plain or kind == "wrong" or slot.date != date + _DAY or slot.at <= at:
                found.wrong += (f"{name} {slot.date} {wall:%H:%M}",)
            found.slots += 1
            found.gaps += kind == "gap"
            found.folds += kind == "fold"
            at, date = slot.at, slot.date
    return found


def _changes(zone: ZoneInfo) -> Iterator[dt.datetime]:
    """The moments at which the zone's offset changes, to the minute after the change."""
    at = _FIRST_DAY
    while at < _LAST_DAY:
        if _offset(zone, at) != _offset(zone, at + _DAY):
            low, high = at, at + _DAY
            while high - low > dt.timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, at) else (low, middle)
            yield high
        at += _DAY


def _offset(zone: ZoneInfo, at: dt.datetime) -> dt.timedelta | None:
    return at.astimezone(zone).utcoffset()


def _kind(date: dt.date, at: dt.datetime, wall: dt.time, zone: ZoneInfo) -> str:
    """Whether the moment is right: the wall time, its first occurrence, or the first moment after a gap."""
    wanted = dt.datetime.combine(date, wall)
    shown = at.astimezone(zone)
    if shown.replace(tzinfo=None) == wanted:
        earlier = [at - step for step in (_HOUR / 2, _HOUR, 2 * _HOUR)]
        first = all(other.astimezone(zone).replace(tzinfo=None) != wanted for other in earlier)
        twice = any(
            (at + step).astimezone(zone).replace(tzinfo=None) == wanted for step in (_HOUR / 2, _HOUR)
        )
        return ("fold" if twice else "plain") if first else "wrong"
    before = (at - dt.timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None)
    return "gap" if before < wanted < shown.replace(tzinfo=None) else "wrong"


async def jumps(folder: Path, seed: int, due: int = 1_000, trembles: int = 1_000) -> Row:
    """R13: the clock jumps an hour and a day, forwards and backwards, and trembles by a second."""
    async with rig(folder, seed, BOT_DELIVERY__RATE="100") as at:
        await at.subscribe(due)
        bot = await at.start()
        for shift in (0, 3_600, 0):
            at.advance(shift)
            await at.receives(due // 10)
        for _ in range(trembles):
            at.advance(at.dice.choice((-1, 1)))
            await asyncio.sleep(0.003)
        for shift in (86_400, 0, 86_400):
            at.advance(shift)
            await at.receives(due // 10, 5)
        await at.settled(2 * due)
        await at.end(bot)
        found = await examine(at, 2 * due)
    return found.row(
        "R13",
        f"clock +1 h, -1 h, ±1 s × {trembles:,}, +1 day, -1 day, +1 day",
        "today's unsent digests expire with the day",
        no_second_copy=found.twice == 0,
        nothing_but_sent_and_expired=found.states.keys() <= {"sent", "expired"},
        the_new_day_was_sent=found.states.get("sent", 0) >= due,
    )


async def downtime(folder: Path, seed: int, hours: int = 12, due: int = 500) -> Row:
    """R14: the bot is down over due times."""
    dates, late = hours // 24 + 1, hours % 24
    async with rig(folder, seed) as at:
        await at.subscribe(due)
        at.advance(hours * 3_600)
        await undisturbed(at, due * dates)
        found = await examine(at, due * dates)
    expired = dates - (late <= 6)
    expected = {"sent": due * (late <= 6), "expired": due * expired}
    return found.row(
        "R14",
        f"down for {hours} h",
        as_late_as_allowed_and_no_later=found.states == {k: n for k, n in expected.items() if n},
        at_most_one_copy=found.most <= 1,
    )


async def other_rules(folder: Path, seed: int) -> Row:
    """R15: the slots in the database were derived with other time zone rules."""
    names = sorted(available_timezones())
    async with rig(folder, seed) as at:
        now = SystemClock().now()
        store = open_store(f"sqlite:///{at.file}")
        right = []
        for n, name in enumerate(names):
            wall = (now + 12 * _HOUR).astimezone(ZoneInfo(name)).time().replace(second=0, microsecond=0)
            wanted = Preferences(wall, EVERY_DAY, name)
            right.append((n + 1, int(next_slot(wanted, now).at.timestamp() * 1000)))
            await store.subscribe(Chat(n + 1), wanted, next_slot(wanted, now).at, now)
        await store.close()
        with contextlib.closing(sqlite3.connect(at.file)) as database, database:
            database.execute("UPDATE subscriptions SET next_slot = next_slot + 3600000 * (chat_id % 3 - 1)")
            database.execute("INSERT OR REPLACE INTO meta VALUES ('tzdata', '2023.3')")
        bot = await at.start()
        await at.ready()
        await at.end(bot)
        slots = at.rows("SELECT chat_id, next_slot FROM subscriptions ORDER BY chat_id")
        known = at.rows("SELECT value FROM meta WHERE key = 'tzdata'")
        found = await examine(at, 0)
    wrong = sum(one != other for one, other in zip(slots, right, strict=True))
    return found.row(
        "R15",
        f"{len(names)} zones, two slots in three an hour off, tzdata “2023.3”",
        f"{len(names) - wrong} slots are right again",
        all_slots_are_derived_anew=not wrong and known == [(version("tzdata"),)],
    )


async def disk_full(folder: Path, seed: int, due: int = 1_000) -> Row | str:
    """R20: the disk fills up while digests go out, and is freed again. A sentence where that cannot be tried."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        return "R20 | skipped: filling a disk takes a small tmpfs, and mounting one takes root"
    try:
        return await _disk_full(folder, seed, due)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


async def _disk_full(folder: Path, seed: int, due: int) -> Row:
    async with rig(folder, seed, BOT_DELIVERY__RATE="100") as at:
        await at.subscribe(due)
        bot = await at.start()
        await at.receives(due // 10)
        ballast = folder / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        await asyncio.sleep(4)
        paused = await at.telegram.received()
        await asyncio.sleep(4)
        meanwhile = await at.telegram.received() - paused
        claimed = at.rows("SELECT count(*) FROM deliveries WHERE attempt > 0")[0][0]
        ballast.unlink()
        again = await next_message(at)
        told = Counter((await at.telegram.ask("copies"))[str(FIRST - 1)])
        await at.settled()
        await at.end(bot)
        found = await examine(at)
    return found.row(
        "R20",
        "disk full for 8 s, then freed",
        f"{meanwhile} sent in the last 4 s of them, sends again {again:.1f} s after",
        no_send_without_a_claim_on_disk=claimed >= paused + meanwhile - told.total(),
        sends_pause=meanwhile <= IN_FLIGHT,
        the_operator_heard_once=[text.split()[2] for text in told.elements()] == ["database"],
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
    )


async def locked(folder: Path, seed: int, seconds: float = 30, due: int = 1_000) -> Row:
    """R21: another process holds the database, then the file is marked read-only."""
    async with rig(folder, seed, BOT_DELIVERY__RATE="100") as at:
        await at.subscribe(due)
        bot = await at.start()
        await at.receives(due // 10)
        with contextlib.closing(sqlite3.connect(at.file, isolation_level=None, timeout=30)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)
            waiting = bot.running
            foreign.execute("ROLLBACK")
        again = await next_message(at)
        at.file.chmod(0o444)
        await at.receives(due // 10)
        await at.end(bot)
        refused = await at.start()
        code, message = await refused.ended()
        at.file.chmod(0o644)
        await undisturbed(at)
        found = await examine(at)
    return found.row(
        "R21",
        f"locked by another process for {seconds:.0f} s; file marked read-only, restart",
        f"sends again {again:.1f} s after; the start on the read-only file is refused in one line",
        no_crash=waiting,
        a_clear_refusal=code == 1 and "cannot write" in message and "Traceback" not in message,
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
    )
