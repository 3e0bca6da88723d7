"""aiogram: its Bot, its dispatcher and its webhook; and aiogram-broadcaster."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import LinkPreviewOptions, Message, Update
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiogram_broadcaster import Broadcaster
from aiogram_broadcaster.contents.text import TextContent
from aiohttp import web

from bench.contestants.work import (
    CHAT,
    COMMANDS,
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

_OPTIONS = LinkPreviewOptions(is_disabled=True)


@asynccontextmanager
async def _bot(job: Job) -> AsyncIterator[Any]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(job.url), limit=job.pool or job.in_flight)
    bot = Bot(TOKEN, session=session)
    yield bot
    await bot.session.close()


async def send(job: Job) -> Figures:
    """Bot.send_message."""
    async with _bot(job) as bot:

        async def one(chat: int) -> int:
            sent = await bot.send_message(chat, TEXT, parse_mode="HTML", link_preview_options=_OPTIONS)
            number: int = sent.message_id
            return number

        return await drive(one, job)


async def broadcast(job: Job) -> Figures:
    """aiogram-broadcaster without a storage: its fastest way."""
    async with _bot(job) as bot:
        broadcaster = Broadcaster(bot)

        async def mail(first: int, count: int) -> None:
            content = TextContent(text=TEXT, parse_mode="HTML", link_preview_options=_OPTIONS)
            mailer = await broadcaster.create_mailer(chats=range(first, first + count), content=content)
            assert await mailer.start()
            assert len(mailer.chats.success) == count

        await mail(CHAT, 3)
        watch = Watch()
        await mail(CHAT + 1_000_000, job.count)
        return watch.figures(job.count)


def _dispatcher() -> Any:
    router, dispatcher = Router(), Dispatcher()

    async def answer(message: Message) -> None:
        await message.answer(TEXT, parse_mode="HTML", link_preview_options=_OPTIONS)

    for name in COMMANDS:
        router.message.register(answer, Command(name))
    dispatcher.include_router(router)
    return dispatcher


async def commands(job: Job) -> Figures:
    """Dispatcher.feed_raw_update, so many at once; every update is answered."""
    async with _bot(job) as bot:
        dispatcher = _dispatcher()

        async def worker(updates: Iterator[dict[str, Any]]) -> None:
            for update in updates:
                await dispatcher.feed_update(bot, Update.model_validate(update, context={"bot": bot}))

        async def together(first: int, count: int) -> None:
            updates = iter([command(first + number) for number in range(count)])
            await asyncio.gather(*(worker(updates) for _ in range(job.in_flight)))

        await together(0, 2 * job.in_flight)
        watch = Watch()
        await together(1_000_000, job.count)
        return watch.figures(job.count)


async def webhook(job: Job) -> Figures:
    """SimpleRequestHandler on aiohttp.web, until told to stop; first it prints its port."""
    async with _bot(job) as bot:
        app = web.Application()
        SimpleRequestHandler(_dispatcher(), bot, handle_in_background=True).register(app, "/telegram")
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)  # noqa: T201
        watch = Watch()
        await until_told()
        figures = watch.figures(job.count)
        await runner.cleanup()
        return figures


if __name__ == "__main__":
    run({"send": send, "broadcast": broadcast, "commands": commands, "webhook": webhook})
