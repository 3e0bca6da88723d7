"""The demo: the sandbox, and the real bot beside it as a process of its own that speaks HTTP to it."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.clock import ShiftedClock
from bot.preview.following import editor_page
from bot.sandbox import Sandbox, SandboxError, SandboxSettings

_STOP_WITHIN = 8.0
_PAUSE = 1.0
"""Seconds before a bot that died is started again, as a container's restart policy would."""


class DemoError(Exception):
    """The demo cannot go on; the message says what to do."""


async def run_demo(port: int, content: Path, stop: asyncio.Event, say: Callable[[str], None]) -> None:
    """Run sandbox and bot until `stop` is set; what readers did is forgotten with it.

    Raises:
        DemoError: The port is taken, or the bot does not start.
    """
    with tempfile.TemporaryDirectory(prefix="digest-demo-") as folder:
        health_port = _free_port()
        clock_file = Path(folder) / "clock"
        clock = ShiftedClock(clock_file)
        token = f"1000000001:{secrets.token_urlsafe(26)}"
        settings = SandboxSettings(
            port=port,
            token=token,
            clock_file=clock_file,
            status_url=f"http://127.0.0.1:{health_port}/healthz",
            pages=(editor_page(content, lambda: clock.now().date()),),
        )
        sandbox = Sandbox(settings)
        try:
            await sandbox.start()
        except SandboxError as error:
            raise DemoError(f"{error} For example: make demo PORT=8081") from error
        configuration = Path(folder) / "config.yaml"
        configuration.touch()  # an empty one: nothing of the operator's reaches the demo
        environment = {
            "BOT_CONFIG": str(configuration),
            "BOT_TOKEN": token,
            "BOT_TELEGRAM__API_URL": sandbox.url,
            "BOT_TELEGRAM__CHANNEL_COMMANDS": "true",
            "BOT_CONTENT__PATH": str(content),
            "BOT_STORAGE__URL": f"sqlite:///{folder}/bot.db",
            "BOT_WEB__PORT": str(health_port),
            "BOT_CLOCK__OFFSET_FILE": str(clock_file),
            "BOT_TELEGRAM__BURST": "1000",  # who tries everything at once is no flooder
            "BOT_LOG__LEVEL": "warning",
        }
        try:
            await _keep_running(environment, settings, sandbox.url, stop, say)
        finally:
            await sandbox.stop()


async def _keep_running(
    environment: dict[str, str],
    settings: SandboxSettings,
    url: str,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    """Start the bot, again whenever it dies, until `stop`."""
    started = False
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BOT_")}
    while not stop.is_set():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env={**clean, **environment}
        )
        try:
            stopping = asyncio.create_task(stop.wait())
            ended = asyncio.create_task(process.wait())
            if not started and await _ready(settings.status_url or "", ended, stop):
                started = True
                say(f"Demo ready: {url}/")
            await asyncio.wait({stopping, ended}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
        finally:
            await _end(process)
        if not stop.is_set():
            if not started:
                raise DemoError("the bot did not start: its message stands above")
            say("The bot ended; starting it again.")
            await asyncio.sleep(_PAUSE)


async def _ready(status_url: str, ended: asyncio.Task[int], stop: asyncio.Event) -> bool:
    """Whether the bot receives; False once it has ended or is to stop."""
    import aiohttp  # noqa: PLC0415  the command line's --help does not wait for it

    async with aiohttp.ClientSession() as session:
        while not ended.done() and not stop.is_set():
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with session.get(status_url) as answer:
                    if answer.status == 200:  # noqa: PLR2004  HTTP's own
                        return True
            await asyncio.sleep(0.1)
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_WITHIN)
    except TimeoutError:
        process.kill()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
