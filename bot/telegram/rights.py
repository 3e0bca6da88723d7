"""Who may change what: asked of Telegram at every change, and never of what a message says about its sender."""

import structlog
from telegram import Bot, Chat, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, User
from telegram import Message as TelegramMessage
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.core import chats_texts, texts
from bot.core.troubles import Found, Obstacle

_log = structlog.get_logger(__name__)
ANONYMOUS, CHANNEL_BOT, TELEGRAM = 1087968824, 136817688, 777000
"""Who stands as sender where a group, a channel or Telegram itself speaks: ids of nobody, so no proof of anything."""
_NOBODY = frozenset({ANONYMOUS, CHANNEL_BOT, TELEGRAM})
_ADMINISTRATORS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)


def person(user: User | None) -> int:
    """The id of who asks; 0 where that is no person."""
    return 0 if user is None or user.is_bot or user.id in _NOBODY else user.id


async def refusal(message: TelegramMessage, user: User | None, *, pressed: bool) -> str | None:
    """Why who asks may not change anything in the message's chat, as one of the texts; None: they may.

    A press comes from `user`, whoever wrote the message. In private everybody may, elsewhere the administrators.
    """
    if message.chat.type == ChatType.PRIVATE:
        return None
    if not pressed and (message.forward_origin is not None or message.is_automatic_forward):
        return chats_texts.FORWARDED
    if not pressed and message.sender_chat is not None and message.sender_chat.id == message.chat.id:
        return None  # an anonymous administrator, or a post in a channel, which only administrators can make
    if asker := person(user):
        return await _no_administrator(message.chat, asker)
    anonymous = pressed and user is not None and user.id in _NOBODY
    return chats_texts.BY_COMMAND if anonymous else chats_texts.ONLY_PEOPLE


async def _no_administrator(chat: Chat, user: int) -> str | None:
    try:
        member = await chat.get_member(user)
    except TelegramError as error:  # nobody that Telegram knows there; or the bot may not ask in that channel
        _log.info("rights.unknown", chat=chat.id, reason=str(error))
        return chats_texts.CANNOT_ASK
    allowed = may_post(member) if chat.type == ChatType.CHANNEL else member.status in _ADMINISTRATORS
    return None if allowed else texts.ONLY_ADMINS


def may_post(member: ChatMember) -> bool:
    """Whether somebody may post in a channel."""
    return member.status == ChatMember.OWNER or (
        isinstance(member, ChatMemberAdministrator) and bool(member.can_post_messages)
    )


def may_write(member: ChatMember, kind: str) -> bool:
    """Whether the bot, being this member of a chat of that type, may write there."""
    if kind == ChatType.CHANNEL:
        return may_post(member)
    if isinstance(member, ChatMemberRestricted):
        return member.is_member and member.can_send_messages
    return is_there(member)


def is_there(member: ChatMember) -> bool:
    """Whether somebody is in the chat at all."""
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in {ChatMember.BANNED, ChatMember.LEFT}


class TelegramDirectory:
    """Implements the `Directory` port over one `Bot`."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def channel(self, name: int | str, user: int | None) -> Found | Obstacle:
        """As `Directory.channel`."""
        try:
            return await self._channel(name, user)
        except TelegramError as error:
            _log.warning("channel.unknown", reason=str(error))
            return Obstacle.NO_ANSWER

    async def title(self, chat_id: int) -> str:
        """As `Directory.title`."""
        try:
            return (await self._bot.get_chat(chat_id)).title or ""
        except TelegramError:
            return ""

    async def _channel(self, name: int | str, user: int | None) -> Found | Obstacle:
        try:
            chat = await self._bot.get_chat(name)
        except Forbidden:
            return Obstacle.BOT
        except BadRequest:
            return Obstacle.NOT_FOUND
        if chat.type != ChatType.CHANNEL:
            return Obstacle.NO_CHANNEL
        if not await self._may_post(chat.id, self._bot.id):
            return Obstacle.BOT
        if user is not None and not await self._may_post(chat.id, user):
            return Obstacle.PERSON
        return Found(chat.id, chat.title or "")

    async def _may_post(self, channel: int, user: int) -> bool:
        try:
            return may_post(await self._bot.get_chat_member(channel, user))
        except (BadRequest, Forbidden):  # never was there; and only administrators see who is
            return False
