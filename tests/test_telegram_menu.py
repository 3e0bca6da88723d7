"""The command menu: Telegram is told of changes alone."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from telegram import Bot

from bot.core import texts
from bot.core.language import ENGLISH
from bot.core.library import Library
from bot.sandbox import Sandbox
from bot.telegram.menu import Menu, commands
from tests.conftest import TOKEN
from tests.conversation import Conversation
from tests.fakes import LIBRARY, article, digests

SPOKEN = {"en": ENGLISH}


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """Speaks to the sandbox."""
    async with Bot(TOKEN, f"{sandbox.url}/bot") as bot:
        yield bot


async def calls(sandbox: Sandbox) -> list[int]:
    """How often the menu was set, and how that was answered."""
    body = (await Conversation(sandbox).call("/api/calls"))["body"]
    return [call["status"] for call in body if call["method"] == "setMyCommands"]


async def test_the_menu_is_set_when_it_changes(sandbox: Sandbox, bot: Bot) -> None:
    """Not when only the texts of digests do."""
    menu = Menu(bot, SPOKEN)
    edited = Library((article("rivers", [("water", digests("w9")), ("trade", ())], dt.date(2024, 5, 28)),))
    other = Library((article("rivers", [("water", digests("w1"))], dt.date(2024, 5, 28)),))
    for library in (LIBRARY, LIBRARY, edited, other):
        await menu.show(library)
    assert await calls(sandbox) == [200, 200]
    shown = (await Conversation(sandbox).call("/api/state"))["commands"]
    assert [each["command"] for each in shown] == [each.command for each in commands(ENGLISH, other)]


async def test_a_menu_that_telegram_did_not_take_is_set_at_the_next_call(sandbox: Sandbox, bot: Bot) -> None:
    """A failure costs nobody anything but the menu, for a while."""
    fault = {"method": "setMyCommands", "times": 1, "status": 502, "description": "Bad Gateway"}
    await Conversation(sandbox).call("/api/faults", fault)
    menu = Menu(bot, SPOKEN)
    for _ in range(3):
        await menu.show(LIBRARY)
    assert await calls(sandbox) == [502, 200]


def test_more_themes_than_the_menu_holds() -> None:
    """A hundred commands, all built-in ones among them; the first stays first."""
    themes = [(f"theme{number}", ()) for number in range(150)]
    found = commands(ENGLISH, Library((article("rivers", themes, dt.date(2024, 5, 28)),)))
    assert len(found) == 100
    assert {each.command for each in found} > set(texts.COMMANDS)
    assert found[0].command == next(iter(texts.COMMANDS))
