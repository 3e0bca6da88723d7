"""Time zones as readers say them: a city or the time in a message, or a location."""

from collections.abc import Iterator
from dataclasses import dataclass

from telegram import KeyboardButton, ReplyKeyboardMarkup, ReplyKeyboardRemove
from telegram import Message as TelegramMessage
from telegram.constants import ParseMode

from bot.core import settings_texts as texts
from bot.core.model import Message
from bot.telegram.question import Answer, Context, Question
from bot.telegram.settings import SettingsHandlers, read

_LONGEST = 100
"""Characters of a message that may say where somebody is."""


@dataclass(frozen=True, slots=True)
class ZoneHandlers:
    """Answers what is written or shared about a zone; nothing is remembered between two messages.

    What a message is about is told by the one that it replies to: the screen of zones, whose buttons name its chat.
    In private a city or a time alone is understood without that, and asked about.
    """

    settings: SettingsHandlers
    otherwise: Answer

    async def text(self, question: Question, context: Context) -> None:
        """Answer a text that says a zone; in private any other goes on to `otherwise`."""
        text = question.message.text or ""
        if question.private and text == question.say(texts.CANCEL):
            await self._without_keyboard(question, question.say(texts.LOCATION_LEFT))
        elif not await self._answered(question, text) and question.private:
            await self.otherwise(question, context)

    async def _answered(self, question: Question, text: str) -> bool:
        target = zone_screen(question.message.reply_to_message)
        asked = target is not None
        if not asked and not (question.private and len(text) <= _LONGEST):
            return False
        found = await self.settings.target_of(question, target or "")
        if isinstance(found, str):
            await question.answer(Message(found))
            return True
        chat, at = found
        message = await question.use_cases.choosing.zone(chat, text[:_LONGEST], at, asked=asked)
        if message:
            await question.answer(message)
        return message is not None

    async def ask(self, question: Question) -> str | None:
        """A press on the button that asks for a location: Telegram gives it to a keyboard of its own alone."""
        if question.private:
            say = question.say
            place = KeyboardButton(say(texts.SEND_LOCATION), request_location=True)
            keys = [[place], [KeyboardButton(say(texts.CANCEL))]]
            keyboard = ReplyKeyboardMarkup(keys, resize_keyboard=True, one_time_keyboard=True)
            await question.message.chat.send_message(say(texts.SHARE_LOCATION), reply_markup=keyboard)
        return None

    async def location(self, question: Question, _: Context) -> None:
        """A shared location, in private: its zone is set, and the point forgotten."""
        point = question.message.location
        found = await self.settings.target_of(question, "")
        if point is None or isinstance(found, str):
            return
        chat, at = found
        message = await question.use_cases.choosing.located(chat, point.latitude, point.longitude, at)
        await self._without_keyboard(question, message.html)

    async def _without_keyboard(self, question: Question, html: str) -> None:
        await question.message.chat.send_message(
            html, parse_mode=ParseMode.HTML, reply_markup=ReplyKeyboardRemove()
        )


def zone_screen(message: TelegramMessage | None) -> str | None:
    """The target of the screen of zones that a message is; None: it is none of the bot's."""
    if message is None or message.from_user is None or message.from_user.id != message.get_bot().id:
        return None
    read_buttons = (read(data) for data in _data(message))
    return next((target for target, what, value in read_buttons if what == "z"), None)


def _data(message: TelegramMessage) -> Iterator[str]:
    for row in message.reply_markup.inline_keyboard if message.reply_markup else ():
        yield from (button.callback_data for button in row if isinstance(button.callback_data, str))
