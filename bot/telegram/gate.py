"""Lets in what a person may ask, and drops what is too much: before it waits for anything, at nearly no cost."""

import asyncio
from collections.abc import Awaitable, Callable, Collection

import structlog
from telegram import Message, MessageEntity, Update
from telegram.constants import ChatType
from telegram.error import TelegramError
from telegram.ext import filters

from bot.core import texts
from bot.core.flood import CHAT, COMMANDS, INLINE, PRESSES, Flood, Limit, Verdict
from bot.core.language import ENGLISH, Language

_log = structlog.get_logger(__name__)

Notice = Callable[[Update], Awaitable[None]]
_NOTICES = 64
"""Notices under way at once; where more are due, somebody goes without."""


async def too_fast(update: Update, say: Language = ENGLISH) -> None:
    """The notice: below the button, or in the chat and topic that asked."""
    if update.callback_query:
        # For as long as the pause the reader's own app repeats it, and does not ask again.
        await update.callback_query.answer(say(texts.TOO_FAST), cache_time=int(PRESSES.pause))
    elif isinstance(message := update.effective_message, Message):
        thread = message.message_thread_id if message.is_topic_message else None
        await message.get_bot().send_message(message.chat.id, say(texts.TOO_FAST), message_thread_id=thread)


class Gate:
    """Keeps everybody to the limits of `bot.core.flood`, except `admins`.

    Not limited is what nobody types: changes of the bot's membership, migrations, service messages, and what people
    say to each other in a group. `notice` tells somebody once that it was too much; after that there is silence, as
    an answer to each would be what a flooder wants. `seconds` is a clock that only grows; by default the loop's.
    `notices` are those under way: nobody waits for them but who ends the process.
    """

    def __init__(
        self,
        admins: Collection[int] = (),
        notice: Notice = too_fast,
        commands: Limit = COMMANDS,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self.notice = notice
        self.notices: set[asyncio.Task[None]] = set()
        self._admins = frozenset(admins)
        self._seconds = seconds or (lambda: asyncio.get_running_loop().time())
        self._commands, self._presses, self._inline = Flood(commands), Flood(PRESSES), Flood(INLINE)
        self._chats = Flood(CHAT)

    def lets_in(self, update: Update) -> bool:
        """Whether to handle it. An update that is one too many may lead to the notice."""
        verdict = self._verdict(update)
        if verdict is Verdict.NOTICE and not (update.inline_query or update.chosen_inline_result):
            _log.warning("flood.refused", press=update.callback_query is not None)
            if len(self.notices) < _NOTICES:
                task = asyncio.create_task(self._tell(update))
                self.notices.add(task)
                task.add_done_callback(self.notices.discard)
        return verdict is Verdict.GO

    async def _tell(self, update: Update) -> None:
        try:
            await self.notice(update)
        except TelegramError as error:
            _log.warning("flood.notice_failed", reason=type(error).__name__)

    def _verdict(self, update: Update) -> Verdict:
        message = update.effective_message
        message = message if isinstance(message, Message) else None
        if update.callback_query:
            flood, person = self._presses, update.callback_query.from_user.id
        elif inline := update.inline_query or update.chosen_inline_result:
            flood, person = self._inline, inline.from_user.id
        elif message and _asks(update, message):
            # An anonymous administrator shares the user's id with all others: there the chat is the person.
            flood, person = self._commands, (message.sender_chat or message.from_user or message.chat).id
        else:
            return Verdict.GO
        if person in self._admins:
            return Verdict.GO
        now = self._seconds()
        verdict = flood.ask(person, now)
        if verdict is Verdict.GO and message and message.chat.type != ChatType.PRIVATE:
            verdict = self._chats.ask(message.chat.id, now)
        return verdict


def _asks(update: Update, message: Message) -> bool:
    """Whether it is for the bot: in private all that a person sends, elsewhere commands to it and replies to it."""
    if message.chat.type == ChatType.PRIVATE:
        # A chat that is shared comes as a service message, but it is somebody's answer to a button.
        return bool(message.text or message.chat_shared) or not filters.StatusUpdate.ALL.check_update(update)
    me, replied = message.get_bot(), message.reply_to_message
    if replied is not None and replied.from_user is not None and replied.from_user.id == me.id:
        return True
    first = message.entities[0] if message.entities and message.text else None
    if first is None or first.type != MessageEntity.BOT_COMMAND or first.offset != 0:
        return False
    _, _, addressee = message.parse_entity(first).partition("@")
    return not addressee or addressee.casefold() == me.username.casefold()
