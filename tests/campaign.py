"""What reliability is measured with: the real bot, a sandbox beside it, both as processes; and what must hold after.

`make reliability` runs every scenario of tests/scenarios.py in full and writes the table of docs/reliability.md.
"""

import asyncio
import datetime as dt
import json
import random
import signal
import sqlite3
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.clock import SystemClock
from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.store import open_store
from tests.conversation import BotProcess

TOKEN = "1000000001:campaign"
FIRST = 1_000_000
"""The id of the first chat of the crowd; FIRST - 1 belongs to the operator."""
IN_FLIGHT = 8
"""Messages that a crash can leave in doubt, at most, unless a scenario says otherwise."""
LATENCY = 0.02
"""Seconds that the sandbox takes to answer, as a near data centre does: so a kill finds messages on their way."""
PATIENCE = 240.0
Json = dict[str, Any]


class Telegram:
    """The sandbox as a process of its own, and its page's API."""

    def __init__(self) -> None:
        self.url = ""
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Return when it listens."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot.sandbox", "--port", "0", "--token", TOKEN),
            cwd=Path(__file__).parents[1],
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.url = (await self._process.stdout.readline()).decode().split()[-1].rstrip("/")
        self._session = aiohttp.ClientSession(self.url)

    async def stop(self) -> None:
        """End it."""
        assert self._session is not None
        assert self._process is not None
        await self._session.close()
        self._process.terminate()
        await self._process.communicate()

    async def ask(self, path: str, body: Json | None = None, method: str = "") -> Any:
        """One request of the page's API; a body means POST."""
        assert self._session is not None
        kind = method or ("GET" if body is None else "POST")
        async with self._session.request(kind, f"/api/{path}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fault(self, **fault: Any) -> None:
        """Calls of sendMessage fail so until the faults are cleared."""
        await self.ask("faults", {"method": "sendMessage", "times": 1_000_000, **fault})

    async def well(self) -> None:
        """No call fails any more."""
        await self.ask("faults", method="DELETE")

    async def received(self) -> int:
        """How many messages have come to the crowd."""
        copies: int = (await self.ask("crowd"))["copies"]
        return copies


class Bot(BotProcess):
    """The bot's process, at work on more than a test gives it."""

    patience = 60.0


@dataclass
class Rig:
    """A sandbox with a crowd, a folder for the bot, and the lives of the bot in it. `seed` decides all chance."""

    folder: Path
    seed: int
    telegram: Telegram = field(default_factory=Telegram)
    kind: type[Bot] = Bot
    environment: dict[str, str] = field(default_factory=dict)
    chats: int = 0
    log: list[Json] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    exits: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  no secret: repeatable
        self.began = time.monotonic()

    @property
    def file(self) -> Path:
        """The bot's database."""
        return self.folder / "bot.db"

    @property
    def url(self) -> str:
        """The same, as `storage.url`."""
        return f"sqlite:///{self.file}"

    def whole(self) -> bool:
        """Whether the database says that nothing in it is broken."""
        return self.rows("PRAGMA integrity_check") == [("ok",)]

    async def subscribe(self, count: int, at: dt.datetime | None = None, zone: str = "UTC") -> dt.datetime:
        """So many chats whose digest is due at `at` (now) and daily from then on; that moment."""
        at = at or self.minute()
        store = open_store(self.url)
        await store.subscribe(Chat(FIRST), Preferences(at.time(), EVERY_DAY, zone), at, at)
        await store.close()
        self.multiply(count)
        await self.telegram.ask("crowd", {"first": FIRST - 1, "count": count + 1})
        self.chats = count
        return at

    def multiply(self, count: int) -> None:
        """So many subscriptions out of the first one."""
        with closing(sqlite3.connect(self.file)) as database, database:
            row = database.execute("SELECT * FROM subscriptions").fetchone()
            insert = f"INSERT INTO subscriptions VALUES ({','.join('?' * len(row))})"  # noqa: S608
            database.executemany(insert, ((FIRST + n, *row[1:]) for n in range(1, count)))

    @staticmethod
    def minute() -> dt.datetime:
        """The minute that has begun: nothing is planned more finely."""
        return SystemClock().now().replace(second=0, microsecond=0)

    async def start(self, **environment: str) -> Bot:
        """Begin a life of the bot."""
        settings = {
            "BOT_DELIVERY__RATE": "1000",
            "BOT_DELIVERY__PAID_STARS": "1000000",
            "BOT_DELIVERY__IN_FLIGHT": str(IN_FLIGHT),
            "BOT_LOG__FORMAT": "json",
            "BOT_TELEGRAM__ADMINS": str(FIRST - 1),
            **self.environment,
            **environment,
        }
        bot = self.kind(settings.pop("API", self.telegram.url), TOKEN, self.folder, **settings)
        await bot.start()
        return bot

    async def end(self, bot: Bot, with_signal: int = signal.SIGTERM) -> None:
        """End a life, and keep its log."""
        began = time.monotonic()
        code, output = await bot.stop(with_signal)
        self.exits.append((code, time.monotonic() - began))
        lines = output.splitlines()
        for number, line in enumerate(lines, 1):
            try:
                self.log.append(json.loads(line))
            except ValueError:
                if with_signal != signal.SIGKILL or number < len(lines):
                    self.odd.append(line)

    @property
    def errors(self) -> list[str]:
        """The events of all lines that are errors."""
        return [str(line.get("event")) for line in self.log if line.get("level") in ("error", "critical")]

    def rows(self, query: str) -> list[Any]:
        """What stands in the database, read past the bot."""
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=30)) as database:
            return database.execute(query).fetchall()

    def advance(self, seconds: float) -> None:
        """The bot's clock shows so many seconds more than the machine's."""
        draft = self.folder / "clock.new"
        draft.write_text(str(seconds))
        draft.replace(self.folder / "clock")

    async def until(self, what: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> bool:
        """Wait for something; False: it did not come."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if await what():
                return True
            await asyncio.sleep(0.02)
        return False

    async def settled(self, due: int | None = None, patience: float = PATIENCE) -> bool:
        """Wait until all is planned and nothing is open."""

        async def nothing_open() -> bool:
            await asyncio.sleep(0.2)
            counts = dict(self.rows("SELECT state, count(*) FROM deliveries GROUP BY state"))
            return sum(counts.values()) >= (due or self.chats) and not counts.keys() & {"due", "sending"}

        return await self.until(nothing_open, patience)

    async def receives(self, more: int, patience: float = 30) -> bool:
        """Wait until the crowd has so many messages more."""
        return await self.has_received(await self.telegram.received() + more, patience)

    async def has_received(self, messages: int, patience: float = PATIENCE) -> bool:
        """Wait until the crowd has so many messages."""

        async def enough() -> bool:
            return await self.telegram.received() >= messages

        return await self.until(enough, patience)

    async def full_rate(self, rate: float, patience: float = 60) -> float:
        """Seconds until the crowd gets its messages at nine tenths of the rate, over a second."""
        began, seen = time.monotonic(), deque[tuple[float, int]]()
        while time.monotonic() - began < patience:
            seen.append((time.monotonic(), await self.telegram.received()))
            while seen[-1][0] - seen[0][0] > 1.2:
                seen.popleft()
            seconds = seen[-1][0] - seen[0][0]
            if seconds > 0.9 and seen[-1][1] - seen[0][1] >= 0.9 * rate * seconds:
                return seen[0][0] - began
            await asyncio.sleep(0.1)
        raise AssertionError("the full rate did not come back")

    async def ready(self) -> None:
        """Wait until the bot has set its menu, the last thing that it does at a start."""

        async def menu() -> bool:
            return bool((await self.telegram.ask("state"))["commands"])

        assert await self.until(menu, 30), "the bot did not start"


@asynccontextmanager
async def rig(folder: Path, seed: int, **environment: str) -> AsyncIterator[Rig]:
    """A rig whose sandbox runs."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Rig(folder, seed, environment=environment)
    await made.telegram.start()
    try:
        yield made
    finally:
        await made.telegram.stop()
