"""`make reliability`: every scenario in full; prints each row and writes the table of docs/reliability.md."""

import asyncio
import functools
import os
import platform
import sqlite3
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests import denials, rehearsals, scenarios, times
from tests.invariants import Row

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- figures: written by make reliability -->\n", "<!-- end of figures -->\n"
SEED = 2026
AT_ONCE = 3
Scenario = Callable[[Path, int], Awaitable[Row | str]]
FULL: tuple[Scenario, ...] = (
    scenarios.killed,
    functools.partial(scenarios.killed, in_flight=30),
    scenarios.killed_at_most_once,
    scenarios.stopped,
    scenarios.storm,
    scenarios.halted,
    scenarios.broken,
    scenarios.unreachable,
    rehearsals.poisoned,
    rehearsals.hanging,
    rehearsals.refused_text,
    rehearsals.migrated,
    times.zones,
    times.jumps,
    *(functools.partial(times.downtime, hours=hours) for hours in (1, 12, 73)),
    times.other_rules,
    times.disk_full,
    times.locked,
    denials.locked_at_start,
    denials.turned_bits,
)


async def campaign(seed: int) -> list[Row | str]:
    """All rows, in the order of the scenarios; each is printed when it is done."""
    free = asyncio.Semaphore(AT_ONCE)
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:

        async def one(number: int, scenario: Scenario) -> Row | str:
            async with free:
                row = await scenario(Path(folder) / str(number), seed + 100 * number)
                print(row, flush=True)  # noqa: T201
                return row

        return list(await asyncio.gather(*(one(*pair) for pair in enumerate(FULL))))


def table(rows: list[Row | str], seed: int, seconds: float, at_once: int = AT_ONCE) -> str:
    """The rows as Markdown, with what they were measured on."""
    head = ("test", "what was done", "due", "ended as", "chats with two copies", "most copies", "no copy")
    lines = [f"| {' | '.join((*head, 'notes', 'invariants', 's'))} |", "|---" * (len(head) + 3) + "|"]
    lines += [f"| {row} |" for row in rows if isinstance(row, Row)]
    skipped = [f"\n{row}\n" for row in rows if isinstance(row, str)]
    machine = (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
    stamp = f"Seed {seed}; {at_once} at a time; {seconds / 60:.1f} minutes in all on {machine}."
    return "\n".join([*lines, *skipped, "", stamp, ""])


def main() -> int:
    """Measure, print, write; 1 when something did not hold."""
    zoneinfo.reset_tzpath(to=())
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else SEED
    began = time.monotonic()
    rows = asyncio.run(campaign(seed))
    text = PAGE.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(before + BEGIN + table(rows, seed, time.monotonic() - began) + END + after)
    return int(any(row.broken for row in rows if isinstance(row, Row)))


if __name__ == "__main__":
    sys.exit(main())
