"""Processes on cores of their own: the contestant has one, everything else another."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cores:
    """`contestant` and `others` are numbers of cores; None: there is but one, and nothing is pinned."""

    contestant: int | None
    others: int | None

    @classmethod
    def of_this_machine(cls) -> "Cores":
        """The last core for the contestant, the first for the others."""
        mine = sorted(os.sched_getaffinity(0))
        return cls(mine[-1], mine[0]) if len(mine) > 1 else cls(None, None)


async def spawn(command: Sequence[str], core: int | None) -> asyncio.subprocess.Process:
    """A process on this core. It has no settings of a bot's; what it prints is read, what it complains of is kept."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    return process


def machine() -> str:
    """What the figures were measured on, in a few words."""
    named = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 2**20
    system = os.uname()
    model = named[0].partition(": ")[2].strip() if named else system.machine
    load = os.getloadavg()[2]
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {system.sysname} {system.release}, "
        f"load average {load:.1f}"
    )
