"""Scenarios of the campaign in which processes end and the network fails: each gives a row of figures."""

import asyncio
import contextlib
import datetime as dt
import functools
import signal
import time
from pathlib import Path
from typing import Any

import aiohttp

from bot.core.governor import in_flight
from tests.campaign import FIRST, IN_FLIGHT, LATENCY, Rig, rig
from tests.conversation import free_port
from tests.invariants import Row, examine

Json = dict[str, Any]


async def lives(at: Rig, ends: int, with_signal: int) -> None:
    """So many lives of the bot, each ended at a random moment; one in ten of them while it still starts."""
    await at.telegram.fault(mode="delay", delay=LATENCY)
    for left in range(ends, 0, -1):
        bot = await at.start()
        fair = max(1, (at.chats - await at.telegram.received()) // left)
        if with_signal == signal.SIGKILL and at.dice.random() < 0.1:
            await asyncio.sleep(at.dice.uniform(0, 1.5))
        else:
            await at.receives(at.dice.randint(1, 2 * fair), 15)
            await asyncio.sleep(at.dice.uniform(0, 2 * LATENCY))
        await at.end(bot, with_signal)


async def undisturbed(at: Rig, due: int | None = None) -> None:
    """A life of the bot until all is settled."""
    bot = await at.start()
    await at.settled(due)
    await at.end(bot)


async def killed(
    folder: Path, seed: int, kills: int = 200, due: int = 10_000, in_flight: int = IN_FLIGHT
) -> Row:
    """R1: kill -9 at random moments."""
    async with rig(folder, seed, BOT_DELIVERY__IN_FLIGHT=str(in_flight)) as at:
        await at.subscribe(due)
        await lives(at, kills, signal.SIGKILL)
        await undisturbed(at)
        found = await examine(at)
    return found.row(
        "R1",
        f"{kills} × kill -9, {in_flight} in flight",
        f"bound on second copies: {kills * in_flight:,}",
        second_copies_at_most_in_flight_per_kill=found.twice <= kills * in_flight,
        all_undelivered_are_listed=found.undelivered <= found.states.get("unknown", 0),
        undelivered_at_most_1_in_1000=found.undelivered * 1_000 <= max(due, 1_000),
    )


async def killed_at_most_once(folder: Path, seed: int, kills: int = 200, due: int = 10_000) -> Row:
    """R2: the same, when a second copy is worse than a loss."""
    async with rig(folder, seed, BOT_DELIVERY__ON_AMBIGUOUS="never") as at:
        await at.subscribe(due)
        await lives(at, kills, signal.SIGKILL)
        await undisturbed(at)
        found = await examine(at)
    return found.row(
        "R2",
        f"{kills} × kill -9, `on_ambiguous: never`",
        no_second_copy=found.twice == 0,
        all_undelivered_are_listed=found.undelivered <= found.states.get("unknown", 0),
    )


async def stopped(folder: Path, seed: int, stops: int = 50, due: int = 5_000) -> Row:
    """R5: SIGTERM in the middle of the work."""
    async with rig(folder, seed) as at:
        await at.subscribe(due)
        await lives(at, stops, signal.SIGTERM)
        await undisturbed(at)
        found = await examine(at)
    exits = at.exits[:stops]
    slowest = max(seconds for _, seconds in exits)
    return found.row(
        "R5",
        f"{stops} × SIGTERM",
        f"slowest exit {slowest:.1f} s",
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
        exit_code_0_within_8_s=all(code == 0 for code, _ in exits) and slowest <= 8,
    )


async def calls_of(at: Rig, until: asyncio.Event) -> list[Json]:
    """All calls of sendMessage until then: the sandbox keeps the last 1,000, so they are fetched in time."""
    kept: dict[tuple[float, str], Json] = {}
    while True:
        last = until.is_set()
        for call in await at.telegram.ask("calls"):
            if call["method"].casefold() == "sendmessage":
                kept[call["at"], str(call["params"].get("chat_id"))] = call
        if last:
            return [kept[key] for key in sorted(kept)]
        await asyncio.sleep(0.4)


async def storm(
    folder: Path, seed: int, due: int = 6_000, rate: int = 100, longest: int = 20, *, compare: bool = True
) -> Row:
    """R6: three answers in ten are a 429; one chat has to wait 10,072 s, and the bot is restarted meanwhile."""
    long, done = FIRST + due // 2, asyncio.Event()
    async with rig(folder, seed, **pace(rate)) as at:
        await at.subscribe(due)
        await at.telegram.fault(**too_many(10_072), chat=long, times=1)
        for number, (wait, share) in enumerate(((1, 0.1), (2, 0.111), (longest, 0.125))):
            await at.telegram.fault(**too_many(wait), share=share, seed=seed + number)
        watching = asyncio.create_task(calls_of(at, done))
        bot = await at.start()
        await at.receives(due * 6 // 10)
        stopped = (await at.telegram.ask("calls"))[-1]["at"]
        await at.end(bot)
        bot = await at.start()
        await at.until(functools.partial(_sent, at, due - 1))
        at.advance(9_500)  # a good part of the wait is over already
        await asyncio.sleep(3)
        early = (await at.telegram.ask("copies"))[str(long)]
        at.advance(10_080)
        await at.settled()
        await at.end(bot)
        done.set()
        calls = await watching
        found = await examine(at)
    refused = sum(call["status"] == 429 for call in calls)
    tried_early = [call for call in calls if call["at"] < _held_until(calls, call) - 0.1]
    times = [call["at"] for call in calls if call["at"] <= stopped]
    reached = (len(times) - 1) / (times[-1] - times[0])
    return found.row(
        "R6",
        f"429 for 30 % of the messages, 10,072 s for one chat; {refused:,} × 429 and a restart",
        f"{reached:.0f} calls a second of {rate} to chats that are not held",
        no_call_to_a_held_chat=not tried_early and not early,
        the_others_keep_nine_tenths_of_the_rate=not compare or reached >= 0.9 * rate,
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
    )


async def halted(folder: Path, seed: int, due: int = 1_000, rate: int = 100) -> Row:
    """R6: a 429 of 300 s for all chats; the bot is restarted meanwhile."""
    async with rig(folder, seed, **pace(rate)) as at:
        await at.subscribe(due)
        bot = await at.start()
        await at.receives(due // 5)
        await at.telegram.fault(**too_many(300))
        await asyncio.sleep(4)
        refused = await _refused(at)
        await at.telegram.ask("calls", method="DELETE")
        await at.end(bot)
        bot = await at.start()
        at.advance(290)
        await asyncio.sleep(5)
        early = await _refused(at)
        await at.telegram.well()
        at.advance(305)
        again = await next_message(at)
        await at.settled()
        await at.end(bot)
        found = await examine(at)
    return found.row(
        "R6",
        "429 of 300 s for all chats, a restart meanwhile",
        f"{refused} calls were refused before all were held; the next message {again:.1f} s after the wait",
        no_call_before_its_time=not early,
        held_within_two_seconds=refused <= 2.5 * rate,
        every_one_sent_once=found.states == {"sent": due} and found.most == 1,
    )


async def _sent(at: Rig, messages: int) -> bool:
    await asyncio.sleep(0.2)
    return bool(at.rows("SELECT count(*) FROM deliveries WHERE state = 'sent'")[0][0] >= messages)


async def _refused(at: Rig) -> int:
    return sum(call["status"] == 429 for call in await at.telegram.ask("calls"))


def pace(rate: int) -> dict[str, str]:
    """The environment of a bot at that rate, with as many in flight as it takes by itself."""
    return {"BOT_DELIVERY__RATE": str(rate), "BOT_DELIVERY__IN_FLIGHT": str(in_flight(rate))}


def too_many(wait: int) -> Json:
    """A 429."""
    description = f"Too Many Requests: retry after {wait}"
    return {"status": 429, "description": description, "parameters": {"retry_after": wait}}


def _held_until(calls: list[Json], call: Json) -> float:
    """Until when the chat of a call was held by then; the wait of hours is looked at by itself."""
    chat = call["params"]["chat_id"]
    before = (c for c in calls if c["at"] < call["at"] and c["params"]["chat_id"] == chat)
    waits = [c["at"] + int(c["description"].split()[-1]) for c in before if c["status"] == 429]
    return max((until for until in waits if until - call["at"] < 1_000), default=0)


async def broken(folder: Path, seed: int, due: int = 10_000, rate: int = 100, *, compare: bool = True) -> Row:
    """R7: a twentieth is answered by a 502, a twentieth is taken and its connection drops."""
    plain = await seconds_of(folder / "without", seed, due, rate) if compare else 0
    async with rig(folder, seed, **pace(rate)) as at:
        await at.subscribe(due)
        await at.telegram.fault(status=502, description="Bad Gateway", share=0.05, seed=seed)
        await at.telegram.fault(mode="drop_after", share=0.0526, seed=seed + 1)
        await at.telegram.fault(mode="delay", delay=LATENCY)
        await undisturbed(at)
        seconds = sending_seconds(at)
        doubtful = at.rows("SELECT count(*) FROM deliveries WHERE attempt > 1 OR state = 'unknown'")[0][0]
        found = await examine(at)
    return found.row(
        "R7",
        "502 for 5 %, connection dropped after 5 %",
        f"{doubtful} ambiguous; {seconds:.0f} s of sending, {plain:.0f} s without the faults",
        all_undelivered_are_listed=found.undelivered <= found.states.get("unknown", 0),
        nothing_else_than_sent_or_unknown=found.states.keys() <= {"sent", "unknown"},
        at_most_a_fifth_longer=not plain or seconds <= 1.2 * plain,
    )


async def seconds_of(folder: Path, seed: int, due: int, rate: int) -> float:
    """How long the same takes when nothing fails."""
    async with rig(folder, seed, **pace(rate)) as at:
        await at.subscribe(due)
        await at.telegram.fault(mode="delay", delay=LATENCY)
        await undisturbed(at)
        return sending_seconds(at)


def sending_seconds(at: Rig) -> float:
    """From the first to the last outcome."""
    seconds: float = at.rows("SELECT (max(updated) - min(updated)) / 1000.0 FROM deliveries")[0][0]
    return seconds


class Gate:
    """A port before the sandbox's: open, shut (connections are refused), or a hole (what the bot says is lost)."""

    def __init__(self, url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.hole = False
        self._behind = url.removeprefix("http://")
        self._server: asyncio.Server | None = None
        self._through: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Let through."""
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)

    async def shut(self) -> None:
        """Refuse, and cut what is open."""
        assert self._server is not None
        self._server.close()
        for writer in self._through:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self._behind.split(":")
        answers, behind = await asyncio.open_connection(host, int(port))
        self._through |= {writer, behind}
        back = asyncio.create_task(_pump(answers, writer))
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                if not self.hole:
                    behind.write(data.replace(self.url[7:].encode(), self._behind.encode(), 1))
        back.cancel()
        for end in (writer, behind):
            end.transport.abort()
            self._through.discard(end)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
    writer.transport.abort()


async def unreachable(folder: Path, seed: int, due: int = 4_000, hole: float = 60, rate: int = 100) -> Row:
    """R8: connections are refused, then all is swallowed, then answers take 0.1 to 30 s; 1 % are never taken."""
    async with rig(folder, seed, BOT_WEB__PORT=str(free_port()), **pace(rate)) as at:
        gate = Gate(at.telegram.url)
        await gate.open()
        at.environment["API"] = gate.url
        await at.subscribe(due, soon := at.minute() + dt.timedelta(hours=1))
        await at.telegram.fault(mode="drop_before", share=0.01, seed=seed)
        bot = await at.start()
        await at.ready()
        stalls = asyncio.create_task(_slowest_health(at.environment["BOT_WEB__PORT"]))
        await gate.shut()
        at.advance((soon - at.minute()).total_seconds() + 60)
        await asyncio.sleep(8)
        await gate.open()
        after_refusals = await at.full_rate(rate)
        gate.hole = True
        await asyncio.sleep(hole)
        gate.hole = False
        after_hole = await at.full_rate(rate)
        for number, (share, delay) in enumerate(((0.01, 30), (0.05, 3), (0.3, 0.5), (1, 0.1))):
            await at.telegram.fault(mode="delay", delay=delay, share=share, seed=seed + number)
        await at.settled()
        stalls.cancel()
        await at.end(bot)
        await gate.shut()
        found = await examine(at)
    slowest = max(await stalls)
    return found.row(
        "R8",
        f"refused for 8 s, black hole of {hole:.0f} s, answers after 0.1 to 30 s; 1 % dropped before they are taken",
        f"full rate {after_refusals:.1f} s after the refusals, {after_hole:.1f} s after the hole; "
        f"slowest answer of the health check {slowest:.2f} s",
        second_copies_only_of_the_slow=found.twice <= due // 50,
        nothing_else_than_sent_or_unknown=found.states.keys() <= {"sent", "unknown"},
        full_rate_within_5_s=max(after_refusals, after_hole) <= 5,
        the_loop_never_stalls_for_a_second=slowest < 1,
    )


async def _slowest_health(port: str) -> list[float]:
    """Seconds that the health check took, asked ten times a second until this is cancelled."""
    taken: list[float] = []
    async with aiohttp.ClientSession() as session:
        with contextlib.suppress(asyncio.CancelledError, aiohttp.ClientError):
            while True:
                began = time.monotonic()
                async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
                    await answer.read()
                taken.append(time.monotonic() - began)
                await asyncio.sleep(0.1)
    return taken


async def next_message(at: Rig) -> float:
    """Seconds until the crowd gets its next message."""
    began = time.monotonic()
    assert await at.receives(1, 90), "nothing was sent any more"
    return time.monotonic() - began
