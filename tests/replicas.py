"""Several bots on one PostgreSQL: started, killed and put to sleep."""

import asyncio
import datetime as dt
import functools
import itertools
import os
import signal
import time
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from bot.__main__ import listen
from bot.app import run
from bot.config import load_settings, take_token, take_webhook_secret
from bot.core.governor import cost
from bot.core.markdown import units
from bot.logs import configure
from bot.sandbox import Sandbox, SandboxSettings
from bot.store import open_store
from tests.audit import CHANGES, LEASES, TRIGGERS, Audit
from tests.campaign import FIRST, IN_FLIGHT, TOKEN, Bot, Rig, Telegram
from tests.databases import OnServer, Server
from tests.flood_campaign import message
from tests.invariants import Row, examine

_PEOPLE = 9_000_000
"""The first of those who write commands; the crowd's ids are lower."""
LEASE = 3.0
"""Seconds. A shorter one would run out on a busy machine without anybody's fault."""


def main() -> None:
    """What a replica does: the same as `python -m bot run`, with a shorter lease."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")
    listen()
    asyncio.run(_replica())


async def _replica() -> None:
    settings = load_settings(None, os.environ)
    token = take_token(settings, os.environ)
    secret = take_webhook_secret(settings, os.environ)
    configure(settings.log.level, settings.log.format, (token.get_secret_value(),))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(settings, token, stop, secret, lease=dt.timedelta(seconds=LEASE))


class Replica(Bot):
    """One of several, with a lease of LEASE seconds; `Bot` has the real one."""

    main = functools.partial(main)


class Sent(NamedTuple):
    """A message as Telegram took it; `at` is monotonic."""

    at: float
    chat: int
    text: str


class _Calls(deque[dict[str, Any]]):
    """The record of calls, in which messages keep the moment at which they came."""

    def __init__(self, sent: list[Sent]) -> None:
        super().__init__(maxlen=1000)
        self._sent = sent

    def append(self, call: dict[str, Any]) -> None:
        """One more."""
        super().append(call)
        if call["method"].lower() == "sendmessage" and call["status"] == 200:
            text = str(call["params"].get("text", ""))
            self._sent.append(Sent(time.monotonic(), int(call["params"].get("chat_id", 0)), text))


class Watched(Telegram):
    """The sandbox in this process: it speaks HTTP all the same, and each message is known with its moment."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
        self.sent: list[Sent] = []
        self._people = itertools.count(_PEOPLE)

    async def start(self) -> None:
        """Return when it listens."""
        await self.sandbox.start()
        self.sandbox._bot_api.calls = _Calls(self.sent)
        self.url = self.sandbox.url
        self._session = aiohttp.ClientSession(self.url)

    async def stop(self) -> None:
        """End it."""
        assert self._session is not None
        await self._session.close()
        await self.sandbox.stop()

    def says(self, text: str, person: int = 0) -> int:
        """A command, of somebody who has said nothing before if it is not told who; who it was."""
        world, person = self.sandbox._world, person or next(self._people)
        world.crowd.setdefault(person, Counter())
        world.update("message", message(person, text))
        return person

    def answered(self, person: int) -> float | None:
        """When somebody first got a message."""
        return next((each.at for each in self.sent if each.chat == person), None)

    def fullest_second(self) -> int:
        """What the crowd's messages of any second took of the rate, at the most: a long one takes more."""
        crowd = [each for each in self.sent if FIRST <= each.chat < _PEOPLE]
        taken = [0, *itertools.accumulate(cost(units(each.text)) for each in crowd)]
        moments = [each.at for each in crowd]
        return max(
            (taken[bisect_left(moments, at + 1)] - taken[n] for n, at in enumerate(moments)), default=0
        )


@dataclass(kw_only=True)
class Replicas(Rig):
    """A rig whose bots share a database, each life of them as a user of its own."""

    database: OnServer
    kind: type[Bot] = field(default=Replica)
    telegram: Watched = field(default_factory=Watched)
    writers: dict[int, str] = field(default_factory=dict)
    lives: list[Bot] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """As `storage.url`."""
        return self.database.url

    @property
    def lease(self) -> float:
        """Seconds after which a silent bot counts as dead."""
        return LEASE if self.kind is Replica else 30.0

    async def prepare(self, lives: int) -> None:
        """Make the tables, the triggers that watch them, and so many users."""
        await open_store(self.url).close()
        self.rows(TRIGGERS)
        self._names = [f"life_{time.monotonic_ns()}_{number}" for number in range(lives)]
        self.rows("; ".join(f"CREATE ROLE {name} SUPERUSER LOGIN" for name in self._names))

    async def start(self, **environment: str) -> Bot:
        """Begin a life of the bot."""
        name = self._names.pop()
        url = self.database.server.url(self.database.name, name)
        bot = await super().start(BOT_STORAGE__URL=url, **environment)
        self.writers[bot.pid] = name
        self.lives.append(bot)
        return bot

    def whole(self) -> bool:
        """Its server checks its pages."""
        return True

    def rows(self, query: str) -> list[Any]:
        """What stands in the database, read past the bots."""
        return self.database.rows(query)

    def audit(self) -> Audit:
        """Who has written what until now."""
        return Audit.of(self.rows(CHANGES), self.rows(LEASES))

    def multiply(self, count: int) -> None:
        """So many subscriptions out of the first one."""
        names = [row[0] for row in self.rows(_COLUMNS)]
        same = ", ".join(name for name in names if name != "chat_id")
        more = f"generate_series({FIRST + 1}, {FIRST + count - 1}) AS chat_id"
        self.rows(
            f"INSERT INTO subscriptions (chat_id, {same}) SELECT chat_id, {same} "  # noqa: S608
            f"FROM {more}, (SELECT {same} FROM subscriptions LIMIT 1) AS first"
        )

    async def alive(self, replicas: int) -> bool:
        """Wait until so many have a lease, and know of each other."""

        async def counted() -> bool:
            return self.rows("SELECT count(*) FROM leases WHERE name LIKE 'replica:%'") == [(replicas,)]

        found = await self.until(counted, 30)
        await asyncio.sleep(_PAUSE)
        return found

    def leader(self, bots: list[Bot]) -> Bot:
        """The one of these that leads."""
        ((owner,),) = self.rows("SELECT owner FROM leases WHERE name = 'leader'")
        writers = {owner: writer for writer, owner in self.audit().owners.items()}
        return next(bot for bot in bots if self.writers[bot.pid] == writers[owner])


_PAUSE = 3.5
"""Seconds after which a newcomer begins to send."""
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'subscriptions'"


@asynccontextmanager
async def replicas(
    folder: Path, server: Server, seed: int, lives: int, kind: type[Bot] = Replica, **environment: str
) -> AsyncIterator[Replicas]:
    """A rig on a new database, whose sandbox runs; so many lives of bots are there to be begun."""
    folder.mkdir(parents=True, exist_ok=True)
    database = server.make(f"replicas_{os.getpid()}_{time.monotonic_ns()}")
    rig = Replicas(folder, seed, environment=environment, database=database, kind=kind)
    await rig.prepare(lives)
    await rig.telegram.start()
    try:
        yield rig
    finally:
        for bot in rig.lives:
            if bot.running:  # something went wrong
                os.kill(bot.pid, signal.SIGKILL)
        await rig.telegram.stop()


async def shared(folder: Path, server: Server, seed: int, due: int) -> Row:
    """Two bots share the deliveries; both send, and each is sent once."""
    async with replicas(folder, server, seed, 2, BOT_DELIVERY__RATE="600") as rig:
        bots = [await rig.start() for _ in range(2)]
        assert await rig.alive(2), "both did not start"
        await rig.subscribe(due)
        settled = await rig.settled(due)
        owners = len(rig.rows("SELECT DISTINCT owner FROM deliveries"))
        for bot in bots:
            await rig.end(bot)
        left = rig.rows("SELECT name FROM leases")
        found = await examine(rig)
        return found.row(
            "Two replicas",
            "",
            settled=settled,
            each_is_sent_once=found.twice == 0,
            both_sent=owners == 2,
            no_lease_is_left=left == [],
            clean_exits=all(code == 0 for code, _ in rig.exits),
        )


async def killed(folder: Path, server: Server, seed: int, due: int) -> Row:
    """One of two is killed in the midst; the other takes over what it had, in time."""
    async with replicas(folder, server, seed, 2, BOT_DELIVERY__RATE="600") as rig:
        bots = [await rig.start() for _ in range(2)]
        assert await rig.alive(2), "both did not start"
        await rig.subscribe(due)
        await rig.has_received(due // 4)
        await rig.end(bots[0], signal.SIGKILL)
        began = time.monotonic()
        settled = await rig.settled(due)
        seconds = time.monotonic() - began
        await rig.end(bots[1])
        found = await examine(rig)
        return found.row(
            "One of two replicas killed",
            "",
            f"all settled {seconds:.1f} s after the kill, of which {LEASE:.0f} s are the lease",
            settled=settled,
            doubts_are_those_in_flight=found.twice <= IN_FLIGHT,
        )
