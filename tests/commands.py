"""`python -m tests.commands`: the bot is killed while readers write; nothing they wrote is lost, or takes effect twice.

The sandbox lies in this process and updates go straight into its world, as its page's API would be the bottleneck.
"""

import argparse
import asyncio
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox import Sandbox, SandboxSettings
from tests.campaign import TOKEN, Bot
from tests.conversation import free_port
from tests.flood_campaign import message

FIRST = 5_000_000
"""The first chat of the sandbox's crowd, which may be many; what they get is counted."""
COMMANDS, KILLS, EACH = 10_000, 100, 20
"""Commands in all, and of one reader: a /subscribe, and else /next, which goes on by one digest each time."""
SECRET = "a-secret-for-the-campaign-of-commands"
PATIENCE = 240.0


@dataclass(frozen=True)
class Outcome:
    """What came of it: `effects` counts what the database says, `answers` how often each answer came."""

    commands: int
    kills: int
    subscribed: int
    read: int
    counted: int
    waiting: int
    answers: Counter[int]
    missing: int
    seconds: float

    @property
    def often(self) -> int:
        """Commands that were answered more than twice: cut off once more while they were answered again."""
        return sum(count for copies, count in self.answers.items() if copies > 2)

    @property
    def broken(self) -> tuple[str, ...]:
        """What was promised and did not hold."""
        readers = self.commands // EACH
        rules = {
            "every command took effect": self.read == readers * (EACH - 1) and self.subscribed == readers,
            "none took effect twice": self.counted == readers * EACH,
            "every command was answered": self.missing == 0,
            "more than two answers to one command in a thousand at most": self.often * 1_000 <= self.commands,
            "nothing is left in the inbox": self.waiting == 0,
        }
        return tuple(rule for rule, held in rules.items() if not held)

    def __str__(self) -> str:
        """The figures in one line."""
        return (
            f"{self.commands:,} commands, {self.kills} × kill -9 in {self.seconds:.0f} s: {self.read:,} digests read, "
            f"{self.subscribed:,} subscribed, {self.counted:,} effects counted; {self.missing} answers missing, "
            f"{self.answers[2]:,} came twice, {self.often} more often (most {max(self.answers)}); {self.waiting} left: "
            f"{'; '.join(self.broken) or 'held'}"
        )


async def commanded(
    folder: Path, seed: int, commands: int = COMMANDS, kills: int = KILLS, *, webhook: bool = False
) -> Outcome:
    """So many commands, while the bot is killed so often at random moments."""
    dice = random.Random(seed)  # noqa: S311  no secret: repeatable
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    world = sandbox._world
    world.updates = deque()  # Telegram keeps them for a day; the sandbox the last 2,000
    people = range(FIRST, FIRST + commands // EACH)
    world.crowd |= {person: Counter() for person in people}
    environment = {"BOT_CONTENT__PATH": "content", "BOT_DELIVERY__RATE": "1000", "BOT_LOG__FORMAT": "json"}
    environment["BOT_DELIVERY__PAID_STARS"] = "1000000"
    if webhook:
        port = free_port()
        environment |= {
            "BOT_WEB__PORT": str(port),
            "BOT_WEBHOOK_SECRET": SECRET,
            "BOT_TELEGRAM__WEBHOOK_URL": f"http://127.0.0.1:{port}/telegram",
        }
    bot, began = Bot(sandbox.url, TOKEN, folder, **environment), time.monotonic()
    killing = asyncio.create_task(_kill(bot, kills, dice))
    try:
        for said in range(commands):
            text = "/subscribe 23:59 UTC" if said < len(people) else "/next"
            world.update("message", message(people[said % len(people)], text))
            # They come as long as the bot is killed, a little faster than it can be brought up.
            await asyncio.sleep(0 if killing.done() else kills * 1.9 / commands)
        await killing
        await bot.start()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and (
            world.updates or _rows(folder, _LEFT)[0][0] or _rows(folder, _LEFT)[0][0]
        ):
            await asyncio.sleep(0.2)
        await asyncio.sleep(2)
        await bot.stop()
    finally:
        await sandbox.stop()
    answers = Counter(copies for person in people for copies in world.crowd[person].values())
    different = sum(len(world.crowd[person]) for person in people)
    return Outcome(
        commands,
        kills,
        _rows(folder, "SELECT count(*) FROM subscriptions")[0][0],
        _rows(folder, "SELECT count(*) FROM progress")[0][0],
        _rows(folder, "SELECT sum(count) FROM counts WHERE what IN ('read', 'joined')")[0][0] or 0,
        _rows(folder, _LEFT)[0][0],
        answers,
        commands - different,
        time.monotonic() - began,
    )


_LEFT = "SELECT count(*) FROM inbox WHERE payload <> ''"


async def _kill(bot: Bot, kills: int, dice: random.Random) -> None:
    """One in ten while it still starts, the others at work."""
    for _ in range(kills):
        await bot.start()
        await asyncio.sleep(dice.uniform(0, 1.2) if dice.random() < 0.1 else dice.uniform(1.2, 2.4))
        await bot.stop(signal.SIGKILL)


def _rows(folder: Path, query: str) -> list[tuple[int]]:
    with closing(sqlite3.connect(f"file:{folder}/bot.db?mode=ro", uri=True, timeout=30)) as database:
        return database.execute(query).fetchall()


async def campaign(commands: int, kills: int, seed: int, ways: list[str]) -> int:
    """Polling, then the webhook; 1 where a promise is broken."""
    broken = False
    for way in ways:
        with tempfile.TemporaryDirectory(prefix="commands-") as folder:
            outcome = await commanded(Path(folder), seed, commands, kills, webhook=way == "webhook")
        print(f"{way}: {outcome}", flush=True)  # noqa: T201
        broken |= bool(outcome.broken)
    return int(broken)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=COMMANDS)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("ways", nargs="*", default=["polling", "webhook"])
    given = parser.parse_args()
    sys.exit(asyncio.run(campaign(given.commands, given.kills, given.seed, given.ways)))
