"""Subscribing and settings: commands and buttons, each authorised anew."""

from dataclasses import dataclass

from telegram import Update

from bot.core import texts
from bot.core.model import Message
from bot.telegram.question import Context, Question, Reception


@dataclass(frozen=True, slots=True)
class SettingsHandlers:
    """What changes something for a chat. In a group only its administrators may, asked of Telegram every time."""

    reception: Reception

    async def subscribe(self, question: Question, context: Context) -> None:
        """Subscribe, by a line or with the defaults."""
        if await question.may_change():
            await question.answer(
                await question.use_cases.subscribing.line(question.chat, context.args or ())
            )
        else:
            await question.tell(texts.ONLY_ADMINS)

    async def unsubscribe(self, question: Question, _: Context) -> None:
        """End the subscription."""
        if await question.may_change():
            await question.answer(await question.use_cases.subscribing.stop(question.chat))
        else:
            await question.tell(texts.ONLY_ADMINS)

    async def press(self, update: Update, _: Context) -> None:
        """A press on a button that changes something: `over`, or `s` and what it sets."""
        query = update.callback_query
        if query is None or query.message is None:
            return
        question = await self.reception.question(update)
        if not await question.may_change():
            toast: str | None = texts.ONLY_ADMINS
        elif query.data == "over":
            await question.show(await question.use_cases.reading.start_over(question.chat))
            toast = texts.STARTED_OVER
        else:
            message = await self._changed(question, (query.data or "").partition(":")[2])
            toast = None if message else texts.OLD_SETTING
            if message:
                await question.edit(message)
        await query.answer(question.say(toast) if toast else None)

    async def _changed(self, question: Question, subject: str) -> Message | None:
        what, _, value = subject.partition(":")
        subscribing, chat = question.use_cases.subscribing, question.chat
        match what:
            case "":
                return await subscribing.overview(chat)
            case "off":
                return await subscribing.stop(chat)
            case "t" | "d" | "c" | "z":
                return await subscribing.change(chat, what, value)
        return await subscribing.screen(chat, what)
