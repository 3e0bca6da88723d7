"""One update of a reader's with the ways to answer it, in the language of its chat."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from telegram import CallbackQuery, Update, User
from telegram import Message as TelegramMessage
from telegram.constants import ChatType
from telegram.error import BadRequest
from telegram.ext import ContextTypes

from bot.core.language import Language, nearest
from bot.core.library import Library
from bot.core.model import Chat, Kind, Message
from bot.core.sequence import Added
from bot.core.texts import OLD_BUTTON
from bot.ports import Store
from bot.ports.searching import Finder
from bot.services.reading import Page
from bot.services.use_cases import UseCases
from bot.telegram.gate import too_fast
from bot.telegram.rights import person, refusal
from bot.telegram.seals import Seals
from bot.telegram.sender import arguments, sending, topic

Context = ContextTypes.DEFAULT_TYPE
Make = Callable[[Language, Library, Added, Finder], UseCases]
Handler = Callable[[Update, Context], Coroutine[Any, Any, None]]
"""What PTB calls with an update."""
Answer = Callable[["Question", Context], Awaitable[None]]
Press = Callable[["Question"], Awaitable[str | None]]
"""Answers a press on a button; what is left to say is its toast."""
EFFECT = "!"
"""What the data of a button that changes something begins with: it is sealed when it is sent, and opened here alone."""
_KINDS: dict[str, Kind] = {ChatType.PRIVATE: Kind.PRIVATE, ChatType.CHANNEL: Kind.CHANNEL}


@dataclass(slots=True)
class Reception:
    """Finds the language of an update's chat, and the use cases that answer in it.

    `default` is spoken where nothing else is known: the chat has chosen nothing, and its reader's is not ours.
    """

    store: Store
    languages: Mapping[str, Language]
    default: str
    make: Make
    seals: Seals = field(default_factory=lambda: Seals(secrets.token_bytes()))
    library: Library = field(init=False)
    _use_cases: Mapping[str, UseCases] = field(init=False, default_factory=dict)

    def take(self, library: Library, added: Added, finders: Mapping[str, Finder]) -> None:
        """Answer from this library from now on; an answer under way ends with the one it began with.

        `finders` find its digests, in each language.
        """
        self.library = library
        self._use_cases = {
            code: self.make(say, library.in_language(code), added, finders[code])
            for code, say in self.languages.items()
        }

    def speaking(self, *wanted: str | None) -> UseCases:
        """The use cases in the first of these languages that is spoken."""
        return self._use_cases[nearest(wanted, self.default)]

    async def too_fast(self, update: Update) -> None:
        """Tell somebody that it was too much, in the language of their app: a flood asks nothing of the database."""
        user = update.effective_user
        await too_fast(update, self.speaking(user.language_code if user else None).say)

    async def question(self, update: Update) -> "Question":
        """The update with its chat's language: chosen, or else that of who asks."""
        message = message_of(update)
        chosen = await self.store.language(chat_of(message))
        user = update.effective_user
        spoken = user.language_code if user else None
        return Question(update, message, self.speaking(chosen, spoken), self.seals)

    def answering(self, answer: Answer) -> Handler:
        """The handler of a command or a message."""

        async def handler(update: Update, context: Context) -> None:
            await answer(await self.question(update), context)

        return handler

    def pressing(self, press: Press) -> Handler:
        """The handler of presses: every press is answered once, also below what Telegram tells nothing more of."""

        async def handler(update: Update, _: Context) -> None:
            query = update.callback_query
            if query is None:
                return
            if query.message and query.message.is_accessible:
                toast = await press(await self.question(update))
            else:
                toast = self.speaking(query.from_user.language_code).say(OLD_BUTTON)
            await query.answer(toast)

        return handler


@dataclass(frozen=True, slots=True)
class Question:
    """An update that carries a message: a command, or a press on a button below one."""

    update: Update
    message: TelegramMessage
    use_cases: UseCases
    seals: Seals = field(default_factory=lambda: Seals(secrets.token_bytes()))

    @property
    def say(self) -> Language:
        """The language of the answer."""
        return self.use_cases.say

    @property
    def chat(self) -> Chat:
        """The chat, or the topic of it, that asks."""
        return chat_of(self.message)

    @property
    def kind(self) -> Kind:
        """What the chat is."""
        return _KINDS.get(self.message.chat.type, Kind.GROUP)

    @property
    def private(self) -> bool:
        """Whether the reader is alone with the bot."""
        return self.kind is Kind.PRIVATE

    @property
    def user(self) -> User | None:
        """Who asks; None in a channel."""
        return self.update.effective_user

    @property
    def query(self) -> CallbackQuery | None:
        """The press on a button, if it is one."""
        return self.update.callback_query

    @property
    def data(self) -> str:
        """What the pressed button carries, "" where there is none."""
        return (self.query.data or "") if self.query else ""

    def command(self) -> tuple[str, str]:
        """The command's name, and the bot that it is addressed to, if any."""
        word = (self.message.text or "/").split(maxsplit=1)[0]
        name, _, addressee = word.removeprefix("/").partition("@")
        return name, addressee

    @property
    def owner(self) -> int:
        """Who sets something up in a group and is told of its troubles; 0 in private, or where no person shows."""
        return 0 if self.private else person(self.user)

    async def refusal(self) -> str | None:
        """Why who asks may not change anything here, as one of the texts; None: they may. Asked at every change."""
        return await refusal(self.message, self.user, pressed=self.query is not None)

    async def may_change(self) -> bool:
        """In private everybody; elsewhere the chat's administrators, asked of Telegram at every change."""
        return await self.refusal() is None

    def sealed(self, message: Message) -> Message:
        """The message with its buttons that change something (data from `EFFECT` on) sealed for this chat and state.

        Raises ValueError for data that leaves no room for a seal.
        """
        chat = self.chat
        return replace(
            message,
            buttons=tuple(
                tuple(
                    replace(button, data=self.seals.seal(chat.id, chat.thread, button.data, message.state))
                    if button.data.startswith(EFFECT)
                    else button
                    for button in row
                )
                for row in message.buttons
            ),
        )

    def opened(self, state: str = "") -> str | None:
        """What the pressed button carries; None: it was not sealed here, or not in this state. With it the seal is off.

        A handler of its own (as for `!forget`) asks for what its message had as `state`, and answers None with a toast.
        """
        return self.seals.opened(self.chat.id, self.chat.thread, self.data, state)

    async def answer(self, message: Message) -> None:
        """Send a message to the chat, and to the topic, that asks."""
        chat = self.chat
        await self.message.get_bot().send_message(
            chat.id, **sending(self.sealed(message), inline=self._inline), **topic(chat)
        )

    async def tell(self, text: str) -> None:
        """Say one of `texts`, which are marked and not translated yet."""
        await self.answer(Message(self.say(text)))

    async def show(self, page: Page) -> None:
        """Send a page; what it shows counts as read only now that Telegram took it."""
        await self.answer(page.message)
        await self._count(page)

    async def turn(self, page: Page) -> None:
        """Edit the message of the pressed button into another page."""
        await self.edit(page.message)
        await self._count(page)

    async def edit(self, message: Message) -> None:
        """Edit the message of the pressed button."""
        if self.query is None:
            raise TypeError("only the message of a pressed button is edited")
        try:
            await self.query.edit_message_text(**arguments(self.sealed(message), inline=self._inline))
        except BadRequest as error:
            if "message is not modified" not in str(error):  # a second press on the same button
                raise

    @property
    def _inline(self) -> bool:
        return self.kind is not Kind.CHANNEL

    async def _count(self, page: Page) -> None:
        if page.digest is not None:
            await self.use_cases.reading.mark_read(
                self.chat, page.digest, page.version, self.update.update_id
            )


def message_of(update: Update) -> TelegramMessage:
    """The message that an update carries."""
    message = update.effective_message
    if not isinstance(message, TelegramMessage):
        raise TypeError("handlers are registered for updates that carry a message")
    return message


def chat_of(message: TelegramMessage) -> Chat:
    """The chat, or the topic of it, that a message stands in."""
    thread = message.message_thread_id if message.is_topic_message else None
    return Chat(message.chat.id, thread or 0)
