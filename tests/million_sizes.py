"""How long the commands of an operator take with a million readers: each as a process of its own, as it is used."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from aiohttp import web
from sqlalchemy import create_engine

from bench.contestants.work import CHAT, TOKEN
from bench.figures import ME
from bot.store.schema import migrate
from tests.million_figures import Took

ROOT = Path(__file__).parents[1]
PATIENCE = 1800.0
COMMANDS = (
    "doctor",
    "outbox",
    "outbox list --state sent --limit 50",
    f"outbox list --chat {CHAT + 500_000}",
    "outbox retry --state failed",
)
MINUTE = 60_000
OLDEST = "0001"


def environment(url: str, **more: str) -> dict[str, str]:
    """Settings by which a command finds this database, and nothing else of the bot's."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    settings = {"BOT_TOKEN": TOKEN, "BOT_STORAGE__URL": url, "BOT_CONTENT__PATH": str(ROOT / "content")}
    return {**clean, **settings, **more}


def ran(what: str, url: str, *arguments: str, **more: str) -> Took:
    """Run one command to its end. Raises RuntimeError where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(
        (sys.executable, "-m", "bot", *arguments),
        cwd=ROOT,
        env=environment(url, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.read().strip().splitlines()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1) or (process.returncode and arguments[0] != "doctor"):
        raise RuntimeError(f"{what}: {' '.join(said[-3:])}")
    return Took(what, time.perf_counter() - began, used.ru_utime + used.ru_stime)


@asynccontextmanager
async def telegram() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A Bot API without news: its address, and whether it has been asked for any."""
    polled = asyncio.Event()
    hook = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
    results = {"getMe": ME, "getUpdates": [], "getWebhookInfo": hook}
    results |= {"getMyDescription": {"description": ""}, "getMyShortDescription": {"short_description": ""}}

    async def answer(request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "getUpdates":
            polled.set()
            await asyncio.sleep(0.2)
        return web.json_response({"ok": True, "result": results.get(method, True)})

    application = web.Application()
    application.router.add_post("/bot{token}/{method}", answer)
    runner = web.AppRunner(application, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", polled
    finally:
        await runner.cleanup()


async def first_poll(url: str, what: str) -> Took:
    """From the start of `run` to its first getUpdates."""
    async with telegram() as (at, polled):
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=ROOT,
            env=environment(url, BOT_TELEGRAM__API_URL=at),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await asyncio.wait_for(polled.wait(), PATIENCE)
            took = time.perf_counter() - began
            return Took(what, took, *_used(process.pid))
        finally:
            process.terminate()
            await process.wait()


def _used(pid: int) -> tuple[float, float]:
    """Seconds of a core, and the most memory in MiB, of a process until now."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    status = Path(f"/proc/{pid}/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), peak


def oldest(file: Path, readers: int) -> None:
    """A database as the first version has left it: each reader subscribed, with one digest delivered and read."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        migrate(connection, OLDEST)
        connection.commit()
    engine.dispose()
    with closing(sqlite3.connect(file)) as database, database:
        database.executemany(
            "INSERT INTO subscriptions (chat_id, thread_id, time, days, zone, themes, next_slot, paused, told_end)"
            " VALUES (?, 0, '09:00', 127, 'UTC', '', ?, '', 0)",
            _many(readers),
        )
        database.execute(
            "INSERT INTO progress (chat_id, thread_id, digest, seen)"
            " SELECT chat_id, 0, 'w1', next_slot - 86400000 FROM subscriptions"
        )
        database.execute(
            "INSERT INTO deliveries (chat_id, thread_id, broadcast_id, local_date, slot, digest, state, attempt,"
            " not_before, code, message_id, updated) SELECT chat_id, 0, 0, '2026-11-21', next_slot - 86400000, 'w1',"
            " 'sent', 1, next_slot - 86400000, '', 44, next_slot - 86400000 FROM subscriptions"
        )


def _many(readers: int) -> Iterator[tuple[int, int]]:
    tomorrow = (time.time_ns() // 1_000_000 // MINUTE + 1440) * MINUTE
    return ((CHAT + number, tomorrow + number % 60 * MINUTE) for number in range(readers))


async def asked(url: str) -> list[Took]:
    """What operators ask of a database beside the bot."""
    async with telegram() as (at, _):
        return [
            await asyncio.to_thread(ran, what, url, *what.split(), BOT_TELEGRAM__API_URL=at)
            for what in COMMANDS
        ]


async def on_a_file(file: Path, folder: Path, readers: int) -> list[Took]:
    """Everything, on the database in `file`, which is changed by it."""
    url, backup, first = f"sqlite:///{file}", folder / "backup.db", folder / "oldest.db"
    found = [await first_poll(f"sqlite:///{folder}/empty.db", "start to first poll, an empty database")]
    found.append(await first_poll(url, "the same, of all readers, when time zone rules have changed"))
    found += [await first_poll(url, "start to first poll"), *await asked(url)]
    found.append(ran("backup", url, "backup", str(backup)))
    found.append(ran("restore", f"sqlite:///{folder}/restored.db", "restore", str(backup)))
    oldest(first, readers)
    found.append(ran(f"migrate, from schema {OLDEST}", f"sqlite:///{first}", "migrate"))
    return found


async def on_a_server(url: str, folder: Path) -> list[Took]:
    """The same on PostgreSQL, whose empty database gets its readers from the backup of the file."""
    found = [ran("restore", url, "restore", str(folder / "backup.db"))]
    found += [await first_poll(url, "start to first poll"), *await asked(url)]
    return [*found, ran("backup", url, "backup", str(folder / "from-server.db"))]
