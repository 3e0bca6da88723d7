"""Tells those who run the bot, and those who have set up a chat, in private."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core.markdown import escape
from bot.ports import Directory

_log = structlog.get_logger(__name__)
_MOST = 50
_MOST_NOTICES = 1_000


class _Notice(NamedTuple):
    user: int
    chat_id: int
    text: Callable[[str], str]
    title: str


class TelegramAlerts:
    """Implements the ports `Alerts` and `Notices`; `admins` are numeric ids, as usernames can be taken over by others.

    What is told waits here until Telegram takes it: the network may be what it is about. Notices to single persons
    wait apart, so that many of them push out nothing that operators have to hear.
    """

    def __init__(self, bot: Bot, admins: Sequence[int], directory: Directory) -> None:
        self._bot = bot
        self._admins = admins
        self._directory = directory
        self._waiting: deque[tuple[int, str]] = deque(maxlen=_MOST)
        self._notices: deque[_Notice] = deque(maxlen=_MOST_NOTICES)

    def tell(self, text: str) -> None:
        """As `Alerts.tell`."""
        self._waiting.extend((admin, text) for admin in self._admins)

    def forget(self, chat: int) -> None:
        """What waits for this one is not sent."""
        self._waiting = deque((item for item in self._waiting if item[0] != chat), maxlen=_MOST)
        about = (notice for notice in self._notices if chat not in (notice.user, notice.chat_id))
        self._notices = deque(about, maxlen=_MOST_NOTICES)

    def inform(self, user: int, chat_id: int, text: Callable[[str], str], title: str = "") -> None:
        """As `Notices.inform`."""
        for reader in (user,) if user else self._admins:
            self._notices.append(_Notice(reader, chat_id, text, title))

    async def send(self) -> None:
        """Send what waits, oldest first; what Telegram cannot take now waits on."""
        while self._waiting:
            admin, text = self._waiting[0]
            if not await self._sent(admin, text):
                return
            # A full queue may have dropped it meanwhile.
            if self._waiting and self._waiting[0] == (admin, text):
                self._waiting.popleft()
        while self._notices:
            notice = self._notices[0]
            title = escape(notice.title or await self._directory.title(notice.chat_id))
            if not await self._sent(notice.user, notice.text(title), ParseMode.HTML):
                return
            if self._notices and self._notices[0] is notice:
                self._notices.popleft()

    async def _sent(self, user: int, text: str, parse_mode: str | None = None) -> bool:
        """Whether it is settled: taken, or refused by one who does not listen."""
        try:
            await self._bot.send_message(user, text, parse_mode=parse_mode)
        except (BadRequest, Forbidden) as error:
            _log.warning("alert.failed", user=user, reason=str(error))
        except TelegramError as error:
            _log.warning("alert.waits", user=user, reason=str(error))
            return False
        return True
