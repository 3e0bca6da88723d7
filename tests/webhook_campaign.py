"""`python -m tests.webhook_campaign`: strangers at the webhook of the real bot, while readers' updates come in.

Forged, malformed and oversized requests, and hundreds of connections that never finish one. None may be accepted,
and readers must not notice. It prints a table; the exit code is 1 where a promise is broken.
"""

import asyncio
import json
import re
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from bot.sandbox import Sandbox, SandboxSettings
from tests.campaign import TOKEN, Bot
from tests.conversation import BotProcess, free_port
from tests.flood_campaign import message, resident

SECRET = "the-real-secret_" * 3
FIRST, FORGED = 3_000_000, 900_000_000
"""Chats of readers, numbered as their updates are; and the numbers of what nobody wrote."""
ATTACKS, SLOW, SECONDS, RATE = 200, 500, 40.0, 20.0
MIB = 2**20
HUGE = 100 * MIB
AT_ONCE = 20
"""Hostile requests under way at a time."""
DRIP = 1.0
"""Seconds between two bytes of a slow connection, and until it comes again."""


class Attack(NamedTuple):
    """One hostile request: its bytes, then a body that goes on for `flood` bytes, in chunks or as one."""

    kind: str
    request: bytes
    flood: int = 0
    chunked: bool = False


def request(
    secret: str | bytes | None,
    body: bytes = b"",
    *more: bytes,
    line: bytes = b"POST /telegram HTTP/1.1",
    length: int = -1,
) -> bytes:
    """A request; None leaves the secret out. A length of 0 or more stands instead of the body's own, None."""
    head = [line, b"Host: bot", b"Content-Type: application/json", *more]
    if secret is not None:
        head.append(
            b"X-Telegram-Bot-Api-Secret-Token: " + (secret if isinstance(secret, bytes) else secret.encode())
        )
    if not any(each.startswith(b"Transfer") for each in more):
        head.append(b"Content-Length: %d" % (len(body) if length < 0 else length))
    return b"\r\n".join([*head, b"", b""]) + body


def forgery(number: int) -> bytes:
    """An update that would be answered if it were believed."""
    return json.dumps({"update_id": FORGED + number, "message": message(FIRST - 1, "/start")}).encode()


def attacks(number: int) -> Iterator[Attack]:
    """One of each kind."""
    body = forgery(number)
    chunked = b"Transfer-Encoding: chunked"
    for secret in (
        "",
        "x",
        SECRET[:-1],
        SECRET + "x",
        SECRET.upper(),
        "секрет",
        b"\xff\xfe\x80",
        b"\x00" * 8,
    ):
        yield Attack("wrong secret", request(secret, body))
    yield Attack("no secret", request(None, body))
    yield Attack(
        "secret in the path",
        request(None, body, line=f"POST /telegram?secret_token={SECRET} HTTP/1.1".encode()),
    )
    for twice in (
        (b"X-Telegram-Bot-Api-Secret-Token: no",),
        (b"x-telegram-bot-api-secret-token : " + SECRET.encode(),),
    ):
        yield Attack("odd secret header", request(None, body, *twice))
    for method in (b"GET", b"PUT", b"DELETE", b"OPTIONS", b"CONNECT", b"TRACE", b"post"):
        yield Attack("wrong method", request(SECRET, body, line=method + b" /telegram HTTP/1.1"))
    for path in (
        b"/",
        b"/telegram/",
        b"//telegram",
        b"/x/../telegram",
        b"/telegram%00",
        b"/TELEGRAM",
        b"/telegram;x",
        b"*",
    ):
        yield Attack("path tricks", request(SECRET, body, line=b"POST " + path + b" HTTP/1.1"))
    for kind in (b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x"):
        yield Attack("wrong media type", request(SECRET, body).replace(b"application/json", kind))
    for garbage in (
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id":1e999}',
        b"null",
        b"[]",
        b'{"update_id":"x"}',
        b'"\\ud83d"',
    ):
        yield Attack("right secret, garbage", request(SECRET, garbage))
    yield Attack(
        "right secret, packed", request(SECRET, b"\x1f\x8b" + b"\x00" * 100, b"Content-Encoding: gzip")
    )
    for secret in ("x", SECRET):
        name = "right" if secret == SECRET else "wrong"
        yield Attack(f"100 MB, {name} secret", request(secret, length=HUGE), HUGE)
        yield Attack(f"100 MB in chunks, {name} secret", request(secret, b"", chunked), HUGE, chunked=True)
    yield Attack("length and chunks", request(SECRET, body, chunked, b"Content-Length: 5"))
    yield Attack("two lengths", request(SECRET, body, b"Content-Length: 1"))
    yield Attack("header bomb", request(SECRET, body, *(b"X-%d: %s" % (n, b"y" * 1000) for n in range(2000))))
    yield Attack("one long header", request(SECRET, body, b"X: " + b"y" * MIB))
    yield Attack("a long path", request(SECRET, body, line=b"POST /" + b"x" * MIB + b" HTTP/1.1"))
    for noise in (b"\x16\x03\x01\x02\x00\x01", b"\r\n" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 1000):
        yield Attack("no HTTP at all", noise)


@dataclass
class Outcome:
    """What came of it. `statuses` by kind of attack: 0 is a connection closed without a word; memory in MiB."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    good: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    slow_closed: int = 0
    rows: int = 0
    forged_rows: int = 0
    replies: int = 0
    forged_replies: int = 0
    before: float = 0.0
    peak: float = 0.0
    code: int = 0
    log: str = ""

    @property
    def sent(self) -> int:
        """Hostile requests."""
        return sum(counts.total() for counts in self.statuses.values())

    @property
    def accepted(self) -> int:
        """Hostile requests that had an effect."""
        return self.forged_rows + self.forged_replies

    def table(self) -> str:
        """For people."""
        lines = [f"| {'request':<32} | count | answers |", f"|{'-' * 34}|------:|:--------|"]
        for kind, counts in self.statuses.items():
            answers = ", ".join(f"{status or 'closed'} x {count}" for status, count in sorted(counts.items()))
            lines.append(f"| {kind:<32} | {counts.total():>5} | {answers} |")
        lines += [
            "",
            f"hostile requests {self.sent}, accepted {self.accepted}; slow connections closed {self.slow_closed}",
            f"good updates {self.good.total()}: {dict(self.good)}, stored {self.rows}, answered {self.replies}",
            f"good ones, calm:      {_line(self.calm)}",
            f"good ones, attacked:  {_line(self.waits)}",
            f"memory {self.before:.1f} MiB before, {self.peak:.1f} at the most: +{self.peak - self.before:.1f} MiB",
        ]
        return "\n".join(lines)


def _line(waits: list[float]) -> str:
    ordered = sorted(waits)
    return (
        f"median {ordered[len(ordered) // 2] * 1000:.0f} ms, p95 {ordered[int(len(ordered) * 0.95)] * 1000:.0f} ms, "
        f"slowest {ordered[-1] * 1000:.0f} ms"
    )


@dataclass
class Siege:
    """The bot's port, and those who come to it."""

    port: int
    patience: float = 15.0
    outcome: Outcome = field(default_factory=Outcome)
    next_reader: int = FIRST

    async def good(self, waits: list[float]) -> None:
        """A reader's /start, brought as a proxy brings it: over a connection of its own."""
        self.next_reader += 1
        body = json.dumps(
            {"update_id": self.next_reader, "message": message(self.next_reader, "/start")}
        ).encode()
        began = time.monotonic()
        status = await self.attack(Attack("good", request(SECRET, body, b"Connection: close")))
        waits.append(time.monotonic() - began)
        self.outcome.good[status] += 1

    async def readers(self, seconds: float, rate: float, waits: list[float]) -> None:
        """Updates at a steady rate, whether the ones before have been answered or not."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in range(int(seconds * rate)):
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                tasks.create_task(self.good(waits))

    async def attack(self, attack: Attack) -> int:
        """The status that comes back; 0: none."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(self.patience):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(attack.request)
                    pouring = asyncio.create_task(pour(writer, attack))
                    head = await reader.readline()
                    pouring.cancel()
                    return int(found[1]) if (found := re.match(rb"HTTP/1\.\d (\d+)", head)) else 0
                finally:
                    writer.close()
        return 0

    async def strangers(self, wanted: list[Attack], stop: float) -> None:
        """All of them, spread over the time, so many at once."""
        slots, began = asyncio.Semaphore(AT_ONCE), time.monotonic()

        async def one(number: int, attack: Attack) -> None:
            await asyncio.sleep((stop - began) * number / len(wanted))
            async with slots:
                status = await self.attack(attack)
            self.outcome.statuses.setdefault(attack.kind, Counter())[status] += 1

        await asyncio.gather(*(one(number, attack) for number, attack in enumerate(wanted)))

    async def slow(self, number: int, stop: float) -> None:
        """Half a head or half a body, byte by byte, and again when it is closed."""
        begun = (
            b"POST /telegram HTTP/1.1\r\nHost: bot\r\nX-Slow: ",
            request("x", length=MIB),
            request(SECRET, b'{"', length=MIB) if number % 10 == 0 else b"POST",
        )[number % 3]
        await asyncio.sleep(DRIP * number / SLOW)  # not all in one moment
        while time.monotonic() < stop:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(begun)
                    while time.monotonic() < stop and not reader.at_eof():
                        await asyncio.sleep(DRIP)
                        writer.write(b"y")
                        await writer.drain()
                finally:
                    writer.close()
            self.outcome.slow_closed += time.monotonic() < stop
            await asyncio.sleep(DRIP)


async def pour(writer: asyncio.StreamWriter, attack: Attack) -> None:
    """The body that does not end."""
    piece = b" " * 65_536
    if attack.chunked:
        piece = b"10000\r\n" + piece + b"\r\n"
    with suppress(ConnectionError):
        for _ in range(attack.flood // 65_536):
            writer.write(piece)
            await writer.drain()


async def watch(pid: int, outcome: Outcome) -> None:
    """Keep the most memory that the bot takes."""
    while True:
        outcome.peak = max(outcome.peak, resident(pid))
        await asyncio.sleep(0.02)


async def siege(
    folder: Path,
    attackers: list[Attack],
    *,
    slow: int = SLOW,
    seconds: float = SECONDS,
    rate: float = RATE,
    patience: float = 15.0,
) -> Outcome:
    """Readers alone, then readers and everybody else; then what stands in the database and in the chats."""
    port = free_port()
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    world = sandbox._world
    crowd = range(FIRST - 1, FIRST + int(2 * seconds * rate) + 50)
    world.crowd |= {person: Counter() for person in crowd}
    bot = Bot(
        sandbox.url,
        TOKEN,
        folder,
        BOT_LOG__FORMAT="json",
        BOT_DELIVERY__RATE="1000",
        BOT_DELIVERY__PAID_STARS="1000000",
        BOT_WEB__PORT=str(port),
        BOT_TELEGRAM__WEBHOOK_URL=f"http://127.0.0.1:{port}/telegram",
        BOT_WEBHOOK_SECRET=SECRET,
    )
    await bot.start()
    siege = Siege(port, patience)
    outcome = siege.outcome
    try:
        await begun(sandbox, bot)
        assert bot._process is not None
        await siege.readers(seconds / 4, rate, outcome.calm)
        outcome.before = outcome.peak = resident(bot._process.pid)
        watching = asyncio.create_task(watch(bot._process.pid, outcome))
        stop = time.monotonic() + seconds
        await asyncio.gather(
            siege.readers(seconds, rate, outcome.waits),
            siege.strangers(attackers, stop),
            *(siege.slow(number, stop) for number in range(slow)),
        )
        end = time.monotonic() + 10
        while (
            sum(world.crowd[each].total() > 0 for each in crowd) < outcome.good[200]
            and time.monotonic() < end
        ):
            await asyncio.sleep(0.1)
        watching.cancel()
    finally:
        outcome.code, outcome.log = await bot.stop()
        await sandbox.stop()
    with closing(sqlite3.connect(folder / "bot.db")) as database:
        numbers = [row[0] for row in database.execute("SELECT update_id FROM inbox")]
    outcome.rows = sum(FIRST < number <= siege.next_reader for number in numbers)
    outcome.forged_rows = len(numbers) - outcome.rows
    outcome.forged_replies = world.crowd[FIRST - 1].total()
    outcome.replies = sum(world.crowd[each].total() for each in crowd) - outcome.forged_replies
    return outcome


async def begun(sandbox: Sandbox, bot: BotProcess) -> None:
    """Wait until the bot has set its menu, the last thing that it does at a start."""
    for _ in range(1500):
        if sandbox._world.commands:
            return
        assert bot.running, await bot.ended()
        await asyncio.sleep(0.02)
    raise AssertionError("the bot did not start")


async def campaign() -> int:
    """In full; 1 where a promise is broken."""
    kinds = (each for number in cycle(range(1000)) for each in attacks(number))
    with tempfile.TemporaryDirectory(prefix="webhook-") as folder:
        outcome = await siege(Path(folder), list(islice(kinds, ATTACKS)))
    print(outcome.table())  # noqa: T201
    whole = outcome.good == {200: outcome.good[200]} and outcome.rows == outcome.replies == outcome.good[200]
    high = sorted(outcome.waits)[int(len(outcome.waits) * 0.95)]
    kept = not outcome.accepted and whole and high <= 0.2 and outcome.peak - outcome.before <= 10
    return int(not kept or outcome.code != 0 or SECRET in outcome.log)


if __name__ == "__main__":
    sys.exit(asyncio.run(campaign()))
