"""`run`, with as little in memory as it takes: not even the library of the command line."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any


def plain(arguments: Sequence[str]) -> bool:
    """Whether these are `run` or `run --config FILE`, which need no library to be read."""
    match arguments:
        case ["run"]:
            return True
        case ["run", "--config", file]:
            return bool(file) and not file.startswith("-")
        case _:
            return False


def start(config: Path | None) -> None:
    """Run the bot until a signal. Ends the program with one line where it cannot."""
    os.environ.setdefault("PTB_TIMEDELTA", "true")  # PTB 22.8 warns at every 429 without it
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # it looks for some among all packages
    os.environ.setdefault(
        "FROZENLIST_NO_EXTENSIONS", "1"
    )  # aiohttp hardly uses it, and it brings libstdc++: 1 MB
    gc.disable()  # imports make no garbage worth looking for: an eighth of the start-up time
    with _spared():
        from bot.app import run as run_bot
        from bot.config import ConfigError, load_all
        from bot.logs import configure
        from bot.ports import StartError

    try:
        gc.freeze()
        gc.enable()
        settings, token, webhook_secret = load_all(config, os.environ)
        hidden = [secret.get_secret_value() for secret in (token, webhook_secret) if secret]
        configure(settings.log.level, settings.log.format, (*hidden, settings.storage.password))
        until_signal(lambda stop: run_bot(settings, token, stop, webhook_secret))
    except (ConfigError, StartError) as error:
        sys.exit(f"bot: {error}")  # exit code 1


def until_signal(start: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run until SIGINT or SIGTERM, then let everything end in order."""

    async def supervised() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        await start(stop)

    asyncio.run(supervised())


@contextlib.contextmanager
def _spared() -> Iterator[None]:
    """Import without what our libraries would bring for things that a running bot never does: 8 MB, 0.1 s.

    structlog does without rich's tracebacks and greenlet's locals (SQLAlchemy gets greenlet later, on PostgreSQL).
    PTB names httpx in signatures alone where another request is given, APScheduler its pools where none is made.
    """
    httpx, pool = ModuleType("httpx"), ModuleType("pool")
    vars(httpx).update(AsyncClient=object, Proxy=object, URL=object)
    vars(pool).update(ThreadPoolExecutor=object)
    stands_in: dict[str, Any] = {"httpx": httpx, "apscheduler.executors.pool": pool}
    stands_in |= {"rich": None, "greenlet": None}  # None: an ImportError, by Python's reference
    left_out = {name: stands_in[name] for name in stands_in.keys() - sys.modules.keys()}
    sys.modules.update(left_out)
    try:
        yield
    finally:
        for name in left_out:
            del sys.modules[name]
