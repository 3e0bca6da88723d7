"""Where contestants meet: each does its job in a process of its own, on its own core, one after another."""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp

from bench import load, server
from bench.contestants.work import Figures, Job
from bench.cores import ROOT, Cores, spawn
from bench.readers import copied, fill
from bench.rounds import Round, order

_PEERS = ROOT / ".venv-bench/bin/python"
_PATIENCE = 600.0
_SECRET = "bench-secret"  # noqa: S105  of the contestant's
_WARM = 200


class FailedError(Exception):
    """A contestant did not do its job."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """`name` stands in the table; `module` is one of bench.contestants; a `peer` has the other environment."""

    name: str
    module: str
    job: Job
    peer: bool = True


@dataclass(slots=True)
class Arena:
    """`at_once` and `afar` are fake Bot APIs without latency and with 50 ms; `quick` asks for a short look."""

    folder: Path
    cores: Cores
    at_once: str
    afar: str
    quick: bool = False
    say: Callable[[str], None] = lambda _: None
    _templates: dict[tuple[int, int], Path] = field(default_factory=dict)

    def size(self, whole: int, quick: int) -> int:
        """How much of something: a short look takes less."""
        return quick if self.quick else whole

    async def compete(self, contestants: Sequence[Contestant], rounds: int) -> list[Round]:
        """All of them, so many times, in alternating order."""
        by_name = {each.name: each for each in contestants}
        found: list[Round] = []
        for number in range(rounds):
            this = {}
            for name in order(list(by_name), number):
                this[name] = await self.figures(by_name[name])
                rate = this[name].get("rate", 0)
                self.say(f"round {number + 1}/{rounds}  {name}: {rate:,.1f}/s")
            found.append(this)
        return found

    async def figures(self, contestant: Contestant) -> Figures:
        """What one of them did. Raises FailedError with what it complained of."""
        if contestant.job.subject == "webhook":
            return await self._finished(contestant, self._webhook)
        return await self._finished(contestant, self._nothing)

    async def _finished(
        self,
        contestant: Contestant,
        meanwhile: Callable[[asyncio.subprocess.Process, Job], Awaitable[Figures]],
    ) -> Figures:
        job = await self._with_database(contestant)
        python = str(_PEERS) if contestant.peer else sys.executable
        module = f"bench.contestants.{contestant.module}"
        process = await spawn([python, "-m", module, job.to_json()], self.cores.contestant)
        try:
            seen = await meanwhile(process, job)
            out, complaints = await asyncio.wait_for(process.communicate(b""), _PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            process.kill()
            _, complaints = await process.communicate()
            raise FailedError(f"{contestant.name}: {error}\n{complaints.decode()[-2000:]}") from error
        if process.returncode:
            raise FailedError(f"{contestant.name} failed:\n{complaints.decode()[-2000:]}")
        return {**json.loads(out.splitlines()[-1]), **seen}

    async def _nothing(self, process: asyncio.subprocess.Process, job: Job) -> Figures:
        del process, job
        return {}

    async def _webhook(self, process: asyncio.subprocess.Process, job: Job) -> Figures:
        """Updates a second, from the first one brought to the last one answered."""
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            began = time.perf_counter()
            for first, count in ((0, _WARM), (1_000_000, job.count)):
                before, began = await server.sent(session, job.url), time.perf_counter()
                await load.bring(port, first, count, _SECRET)
                while await server.sent(session, job.url) < before + count:  # noqa: ASYNC110  another process counts
                    await asyncio.sleep(0.005)
        return {"rate": job.count / (time.perf_counter() - began)}

    async def _with_database(self, contestant: Contestant) -> Job:
        """Its job with a database of its own, where it wants one."""
        job = contestant.job
        if contestant.peer and contestant.module != "plain":
            return job
        key = job.readers, job.count if job.readers else 0
        if key not in self._templates:
            self._templates[key] = self.folder / f"readers-{key[0]}-{key[1]}.db"
            await fill(self._templates[key], *key)
        return replace(job, database=str(copied(self._templates[key], "work.db")))
