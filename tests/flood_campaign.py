"""`python -m tests.flood_campaign`: one user floods the real bot over HTTP while others read; what both notice of it.

The sandbox lies in this process and updates go straight into its world, as its page's API would be the bottleneck.
"""

import asyncio
import sys
import tempfile
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox import Sandbox, SandboxSettings
from bot.sandbox.chats import BOT
from bot.sandbox.world import World
from tests.campaign import TOKEN, Bot

FLOODER, FIRST = 2_000_000, 3_000_000
"""Chats of the sandbox's crowd, which may be many; what they get is counted."""
SECONDS, RATE, READERS = 60.0, 1_000, 20
EVERY = 3.0
"""Seconds between two commands of one reader: at ease, and within the limits."""
PATIENCE = 30.0
LOOK = 0.002
Json = dict[str, Any]


@dataclass
class Outcome:
    """What came of a flood. `growth` is resident memory in MiB, at the most, beyond what it was before."""

    sent: int = 0
    replies: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0
    growth: float = 0.0
    seconds: float = 0.0
    busy: float = 0.0
    own: float = 0.0
    """What the sandbox and those who ask took of another core: near 1 they are what is waited for."""
    log: str = ""

    def __str__(self) -> str:
        """The figures in one line."""
        waits = sorted(self.waits)
        middle, high = waits[len(waits) // 2], waits[int(len(waits) * 0.95)]
        return (
            f"{self.sent:,} in {self.seconds:.0f} s ({self.sent / self.seconds:,.0f}/s): {self.replies} replies to the "
            f"flooder; others: {len(waits)} answers, {self.unanswered} missing, median {middle * 1000:.0f} ms, "
            f"p95 {high * 1000:.0f} ms, slowest {waits[-1] * 1000:.0f} ms; memory +{self.growth:.1f} MiB, "
            f"{self.busy:.0%} of a core, the sandbox {self.own:.0%}"
        )


@dataclass
class Rig:
    """The sandbox's world, and the bot's process beside it."""

    world: World
    pid: int
    outcome: Outcome = field(default_factory=Outcome)
    resident: float = 0.0

    def says(self, person: int, text: str) -> None:
        """A command in private."""
        self.world.update("message", message(person, text))

    def presses(self, person: int) -> None:
        """A button that turns a page."""
        said = message(person, "a digest") | {"from": BOT}
        query = {"id": str(time.monotonic_ns()), "from": said["chat"] | {"is_bot": False}, "message": said}
        self.world.answers[query["id"]] = None
        self.world.update("callback_query", query | {"data": "themes", "chat_instance": "1"})

    def got(self, person: int) -> int:
        """How many messages somebody has got."""
        return self.world.crowd[person].total()

    async def asks(self, person: int) -> None:
        """One command of a reader's, and how long the answer takes."""
        before, began = self.got(person), time.monotonic()
        self.says(person, "/themes")
        while self.got(person) == before:
            if time.monotonic() - began > PATIENCE:
                self.outcome.unanswered += 1
                return
            await asyncio.sleep(LOOK)
        self.outcome.waits.append(time.monotonic() - began)

    async def reads(self, person: int, until: float) -> None:
        """Ask at ease until a moment."""
        await asyncio.sleep(EVERY * (person % 10) / 10)
        while time.monotonic() < until:
            await self.asks(person)
            await asyncio.sleep(max(0.0, min(EVERY, until - time.monotonic())))

    async def floods(self, rate: int, until: float, *, press: bool) -> None:
        """Command after command, or press after press, until a moment."""
        began = time.monotonic()
        while (now := time.monotonic()) < until:
            while self.outcome.sent < (now - began) * rate:
                self.outcome.sent += 1
                if press:
                    self.presses(FLOODER)
                else:
                    self.says(FLOODER, "/next")
            await asyncio.sleep(0.005)

    async def watches(self) -> None:
        """Keep the most memory that the bot takes."""
        while True:
            self.resident = max(self.resident, resident(self.pid))
            await asyncio.sleep(0.1)


def message(person: int, text: str) -> Json:
    """A private message as the Bot API gives it; a command has its entity."""
    user = {"id": person, "is_bot": False, "first_name": "Reader"}
    chat = {"id": person, "type": "private", "first_name": "Reader"}
    body: Json = {"message_id": 1, "date": int(time.monotonic()), "chat": chat, "from": user, "text": text}
    if text.startswith("/"):
        body["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
    return body


def resident(pid: int) -> float:
    """A process's memory, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024


def busy(pid: int) -> float:
    """Seconds of a processor that a process has taken; proc(5), fields 14 and 15, in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def flood(
    folder: Path, seconds: float = SECONDS, rate: int = RATE, readers: int = READERS, *, press: bool = False
) -> Outcome:
    """One user at so many a second for so long, and readers beside."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    world = sandbox._world
    world.updates = deque()  # Telegram keeps them for a day; the sandbox the last 2,000
    people = range(FIRST, FIRST + readers)
    world.crowd |= {person: Counter() for person in (FLOODER, *people)}
    bot = Bot(sandbox.url, TOKEN, folder, BOT_LOG__FORMAT="json", BOT_TELEGRAM__BURST="5")
    await bot.start()
    try:
        rig = Rig(world, bot.pid)
        await asyncio.gather(*(rig.asks(person) for person in people))  # the bot has started, and is warm
        rig.outcome.waits.clear()
        await asyncio.sleep(1)
        before, worked = resident(rig.pid), busy(rig.pid)
        sandbox._bot_api.calls.clear()
        watch, began, mine = asyncio.create_task(rig.watches()), time.monotonic(), time.process_time()
        until = began + seconds
        await asyncio.gather(
            rig.floods(rate, until, press=press), *(rig.reads(person, until) for person in people)
        )
        while world.updates and time.monotonic() < until + PATIENCE:
            await asyncio.sleep(LOOK)
        outcome = rig.outcome
        outcome.seconds = time.monotonic() - began
        watch.cancel()
        outcome.own = (time.process_time() - mine) / outcome.seconds
        outcome.busy = (busy(rig.pid) - worked) / outcome.seconds
        outcome.growth, outcome.replies = rig.resident - before, rig.got(FLOODER)
        outcome.calls = Counter(
            call["method"] for call in sandbox._bot_api.calls if call["method"] != "getUpdates"
        )
    finally:
        _, log = await bot.stop()
        await sandbox.stop()
    outcome.log = log
    return outcome


async def campaign() -> int:
    """Commands, then presses, in full; 1 where a promise is broken."""
    broken = False
    for press in (False, True):
        with tempfile.TemporaryDirectory(prefix="flood-") as folder:
            outcome = await flood(Path(folder), press=press)
        print("presses: " if press else "commands:", outcome, dict(outcome.calls), flush=True)  # noqa: T201
        high = sorted(outcome.waits)[int(len(outcome.waits) * 0.95)]
        most = 21 if press else 6
        broken |= outcome.replies > most or outcome.unanswered > 0 or high > 2 or outcome.growth > 20
    return int(broken)


if __name__ == "__main__":
    sys.exit(asyncio.run(campaign()))
