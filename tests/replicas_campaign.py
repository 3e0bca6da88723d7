"""`make replicas`: three bots on PostgreSQL, killed, paused, cut off and side by side; prints what came of it.

It writes its table into docs/reliability.md. `python -m tests.replicas_campaign SEED` takes another seed.
"""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from tests import outages, side_by_side, succession
from tests.campaign import Bot
from tests.clusters import cluster
from tests.full_campaign import PAGE, SEED, table
from tests.invariants import Row

BEGIN, END = "<!-- figures: written by make replicas -->\n", "<!-- end of the replicas' figures -->\n"


async def rows(seed: int) -> AsyncIterator[Row]:
    """Each scenario in full, at the real lease of 30 s, on servers that keep what was committed."""
    with tempfile.TemporaryDirectory(prefix="replicas-") as name:
        folder = Path(name)
        with cluster() as server:
            yield await succession.replaced(folder / "1", server, seed, 10_000, 40, 60, kind=Bot)
            yield await succession.succeeded(folder / "2", server, seed, kind=Bot)
            yield await succession.succeeded(folder / "3", server, seed, kind=Bot, how=signal.SIGSTOP)
            yield await side_by_side.served(folder / "4", server, seed, 1_000, 20, bots=3, kind=Bot)
        with cluster() as server:
            yield await outages.interrupted(folder / "5", server, seed, 5_000, 20, 10, kind=Bot)


async def campaign(seed: int) -> list[Row]:
    """All rows; each is printed when it is done."""
    done = []
    async for row in rows(seed):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
        done.append(row)
    return done


def main() -> int:
    """Measure, print, write; 1 when something did not hold."""
    seed, began = int(sys.argv[1]) if len(sys.argv) > 1 else SEED, time.monotonic()
    done = asyncio.run(campaign(seed))
    before, rest = PAGE.read_text().split(BEGIN)
    figures = table([*done], seed, time.monotonic() - began, at_once=1)
    PAGE.write_text(before + BEGIN + figures + END + rest.split(END)[1])
    return int(any(row.broken for row in done))


if __name__ == "__main__":
    sys.exit(main())
