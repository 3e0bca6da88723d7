"""`python -m tests.pollers`: two bots with one token, and one bot replaced by the next while readers write.

The first is a mistake that Telegram cannot refuse: each question of one breaks off the other's. The second is what
every upgrade does.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.sandbox import Sandbox, SandboxSettings
from tests.campaign import TOKEN, Bot
from tests.conversation import free_port
from tests.flood_campaign import message

FIRST = 6_000_000
"""The first chat of the sandbox's crowd."""
PATIENCE = 120.0


@dataclass
class Stage:
    """A sandbox in this process, with a crowd whose commands are counted."""

    sandbox: Sandbox
    said: int = 0
    port: dict[Bot, int] = field(default_factory=dict)

    def bot(self, folder: Path) -> Bot:
        """Another bot with the same token, and a health check of its own."""
        port = free_port()
        folder.mkdir(exist_ok=True)
        made = Bot(self.sandbox.url, TOKEN, folder, BOT_WEB__PORT=str(port), BOT_LOG__FORMAT="json")
        self.port[made] = port
        return made

    def says(self) -> None:
        """A command from somebody who has said nothing before."""
        person = FIRST + self.said
        self.said += 1
        self.sandbox._world.crowd[person] = Counter()
        self.sandbox._world.update("message", message(person, "/next"))

    @property
    def answers(self) -> list[int]:
        """How many answers each command had."""
        return [self.sandbox._world.crowd[FIRST + number].total() for number in range(self.said)]

    @property
    def polls(self) -> Counter[int]:
        """How often getUpdates was answered with each status."""
        calls = self.sandbox._bot_api.calls
        return Counter(call["status"] for call in calls if call["method"] == "getUpdates")

    async def health(self, bot: Bot) -> tuple[int, str]:
        """Status and reasons of the health check; 0 where nobody answers."""
        address = f"http://127.0.0.1:{self.port[bot]}/healthz"
        try:
            async with aiohttp.ClientSession() as session, session.get(address) as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError:
            return 0, ""

    async def until(self, bots: Iterable[Bot], status: int) -> float:
        """Seconds until the health checks of all these show a status."""
        began = time.monotonic()
        waiting = set(bots)
        while waiting and time.monotonic() - began < PATIENCE:
            waiting -= {bot for bot in waiting if (await self.health(bot))[0] == status}
            await asyncio.sleep(0.1)
        return time.monotonic() - began


async def two(stage: Stage, folder: Path, seconds: float) -> list[str]:
    """Two at once for so long, then one of them; what was promised and did not hold."""
    bots = [stage.bot(folder / name) for name in ("a", "b")]
    await bots[0].start()
    await stage.until(bots[:1], 200)
    await bots[1].start()
    await stage.until(bots[1:], 200)
    stage.sandbox._bot_api.calls.clear()
    began, red = time.monotonic(), Counter[bool]()
    while time.monotonic() - began < seconds:
        stage.says()
        await asyncio.sleep(2)
        if time.monotonic() - began > 100:  # a minute of conflicts makes it red
            red[503 in [(await stage.health(bot))[0] for bot in bots]] += 1
    conflicts = stage.polls[409]
    _, first_log = await bots[0].stop()
    stopped = time.monotonic()
    stage.says()
    while not stage.answers[-1] and time.monotonic() - stopped < PATIENCE:
        await asyncio.sleep(0.05)
    answered = time.monotonic() - stopped
    await stage.until(bots[1:], 200)
    alone = time.monotonic() - stopped
    _, log = await bots[1].stop()
    answers = stage.answers
    print(  # noqa: T201
        f"two pollers for {seconds:.0f} s: {conflicts} times 409 ({conflicts * 60 / seconds:.1f} a minute), "
        f"{len(answers)} commands, {answers.count(0)} without an answer, {sum(each > 1 for each in answers)} with two; "
        f"red in {red[True]} of {red.total()} looks; alone, it answers after {answered:.1f} s, and is healthy after "
        f"{alone:.0f} s; "
        f"said {(first_log + log).count('poll.conflict')} times"
    )
    rules = {
        "no command without an answer": 0 not in answers,
        "at most two answers each": max(answers) <= 2,
        "at most five conflicts a minute": conflicts <= 5 * seconds / 60,
        "somebody is red": not red[False],
        "the one that is left answers within a minute": answered <= 60,
        "and is healthy within two": alone <= 120,
        "it says so": "poll.conflict" in first_log + log,
    }
    return [rule for rule, held in rules.items() if not held]


async def replaced(stage: Stage, folder: Path, times: int) -> list[str]:
    """A bot with one database, replaced so often by the next, which begins a second before the old one is stopped."""
    stage.sandbox._bot_api.calls.clear()
    begun, gaps, codes = stage.said, [], Counter[int]()
    old = stage.bot(folder / "one")
    await old.start()
    await stage.until([old], 200)
    for _ in range(times):
        new = stage.bot(folder / "one")
        await new.start()
        for _ in range(5):
            stage.says()
            await asyncio.sleep(0.2)
        code, _ = await old.stop()
        codes[code] += 1
        gaps.append(await stage.until([new], 200))
        stage.says()
        old = new
    await asyncio.sleep(3)
    await old.stop()
    answers, conflicts = stage.answers[begun:], stage.polls[409]
    print(  # noqa: T201
        f"{times} times replaced: {conflicts} times 409, {len(answers)} commands, {answers.count(0)} unanswered, "
        f"{sum(each > 1 for each in answers)} with two; the next one healthy after {max(gaps):.1f} s at the most"
    )
    rules = {
        "each command has one answer": set(answers) == {1},
        "at most three conflicts a replacement": conflicts <= 3 * times,
        "replaced within a minute": max(gaps) <= 60,
        "each ends well": set(codes) == {0},
    }
    return [rule for rule, held in rules.items() if not held]


async def campaign(seconds: float, times: int) -> int:
    """Both; 1 where a promise is broken."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    try:
        with tempfile.TemporaryDirectory(prefix="pollers-") as folder:
            broken = await replaced(Stage(sandbox), Path(folder), times)
            stage = Stage(sandbox)
            broken += await two(stage, Path(folder), seconds)
    finally:
        await sandbox.stop()
    print("; ".join(broken) or "held")  # noqa: T201
    return int(bool(broken))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--times", type=int, default=20)
    given = parser.parse_args()
    sys.exit(asyncio.run(campaign(given.seconds, given.times)))
