"""The sandbox brings updates to a webhook as Telegram does: secret, order, retries, and what it says meanwhile."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.sandbox import Sandbox
from tests.conversation import GROUP, OTHER, READER, Conversation, free_port

os.environ["PTB_TIMEDELTA"] = "true"
from telegram import Bot
from telegram.error import BadRequest, Conflict, RetryAfter

SECRET = "only-telegram-and-the-bot-know-it"


@dataclass
class Hook:
    """A bot's address: what came, and what is answered next. `gate` holds the answers up."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    came: list[dict[str, Any]] = field(default_factory=list)
    secrets: set[str | None] = field(default_factory=set)
    open_now: int = 0
    most_open: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        """One update."""
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        await self.gate.wait()
        self.open_now -= 1
        self.secrets.add(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        self.came.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(
            status=status, headers={"Retry-After": self.retry_after} if self.retry_after else {}
        )

    async def texts(self, count: int) -> list[str]:
        """The texts that came, when there are so many."""
        async with asyncio.timeout(5):
            while len(self.came) < count:
                await asyncio.sleep(0.01)
        return [update["message"]["text"] for update in self.came]


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """An address that answers 200 at once."""
    hook = Hook()
    hook.gate.set()
    app = web.Application()
    app.router.add_post("/telegram", hook.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/telegram"
    yield hook
    await runner.cleanup()


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """The bot's side."""
    async with Bot(sandbox.settings.token, base_url=f"{sandbox.url}/bot") as bot:
        yield bot


@pytest.fixture
async def reader(sandbox: Sandbox) -> Conversation:
    """A reader who has begun; nothing waits for the bot."""
    reader = Conversation(sandbox)
    await reader.call("/api/start", {"user": READER, "chat": READER})
    async with Bot(sandbox.settings.token, base_url=f"{sandbox.url}/bot") as bot:
        await bot.delete_webhook(drop_pending_updates=True)
    return reader


async def pending(bot: Bot) -> int:
    """How many updates wait."""
    return (await bot.get_webhook_info()).pending_update_count


async def test_updates_come_with_the_secret(bot: Bot, reader: Conversation, hook: Hook) -> None:
    """Those that waited, and each new one; once taken, they are gone."""
    await reader.send("one")
    assert await bot.set_webhook(hook.url, secret_token=SECRET)
    await reader.send("two")
    assert await hook.texts(2) == ["one", "two"]
    assert hook.secrets == {SECRET}
    assert await pending(bot) == 0


async def test_what_is_refused_comes_again_before_what_follows(
    sandbox: Sandbox, bot: Bot, reader: Conversation, hook: Hook
) -> None:
    """In a chat nothing overtakes; the other chats do not wait."""
    hook.statuses = [500, 200]
    hook.retry_after = "1"
    await bot.set_webhook(hook.url)
    await reader.send("one")
    await hook.texts(1)
    await reader.send("two")
    await Conversation(sandbox, OTHER, GROUP).send("/elsewhere")
    assert await hook.texts(4) == ["one", "/elsewhere", "one", "two"]


async def test_the_last_error_is_told(bot: Bot, reader: Conversation, hook: Hook) -> None:
    """With its status; what it was about still waits."""
    hook.statuses, hook.retry_after = [503], "60"
    await bot.set_webhook(hook.url, max_connections=7)
    assert (await bot.get_webhook_info()).last_error_message is None
    await reader.send("one")
    await hook.texts(1)
    await asyncio.sleep(0.05)
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.pending_update_count) == (hook.url, 7, 1)
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"


async def test_a_bot_that_is_away_gets_its_updates_when_it_is_back(
    bot: Bot, reader: Conversation, hook: Hook
) -> None:
    """Nobody listens: that is said, and nothing is lost."""
    port = free_port()
    await bot.set_webhook(f"http://127.0.0.1:{port}/telegram")
    await reader.send("one")
    await asyncio.sleep(0.1)
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (1, "Connection refused")
    app = web.Application()
    app.router.add_post("/telegram", hook.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    assert await hook.texts(1) == ["one"]
    await runner.cleanup()


async def test_so_many_connections_are_open_at_most(bot: Bot, sandbox: Sandbox, hook: Hook) -> None:
    """max_connections holds over all chats."""
    hook.gate.clear()
    await bot.set_webhook(hook.url, max_connections=2)
    for user in (501, 502, 503, 504):
        await Conversation(sandbox, user, user).call("/api/start", {"user": user, "chat": user})
    await asyncio.sleep(0.2)
    assert hook.open_now == 2
    hook.gate.set()
    await hook.texts(4)
    assert hook.most_open == 2


async def test_polling_is_refused_while_there_is_a_webhook(
    bot: Bot, reader: Conversation, hook: Hook
) -> None:
    """A poll under way ends; when the webhook is gone, what waits can be fetched."""
    poll = asyncio.create_task(bot.get_updates(timeout=20))
    await asyncio.sleep(0.1)
    hook.statuses, hook.retry_after = [500], "60"
    await bot.set_webhook(hook.url)
    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await reader.send("one")
    await hook.texts(1)
    assert await bot.delete_webhook()
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "one"
    assert (await bot.get_webhook_info()).url == ""


async def test_pending_updates_can_be_dropped(bot: Bot, reader: Conversation, hook: Hook) -> None:
    """With the address, too."""
    await reader.send("one")
    await bot.set_webhook(hook.url, drop_pending_updates=True)
    await reader.send("two")
    assert await hook.texts(1) == ["two"]


async def test_only_the_kinds_asked_for_come(bot: Bot, reader: Conversation, hook: Hook) -> None:
    """As with getUpdates."""
    await bot.set_webhook(hook.url, allowed_updates=["callback_query"])
    await reader.send("one")
    assert list((await bot.get_webhook_info()).allowed_updates) == ["callback_query"]
    assert await pending(bot) == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/hook", "An HTTPS URL must be provided for webhook"),
        ("https://example.org/hook", "its own machine alone"),
        ("ftp://127.0.0.1/hook", "invalid webhook URL specified"),
        ("nonsense", "invalid webhook URL specified"),
        ("http://127.0.0.1:99999/", "invalid webhook URL specified"),
        ("http://127.0.0.1.example.org/", "An HTTPS URL"),
    ],
)
async def test_an_address_that_telegram_could_not_reach_is_refused(bot: Bot, url: str, words: str) -> None:
    """The sandbox never speaks to another machine."""
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.set_webhook(url)
    assert (await bot.get_webhook_info()).url == ""


@pytest.mark.parametrize(
    ("secret", "words"), [("with space", "unallowed characters"), ("x" * 257, "is too long")]
)
async def test_a_secret_has_its_characters(bot: Bot, hook: Hook, secret: str, words: str) -> None:
    """1 to 256 of A-Z, a-z, 0-9, _ and -."""
    with pytest.raises(BadRequest, match=words):
        await bot.set_webhook(hook.url, secret_token=secret)


async def test_an_address_may_be_set_once_a_second(bot: Bot, hook: Hook) -> None:
    """Telegram refuses a second one with a 429."""
    await bot.set_webhook(hook.url)
    with pytest.raises(RetryAfter):
        await bot.set_webhook(hook.url)
