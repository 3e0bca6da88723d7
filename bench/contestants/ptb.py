"""python-telegram-bot as it comes: its own HTTPXRequest, and its own AIORateLimiter."""

from typing import Any

from telegram import LinkPreviewOptions
from telegram.ext import AIORateLimiter, BaseRateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bench.contestants.work import TEXT, TOKEN, Figures, Job, drive, run

_PATIENCE = 120.0
"""Seconds: a contestant that is slow must not fail."""
_NEVER_REACHED = 1e9


async def send(job: Job) -> Figures:
    """Bot.send_message."""
    return await _sent(job, None)


async def limited(job: Job) -> Figures:
    """The same through AIORateLimiter, with limits that are never reached."""
    return await _sent(job, AIORateLimiter(_NEVER_REACHED, 1, _NEVER_REACHED, 60))


async def _sent(job: Job, limiter: BaseRateLimiter[Any] | None) -> Figures:
    request = HTTPXRequest(
        connection_pool_size=job.pool or job.in_flight,
        read_timeout=_PATIENCE,
        write_timeout=_PATIENCE,
        connect_timeout=_PATIENCE,
        pool_timeout=_PATIENCE,
    )
    bot: ExtBot[Any] = ExtBot(TOKEN, base_url=f"{job.url}/bot", request=request, rate_limiter=limiter)
    options = LinkPreviewOptions(is_disabled=True)

    async def one(chat: int) -> int:
        sent = await bot.send_message(chat, TEXT, parse_mode="HTML", link_preview_options=options)
        return sent.message_id

    async with bot:
        return await drive(one, job)


if __name__ == "__main__":
    run({"send": send, "limited": limited})
