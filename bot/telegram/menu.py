"""Telegram's command menu, in step with the library."""

from collections.abc import Mapping, Sequence

import structlog
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.core import texts
from bot.core.language import Language
from bot.core.library import Library

_log = structlog.get_logger(__name__)
_MOST = 100
"""Commands that the menu holds at most (Bot API, setMyCommands)."""


class Menu:
    """Knows what Telegram shows, so that it is told of changes alone."""

    def __init__(self, bot: Bot, languages: Mapping[str, Language]) -> None:
        self._bot = bot
        self._languages = languages
        self._shown: dict[str, Sequence[BotCommand]] = {}

    async def show(self, library: Library) -> None:
        """Set the library's commands where they are not shown yet; what fails now is tried at the next call.

        English is for everybody whose language has no menu of its own.
        """
        for code, say in self._languages.items():
            wanted = commands(say, library.in_language(code))
            if wanted == self._shown.get(code):
                continue
            try:
                await self._bot.set_my_commands(wanted, language_code=None if code == "en" else code)
            except TelegramError as error:
                _log.warning("menu.failed", language=code, reason=str(error))
            else:
                self._shown[code] = wanted


def commands(say: Language, library: Library) -> list[BotCommand]:
    """Reading first, then the themes, then the rest."""
    first, *rest = ((name, say(description)) for name, description in texts.COMMANDS.items())
    themes = [(theme.name, f"{theme.emoji} {theme.summary}") for theme in library.themes]
    chosen = [first, *themes[: _MOST - len(texts.COMMANDS)], *rest]
    return [BotCommand(name, description[:256]) for name, description in chosen]
