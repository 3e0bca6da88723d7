"""This bot: its calls, its sender, its commands and its webhook, put together as `bot.app` does it."""

import asyncio
import gc
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr
from telegram import LinkPreviewOptions, Update
from telegram import Message as TelegramMessage
from telegram.ext import CommandHandler

from bench.contestants.work import (
    COMMANDS,
    MESSAGE_ID,
    TEXT,
    TOKEN,
    Figures,
    Job,
    Watch,
    command,
    drive,
    run,
    until_told,
)
from bot.clock import SystemClock
from bot.content.loader import load_library
from bot.core.delivery import Outcome, Sent
from bot.core.flood import COMMANDS as LIMIT
from bot.core.governor import Lane
from bot.core.library import Library
from bot.core.model import Chat, Message
from bot.ports import Meter, Store
from bot.services.delivering import Delivering, Pace
from bot.store import open_store
from bot.telegram.application import App, build_application
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.receiving import Receiving
from bot.telegram.sender import TelegramSender

ROOT = Path(__file__).parents[2]
SECRET = "bench-secret"  # noqa: S105  of this benchmark alone
_AS_FAST_AS_IT_GOES = 1e7
_OPTIONS = LinkPreviewOptions(is_disabled=True)
_BATCH = 100
"""Updates that one getUpdates brings at most."""


class Answers(Meter):
    """How long the Bot API took to answer: what a send takes once it is its turn."""

    def __init__(self) -> None:
        self.seconds = array("d")  # of 60,000 answers, in the memory that is measured

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Remember it."""
        if method == "sendMessage" and status == 200:
            self.seconds.append(seconds)


class Silence:
    """Alerts to nobody."""

    def tell(self, html: str) -> None:
        """A run with an alert is none that counts."""
        raise AssertionError(html)


class NoSender:
    """Sends nothing: where planning alone is measured."""

    async def send(self, chat: Chat, message: Message) -> Outcome:
        """As the Sender's."""
        del chat, message
        return Sent(MESSAGE_ID)

    async def edit(self, chat: Chat, message_id: int, message: Message) -> Outcome:
        """As the Sender's."""
        del chat, message
        return Sent(message_id)

    async def reachable(self) -> bool:
        """As the Sender's."""
        return True


@asynccontextmanager
async def _opened(database: str) -> AsyncIterator[Store]:
    store = await asyncio.to_thread(open_store, f"sqlite:///{database}")
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _application(job: Job, store: Store, meter: Meter | None = None) -> AsyncIterator[App]:
    limiter = GovernorLimiter(job.rate or _AS_FAST_AS_IT_GOES, SystemClock(), store, {}, meter)
    application = build_application(TOKEN, job.url, limiter, job.in_flight, meter)
    async with application:
        yield application


async def send(job: Job) -> Figures:
    """Bot.send_message, in the lane of deliveries."""
    async with _opened(job.database) as store, _application(job, store) as application:

        async def one(chat: int) -> int:
            sent: TelegramMessage = await application.bot.send_message(
                chat, TEXT, parse_mode="HTML", link_preview_options=_OPTIONS, rate_limit_args=Lane.BULK
            )
            return sent.message_id

        return await drive(one, job)


async def sender(job: Job) -> Figures:
    """TelegramSender without a database: what durability is compared with."""
    async with _opened(job.database) as store, _application(job, store) as application:
        port, message = TelegramSender(application.bot), Message(TEXT)

        async def one(chat: int) -> int:
            outcome = await port.send(Chat(chat), message)
            assert isinstance(outcome, Sent)
            return outcome.message_id

        return await drive(one, job)


def _library() -> Library:
    library = load_library(ROOT / "content").library
    assert library is not None
    return library


async def whole(job: Job) -> Figures:
    """The whole sender: readers that are due are planned, then claimed, sent and recorded."""
    answers = Answers()
    async with _opened(job.database) as store, _application(job, store, answers) as application:
        pace = Pace(rate=job.rate or _AS_FAST_AS_IT_GOES, in_flight=job.in_flight)
        sender = TelegramSender(application.bot, answers)
        delivering = Delivering(store, sender, Silence(), _library(), SystemClock(), "bench", pace)
        assert await delivering.plan() == job.readers
        del answers.seconds[:]
        watch = Watch()
        tried = await delivering.drain()
        figures = watch.figures(tried, answers.seconds)
        states = {state: count for state, count in (await store.counts()).items() if count}
        assert states == {"sent": job.readers}, states
        return figures


@asynccontextmanager
async def _receiving(job: Job, store: Store) -> AsyncIterator[Receiving]:
    async with _application(job, store) as application:

        async def answer(update: Update, _: Any) -> None:
            assert update.effective_message is not None
            await update.effective_message.reply_text(TEXT, parse_mode="HTML", link_preview_options=_OPTIONS)

        answers = dict.fromkeys(COMMANDS, answer)

        async def asked(update: Update, context: Any) -> None:
            assert update.effective_message is not None
            assert update.effective_message.text is not None
            await answers[update.effective_message.text[1:]](update, context)

        application.add_handler(CommandHandler(COMMANDS, asked))  # as in bot.telegram.routes
        gate = Gate(commands=replace(LIMIT, burst=1000))
        receiving = Receiving(application, store, gate, SystemClock(), "bench")
        yield receiving
        await receiving.stop()


async def commands(job: Job) -> Figures:
    """Receiving, with each update stored before it is handled; every update is answered."""
    async with _opened(job.database) as store, _receiving(job, store) as receiving:

        async def together(first: int, count: int) -> None:
            updates = [command(first + number) for number in range(count)]
            for start in range(0, count, _BATCH):
                await receiving.take(updates[start : start + _BATCH])
            await receiving.settled()

        await together(0, 2 * job.in_flight)
        watch = Watch()
        await together(1_000_000, job.count)
        return watch.figures(job.count)


async def webhook(job: Job) -> Figures:
    """The webhook's endpoint, until told to stop; first it prints its port."""
    from bot.web.server import serve  # noqa: PLC0415  as the bot: no web server where none is asked for
    from bot.web.webhook import PATH, Webhook  # noqa: PLC0415

    async with _opened(job.database) as store, _receiving(job, store) as receiving:
        hook = Webhook(SecretStr(SECRET), receiving.take, lambda: None)
        runner = await serve(hook.routes(), "127.0.0.1", 0)
        assert PATH == "/telegram"
        print(runner.addresses[0][1], flush=True)  # noqa: T201
        watch = Watch()
        await until_told()
        figures = watch.figures(job.count)
        await runner.cleanup()
        return figures


async def plan(job: Job) -> Figures:
    """Those that have come due are planned, while another task looks how long the event loop is held."""
    async with _opened(job.database) as store:
        library = Library(())
        delivering = Delivering(store, NoSender(), Silence(), library, SystemClock(), "bench")
        watch, looking = Watch(), asyncio.create_task(_holds())
        planned = await delivering.plan()
        figures = watch.figures(planned)
        looking.cancel()
        held, busy = await looking
        assert planned == job.count, planned
        return {**figures, "held": 1000 * held, "busy": 1000 * busy}


async def _holds() -> tuple[float, float]:
    """The longest that the loop was late by, in seconds, and the most that its thread worked meanwhile."""
    held = busy = 0.0
    try:
        while True:
            began, worked = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            held = max(held, time.perf_counter() - began - 0.001)
            busy = max(busy, time.thread_time() - worked)
    except asyncio.CancelledError:
        return held, busy


if __name__ == "__main__":
    gc.freeze()  # as `bot.cli` does after its imports
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors alone
    run(
        {
            "send": send,
            "sender": sender,
            "whole": whole,
            "commands": commands,
            "webhook": webhook,
            "plan": plan,
        }
    )
