"""The fake Bot API: built from fake_bot_api.c, started on a core of its own."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.contestants.work import echo
from bench.cores import Cores, spawn

SOURCE = Path(__file__).with_name("fake_bot_api.c")
_ME = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}


class NoServerError(Exception):
    """The fake server cannot be had here; the message says what to do."""


def compiler(names: Sequence[str] = ("cc", "gcc", "clang")) -> str:
    """The C compiler's path. Raises NoServerError."""
    if sys.platform != "linux":
        raise NoServerError("the benchmark runs on Linux alone: its server waits with epoll")
    for name in names:
        if path := shutil.which(name):
            return path
    raise NoServerError("there is no C compiler: install one (Debian: apt-get install gcc libc6-dev)")


async def build(folder: Path) -> Path:
    """The server as a program in the folder, and beside it what it answers. Raises NoServerError."""
    program = folder / "fake_bot_api"
    building = await asyncio.create_subprocess_exec(compiler(), "-O2", "-o", str(program), str(SOURCE))
    if await building.wait():
        raise NoServerError(f"{SOURCE.name} could not be built: the compiler says why above")
    for name, result in (("message", echo()), ("me", _ME)):
        (folder / f"{name}.json").write_text(json.dumps({"ok": True, "result": result}))
    return program


@asynccontextmanager
async def running(program: Path, latency: float, cores: Cores) -> AsyncIterator[str]:
    """The server at work, answering messages after `latency` milliseconds; its address."""
    answers = [str(program.parent / f"{name}.json") for name in ("message", "me")]
    process = await spawn([str(program), str(latency), *answers], cores.others)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(await process.stdout.readline())}"
    finally:
        process.kill()
        await process.wait()


async def sent(session: aiohttp.ClientSession, url: str) -> int:
    """How many messages a server has been sent so far."""
    async with session.get(f"{url}/sent") as answer:
        return int(await answer.text())
