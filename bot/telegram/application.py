"""Builds the Application, and names the updates that it takes."""

from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder

from bot.ports import Meter
from bot.telegram.governor import GovernorLimiter
from bot.telegram.intake import UpdatesRequest
from bot.telegram.request import AiohttpRequest

ALLOWED_UPDATES = [
    Update.MESSAGE,
    Update.CHANNEL_POST,
    Update.CALLBACK_QUERY,
    Update.INLINE_QUERY,
    Update.MY_CHAT_MEMBER,
]
_POLL_POOL = 8
_CALL_POOL = 64

App = Application[Any, Any, Any, Any, Any, Any]


def build_application(
    token: str, api_url: str, limiter: GovernorLimiter, deliveries: int, meter: Meter | None = None
) -> App:
    """The Application without handlers; `Receiving` hands it the updates.

    `deliveries` are in flight at once, at most; answers have connections of their own besides.
    """
    counting = meter or Meter()

    async def failed(_update: object, _context: object) -> None:
        counting.failed()

    application = (
        ApplicationBuilder()
        .token(token)
        .base_url(f"{api_url}/bot")
        .base_file_url(f"{api_url}/file/bot")
        .request(AiohttpRequest(_CALL_POOL + deliveries, counting))
        .get_updates_request(UpdatesRequest(_POLL_POOL))
        .updater(None)
        .rate_limiter(limiter)
        .job_queue(None)
        .build()
    )
    application.add_error_handler(failed)
    return application
