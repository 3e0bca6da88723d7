"""Replicas killed and put to sleep: `python -m tests.replicas_campaign DUE KILLS` prints what came of it."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.databases import started
from tests.replicas import replaced

SEED = 2026


async def campaign(due: int, kills: int) -> bool:
    """Run it; whether all held."""
    with tempfile.TemporaryDirectory() as folder, started(Path(tempfile.mkdtemp()) / "data") as server:
        row = await replaced(Path(folder), server, SEED, due, kills)
    sys.stdout.write(f"{row}\n")
    return not row.broken


if __name__ == "__main__":
    sys.exit(not asyncio.run(campaign(*map(int, sys.argv[1:3]))))
