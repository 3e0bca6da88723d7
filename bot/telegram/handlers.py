"""Updates -> use cases -> answers. No decision about content or delivery is made here."""

from dataclasses import dataclass, replace
from difflib import get_close_matches

import structlog
from telegram import CallbackQuery, ChatMember, Update
from telegram import Message as TelegramMessage
from telegram.constants import ChatType
from telegram.error import BadRequest, TelegramError
from telegram.ext import ContextTypes

from bot.core import texts
from bot.core.library import Library
from bot.core.markdown import escape
from bot.core.model import Chat, Message
from bot.services.reading import Page, Reading
from bot.services.subscribing import Subscribing
from bot.telegram.sender import arguments, topic

_log = structlog.get_logger(__name__)
Context = ContextTypes.DEFAULT_TYPE
_ADMINISTRATORS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
_GONE = (ChatMember.BANNED, ChatMember.LEFT)
_LONGEST_SHOWN = 32


@dataclass(slots=True)
class Handlers:
    """One method for each kind of update."""

    reading: Reading
    subscribing: Subscribing

    def take(self, library: Library) -> None:
        """Answer from this library from now on; a use case that is under way ends with the one it began with."""
        self.reading = replace(self.reading, library=library)
        self.subscribing = replace(self.subscribing, library=library)

    # -- commands -----------------------------------------------------------------------------------------

    async def start(self, update: Update, context: Context) -> None:
        """Welcome; with `?start=THEME` the theme itself."""
        chat = _chat(update)
        await self.subscribing.returned(chat.id)
        page = await self.reading.theme(chat, context.args[0].casefold()) if context.args else None
        await self._show(update, page or await self.reading.welcome())

    async def help(self, update: Update, _: Context) -> None:
        """What the bot can do."""
        await _say(update, texts.help_text(self._example()))

    async def themes(self, update: Update, _: Context) -> None:
        """The list of themes."""
        await self._show(update, await self.reading.themes(_chat(update)))

    async def next(self, update: Update, _: Context) -> None:
        """The next unread digest."""
        await self._show(update, await self.reading.next(_chat(update)))

    async def article(self, update: Update, _: Context) -> None:
        """About the article."""
        await self._show(update, await self.reading.article(_chat(update)))

    async def changes(self, update: Update, _: Context) -> None:
        """What was changed since it was read."""
        await self._show(update, await self.reading.changes(_chat(update)))

    async def subscribe(self, update: Update, context: Context) -> None:
        """Subscribe, by a line or with the defaults."""
        if await _may_change(update):
            await _answer(update, await self.subscribing.line(_chat(update), context.args or ()))
        else:
            await _say(update, texts.ONLY_ADMINS)

    async def unsubscribe(self, update: Update, _: Context) -> None:
        """End the subscription."""
        if await _may_change(update):
            await _answer(update, await self.subscribing.stop(_chat(update)))
        else:
            await _say(update, texts.ONLY_ADMINS)

    async def other_command(self, update: Update, context: Context) -> None:
        """A theme's command, or one that does not exist."""
        name, addressee = _command(update)
        if addressee and addressee.casefold() != context.bot.username.casefold():
            return
        page = await self.reading.theme(_chat(update), name.casefold())
        if page is not None:
            await self._show(update, page)
        elif addressee or _private(update):  # in a group it may be meant for another bot
            known = [*texts.COMMANDS, *(theme.name for theme in self.reading.library.themes)]
            near = get_close_matches(name.casefold(), known, n=1, cutoff=0.6)
            shown = escape(name[:_LONGEST_SHOWN])
            await _say(update, texts.unknown_command(shown, near[0] if near else None))

    async def text(self, update: Update, _: Context) -> None:
        """Anything else that is written to the bot in private."""
        await _say(update, texts.PLAIN_TEXT)

    # -- buttons ------------------------------------------------------------------------------------------

    async def press(self, update: Update, _: Context) -> None:
        """A press on an inline button: its data is an action and what it is about."""
        query = update.callback_query
        if query is None or query.message is None:
            return
        action, subject = _split(query.data or "")
        if action == "s":
            toast = await self._press_settings(update, query, subject)
        else:
            toast = await self._press_reading(update, query, action, subject)
        await query.answer(toast)

    async def _press_reading(  # noqa: PLR0911  a table of actions
        self, update: Update, query: CallbackQuery, action: str, subject: str
    ) -> str | None:
        chat = _chat(update)
        match action:
            case "d":
                return await self._turn(query, chat, await self.reading.digest(chat, subject))
            case "p":
                return await self._turn(query, chat, await self.reading.paragraphs(chat, subject))
            case "n":
                return await self.reading.position(chat, subject)
            case "r" if page := await self.reading.digest(chat, subject):
                await self._show(update, page)
            case "r":
                return texts.GONE
            case "next":
                await self._show(update, await self.reading.next(chat))
            case "themes":
                await self._show(update, await self.reading.themes(chat))
            case "over" if await _may_change(update):
                await self._show(update, await self.reading.start_over(chat))
                return texts.STARTED_OVER
            case "over":
                return texts.ONLY_ADMINS
            case _:
                return texts.OLD_BUTTON
        return None

    async def _press_settings(self, update: Update, query: CallbackQuery, subject: str) -> str | None:
        if not await _may_change(update):
            return texts.ONLY_ADMINS
        chat = _chat(update)
        what, value = _split(subject)
        message: Message | None
        match what:
            case "":
                message = await self.subscribing.overview(chat)
            case "off":
                message = await self.subscribing.stop(chat)
            case "t" | "d" | "c" | "z":
                message = await self.subscribing.change(chat, what, value)
            case _:
                message = await self.subscribing.screen(chat, what)
        if message is None:
            return texts.OLD_SETTING
        await _edit(query, message)
        return None

    # -- the chat itself ----------------------------------------------------------------------------------

    async def membership(self, update: Update, _: Context) -> None:
        """The bot was blocked, removed, or let in again."""
        change = update.my_chat_member
        if change is None:
            return
        if change.new_chat_member.status in _GONE:
            await self.subscribing.left(change.chat.id, change.new_chat_member.status)
        else:
            await self.subscribing.returned(change.chat.id)

    async def migrated(self, update: Update, _: Context) -> None:
        """The group has a new id: told once in the old group and once in the new one, in any order."""
        message = _message(update)
        if message.migrate_to_chat_id:
            await self.subscribing.moved(message.chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id:
            await self.subscribing.moved(message.migrate_from_chat_id, message.chat.id)

    async def failed(self, update: object, context: Context) -> None:
        """Any error on the way: it is logged, and the reader hears a sentence rather than nothing."""
        _log.error("update.failed", exc_info=context.error)
        if not isinstance(update, Update) or isinstance(context.error, TelegramError):
            return
        if update.callback_query:
            await update.callback_query.answer(texts.SOMETHING_WENT_WRONG)
        elif update.effective_message:
            await _say(update, texts.SOMETHING_WENT_WRONG)

    # -- answers ------------------------------------------------------------------------------------------

    async def _show(self, update: Update, page: Page) -> None:
        """Send a page; what it shows counts as read only now that Telegram took it."""
        await _answer(update, page.message)
        if page.digest is not None:
            await self.reading.mark_read(_chat(update), page.digest, page.version)

    async def _turn(self, query: CallbackQuery, chat: Chat, page: Page | None) -> str | None:
        """Edit the message into another page; the toast to show when there is none."""
        if page is None:
            return texts.GONE
        await _edit(query, page.message)
        if page.digest is not None:
            await self.reading.mark_read(chat, page.digest, page.version)
        return None

    def _example(self) -> str:
        return self.reading.library.themes[0].name


def _message(update: Update) -> TelegramMessage:
    message = update.effective_message
    if not isinstance(message, TelegramMessage):
        raise TypeError("handlers are registered for updates that carry a message")
    return message


def _chat(update: Update) -> Chat:
    message = _message(update)
    thread = message.message_thread_id if message.is_topic_message else None
    return Chat(message.chat.id, thread or 0)


def _private(update: Update) -> bool:
    return _message(update).chat.type == ChatType.PRIVATE


def _command(update: Update) -> tuple[str, str]:
    """The command's name, and the bot that it is addressed to, if any."""
    word = (_message(update).text or "/").split(maxsplit=1)[0]
    name, _, addressee = word.removeprefix("/").partition("@")
    return name, addressee


def _split(data: str) -> tuple[str, str]:
    """An action and what it is about, from callback data."""
    action, _, subject = data.partition(":")
    return action, subject


async def _may_change(update: Update) -> bool:
    """In private everybody; elsewhere the chat's administrators, asked of Telegram at every change."""
    message, query = _message(update), update.callback_query
    if _private(update):
        return True
    if query is None and message.sender_chat is not None and message.sender_chat.id == message.chat.id:
        return True  # an anonymous administrator, or a post in a channel, which only administrators can make
    user = update.effective_user
    if user is None:
        return False
    member = await message.chat.get_member(user.id)
    return member.status in _ADMINISTRATORS


async def _answer(update: Update, message: Message) -> None:
    chat = _chat(update)
    await _message(update).get_bot().send_message(chat.id, **arguments(message), **topic(chat))


async def _say(update: Update, text: str) -> None:
    await _answer(update, Message(text))


async def _edit(query: CallbackQuery, message: Message) -> None:
    try:
        await query.edit_message_text(**arguments(message))
    except BadRequest as error:
        if "message is not modified" not in str(error):  # a second press on the same button
            raise
