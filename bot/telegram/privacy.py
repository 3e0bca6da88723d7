"""What is kept, as a file, and its end: commands and buttons, each authorised anew."""

from dataclasses import dataclass

from telegram.error import BadRequest, Forbidden

from bot.core import privacy_texts as texts
from bot.core.texts import OLD_BUTTON
from bot.services.privacy import FILE_NAME, FORGET, KEEP
from bot.telegram.question import Context, Question, Reception
from bot.telegram.sender import topic

FORGET_DATA = rf"^({FORGET}\.|{KEEP}$)"
"""The data of the buttons that are answered here."""


@dataclass(frozen=True, slots=True)
class PrivacyHandlers:
    """Answers /privacy, /mydata and /forgetme. In a group its administrators alone see and erase its data."""

    reception: Reception

    async def privacy(self, question: Question, _: Context) -> None:
        """What is kept."""
        await question.answer(question.use_cases.privacy.told())

    async def mydata(self, question: Question, _: Context) -> None:
        """All of it as a file; that of a group goes to the administrator who asks, in private."""
        if question.private:
            await self._send(question, question.chat.id)
        elif not await question.may_change():
            await question.tell(texts.ONLY_ADMINS)
        elif question.user is None or question.message.sender_chat is not None:
            await question.tell(texts.AS_YOURSELF)
        else:
            try:
                await self._send(question, question.user.id)
            except (Forbidden, BadRequest):
                await question.tell(texts.START_ME)
            else:
                await question.tell(texts.SENT_TO_YOU)

    async def forgetme(self, question: Question, _: Context) -> None:
        """Ask whether to erase it."""
        if await question.may_change():
            await question.answer(await question.use_cases.privacy.question(question.chat))
        else:
            await question.tell(texts.ONLY_ADMINS)

    async def press(self, question: Question) -> str | None:
        """A press below that question, which holds for the chat as it was when it was asked."""
        privacy = question.use_cases.privacy
        if not await question.may_change():
            return question.say(texts.ONLY_ADMINS)
        if question.data == KEEP:
            await question.edit(privacy.kept())
        elif question.opened(await privacy.state(question.chat)) == FORGET:
            await question.edit(await privacy.forget(question.chat.id))
        else:
            return question.say(OLD_BUTTON)
        return None

    async def _send(self, question: Question, to: int) -> None:
        await question.message.get_bot().send_document(
            to,
            await question.use_cases.privacy.file(question.chat.id),
            caption=question.say(texts.FILE),
            filename=FILE_NAME,
            **(topic(question.chat) if to == question.chat.id else {}),
        )
