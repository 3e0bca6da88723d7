"""The figures of the demo and of a start, measured on this machine: `make figures` prints them as a table.

These are absolute times, so they speak of the machine as much as of the program; no test depends on them.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

ROOT = Path(__file__).parents[1]
READER = 501
ROUNDS = 5
PATIENCE = 30.0
"""Seconds: a bot that has not asked by then will never."""
REQUESTS = 300
ME = {"id": 1, "is_bot": True, "first_name": "Bot", "username": "b_bot"}


async def start(*arguments: str, **environment: str) -> asyncio.subprocess.Process:
    """`python -m bot …` with a clean environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=ROOT,
        env={**clean, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )


async def first_polls(rounds: int = ROUNDS) -> tuple[list[float], list[float], list[float]]:
    """Seconds from the start of `run` to its first getUpdates, MiB resident then, seconds from SIGTERM to exit."""
    polled = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        method = request.match_info["method"]
        if method == "getUpdates":
            polled.set()
            await asyncio.sleep(0.2)
        results: dict[str, Any] = {"getMe": ME, "getUpdates": [], "getMyDescription": {"description": ""}}
        results |= {"getMyShortDescription": {"short_description": ""}}
        results |= {"getWebhookInfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0}}
        return web.json_response({"ok": True, "result": results.get(method, True)})

    app = web.Application()
    app.router.add_post("/bot{token}/{method}", answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    polls, memory, stops = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            polled.clear()
            began = time.perf_counter()
            process = await start(
                "run",
                BOT_TOKEN="123456:" + "A" * 35,
                BOT_TELEGRAM__API_URL=f"http://127.0.0.1:{runner.addresses[0][1]}",
                BOT_STORAGE__URL=f"sqlite:///{folder}/bot.db",
            )
            await asyncio.wait_for(polled.wait(), PATIENCE)
            polls.append(time.perf_counter() - began)
            await asyncio.sleep(2)
            memory.append(resident(process.pid))
            began = time.perf_counter()
            process.terminate()
            await process.wait()
            stops.append(time.perf_counter() - began)
    await runner.cleanup()
    return polls, memory, stops


def resident(pid: int) -> float:
    """MiB of a process in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


async def answers() -> tuple[float, list[float], float]:
    """Seconds from `demo` to ready, seconds from sending /initiatives to its answer, MiB of the bot after it."""
    began = time.perf_counter()
    demo = await start("demo", "--port", "0")
    assert demo.stdout is not None
    url = (await demo.stdout.readline()).decode().split()[-1]
    ready = time.perf_counter() - began
    async with aiohttp.ClientSession(url) as session:
        async with session.get("/api/state") as state:
            version = (await state.json())["version"]
        times = []
        async with session.get("/api/events", params={"since": str(version)}) as events:
            for _ in range(REQUESTS):
                began = time.perf_counter()
                body = {"user": READER, "chat": READER, "text": "/initiatives"}
                async with session.post("/api/send", json=body):
                    pass
                await answered(events)
                times.append(time.perf_counter() - began)
    children = Path(f"/proc/{demo.pid}/task/{demo.pid}/children").read_text().split()
    memory = resident(int(children[0]))
    demo.terminate()
    await demo.wait()
    return ready, times, memory


async def answered(events: aiohttp.ClientResponse) -> None:
    """Wait for the bot's message among the server-sent events."""
    async for line in events.content:
        if line.startswith(b"data:"):
            event = json.loads(line[5:])
            if event["type"] == "message" and event["message"]["from"] != READER:
                return


async def main() -> None:
    """Measure, and print."""
    polls, memory, stops = await first_polls()
    ready, times, after = await answers()
    rows = (
        (
            f"`run` to its first poll, median of {ROUNDS}",
            f"{statistics.median(polls):.2f} s (to {max(polls):.2f})",
        ),
        ("resident memory 2 s after it", f"{max(memory):.0f} MiB"),
        ("SIGTERM to exit", f"{max(stops):.2f} s at most"),
        ("`demo` to ready, warm", f"{ready:.2f} s"),
        (f"/initiatives to its answer, {REQUESTS} times", percentiles(times)),
        ("resident memory after them", f"{after:.0f} MiB"),
    )
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")  # noqa: T201


def percentiles(times: list[float]) -> str:
    """Median and p95 in milliseconds."""
    cuts = statistics.quantiles(times, n=20)
    return f"p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms"


if __name__ == "__main__":
    asyncio.run(main())
