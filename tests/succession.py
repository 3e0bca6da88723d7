"""Bots on one PostgreSQL that are killed and put to sleep (R3): what they had others take over, in time, and alone."""

import asyncio
import os
import signal
import time
from pathlib import Path

from bot.clock import SystemClock
from tests.campaign import IN_FLIGHT, LATENCY, Bot
from tests.databases import Server
from tests.invariants import Row, examine
from tests.replicas import Replica, Replicas, replicas

EVERY = 2.0
"""Seconds between two kills."""
PROMPTLY = 5.0
"""Seconds beyond a lease within which others have taken over."""


def _now() -> float:
    return SystemClock().now().timestamp()


async def replaced(  # noqa: PLR0913  what is done, how often, to how many
    folder: Path, server: Server, seed: int, due: int, kills: int, asleep: float, *, kind: type[Bot] = Replica
) -> Row:
    """Three bots: every 2 s one is killed and another begins; one sleeps for longer than a lease, and wakes."""
    rate = max(60, round(6 * due / (EVERY * kills)))  # a long text costs six of the rate
    async with replicas(folder, server, seed, kills + 3, kind, BOT_DELIVERY__RATE=str(rate)) as rig:
        await rig.telegram.fault(mode="delay", delay=LATENCY)
        bots = [await rig.start() for _ in range(3)]
        assert await rig.alive(3), "three did not start"
        await rig.subscribe(due)
        await rig.has_received(due // 50)
        sleeper = bots.pop(rig.dice.randrange(3))
        ends = [await _put_to_sleep(rig, sleeper)]
        wake = time.monotonic() + asleep
        for _ in range(kills):
            victim = bots.pop(rig.dice.randrange(len(bots)))
            ends.append((rig.writers[victim.pid], _now()))
            await rig.end(victim, signal.SIGKILL)
            bots.append(await rig.start())
            await asyncio.sleep(EVERY)
            if wake and time.monotonic() > wake:
                os.kill(sleeper.pid, signal.SIGCONT)
                wake = 0
        if wake:
            await asyncio.sleep(max(0.0, wake - time.monotonic()))
            os.kill(sleeper.pid, signal.SIGCONT)
        settled = await rig.settled(due, 600)
        for bot in (sleeper, *bots):
            await rig.end(bot)
        done = f"{kills} × kill -9, one paused for {asleep:.0f} s"
        return await _judged(rig, ends, done, rate, settled=settled)


async def _put_to_sleep(rig: Replicas, bot: Bot) -> tuple[str, float]:
    """Stop it with messages in hand: who it is, and when."""
    writer = rig.writers[bot.pid]

    async def holding() -> bool:
        os.kill(bot.pid, signal.SIGSTOP)
        if rig.audit().in_hand(writer, _now()):
            return True
        os.kill(bot.pid, signal.SIGCONT)
        return False

    assert await rig.until(holding, 60), "it had nothing in hand"
    return writer, _now()


async def _judged(
    rig: Replicas, ends: list[tuple[str, float]], done: str, rate: int, *, settled: bool
) -> Row:
    audit = rig.audit()
    wrong = audit.wrong()
    in_hand = [len(audit.in_hand(*end)) for end in ends]
    slowest = max(audit.given_back(*end) for end in ends)
    found = await examine(rig)
    return found.row(
        "R3",
        f"three replicas, lease {rig.lease:.0f} s: {done}",
        f"{len(audit.owners)} processes wrote {len(audit.changes):,} times; {sum(in_hand)} in flight at their ends; "
        f"theirs were due again after {slowest:.1f} s at the most; "
        f"the fullest second took {rig.telegram.fullest_second()} of the rate of {rate}",
        settled=settled,
        **{f"no writes by a stale owner ({len(wrong)}: {wrong[:1]})": not wrong},
        doubts_are_those_in_flight=found.twice <= sum(in_hand),
        theirs_are_due_again_in_time=slowest <= rig.lease + PROMPTLY,
        they_had_something_in_hand=sum(in_hand) > 0,
        clean_exits=all(code in (0, -signal.SIGKILL) for code, _ in rig.exits),
    )


async def succeeded(
    folder: Path, server: Server, seed: int, *, kind: type[Bot] = Replica, how: int = signal.SIGKILL
) -> Row:
    """The one of three that leads is killed or paused with messages in hand, when nothing else is due.

    Another one asks Telegram in its place, and sends what it had.
    """
    async with replicas(folder, server, seed, 3, kind, BOT_DELIVERY__RATE="600") as rig:
        bots = [await rig.start() for _ in range(3)]
        assert await rig.alive(3), "three did not start"
        await rig.telegram.fault(mode="delay", delay=2.0)
        leader = rig.leader(bots)
        await rig.subscribe(3 * IN_FLIGHT)
        await rig.has_received(3 * IN_FLIGHT)
        writer, at = await _put_to_sleep(rig, leader)
        began = time.monotonic()
        if how == signal.SIGKILL:
            await rig.end(leader, how)
        theirs = {chat for (chat,) in rig.rows(_theirs(rig.audit().in_hand(writer, at)))}
        person = rig.telegram.says("/next")

        async def taken_over() -> bool:
            again = [each for each in rig.telegram.sent if each.chat in theirs and each.at > began + 1]
            return bool(again) and rig.telegram.answered(person) is not None

        assert await rig.until(taken_over, 3 * rig.lease), "nobody took over"
        resumed = min(e.at for e in rig.telegram.sent if e.chat in theirs and e.at > began + 1) - began
        answered = (rig.telegram.answered(person) or 0) - began
        if how == signal.SIGSTOP:
            os.kill(leader.pid, signal.SIGCONT)
        settled = await rig.settled(3 * IN_FLIGHT)
        for bot in bots:
            if bot.running:
                await rig.end(bot)
        wrong, found = rig.audit().wrong(), await examine(rig)
        name = "killed" if how == signal.SIGKILL else "paused"
        return found.row(
            "R3",
            f"three replicas, lease {rig.lease:.0f} s: the one that leads {name}",
            f"what it had in flight was sent again after {resumed:.1f} s, a command answered after {answered:.1f} s",
            settled=settled,
            **{f"no writes by a stale owner ({len(wrong)}: {wrong[:1]})": not wrong},
            sent_in_time=resumed <= rig.lease + PROMPTLY,
            answered_in_time=answered <= rig.lease + PROMPTLY,
            doubts_are_those_in_flight=found.twice <= len(theirs),
        )


def _theirs(rows: set[int]) -> str:
    return f"SELECT chat_id FROM deliveries WHERE id IN ({','.join(map(str, rows))})"  # noqa: S608
