"""Telegram's command menu, in step with the library."""

from collections.abc import Sequence

import structlog
from telegram import Bot, BotCommand
from telegram.error import TelegramError

from bot.core import texts
from bot.core.library import Library

_log = structlog.get_logger(__name__)
_MOST = 100
"""Commands that the menu holds at most (Bot API, setMyCommands)."""


class Menu:
    """Knows what Telegram shows, so that it is told of changes alone."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._shown: Sequence[BotCommand] = ()

    async def show(self, library: Library) -> None:
        """Set the library's commands where they are not shown yet; what fails now is tried at the next call."""
        wanted = commands(library)
        if wanted == self._shown:
            return
        try:
            await self._bot.set_my_commands(wanted)
        except TelegramError as error:
            _log.warning("menu.failed", reason=str(error))
        else:
            self._shown = wanted


def commands(library: Library) -> list[BotCommand]:
    """Reading first, then the themes, then the rest."""
    first, *rest = texts.COMMANDS.items()
    themes = [(theme.name, f"{theme.emoji} {theme.summary}") for theme in library.themes]
    chosen = [first, *themes[: _MOST - len(texts.COMMANDS)], *rest]
    return [BotCommand(name, description[:256]) for name, description in chosen]
