"""`python -m tests.bitflip_campaign [SEED] [FLIPS]`: one bit of the database turns, and the bot is started.

Each turned bit is tried twice: after a stop in good order, when the file has a seal, and after a crash, when SQLite
alone can tell. A disk that forgets a bit does not touch the file's time, and neither does this.
"""

import asyncio
import datetime as dt
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.core.model import Chat, Pick, State, Subscription, Wanted
from bot.core.planning import Planned, plan
from bot.ports import Store, StoreError
from bot.store import open_store
from bot.store.backup import save
from bot.store.restoring import restore
from bot.store.tables import metadata
from tests.fakes import NOW

READERS = 2_000
SEED, FLIPS = 2026, 100
REFUSED, AT_USE, HARMLESS, CHANGED = (
    "refused at the start",
    "refused at use",
    "nothing changed",
    "a value changed",
)
Content = dict[str, list[tuple[Any, ...]]]


async def make(file: Path, readers: int = READERS) -> None:
    """Some thousand rows, pages that are free again, and a stop in good order."""
    await open_store(f"sqlite:///{file}").close()
    slot = int(NOW.timestamp() * 1000)
    rows = [(7_000_000_000 + 37 * number, slot - 60_000 * (number % 300)) for number in range(readers + 200)]
    with closing(sqlite3.connect(file)) as database, database:
        database.executemany(
            "INSERT INTO subscriptions (chat_id, thread_id, time, days, zone, themes, next_slot, paused, told_end)"
            " VALUES (?, 0, '09:00', 127, 'Asia/Almaty', 'water', ?, '', 0)",
            rows,
        )
        database.executemany("INSERT INTO chats VALUES (?, 0, 'private', 'kk', ?)", rows)
        database.executemany("INSERT INTO progress VALUES (?, 0, 'springs', ?, '0123456789abcdef')", rows)
        database.executemany(
            "INSERT INTO deliveries (chat_id, slot, thread_id, broadcast_id, local_date, digest, version, state,"
            " attempt, not_before, code, message_id, updated) VALUES (?, ?, 0, 0, '2026-11-22', 'springs',"
            " '0123456789abcdef', 'sent', 1, 1795000000000, '', 44, 1795000000000)",
            rows,
        )
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("DELETE FROM deliveries WHERE id > ?", (readers,))
    await open_store(f"sqlite:///{file}").close()


def contents(file: Path) -> Content:
    """All rows of all tables, by their rowids, past every index."""
    with closing(sqlite3.connect(file)) as database:
        database.text_factory = bytes  # a turned bit may have left no text
        return {
            table: database.execute(f"SELECT * FROM {table} NOT INDEXED ORDER BY +rowid").fetchall()  # noqa: S608
            for table in metadata.tables
        }


def turn(file: Path, bit: int) -> None:
    """Turn one bit; the file's time stays."""
    status = file.stat()
    with file.open("r+b") as opened:
        opened.seek(bit // 8)
        (byte,) = opened.read(1)
        opened.seek(bit // 8)
        opened.write(bytes([byte ^ 1 << bit % 8]))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


async def use(store: Store) -> None:
    """Read all that there is, as the bot does: plan and claim for everybody, look into the outbox."""

    def planner(subscription: Subscription) -> Planned:
        return plan(subscription, NOW, dt.timedelta(hours=6))

    await store.plan(NOW, planner, 10 * READERS)
    await store.claim(NOW, "me", 10 * READERS, lambda *_: Pick("w1", 1, 3))
    await store.holds(NOW)
    await store.stopped()
    await store.outlook()
    await store.counts()
    after = 0
    while page := await store.entries(Wanted(states=(State.SENT,)), after, 1000):
        after = page[-1].id
        for entry in page:
            await store.history(Chat(entry.chat, entry.thread))


async def start(file: Path, before: Content, steps: list[str]) -> str:
    """What comes of a start with this file; refusals are added to `steps`."""
    try:
        store = open_store(f"sqlite:///{file}")
    except StoreError as error:
        steps.append(str(error))
        return REFUSED
    same = contents(file) == before
    try:
        await use(store)
    except StoreError as error:
        steps.append(str(error))
        return AT_USE
    except Exception as error:  # noqa: BLE001  what must not be: it is shown, and the others are tried
        steps.append(repr(error))
        return AT_USE
    finally:
        await store.close()
    return HARMLESS if same else CHANGED


async def campaign(
    folder: Path, seed: int, flips: int, readers: int = READERS
) -> tuple[Counter[str], Counter[str], list[str]]:
    """What came of each turned bit with the seal, and without; and what was said."""
    whole = folder / "whole" / "bot.db"
    await make(whole, readers)
    before = contents(whole)
    backup = save(whole, folder / "backup.db", "").file
    dice, steps = random.Random(seed), list[str]()  # noqa: S311  repeatable
    sealed, crashed = Counter[str](), Counter[str]()
    for number in range(flips):
        bit = dice.randrange(8 * whole.stat().st_size)
        for tally, with_seal in ((sealed, True), (crashed, False)):
            file = folder / str(number) / "bot.db"
            shutil.copytree(whole.parent, file.parent)
            turn(file, bit)
            if not with_seal:
                file.with_name("bot.db.seal").unlink()
            outcome = await start(file, before, steps)
            tally[outcome] += 1
            if with_seal and outcome == REFUSED:
                restore(f"sqlite:///{file}", backup)
                assert contents(file) == before
            shutil.rmtree(file.parent)
    return sealed, crashed, steps


def main() -> int:
    """Print the table; 1 when a bit that turned after a stop in good order was not seen."""
    seed, flips = (
        int(value) for value in (*sys.argv[1:], *(str(v) for v in (SEED, FLIPS)[len(sys.argv) - 1 :]))
    )
    with tempfile.TemporaryDirectory(prefix="bits-") as folder:
        sealed, crashed, steps = asyncio.run(campaign(Path(folder), seed, flips))
    print(f"| {flips} turned bits, seed {seed} | after a stop in good order | after a crash |\n|---|---|---|")  # noqa: T201
    for outcome in (REFUSED, AT_USE, HARMLESS, CHANGED):
        print(f"| {outcome} | {sealed[outcome]} | {crashed[outcome]} |")  # noqa: T201
    unclear = [step for step in steps if "python -m bot restore" not in step]
    for step in unclear:
        print(step)  # noqa: T201
    return int(sealed[REFUSED] < flips or bool(unclear))


if __name__ == "__main__":
    sys.exit(main())
