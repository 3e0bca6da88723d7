"""Which update goes where."""

from telegram.ext import CallbackQueryHandler, ChatMemberHandler, CommandHandler, MessageHandler, filters

from bot.telegram.application import App
from bot.telegram.handlers import Handlers
from bot.telegram.privacy import PrivacyHandlers
from bot.telegram.question import Reception
from bot.telegram.settings import SettingsHandlers


def add_routes(application: App, reception: Reception, *, in_channels: bool) -> None:
    """Register all that readers can say and press; a theme's command is looked up when it comes."""
    reading, settings = Handlers(reception), SettingsHandlers(reception)
    chats: filters.BaseFilter = filters.UpdateType.MESSAGE
    if in_channels:
        chats = chats | filters.UpdateType.CHANNEL_POST
    commands = {
        name: getattr(reading, name) for name in ("start", "help", "themes", "next", "article", "changes")
    }
    privacy = PrivacyHandlers(reception)
    commands |= {name: getattr(privacy, name) for name in ("privacy", "mydata", "forgetme")}
    commands |= {"subscribe": settings.subscribe, "unsubscribe": settings.unsubscribe}
    for name, answer in commands.items():
        application.add_handler(CommandHandler(name, reading.of(answer), filters=chats))
    private_text = filters.ChatType.PRIVATE & ~filters.COMMAND & ~filters.StatusUpdate.ALL
    application.add_handlers(
        [
            MessageHandler(filters.StatusUpdate.MIGRATE, reading.migrated),
            MessageHandler(chats & filters.COMMAND, reading.of(reading.other_command)),
            MessageHandler(filters.UpdateType.MESSAGE & private_text, reading.of(reading.text)),
            CallbackQueryHandler(privacy.press, pattern="^forget:(yes|no)$"),
            CallbackQueryHandler(settings.press, pattern="^(s(:.*)?|over)$"),
            CallbackQueryHandler(reading.press),
            ChatMemberHandler(reading.membership, ChatMemberHandler.MY_CHAT_MEMBER),
        ]
    )
    application.add_error_handler(reading.failed)
