"""Tells the operator, in private chat."""

from collections.abc import Sequence

import structlog
from telegram import Bot
from telegram.error import TelegramError

_log = structlog.get_logger(__name__)


class TelegramAlerts:
    """Implements the `Alerts` port; `admins` are numeric ids, as usernames can be taken over by others."""

    def __init__(self, bot: Bot, admins: Sequence[int]) -> None:
        self._bot = bot
        self._admins = admins

    async def tell(self, text: str) -> None:
        """One message to each; what cannot be told this way stands in the log."""
        for admin in self._admins:
            try:
                await self._bot.send_message(admin, text)
            except TelegramError as error:
                _log.warning("alert.failed", admin=admin, reason=str(error))
