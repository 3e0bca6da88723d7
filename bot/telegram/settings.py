"""Subscribing and settings: commands and buttons, each authorised anew.

What a button carries is told in `bot.core.screens`. For settings of another chat than the one that a message stands in,
pass a `target_of` that reads the target, asks Telegram whether who presses may change that chat, and gives it with
what is known of it, or says why not; begin with
`question.answer(await question.use_cases.subscribing.overview(chat, at))`.
"""

import datetime as dt
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from telegram.error import BadRequest

from bot.core import settings_texts
from bot.core.language import NAMES
from bot.core.model import Chat, Message
from bot.core.screens import At
from bot.telegram.question import EFFECT, Context, Question, Reception

TargetOf = Callable[[Question, str], Awaitable[tuple[Chat, At] | str]]
"""The chat that a target (`@-1001234567890`; "": where the message stands) names, or why who asks may not change it."""
WHERE_DATA = r"^s:where$"
"""The data of the button that asks for a location."""
SETTINGS_DATA = r"^!?s(@[^:]{1,15})?(:[^:]*){0,2}$|^over$"
"""The data of buttons that are answered here."""
_DATE = re.compile(r"(?:pause\s+)?(\d{4})-(\d\d?)-(\d\d?)", re.IGNORECASE)


async def own_chat(question: Question, target: str) -> tuple[Chat, At] | str:
    """The chat that the message stands in, for those who may change it."""
    if refused := settings_texts.NOT_YOURS if target else await question.refusal():
        return question.say(refused)
    return question.chat, At(question.kind, question.owner)


@dataclass(frozen=True, slots=True)
class SettingsHandlers:
    """What changes something for a chat. In a group only its administrators may, asked of Telegram every time."""

    reception: Reception
    target_of: TargetOf = own_chat

    # -- commands -----------------------------------------------------------------------------------------

    async def subscribe(self, question: Question, context: Context) -> None:
        """Subscribe, by a line or with the defaults."""
        if found := await self._allowed(question):
            chat, at = found
            await question.answer(await question.use_cases.subscribing.line(chat, context.args or (), at))

    async def unsubscribe(self, question: Question, _: Context) -> None:
        """End the subscription."""
        if found := await self._allowed(question):
            await question.answer(await question.use_cases.subscribing.stop(found[0]))

    async def settings(self, question: Question, context: Context) -> None:
        """The settings; with a date a pause until then, with a city or a time the zone."""
        if found := await self._allowed(question):
            message = await self._asked(question, *found, context.args or ())
            await question.answer(message or Message(question.say(settings_texts.OLD_SETTING)))

    async def language(self, question: Question, context: Context) -> None:
        """The languages to choose from; with one's name or code that one."""
        if found := await self._allowed(question):
            chat, at = found
            wanted = " ".join(context.args or ()).casefold()
            code = next((code for code, name in NAMES.items() if wanted in (code, name.casefold())), "")
            if code:
                question, _ = await self._changed(question, chat, at, "l", code)
            await question.answer(
                await question.use_cases.choosing.screen(chat, "language", at) or Message("")
            )

    async def _allowed(self, question: Question) -> tuple[Chat, At] | None:
        """The chat that asks; None: who asks may not change it, and was told so."""
        found = await self.target_of(question, "")
        if isinstance(found, str):
            await question.answer(Message(found))
            return None
        return found

    async def _asked(self, question: Question, chat: Chat, at: At, words: Sequence[str]) -> Message | None:
        choosing, line = question.use_cases.choosing, " ".join(words)
        if date := _DATE.fullmatch(line):
            try:
                return await choosing.pause(chat, dt.date(*map(int, date.groups())), at)
            except ValueError:  # 2026-13-45
                return await choosing.screen(chat, "pause", at)
        if line and line.casefold() not in ("pause", "language"):
            return await choosing.zone(chat, line, at)
        return await choosing.screen(chat, line.casefold(), at)

    # -- buttons ------------------------------------------------------------------------------------------

    async def press(self, question: Question) -> str | None:
        """A press on a button of the settings, or on `over` below a message that offers to start over."""
        data = question.data
        target, what, _ = read("s:over" if data == "over" else data)
        found = await self.target_of(question, target)
        if isinstance(found, str):
            return found
        chat, at = found
        subscribing, choosing = question.use_cases.subscribing, question.use_cases.choosing
        if not data.startswith(EFFECT):
            message, toast = await choosing.screen(chat, what, at), settings_texts.OLD_SETTING
        else:
            message, toast = None, settings_texts.OUT_OF_DATE
            held = question.opened(await subscribing.state(chat, what))
            if held is not None:
                question, message = await self._changed(question, chat, at, *read(held)[1:])
        await _show(question, message or await subscribing.overview(chat, at), data)
        return None if message else question.say(toast)

    async def _changed(
        self, question: Question, chat: Chat, at: At, what: str, value: str
    ) -> tuple[Question, Message | None]:
        """Make a change; after one of the chat's own language the question is answered in that."""
        message = await question.use_cases.choosing.change(chat, what, value, at)
        if what == "l" and message and not at.target:
            question = replace(question, use_cases=self.reception.speaking(value))
            message = await question.use_cases.choosing.screen(chat, "language", at)
        return question, message


def read(data: str) -> tuple[str, str, str]:
    """A button's target, what it is about, and the value."""
    head, _, rest = data.removeprefix(EFFECT).partition(":")
    what, _, value = rest.partition(":")
    return head.removeprefix("s"), what, value


async def _show(question: Question, message: Message, data: str) -> None:
    """Edit the settings; below another message, or where it can be edited no more, they are a new one."""
    if data == "over":
        await question.answer(message)
        return
    try:
        await question.edit(message)
    except BadRequest:
        await question.answer(message)
