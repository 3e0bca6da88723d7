"""Which update goes where."""

from typing import Any

from telegram.ext import (
    BaseHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    InlineQueryHandler,
    MessageHandler,
    filters,
)

from bot.telegram.application import App
from bot.telegram.chats import CHANNELS_DATA, ChatHandlers
from bot.telegram.handlers import Handlers
from bot.telegram.privacy import FORGET_DATA, PrivacyHandlers
from bot.telegram.question import Context, Question, Reception
from bot.telegram.rich import RichMessages
from bot.telegram.searching import SearchHandlers
from bot.telegram.settings import SETTINGS_DATA, WHERE_DATA, SettingsHandlers
from bot.telegram.zones import ZoneHandlers

_WRITTEN = filters.UpdateType.MESSAGE & ~filters.IS_AUTOMATIC_FORWARD & ~filters.VIA_BOT
"""What a linked channel posts is copied to its group by Telegram, and is nobody's command there; a digest that is
shared by inline mode asks nothing."""
_PRIVATE_TEXT = filters.ChatType.PRIVATE & ~filters.COMMAND & ~filters.StatusUpdate.ALL


def add_routes(
    application: App,
    reception: Reception,
    chats: ChatHandlers,
    *,
    in_channels: bool,
    rich: RichMessages | None = None,
) -> None:
    """Register all that readers can say and press; a theme's command is looked up when it comes."""
    reading, settings = Handlers(reception, rich), SettingsHandlers(reception, chats.target_of)
    zones, searching = ZoneHandlers(settings, reading.text), SearchHandlers(reception)
    asked: filters.BaseFilter = _WRITTEN
    if in_channels:
        asked = asked | filters.UpdateType.CHANNEL_POST
    privacy = PrivacyHandlers(reception)
    groups: tuple[tuple[object, str], ...] = (
        (reading, "start help themes next article changes"),
        (settings, "subscribe unsubscribe settings language"),
        (privacy, "privacy mydata forgetme"),
        (searching, "search"),
        (chats, "channels"),
    )
    answers = {name: getattr(handlers, name) for handlers, names in groups for name in names.split()}

    async def command(question: Question, context: Context) -> None:
        await answers[question.command()[0].lower()](question, context)

    application.add_handlers(
        [
            CommandHandler(answers, reception.answering(command), filters=asked),  # one look for all of them
            *_about_chats(chats, reception),
            MessageHandler(asked & filters.COMMAND, reception.answering(reading.other_command)),
            *_about_zones(zones, reception),
            MessageHandler(_WRITTEN & _PRIVATE_TEXT, reception.answering(reading.text)),
            CallbackQueryHandler(reception.pressing(privacy.press), pattern=FORGET_DATA),
            CallbackQueryHandler(reception.pressing(settings.press), pattern=SETTINGS_DATA),
            CallbackQueryHandler(reception.pressing(searching.turn), pattern=r"^f:\d{1,2}$"),
            InlineQueryHandler(searching.inline),
            CallbackQueryHandler(reception.pressing(chats.press), pattern=CHANNELS_DATA),
            CallbackQueryHandler(reception.pressing(reading.press)),
        ]
    )
    application.add_error_handler(reading.failed)


def _about_chats(chats: ChatHandlers, reception: Reception) -> list[BaseHandler[Any, Any, Any]]:
    """What becomes of groups, topics and channels, and a channel that was chosen with the keyboard."""
    return [
        MessageHandler(filters.StatusUpdate.MIGRATE, chats.migrated),
        MessageHandler(filters.StatusUpdate.FORUM_TOPIC_REOPENED, chats.reopened),
        MessageHandler(filters.StatusUpdate.CHAT_SHARED, reception.answering(chats.shared)),
        ChatMemberHandler(chats.membership, ChatMemberHandler.MY_CHAT_MEMBER),
    ]


def _about_zones(zones: ZoneHandlers, reception: Reception) -> list[BaseHandler[Any, Any, Any]]:
    """Where readers are: locations, cities and times that they write, in groups in reply to the bot alone."""
    text = filters.TEXT & ~filters.COMMAND & (filters.ChatType.PRIVATE | filters.REPLY)
    return [
        MessageHandler(
            _WRITTEN & filters.LOCATION & filters.ChatType.PRIVATE, reception.answering(zones.location)
        ),
        MessageHandler(_WRITTEN & text, reception.answering(zones.text)),
        CallbackQueryHandler(reception.pressing(zones.ask), pattern=WHERE_DATA),
    ]
