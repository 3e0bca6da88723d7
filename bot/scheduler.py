"""A fixed handful of ticks in UTC, by APScheduler: never a job for each reader."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

_log = structlog.get_logger(__name__)
Tick = Callable[[], Awaitable[Any]]


def build_scheduler(ticks: dict[str, tuple[Tick, float]]) -> AsyncIOScheduler:
    """A scheduler, not yet started, that calls each tick every so many seconds, one at a time."""
    # Every tick is idempotent, so a late one is run (no grace time) and several missed ones are run as one.
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults=defaults)
    for name, (tick, seconds) in ticks.items():
        scheduler.add_job(_guarded(name, tick), "interval", seconds=seconds, id=name)
    return scheduler


def _guarded(name: str, tick: Tick) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await tick()
        except Exception:  # noqa: BLE001  the next tick tries again; what matters is that the failure is told
            _log.exception("tick.failed", tick=name)

    return run
