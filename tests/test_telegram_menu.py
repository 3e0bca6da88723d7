"""The menus and descriptions: Telegram is told of changes alone, and an operator's words stay."""

import datetime as dt
from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
)

from bot.core import article_texts, texts
from bot.core.language import ENGLISH, Language
from bot.core.library import Library
from bot.locales import load_languages
from bot.sandbox import Sandbox
from bot.telegram.menu import Menu, commands
from tests.conftest import TOKEN
from tests.conversation import GROUP, OTHER, READER, Conversation, Person
from tests.fakes import LIBRARY, article, digests

SPOKEN = {"en": ENGLISH}
THEMES = {"water", "trade"}
DAY = dt.date(2024, 5, 28)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """Speaks to the sandbox."""
    async with Bot(TOKEN, f"{sandbox.url}/bot") as bot:
        yield bot


async def calls(sandbox: Sandbox, method: str = "setMyCommands") -> list[int]:
    """How a method was answered, each time that it was called."""
    body = (await Conversation(sandbox).call("/api/calls"))["body"]
    return [call["status"] for call in body if call["method"] == method]


async def names(bot: Bot, scope: BotCommandScope | None = None, language: str | None = None) -> set[str]:
    """The commands of a menu."""
    return {each.command for each in await bot.get_my_commands(scope, language)}


async def test_the_menu_is_set_when_it_changes(sandbox: Sandbox, bot: Bot) -> None:
    """Not when only the texts of digests do; three menus at a time."""
    menu = Menu(bot, SPOKEN)
    edited = Library((article("rivers", [("water", digests("w9")), ("trade", ())], DAY),))
    other = Library((article("rivers", [("water", digests("w1"))], DAY),))
    for library in (LIBRARY, LIBRARY, edited, other):
        await menu.show(library)
    assert await calls(sandbox) == [200] * 6
    shown = (await Conversation(sandbox).call("/api/state"))["commands"]
    assert [each["command"] for each in shown] == [each.command for each in commands(ENGLISH, other)]


async def test_each_kind_of_chat_has_its_menu(bot: Bot) -> None:
    """Private chats have all; groups what everybody may use, and their administrators the subscription besides."""
    await Menu(bot, SPOKEN).show(LIBRARY)
    assert await names(bot) == {*texts.COMMANDS, *THEMES}
    group = await names(bot, BotCommandScopeAllGroupChats())
    administrators = await names(bot, BotCommandScopeAllChatAdministrators())
    assert group == {*texts.MEMBERS, *THEMES}
    assert administrators - group == {"subscribe", "settings", "language", "unsubscribe"}
    assert not administrators & {"privacy", "mydata", "forgetme"}


async def test_who_may_change_a_groups_subscription_sees_the_commands_for_it(
    sandbox: Sandbox, bot: Bot
) -> None:
    """As Telegram chooses among the menus: the group's creator sees them, a member does not."""
    await Menu(bot, load_languages()).show(LIBRARY)
    for user, sees in ((READER, True), (OTHER, False)):
        shown = (await Person(sandbox, user, GROUP).menu())["commands"]
        assert ("subscribe" in [each["command"] for each in shown]) is sees


async def test_each_language_has_its_menus_and_descriptions(bot: Bot) -> None:
    """English is the one for everybody else."""
    await Menu(bot, load_languages()).show(LIBRARY)
    for scope in (None, BotCommandScopeAllGroupChats(), BotCommandScopeAllChatAdministrators()):
        english, *others = [await bot.get_my_commands(scope, code) for code in (None, "ru", "kk")]
        assert [[each.command for each in menu] for menu in others] == [
            [each.command for each in english]
        ] * 2
        assert await bot.get_my_commands(scope, "en") == ()
    assert 'rivers <& "friends">' in (await bot.get_my_description("kk")).description


async def test_operators_see_their_own_commands_in_their_private_chats(bot: Bot) -> None:
    """And nobody else does."""
    await Menu(bot, SPOKEN, [OTHER]).show(LIBRARY)
    assert await names(bot, BotCommandScopeChat(OTHER)) == {*texts.COMMANDS, *THEMES, *texts.OPERATORS}
    assert await names(bot, BotCommandScopeChat(READER)) == set()
    assert not await names(bot) & set(texts.OPERATORS)


async def test_an_operator_who_never_wrote_to_the_bot_costs_the_others_nothing(
    sandbox: Sandbox, bot: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    """Telegram does not know the chat: that is tried again and again, and logged once."""
    menu = Menu(bot, SPOKEN, [999])
    for _ in range(3):
        await menu.show(LIBRARY)
    assert await calls(sandbox) == [200, 200, 200, 400, 400, 400]
    assert capsys.readouterr().out.count("menu.failed") == 1


async def test_a_menu_that_telegram_did_not_take_is_set_at_the_next_call(sandbox: Sandbox, bot: Bot) -> None:
    """A failure costs nobody anything but the menu, for a while."""
    fault = {"method": "setMyCommands", "times": 1, "status": 502, "description": "Bad Gateway"}
    await Conversation(sandbox).call("/api/faults", fault)
    menu = Menu(bot, SPOKEN)
    for _ in range(3):
        await menu.show(LIBRARY)
    assert await calls(sandbox) == [502, 200, 200, 200]


async def test_the_descriptions_follow_the_newest_article(sandbox: Sandbox, bot: Bot) -> None:
    """They are set where they differ from what is there, and no more, by a new process too."""
    newer = Library((*LIBRARY.articles, article("hills", [("hills", digests("h1"))], dt.date(2025, 1, 1))))
    for library in (LIBRARY, LIBRARY, newer):
        await Menu(bot, SPOKEN).show(library)
    assert await calls(sandbox, "setMyDescription") == [200, 200]
    assert await calls(sandbox, "setMyShortDescription") == [200, 200]
    assert "hills <&" in (await bot.get_my_description()).description
    assert "hills <&" in (await bot.get_my_short_description()).short_description


async def test_what_an_operator_wrote_stays(sandbox: Sandbox, bot: Bot) -> None:
    """The bot writes only where nothing stands, or where its own words do."""
    await bot.set_my_description("All about rivers.")
    await Menu(bot, SPOKEN).show(LIBRARY)
    assert (await bot.get_my_description()).description == "All about rivers."
    assert (await bot.get_my_short_description()).short_description.startswith(article_texts.PROFILE)
    assert await calls(sandbox, "setMyDescription") == [200]


@pytest.mark.parametrize("say", load_languages().values(), ids=str)
def test_descriptions_fit_with_the_longest_names(say: Language) -> None:
    """512 and 120 characters."""
    assert len(article_texts.description(say, "title " * 40, "author " * 30)) <= 512
    assert len(article_texts.short_description(say, "title " * 40)) <= 120


def test_more_themes_than_the_menu_holds() -> None:
    """A hundred commands, all built-in ones among them; the first stays first."""
    themes = [(f"theme{number}", ()) for number in range(150)]
    library = Library((article("rivers", themes, DAY),))
    for built_in in (tuple(texts.COMMANDS), texts.MEMBERS, (*texts.COMMANDS, *texts.OPERATORS)):
        found = commands(ENGLISH, library, built_in)
        assert len(found) == 100
        assert {each.command for each in found} > set(built_in)
        assert found[0].command == built_in[0]


def test_help_the_menu_and_its_parts_name_the_same_commands() -> None:
    """Each once; /help needs not tell of itself, nor of /start."""
    told = [name for group in texts.GROUPS.values() for name in group]
    assert sorted(told) == sorted(texts.COMMANDS.keys() - {"help", "start"})
    assert set(texts.ADMINISTRATORS) <= texts.COMMANDS.keys()
    assert all(f"/{name} – " in texts.help_text(ENGLISH, "water") for name in told)
