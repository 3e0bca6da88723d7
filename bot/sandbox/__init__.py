"""A local stand-in for Telegram: a strict Bot API over HTTP, and a chat page for a person.

A program of its own: it imports nothing of the bot's, and the bot reaches it by HTTP alone.
"""

from bot.sandbox.extra_pages import ExtraPage
from bot.sandbox.refusal import Refusal
from bot.sandbox.rules import stored
from bot.sandbox.server import PAGE_FOLDER, Sandbox, SandboxError, SandboxSettings

__all__ = ["PAGE_FOLDER", "ExtraPage", "Refusal", "Sandbox", "SandboxError", "SandboxSettings", "stored"]
