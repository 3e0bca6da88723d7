"""Tells the operator, in private chat."""

from collections import deque
from collections.abc import Sequence

import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

_log = structlog.get_logger(__name__)
_MOST = 50


class TelegramAlerts:
    """Implements the `Alerts` port; `admins` are numeric ids, as usernames can be taken over by others.

    What is told waits here until Telegram takes it: the network may be what it is about.
    """

    def __init__(self, bot: Bot, admins: Sequence[int]) -> None:
        self._bot = bot
        self._admins = admins
        self._waiting: deque[tuple[int, str]] = deque(maxlen=_MOST)

    def tell(self, text: str) -> None:
        """As `Alerts.tell`."""
        self._waiting.extend((admin, text) for admin in self._admins)

    def forget(self, chat: int) -> None:
        """What waits for this one is not sent."""
        self._waiting = deque((item for item in self._waiting if item[0] != chat), maxlen=_MOST)

    async def send(self) -> None:
        """Send what waits, oldest first; what Telegram cannot take now waits on."""
        while self._waiting:
            admin, text = self._waiting[0]
            try:
                await self._bot.send_message(admin, text)
            except (BadRequest, Forbidden) as error:  # this one does not listen
                _log.warning("alert.failed", reason=str(error))
            except TelegramError as error:
                _log.warning("alert.waits", reason=str(error))
                return
            # A full queue may have dropped it meanwhile.
            if self._waiting and self._waiting[0] == (admin, text):
                self._waiting.popleft()
