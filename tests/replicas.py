"""Several bots on one PostgreSQL: started, killed and put to sleep."""

import asyncio
import datetime as dt
import functools
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.__main__ import listen
from bot.app import run
from bot.config import load_settings, take_token
from bot.logs import configure
from tests.campaign import FIRST, IN_FLIGHT, Bot, Rig
from tests.databases import OnServer, Server
from tests.invariants import Row, examine

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
    configure(settings.log.level, settings.log.format, (token.get_secret_value(),))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(settings, token, stop, lease=dt.timedelta(seconds=LEASE))


class Replica(Bot):
    """One of several."""

    main = functools.partial(main)


@dataclass(kw_only=True)
class Replicas(Rig):
    """A rig whose bots share a database."""

    database: OnServer
    kind: type[Bot] = field(default=Replica)

    @property
    def url(self) -> str:
        """As `storage.url`."""
        return self.database.url

    def whole(self) -> bool:
        """Its server checks its pages."""
        return True

    def rows(self, query: str) -> list[Any]:
        """What stands in the database, read past the bots."""
        return self.database.rows(query)

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
        """Wait until so many have a lease."""

        async def counted() -> bool:
            made = self.rows("SELECT 1 FROM pg_tables WHERE tablename = 'leases'")
            counted = "SELECT count(*) FROM leases WHERE name LIKE 'replica:%'"
            return bool(made) and self.rows(counted) == [(replicas,)]

        return await self.until(counted, 30)


_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_name = 'subscriptions'"


@asynccontextmanager
async def replicas(folder: Path, server: Server, seed: int, **environment: str) -> AsyncIterator[Replicas]:
    """A rig on a new database, whose sandbox runs."""
    folder.mkdir(parents=True, exist_ok=True)
    database = server.make(f"replicas_{os.getpid()}_{time.monotonic_ns()}")
    rig = Replicas(
        folder, seed, environment={"BOT_STORAGE__URL": database.url, **environment}, database=database
    )
    await rig.telegram.start()
    try:
        yield rig
    finally:
        await rig.telegram.stop()


async def shared(folder: Path, server: Server, seed: int, due: int) -> Row:
    """Two bots share the deliveries; both send, and each is sent once."""
    async with replicas(folder, server, seed, BOT_DELIVERY__RATE="600") as rig:
        bots = [await rig.start() for _ in range(2)]
        assert await rig.alive(2), "both did not start"
        await asyncio.sleep(LEASE / 3)  # the second one waits until the first one knows of it
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
    async with replicas(folder, server, seed, BOT_DELIVERY__RATE="600") as rig:
        bots = [await rig.start() for _ in range(2)]
        assert await rig.alive(2), "both did not start"
        await asyncio.sleep(LEASE / 3)
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


async def replaced(folder: Path, server: Server, seed: int, due: int, kills: int) -> Row:
    """Three bots: one is killed every 2 s, and another begins; one sleeps for two leases, and wakes."""
    rate = 6 * due / (2 * kills + 10)  # a long text costs six of the rate
    async with replicas(folder, server, seed, BOT_DELIVERY__RATE=f"{rate:.0f}") as rig:
        bots = [await rig.start() for _ in range(3)]
        assert await rig.alive(3), "three did not start"
        await asyncio.sleep(LEASE / 3)
        await rig.subscribe(due)
        await rig.has_received(due // 20)
        sleeper = bots.pop(0)
        os.kill(sleeper.pid, signal.SIGSTOP)
        asleep = time.monotonic()
        awake = False
        for _ in range(kills):
            await rig.end(bots.pop(0), signal.SIGKILL)
            bots.append(await rig.start())
            await asyncio.sleep(2)
            if not awake and time.monotonic() - asleep > 2 * LEASE:
                os.kill(sleeper.pid, signal.SIGCONT)
                awake = True
        if not awake:
            await asyncio.sleep(2 * LEASE)
            os.kill(sleeper.pid, signal.SIGCONT)
        settled = await rig.settled(due)
        for bot in (sleeper, *bots):
            await rig.end(bot)
        found = await examine(rig)
        owners = len(rig.rows("SELECT DISTINCT owner FROM deliveries WHERE owner IS NOT NULL"))
        return found.row(
            "Three replicas, one killed every 2 s, one asleep for two leases",
            f"{kills} kills",
            f"{owners} processes had a part in it",
            settled=settled,
            doubts_are_those_in_flight=found.twice <= (kills + 1) * IN_FLIGHT,
        )
