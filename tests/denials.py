"""Scenarios of the campaign about a database that is kept from the bot, or broken."""

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

from tests.bitflip_campaign import FLIPS, REFUSED, campaign
from tests.campaign import rig
from tests.invariants import Row, examine
from tests.scenarios import next_message


async def locked_at_start(folder: Path, seed: int, seconds: float = 30, due: int = 200) -> Row:
    """R21: the bot is started while another process has locked its database."""
    async with rig(folder, seed, BOT_DELIVERY__RATE="100") as at:
        await at.subscribe(due)
        with contextlib.closing(sqlite3.connect(at.file, isolation_level=None)) as foreign:
            foreign.execute("BEGIN EXCLUSIVE")
            bot = await at.start()
            await asyncio.sleep(seconds)
            waiting, before = bot.running, await at.telegram.received()
            foreign.execute("ROLLBACK")
        again = await next_message(at)
        await at.settled()
        await at.end(bot)
        found = await examine(at)
    return found.row(
        "R21",
        f"locked by another process for {seconds:.0f} s from before the start on",
        f"the first message {again:.1f} s after",
        waits=waiting and before == 0,
        says_so=[line["event"] for line in at.log].count("store.locked") == 1,
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
    )


async def turned_bits(folder: Path, seed: int, flips: int = FLIPS) -> Row:
    """R22: one bit of the database turns; each time it is restored from a backup."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    sealed, crashed, steps = await campaign(folder, seed, flips)
    rules = {
        "each is refused after a stop in good order": sealed == {REFUSED: flips},
        "each refusal says how to restore": all("python -m bot restore" in step for step in steps),
    }
    notes = ", ".join(f"{count} {outcome}" for outcome, count in crashed.most_common())
    broken = tuple(rule for rule, held in rules.items() if not held)
    done = f"{flips} turned bits: {sealed[REFUSED]} refused after a stop in good order"
    return Row("R22", done, flips, {}, 0, 0, 0, f"after a crash: {notes}", broken, time.monotonic() - began)
