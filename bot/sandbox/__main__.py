"""`python -m bot.sandbox`: the sandbox alone, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from bot.sandbox.server import Sandbox, SandboxError, SandboxSettings


def _settings() -> SandboxSettings:
    parser = argparse.ArgumentParser(
        prog="python -m bot.sandbox", description="A local Bot API with a chat page."
    )
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--token", default="1000000001:sandbox", help="the bot's (default: %(default)s)")
    parser.add_argument("--clock-file", type=Path, help="where the clock's offset is written for the bot")
    parser.add_argument("--status-url", help="the bot's /healthz, asked for the next delivery")
    return SandboxSettings(**vars(parser.parse_args()))


async def _serve(settings: SandboxSettings) -> None:
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    sandbox = Sandbox(settings)
    await sandbox.start()
    sys.stdout.write(f"Sandbox ready: {sandbox.url}/\n")
    sys.stdout.flush()
    await stopped.wait()
    await sandbox.stop()


def main() -> int:
    """Run until a signal; return the exit code."""
    try:
        asyncio.run(_serve(_settings()))
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
