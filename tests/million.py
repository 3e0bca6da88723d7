"""The bot in one process with a million readers, put together as `bot.app` does it, and watched while it works.

Nothing listens to it: updates are handed to `Receiving`, as polling and the webhook do. It is started by
tests/million_campaign.py as `python -m tests.million TASK`, and prints what it saw as JSON.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import random
import resource
import statistics
import sys
import time
import zoneinfo
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import structlog

from bench.contestants.work import CHAT, TOKEN
from bot.clock import SystemClock
from bot.config import Settings
from bot.content.loader import load_library
from bot.locales import load_languages
from bot.ports import Store
from bot.scheduler import Scheduler
from bot.services.leading import Leadership
from bot.store import SCHEMA, open_store
from bot.telegram.application import build_application
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.receiving import Receiving
from bot.web.health import Health
from bot.web.metrics import Metrics
from bot.wiring import Parts, Wiring

ROOT = Path(__file__).parents[1]
OPERATOR = 501
MIB = 2**20
READERS_ASK = ("/start", "/help", "/themes", "/next", "/settings", "/search power", "/mydata")
OPERATORS_ASK = ("/stats", "/outbox")
COUNTED = ("send", "copyMessage", "forwardMessage", "editMessage", "deleteMessage")
"""Beginnings of the methods that take of the budget: answers with their pictures as well as digests."""
WARM = 5.0
"""Seconds that are looked at no closer: connections are made, code is warm."""
DUE = "digestbot_oldest_due_seconds"


@dataclass(frozen=True)
class Task:
    """What to do with which database: plan, then send `messages` (0: until `seconds` are over) at `rate` a second.

    Meanwhile readers and the operator ask something every `ask` seconds; 0: nobody does.
    """

    url: str
    database: str
    rate: float
    messages: int = 0
    seconds: float = 3600
    ask: float = 0

    def to_json(self) -> str:
        """As a process is started with."""
        return json.dumps(asdict(self))


@dataclass
class Seen:
    """What happened, in seconds, MiB and MB."""

    planned: int = 0
    planning: float = 0
    departures: "array[float]" = field(default_factory=lambda: array("d"))
    claims: "array[float]" = field(default_factory=lambda: array("d"))
    answers: dict[str, list[float]] = field(default_factory=dict)
    resident: list[float] = field(default_factory=list)
    oldest_due: list[float] = field(default_factory=list)
    took: float = 0
    core: float = 0
    file: float = 0
    states: dict[str, int] = field(default_factory=dict)

    def figures(self) -> dict[str, Any]:
        """What they come to."""
        whole = _by_second(self.departures)
        after = self.resident[int(WARM) :] or self.resident
        return {
            "planned": self.planned,
            "planning_s": self.planning,
            "sent": len(self.departures),
            "seconds": self.took,
            "rate": len(self.departures) / self.took if self.took else 0,
            "second_least": min(whole, default=0),
            "second_most": max(whole, default=0),
            "any_second_most": _most_in_a_second(self.departures),
            "core": self.core,
            "claims": len(self.claims),
            "claim_ms": _cuts(self.claims),
            "resident_mib": [min(after, default=0), max(after, default=0)],
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "file_mb": self.file,
            "states": self.states,
            "answer_ms": {name: _cuts(took) for name, took in self.answers.items()},
            "answers_ms": _cuts([each for took in self.answers.values() for each in took]),
            "oldest_due_s": [self.oldest_due[0], self.oldest_due[-1]] if self.oldest_due else [],
        }


def _by_second(moments: Sequence[float]) -> list[int]:
    """How many lie in each whole second, but for the first few, and the last, which is cut off."""
    if not moments:
        return []
    counted = Counter(int(moment - moments[0]) for moment in moments)
    return [counted[second] for second in range(int(WARM), int(max(moments) - moments[0]))]


def _most_in_a_second(moments: Sequence[float]) -> int:
    """The most within any second, wherever it begins."""
    ordered, most, begin = sorted(moments), 0, 0
    for end, moment in enumerate(ordered):
        while ordered[begin] <= moment - 1:
            begin += 1
        most = max(most, end - begin + 1)
    return most


def _cuts(seconds: Sequence[float]) -> dict[str, float]:
    if len(seconds) < 2:
        return {}
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    cut = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(seconds)}
    return {"n": len(seconds), **{name: 1000 * took for name, took in cut.items()}}


class Watched:
    """A store whose claims are timed as the sender waits for them: with what else the database does meanwhile."""

    def __init__(self, store: Store, seen: Seen) -> None:
        self._store, self._seen = store, seen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def claim(self, *arguments: Any) -> Any:
        """As `Store.claim`."""
        began = time.perf_counter()
        claimed = await self._store.claim(*arguments)
        self._seen.claims.append(time.perf_counter() - began)
        return claimed


class Departures(Metrics):
    """The bot's own metrics, and besides when each message left."""

    def __init__(self, seen: Seen) -> None:
        super().__init__("million", SCHEMA)
        self._seen = seen

    def answered(self, method: str, status: int, seconds: float) -> None:
        """A call was answered: it left so long ago."""
        super().answered(method, status, seconds)
        if method.startswith(COUNTED):
            self._seen.departures.append(time.perf_counter() - seconds)


@dataclass
class Bot:
    """The parts at work."""

    task: Task
    seen: Seen
    store: Store
    parts: Parts
    limiter: GovernorLimiter
    receiving: Receiving
    health: Health
    metrics: Departures
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def run(self) -> None:
        """Plan, then send and answer until there is enough of it."""
        began = time.perf_counter()
        self.seen.planned = await self.parts.delivering.plan()
        self.seen.planning = time.perf_counter() - began
        began, worked = time.perf_counter(), _cpu()
        mine = {"drain": (self.parts.delivering.drain, 0.5), "inbox": (self.receiving.tick, 2)}
        ticks = self.parts.ticks()
        del ticks["menu"]  # the fake Bot API knows no texts of a bot's profile
        scheduler = Scheduler({**ticks, **mine, "look": (self.look, 1)})
        scheduler.start()
        asking = [
            asyncio.create_task(self.asks(each)) for each in (READERS_ASK, OPERATORS_ASK) if self.task.ask
        ]
        while not self.enough(began):
            await asyncio.sleep(0.01)
        self.seen.took, self.seen.core = (
            time.perf_counter() - began,
            (_cpu() - worked) / (time.perf_counter() - began),
        )
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        self.parts.delivering.stop()
        self.limiter.close_bulk()
        await scheduler.stop()
        await self.parts.delivering.drain()
        self.seen.states = {
            str(state): count for state, count in (await self.store.counts()).items() if count
        }

    def enough(self, began: float) -> bool:
        """Whether the run is over."""
        sent = self.task.messages and len(self.seen.departures) >= self.task.messages
        return bool(sent) or time.perf_counter() - began >= self.task.seconds

    async def look(self) -> None:
        """What a look from outside sees each second: memory, and the page of metrics."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        own = self.seen.departures.itemsize * len(self.seen.departures)  # what this look itself remembers
        self.seen.resident.append((pages * resource.getpagesize() - own) / MIB)
        lines = (await self.metrics.page(self.health)).decode().splitlines()
        self.seen.oldest_due += [float(line.split()[1]) for line in lines if line.startswith(f"{DUE} ")]

    async def asks(self, commands: Sequence[str]) -> None:
        """One after another, each by somebody else; how long each takes from its receipt to the end of its answer."""
        dice = random.Random(2026)  # noqa: S311  no secret: repeatable
        for text in itertools.cycle(commands):
            await asyncio.sleep(self.task.ask * dice.uniform(0.5, 1.5))
            person = OPERATOR if commands is OPERATORS_ASK else CHAT + dice.randrange(100_000)
            began = time.perf_counter()
            await self.receiving.take([_command(next(self._numbers), person, text)])
            await self.receiving.settled()
            self.seen.answers.setdefault(text.split()[0], []).append(time.perf_counter() - began)


def _command(number: int, person: int, text: str) -> dict[str, Any]:
    who = {"id": person, "first_name": "Ann", "username": "ann"}
    entity = {"offset": 0, "length": len(text.split(maxsplit=1)[0]), "type": "bot_command"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "from": {**who, "is_bot": False, "language_code": "en"},
            "chat": {**who, "type": "private"},
            "date": 1_790_000_000,
            "text": text,
            "entities": [entity],
        },
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@contextlib.asynccontextmanager
async def bot(task: Task, seen: Seen) -> AsyncIterator[Bot]:
    """A bot with its library, before it plans."""
    clock, url = SystemClock(), f"sqlite:///{task.database}"
    settings = Settings.model_validate(
        {
            "telegram": {"api_url": task.url, "admins": str(OPERATOR), "burst": 1000},
            "storage": {"url": url},
            "delivery": {"rate": task.rate, "max_lateness": "12h"},
        }
    )
    kept = await asyncio.to_thread(open_store, url)
    store, metrics = cast("Store", Watched(kept, seen)), Departures(seen)
    limiter = GovernorLimiter(task.rate, clock, store, {}, metrics)
    application = build_application(TOKEN, task.url, limiter, settings.delivery.in_flight, metrics)
    async with application:
        leading = Leadership(store, "million")
        gate = Gate(settings.telegram.admins)
        wiring = Wiring(application, store, clock, settings, load_languages(), leading, metrics)
        parts = await wiring.parts(TOKEN, limiter, gate)
        library = load_library(ROOT / "content").library
        assert library is not None
        await parts.begin(library)
        health = Health(store, clock, database=Path(task.database))
        receiving = Receiving(application, store, gate, clock, "million", metrics)
        try:
            yield Bot(task, seen, store, parts, limiter, receiving, health, metrics)
        finally:
            await receiving.stop()
    files = Path(task.database).parent.glob(f"{Path(task.database).name}*")
    seen.file = sum(file.stat().st_size for file in files) / 1e6
    await store.close()


async def done(task: Task) -> dict[str, Any]:
    """The figures of one task."""
    seen = Seen()
    async with bot(task, seen) as made:
        await made.run()
    return seen.figures()


if __name__ == "__main__":
    zoneinfo.reset_tzpath(to=())
    logging.disable(logging.WARNING)  # that a drain takes longer than until the next one is no news
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors alone
    print(json.dumps(asyncio.run(done(Task(**json.loads(sys.argv[1]))))))  # noqa: T201
