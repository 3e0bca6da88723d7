"""`python -m bot` as processes that begin where all is imported: a server imports it once, and forks for each of them.

A start from nothing takes more than a second of work, of which all but a twentieth is importing.
"""

import asyncio
import contextlib
import multiprocessing
import os
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import forkserver
from pathlib import Path

from bot.__main__ import listen

ROOT = Path(__file__).parents[1]
_LOOK = 0.01
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["bot.cli", "bot.app", "tests.forking"])


class Forked:
    """One process with an environment and a folder of its own, which prints into a file."""

    def __init__(self, main: Callable[[], None], environment: Mapping[str, str], folder: Path = ROOT) -> None:
        file, name = tempfile.mkstemp(prefix="bot-", suffix=".log")
        os.close(file)
        self._log = Path(name)
        weakref.finalize(self, self._log.unlink)
        self._process = _SERVER.Process(target=_begin, args=(main, environment, folder, name))
        with contextlib.chdir(ROOT):  # where the server, if it is not there yet, finds what to import
            forkserver.ensure_running()
        self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text()

    async def ended(self, patience: float) -> tuple[int, str]:
        """Wait so many seconds for its end; exit code (negative: the signal) and all that it printed."""
        async with asyncio.timeout(patience):
            while self.running:
                await asyncio.sleep(_LOOK)
        code = self._process.exitcode
        assert code is not None
        return code, self.log


def command(arguments: Sequence[str]) -> None:
    """What `python -m bot ARGUMENTS` does."""
    from bot.cli import cli  # noqa: PLC0415  here, not in the tests' own process

    if arguments[0] == "run":
        listen()
    cli(arguments, prog_name="python -m bot")


def _begin(main: Callable[[], None], environment: Mapping[str, str], folder: Path, log: str) -> None:
    """What happens in the process."""
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    for standard in (1, 2):
        os.dup2(output, standard)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    main()
