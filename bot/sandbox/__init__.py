"""A local stand-in for Telegram: a strict Bot API over HTTP, and a chat page for a person.

A program of its own: it imports nothing of the bot's, and the bot reaches it by HTTP alone.
"""

from bot.sandbox.server import Sandbox, SandboxError, SandboxSettings

__all__ = ["Sandbox", "SandboxError", "SandboxSettings"]
