"""Telegram's command menus and the bot's descriptions, in step with the library, in each language."""

import functools
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import TelegramError

from bot.core import article_texts, texts
from bot.core.language import Language
from bot.core.library import Library

_log = structlog.get_logger(__name__)
_MOST = 100
"""Commands that a menu holds at most (Bot API, setMyCommands)."""


class Menu:
    """Knows what Telegram shows, so that it is told of changes alone. `operators` see their own commands besides."""

    def __init__(self, bot: Bot, languages: Mapping[str, Language], operators: Iterable[int] = ()) -> None:
        self._bot = bot
        self._languages = languages
        self._scopes: dict[BotCommandScope, Sequence[str]] = {
            BotCommandScopeDefault(): tuple(texts.COMMANDS),
            BotCommandScopeAllGroupChats(): texts.MEMBERS,
            BotCommandScopeAllChatAdministrators(): texts.ADMINISTRATORS,
        }
        for operator in operators:
            self._scopes[BotCommandScopeChat(operator)] = (*texts.COMMANDS, *texts.OPERATORS)
        self._shown: dict[Any, Any] = {}
        self._failed: set[Any] = set()

    async def show(self, library: Library) -> None:
        """Set the library's commands and descriptions where they are not yet; what fails is tried at the next call.

        English is for everybody whose language has none of its own.
        """
        for code, say in self._languages.items():
            read, language = library.in_language(code), None if code == "en" else code
            for scope, names in self._scopes.items():
                put = functools.partial(self._bot.set_my_commands, scope=scope, language_code=language)
                await self._keep((scope, code), commands(say, read, names), put)
            if read.articles:
                newest = read.articles[0]
                about = article_texts.description(say, newest.title, newest.author)
                brief = article_texts.short_description(say, newest.title)
                for name, text in ("description", about), ("short_description", brief):
                    await self._keep((name, code), text, functools.partial(self._describe, name, language))

    async def _keep(self, place: Any, wanted: Any, put: Callable[[Any], Awaitable[Any]]) -> None:
        """Put what is wanted in its place unless it is there; a failure is logged once until it works again."""
        if self._shown.get(place) == wanted:
            return
        try:
            await put(wanted)
        except TelegramError as error:
            if place not in self._failed:
                what = (
                    place[0].type if isinstance(place[0], BotCommandScope) else place[0]
                )  # without anybody's id
                _log.warning("menu.failed", place=what, reason=str(error))
            self._failed.add(place)
        else:
            self._shown[place] = wanted
            self._failed.discard(place)

    async def _describe(self, name: str, language: str | None, wanted: str) -> None:
        """Set a text of the bot's profile; one that was written with @BotFather stays: ours begin with a sign."""
        now = getattr(await getattr(self._bot, f"get_my_{name}")(language), name)
        if now != wanted and (not now or now.startswith(article_texts.PROFILE.strip())):
            await getattr(self._bot, f"set_my_{name}")(wanted, language)


def commands(
    say: Language, library: Library, names: Sequence[str] = tuple(texts.COMMANDS)
) -> list[BotCommand]:
    """The first of the built-in commands `names`, then the themes, then the rest."""
    built_in = texts.COMMANDS | texts.OPERATORS
    first, *rest = ((name, say(built_in[name])) for name in names)
    themes = [(theme.name, f"{theme.emoji} {theme.summary}") for theme in library.themes]
    chosen = [first, *themes[: _MOST - len(names)], *rest]
    return [BotCommand(name, description[:256]) for name, description in chosen]
