"""What Telegram checks in texts and commands, and the words in which it refuses them.

Sources: the Bot API's documentation; `telegram-bot-api/Client.cpp`.
"""

import re
from typing import Any

from bot.sandbox.grammar import parse_html
from bot.sandbox.keyboards import reply_markup
from bot.sandbox.parameters import string, structure
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.text import finish, is_empty

SOURCE_BYTES = 32_768
TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024
COMMANDS = 100
DESCRIPTION_LENGTH = 256
Formatted = tuple[str, list[Json]]
"""A text and its entities."""


def stored(params: Json) -> Json:
    """Return what `sendMessage` with these parameters stores of its message. Raises Refusal where Telegram would."""
    text, entities = message_text(params)
    return {"text": text, "entities": entities, "reply_markup": reply_markup(params)}


def message_text(params: Json) -> Formatted:
    """Return the text and entities of a message as Telegram stores them."""
    if not string(params, "text"):
        raise bad_request("message text is empty")
    text, entities = _formatted(params, "text", "entities")
    if is_empty(text):
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return text, entities


def caption(params: Json) -> Formatted:
    """Return the text below a photo or document, which may be empty."""
    text, entities = _formatted(params, "caption", "caption_entities")
    if len(text) > CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    return text, entities


def _formatted(params: Json, name: str, entities: str) -> Formatted:
    source, mode = string(params, name), string(params, "parse_mode").lower()
    if params.get(entities) not in (None, "", "[]", []):
        raise bad_request("this sandbox takes formatting as HTML with parse_mode, not as entities")
    if len(source.encode()) > SOURCE_BYTES:
        raise bad_request("text is too long")
    if mode not in {"", "html"}:
        raise bad_request("unsupported parse_mode: this sandbox reads HTML alone")
    return finish(*(parse_html(source) if mode else (source, [])))


def bot_commands(params: Json) -> list[Json]:
    """Return the commands of setMyCommands."""
    commands = structure(params, "commands", list)
    if commands is None:
        raise bad_request('parameter "commands" is required')
    if len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_command(command) for command in commands]


def _command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name = string(command, "command").removeprefix("/")
    description = string(command, "description").strip()
    if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= DESCRIPTION_LENGTH:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}
