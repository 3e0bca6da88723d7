"""Groups, topics and channels: joining and leaving them, and channels set up from a private chat."""

import re
from dataclasses import dataclass

import structlog
from telegram import Chat as TelegramChat
from telegram import (
    ChatAdministratorRights,
    ChatMemberUpdated,
    KeyboardButton,
    KeyboardButtonRequestChat,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.constants import ChatType, ParseMode
from telegram.error import TelegramError

from bot.core import chats_texts as texts
from bot.core.markdown import escape
from bot.core.model import Chat, Kind, Message, Subscription
from bot.core.screens import At
from bot.core.texts import OLD_BUTTON
from bot.core.troubles import Found, Obstacle, Trouble
from bot.ports import Directory
from bot.services.chats import Chats
from bot.services.informing import Informing
from bot.telegram.question import Context, Question, Reception, chat_of, message_of
from bot.telegram.rights import is_there, may_write, person
from bot.telegram.sender import sending, topic
from bot.telegram.settings import own_chat

_log = structlog.get_logger(__name__)
_REQUEST = 1
"""What tells the answer to our keyboard from that to another one."""
_MOST = 20
"""Channels that one person's list shows."""
_NAME = re.compile(r"(?:https?://)?(?:t\.me/|@)?([A-Za-z]\w{3,31})|(-100\d{5,15})", re.ASCII)
_NO_RIGHTS = ChatAdministratorRights.no_rights().to_dict()
_POSTING = ChatAdministratorRights.de_json(_NO_RIGHTS | {"can_post_messages": True})
"""Telegram offers channels where the asker has this right, and gives it to the bot with the choice."""
_BUTTON = re.compile(r"ch:(see|now)@(-\d{1,14})")
_SEALED = re.compile(r"!ch:(yes)@(-\d{1,14})")
_TARGET = re.compile(r"@-\d{1,14}")
_TOAST = 200
"""Characters that Telegram shows after a press, at most."""
CHANNELS_DATA = r"^!?ch:"
"""The data of buttons that are answered here."""


@dataclass(frozen=True, slots=True)
class ChatHandlers:
    """What happens to chats, and the setting up of channels, where every step proves the asker's rights anew."""

    reception: Reception
    informing: Informing
    directory: Directory

    async def target_of(self, question: Question, target: str) -> tuple[Chat, At] | str:
        """The chat that asks, or in private a channel, with the asker's rights there proven; or why not."""
        if not target:
            return await own_chat(question, target)
        if not question.private:
            return question.say(texts.CHANNELS_IN_PRIVATE)
        proven = (
            await self._proven(question, int(target[1:])) if _TARGET.fullmatch(target) else Obstacle.NOT_FOUND
        )
        if isinstance(proven, Obstacle):
            return self._why(question, proven)[:_TOAST]
        return self._at(question, proven)

    # -- what happens to a chat ---------------------------------------------------------------------------

    async def membership(self, update: Update, _: Context) -> None:
        """The bot was blocked or removed, got other rights, or was let in (again)."""
        change = update.my_chat_member
        if change is None:
            return
        chat, new = change.chat, change.new_chat_member
        if chat.type == ChatType.PRIVATE:
            subscribing = self.reception.speaking().subscribing
            if is_there(new):
                await subscribing.returned(chat.id)
            else:
                await subscribing.left(chat.id, new.status)
        elif may_write(new, chat.type):
            await self._let_in(change)
        else:
            await self.reception.speaking().subscribing.left(chat.id, new.status)
            trouble = Trouble.RIGHTS if is_there(new) else Trouble.REMOVED
            await self.informing.lost(Chat(chat.id), trouble, chat.title or "")

    async def reopened(self, update: Update, _: Context) -> None:
        """A topic takes messages again."""
        message = message_of(update)
        chat = chat_of(message)
        standing = await self.reception.store.standing(chat.id)
        await self._woken(message.chat, [each for each in standing if each.chat == chat])
        await self.informing.works(chat, title=message.chat.title or "")

    async def migrated(self, update: Update, _: Context) -> None:
        """The group has a new id: told once in the old group and once in the new one, in any order."""
        message, subscribing = message_of(update), self.reception.speaking().subscribing
        if message.migrate_to_chat_id:
            await subscribing.moved(message.chat.id, message.migrate_to_chat_id)
        elif message.migrate_from_chat_id:
            await subscribing.moved(message.migrate_from_chat_id, message.chat.id)

    async def _let_in(self, change: ChatMemberUpdated) -> None:
        """Go on where there was something, or greet a group that is new; a channel hears nothing."""
        chat = change.chat
        standing = await self.reception.store.standing(chat.id)
        await self._woken(chat, standing)
        await self.informing.works(Chat(chat.id), whole=True, title=chat.title or "")
        if not standing and chat.type != ChatType.CHANNEL and not is_there(change.old_chat_member):
            chats = self._speaking(change.from_user.language_code)
            await _post(chat, Chat(chat.id), chats.greeting(chat.get_bot().username))

    async def _woken(
        self, chat: TelegramChat, standing: list[Subscription] | tuple[Subscription, ...]
    ) -> None:
        """Wake what was paused; a group is told so, once."""
        kind = Kind.CHANNEL if chat.type == ChatType.CHANNEL else Kind.GROUP
        woken = await self._speaking().wake(standing, kind)
        if woken and chat.type != ChatType.CHANNEL:
            first = woken[0]
            language = await self.reception.store.language(first.chat)
            await _post(chat, first.chat, self._speaking(language).back(first))

    def _speaking(self, *languages: str | None) -> Chats:
        return self.reception.speaking(*languages).chats

    # -- channels, from a private chat --------------------------------------------------------------------

    async def channels(self, question: Question, context: Context) -> None:
        """The channels that the asker has set up; with a name or an id, set that one up."""
        if not question.private:
            await question.tell(texts.CHANNELS_IN_PRIVATE)
        elif not context.args:
            await question.answer(await self._list(question))
        elif name := _NAME.fullmatch(context.args[0]):
            await self._set_up(question, f"@{name[1]}" if name[1] else int(name[2]))
        else:
            await self._explain(question, Obstacle.NOT_FOUND)

    async def shared(self, question: Question, _: Context) -> None:
        """A channel was chosen with our keyboard; what comes from a client proves nothing."""
        shared = question.message.chat_shared
        if shared is not None and shared.request_id == _REQUEST and question.private:
            await self._set_up(question, shared.chat_id)

    async def press(self, question: Question) -> str | None:
        """A button below a channel or the list of channels."""
        if not question.private:
            return question.say(texts.CHANNELS_IN_PRIVATE)
        if question.data == "ch:list":
            await question.edit(await self._list(question))
        elif question.data == "ch:add":
            await self._offer(question)
        elif found := _BUTTON.fullmatch(question.data):
            return await self._pressed(question, found[1], int(found[2]))
        else:
            return await self._sealed(question)
        return None

    async def _sealed(self, question: Question) -> str | None:
        """A press that changes something: it holds on the day on which its button was shown."""
        named = _SEALED.match(question.data)
        today = await question.use_cases.chats.today(int(named[2])) if named else None
        held = _SEALED.fullmatch(question.opened(f"{today}") or "")
        return await self._pressed(question, held[1], int(held[2])) if held else question.say(OLD_BUTTON)

    async def _pressed(self, question: Question, action: str, channel: int) -> str | None:
        """Answer a press that is about one channel; what is left to say is its toast."""
        chats = question.use_cases.chats
        target = await self.target_of(question, f"@{channel}")
        if isinstance(target, str):
            return target
        chat, at = target
        toast = await chats.post_now(channel) if action == "yes" else None
        asked = await chats.ask_to_post(channel, at.title) if action == "now" else None
        await question.edit(asked or await question.use_cases.subscribing.overview(chat, at))
        return toast

    async def _list(self, question: Question) -> Message:
        ids = (await self.reception.store.channels_of(person(question.user)))[:_MOST]
        titles = [(id_, await self.directory.title(id_)) for id_ in ids]
        return question.use_cases.chats.channels(titles)

    async def _offer(self, question: Question) -> None:
        """A keyboard from which a channel can be chosen where the asker may post."""
        wanted = KeyboardButtonRequestChat(
            _REQUEST,
            chat_is_channel=True,
            user_administrator_rights=_POSTING,
            bot_administrator_rights=_POSTING,
        )
        key = KeyboardButton(question.say(texts.ADD_CHANNEL), request_chat=wanted)
        keyboard = ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)
        await question.message.chat.send_message(question.say(texts.CHOOSE_CHANNEL), reply_markup=keyboard)

    async def _set_up(self, question: Question, name: int | str) -> None:
        proven = await self._proven(question, name)
        if isinstance(proven, Obstacle):
            await self._explain(question, proven)
            return
        await self.informing.works(Chat(proven.id), whole=True, title=proven.title)
        text = question.say(texts.CHANNEL_ADDED, title=escape(proven.title))
        await question.message.chat.send_message(
            text, parse_mode=ParseMode.HTML, reply_markup=ReplyKeyboardRemove()
        )
        chat, at = self._at(question, proven)
        await question.answer(await question.use_cases.subscribing.line(chat, (), at))

    def _at(self, question: Question, proven: Found) -> tuple[Chat, At]:
        return Chat(proven.id), At(Kind.CHANNEL, person(question.user), f"@{proven.id}", proven.title)

    async def _proven(self, question: Question, name: int | str) -> Found | Obstacle:
        """The channel, if the asker and the bot may post there now."""
        proven = await self.directory.channel(name, person(question.user))
        listed = isinstance(proven, Found) and proven.id in self.informing.listed
        return Obstacle.LISTED if listed else proven

    async def _explain(self, question: Question, obstacle: Obstacle) -> None:
        await question.answer(Message(self._why(question, obstacle)))

    def _why(self, question: Question, obstacle: Obstacle) -> str:
        return question.say(texts.OBSTACLES[obstacle], name=question.message.get_bot().username)


async def _post(chat: TelegramChat, where: Chat, message: Message) -> None:
    """Say something that nobody has asked for: where it cannot be said, it is not."""
    try:
        await chat.get_bot().send_message(where.id, **sending(message), **topic(where))
    except TelegramError as error:
        _log.info("chat.not_told", chat=where.id, thread=where.thread, reason=str(error))
