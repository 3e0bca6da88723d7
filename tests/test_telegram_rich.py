"""Rich messages: what the server does not take is left for a plain message, and not tried again for an hour."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.core.model import Button, Chat, Message
from bot.sandbox import Sandbox
from bot.telegram.request import AiohttpRequest
from bot.telegram.rich import RichMessages
from tests.conftest import TOKEN
from tests.conversation import READER, Conversation, Person
from tests.fakes import FixedClock

HELLO = Message(
    "<h1>Hello</h1><details><summary>More</summary><p>Text</p></details>", ((Button("Next", "next"),),)
)
CHAT = Chat(READER)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[ExtBot[Any]]:
    """Speaks to the sandbox, where a reader has begun to talk to it."""
    await Person(sandbox).start()
    async with ExtBot(TOKEN, f"{sandbox.url}/bot", request=AiohttpRequest(4)) as bot:
        yield bot


async def tried(sandbox: Sandbox) -> int:
    """How often a rich message was sent off."""
    body = (await Conversation(sandbox).call("/api/calls"))["body"]
    return sum(call["method"] == "sendRichMessage" for call in body)


async def fail(sandbox: Sandbox, **fault: Any) -> None:
    """The next rich message meets with this."""
    await Conversation(sandbox).call("/api/faults", {"method": "sendRichMessage", "times": 1, **fault})


async def test_a_rich_message_arrives_with_its_buttons(sandbox: Sandbox, bot: ExtBot[Any]) -> None:
    """Headings and folded blocks, as the server read them."""
    assert await RichMessages(bot, FixedClock()).send(CHAT, HELLO)
    message = (await Conversation(sandbox).from_bot())[-1]
    assert [block["type"] for block in message["content"]["rich_message"]["blocks"]] == ["heading", "details"]
    assert message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "next"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 400, "description": "Bad Request: can't parse rich message"},
        {"status": 404, "description": "Not Found: method not found"},
        {"status": 501, "description": "Not Implemented"},
        {"status": 502, "description": "Bad Gateway"},
        {"mode": "drop_after"},
    ],
)
async def test_what_is_not_taken_is_not_tried_again_for_an_hour(
    sandbox: Sandbox, bot: ExtBot[Any], fault: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether refused, unknown to the server or without an answer; the log hears of the first time alone."""
    clock = FixedClock()
    messages = RichMessages(bot, clock)
    await fail(sandbox, **fault)
    assert not await messages.send(CHAT, HELLO)
    clock.move(minutes=59)
    assert not await messages.send(CHAT, HELLO)
    assert await tried(sandbox) == 1

    clock.move(minutes=1)
    await fail(sandbox, **fault)
    assert not await messages.send(CHAT, HELLO)
    clock.move(hours=1)
    assert await messages.send(CHAT, HELLO)
    assert capsys.readouterr().out.count("rich.refused") == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 403, "description": "Forbidden: bot was blocked by the user"}, Forbidden),
        ({"status": 400, "description": "Bad Request: chat not found"}, BadRequest),
        ({"status": 429, "description": "Too Many Requests: retry after 5", "retry_after": 5}, TelegramError),
    ],
)
async def test_what_is_not_about_the_message_is_raised(
    sandbox: Sandbox,
    bot: ExtBot[Any],
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    error: type[TelegramError],
) -> None:
    """A plain message would fare no better; and the next rich one is tried."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    messages = RichMessages(bot, FixedClock())
    await fail(sandbox, **fault)
    with pytest.raises(error):
        await messages.send(CHAT, HELLO)
    assert await messages.send(CHAT, HELLO)
