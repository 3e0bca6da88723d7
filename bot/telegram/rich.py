"""Sends rich messages where the server takes them. PTB 22.8 knows Bot API 10.0, so this is a raw call."""

import datetime as dt

import structlog
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot.core.delivery import Ambiguous, Refused
from bot.core.model import Chat, Message
from bot.ports import Clock
from bot.telegram.sender import classify, keyboard, topic

_log = structlog.get_logger(__name__)
_PAUSE = dt.timedelta(hours=1)
"""For so long a server that did not take a rich message is not asked again."""


class RichMessages:
    """Tries to send a message as a rich one; whoever asks falls back to a plain one."""

    def __init__(self, bot: ExtBot[None], clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._not_before: dt.datetime | None = None

    async def send(self, chat: Chat, message: Message) -> bool:
        """Whether Telegram took it. After a refusal, or where no answer came, it is False at once for an hour.

        The log hears of the first time alone. What is not about the message, such as a 429 or a chat that is gone,
        would befall a plain one too, and is raised: TelegramError.
        """
        now = self._clock.now()
        if self._not_before is not None and now < self._not_before:
            return False
        rich = {"html": message.html}
        try:
            await self._bot.do_api_request(
                "sendRichMessage",
                {
                    "chat_id": chat.id,
                    "rich_message": rich,
                    "reply_markup": keyboard(message, inline=False),
                    **topic(chat),
                },
            )
        except TelegramError as error:
            if not isinstance(classify(error), Refused | Ambiguous):
                raise
            if self._not_before is None:
                _log.warning("rich.refused", reason=str(error))
            self._not_before = now + _PAUSE
            return False
        return True
