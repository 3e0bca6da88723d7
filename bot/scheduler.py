"""A fixed handful of ticks in UTC, by APScheduler: never a job for each reader."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.ports import StoreError

_log = structlog.get_logger(__name__)
Tick = Callable[[], Awaitable[Any]]


class Scheduler:
    """Calls each tick every so many seconds, one at a time."""

    def __init__(self, ticks: dict[str, tuple[Tick, float]]) -> None:
        # Every tick is idempotent, so a late one is run (no grace time) and several missed ones are run as one.
        defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        self._scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
        self._at_work: set[asyncio.Task[Any]] = set()
        self._stopped = False
        for name, (tick, seconds) in ticks.items():
            self._scheduler.add_job(self._run, "interval", (name, tick), seconds=seconds, id=name)

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    async def stop(self) -> None:
        """Begin no more ticks, and let those at work finish: a cancelled one would leave its work half done."""
        self._stopped = True
        self._scheduler.pause()
        while self._at_work:
            await asyncio.wait(self._at_work)
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, tick: Tick) -> None:
        if self._stopped:  # it was due in the moment of the stop, and has not begun
            return
        task = asyncio.current_task()
        if task is not None:
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)
        try:
            await tick()
        except StoreError as error:
            _log.error("tick.failed", tick=name, reason=str(error))
        except Exception:  # noqa: BLE001  the next tick tries again; what matters is that the failure is told
            _log.exception("tick.failed", tick=name)
