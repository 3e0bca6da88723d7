"""PostgreSQL that goes away under three bots (R4): restarted, its connections cut, read-only, then its standby."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.clock import SystemClock
from tests.campaign import LATENCY, Bot
from tests.clusters import Cluster
from tests.invariants import Row, examine
from tests.replicas import Replica, Replicas, replicas

READ_ONLY = 5.0
"""Seconds in which the server takes no writes."""
RECOVERY = 10.0
"""Seconds after which all is at work again, at the most."""
_CLAIMED = """SELECT count(*) FROM audit WHERE relation = 'deliveries' AND at > {}
    AND was->>'state' = 'due' AND now->>'state' = 'sending'"""
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'life_%'"


@dataclass
class _Outages:
    """What is done to the server, and how long the bots took each time to be at work again."""

    rig: Replicas
    server: Cluster
    bots: list[Bot]
    people: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)

    async def do(self, work: Callable[..., object], *arguments: object) -> None:
        """One of the server's programs: the sandbox goes on meanwhile."""
        await asyncio.to_thread(work, *arguments)

    def says(self) -> int:
        """A command of somebody new."""
        self.people.append(self.rig.telegram.says("/next"))
        return self.people[-1]

    async def recovers(self) -> None:
        """The server is well again: wait until a delivery is claimed, and a command answered."""
        began, since = time.monotonic(), SystemClock().now().timestamp()
        person = self.says()

        async def at_work() -> bool:
            return (
                self.rig.telegram.answered(person) is not None
                and self.rig.rows(_CLAIMED.format(since))[0][0] > 0
            )

        assert await self.rig.until(at_work, 90), "they did not recover"
        self.took.append(time.monotonic() - began)

    async def restart(self, how: str, down: float) -> None:
        """Stop the server, "fast" or "immediate", and start it after so many seconds."""
        await self.do(self.server.primary.stop, how)
        self.says()
        await asyncio.sleep(down)
        await self.do(self.server.primary.start)
        await self.recovers()

    async def cut(self) -> None:
        """End all connections of the bots'."""
        self.rig.rows(_CUT)
        await self.recovers()

    async def read_only(self) -> None:
        """No writes for a while."""
        await self.do(lambda: self.server.primary.read_only(on=True))
        self.says()
        await asyncio.sleep(READ_ONLY)
        await self.do(lambda: self.server.primary.read_only(on=False))
        await self.recovers()

    async def fail_over(self) -> None:
        """The standby takes over; the old primary stays up, and takes no writes any more."""
        await self.do(self.server.standby.follow, self.server.primary)
        await self.do(lambda: self.server.primary.read_only(on=True))
        self.says()
        await asyncio.sleep(READ_ONLY)
        await self.do(self.server.caught_up)
        await self.do(self.server.lead_to, self.server.standby)
        await self.do(self.server.standby.promote)
        await self.recovers()


async def interrupted(  # noqa: PLR0913  what is done, how often, to how many
    folder: Path,
    server: Cluster,
    seed: int,
    due: int,
    restarts: int,
    cuts: int,
    *,
    kind: type[Bot] = Replica,
    fails_over: bool = True,
) -> Row:
    """Three bots send and answer; whatever the server does, nothing is lost, and no process ends."""
    async with replicas(
        folder, server, seed, 3, kind, BOT_DELIVERY__RATE=f"{due / (6 * restarts + 20):.0f}"
    ) as rig:
        await rig.telegram.fault(mode="delay", delay=LATENCY)
        bots = [await rig.start() for _ in range(3)]
        assert await rig.alive(3), "three did not start"
        await rig.subscribe(due)
        await rig.has_received(due // 100)
        outages = _Outages(rig, server, bots)
        for number in range(restarts):
            await outages.restart(("fast", "immediate")[number % 2], rig.dice.uniform(0, 3))
            await asyncio.sleep(rig.dice.uniform(0, 2))
        for _ in range(cuts):
            await outages.cut()
            await asyncio.sleep(rig.dice.uniform(0, 1))
        await outages.read_only()
        if fails_over:
            await outages.fail_over()
        running = all(bot.running for bot in bots)
        settled = await rig.settled(due, 300)
        for bot in bots:
            await rig.end(bot)
        return await _judged(outages, f"{restarts} restarts, {cuts} cuts", settled=settled, running=running)


async def _judged(outages: _Outages, done: str, *, settled: bool, running: bool) -> Row:
    rig = outages.rig
    wrong, found = rig.audit().wrong(), await examine(rig)
    unanswered = sum(rig.telegram.answered(person) is None for person in outages.people)
    took = sorted(outages.took)
    return found.row(
        "R4",
        f"three replicas; PostgreSQL: {done}, {READ_ONLY:.0f} s read-only, failover to a standby",
        f"at work again after {took[len(took) // 2]:.1f} s (median), {took[-1]:.1f} s at the most; "
        f"{len(outages.people)} commands meanwhile, {unanswered} unanswered",
        settled=settled,
        **{f"no writes by a stale owner ({len(wrong)}: {wrong[:1]})": not wrong},
        at_work_again_in_time=took[-1] <= RECOVERY,
        every_command_is_answered=unanswered == 0,
        no_process_ends=running,
        clean_exits=all(code == 0 for code, _ in rig.exits),
    )
