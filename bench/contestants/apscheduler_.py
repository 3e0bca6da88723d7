"""One APScheduler job for each reader, in memory."""

import asyncio
import datetime as dt

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

from bench.contestants.work import Figures, Job, Watch, run

_ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo", "Asia/Almaty")


async def plan(job: Job) -> Figures:
    """So many jobs of which `count` are due at once; `add_seconds` is what it took to have them."""
    fired, done = 0, asyncio.Event()

    async def due() -> None:
        nonlocal fired
        fired += 1
        if fired == job.count:
            done.set()

    scheduler = AsyncIOScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
    scheduler.start(paused=True)
    adding = Watch()
    now = dt.datetime.now(dt.UTC)  # noqa: TID251
    for reader in range(job.readers):
        trigger = CronTrigger(hour=reader % 24, minute=reader % 60, timezone=_ZONES[reader % len(_ZONES)])
        first = now if reader < job.count else now + dt.timedelta(hours=1 + reader % 20)
        scheduler.add_job(due, trigger, next_run_time=first)
    added = adding.figures(job.readers)
    watch = Watch()
    scheduler.resume()
    await done.wait()
    figures = watch.figures(job.count)
    scheduler.shutdown(wait=False)
    return {**figures, "add_seconds": added["seconds"]}


if __name__ == "__main__":
    run({"plan": plan})
