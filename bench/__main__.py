"""`make bench`: all subjects, into docs/performance.md. `make bench-quick`: a short look, as an alarm."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import server
from bench.arena import Arena, FailedError
from bench.cores import ROOT, Cores, machine
from bench.page import promises, write
from bench.subjects import ALL, LATENCY, QUICK, Result, Subject

_LOOKS = 5
_PAGE = ROOT / "docs/performance.md"


async def measured(*, quick: bool) -> tuple[list[Result], list[str]]:
    """All subjects, one after another; and what went wrong with those that could not be measured."""
    cores = Cores.of_this_machine()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        program = await server.build(Path(folder))
        async with (
            server.running(program, 0, cores) as at_once,
            server.running(program, LATENCY, cores) as afar,
        ):
            arena = Arena(Path(folder), cores, at_once, afar, quick, say)
            results, failed = [], []
            for subject in QUICK if quick else ALL:
                try:
                    results.append(await looked(subject, arena))
                except FailedError as error:
                    failed.append(f"{subject.__name__}: {error!s:.2000}")
            return results, failed


async def looked(subject: Subject, arena: Arena) -> Result:
    """The subject's result. A short look that gives alarm is repeated: noise comes and goes, a loss stays."""
    for _ in range(_LOOKS - 1 if arena.quick else 0):
        result = await subject(arena)
        alarming = [goal.what for goal in result.goals if goal.alarming]
        if not alarming:
            return result
        say(f"once more: {', '.join(alarming)}")
    return await subject(arena)


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stderr.write(f"{line}\n")


def main(arguments: Sequence[str]) -> int:
    """The exit code: 1 where a quick look misses a promise by more than half, 2 where something was not measured."""
    quick, began = "--quick" in arguments, time.monotonic()
    where = machine()
    try:
        results, failed = asyncio.run(measured(quick=quick))
    except server.NoServerError as error:
        say(str(error))
        return 2
    for complaint in failed:
        say(complaint)
    goals = [goal for result in results for goal in result.goals]
    sys.stdout.write(promises(goals) + "\n")
    say(f"{time.monotonic() - began:.0f} s")
    if not quick:
        write(_PAGE, results, where)
        say(f"written into {_PAGE.relative_to(ROOT)}")
        return 2 if failed else 0
    alarming = [goal.what for goal in goals if goal.alarming]
    for what in alarming:
        say(f"missed by more than half: {what}")
    return 2 if failed else int(bool(alarming))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
