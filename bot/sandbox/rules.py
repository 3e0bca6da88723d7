"""What Telegram checks in texts, keyboards and commands, and the words in which it refuses them.

Sources: the Bot API's documentation; `telegram-bot-api/Client.cpp`; TDLib `ReplyMarkup.cpp`.
"""

import json
import re
from typing import Any

from bot.sandbox.grammar import parse_html
from bot.sandbox.links import check_link
from bot.sandbox.parameters import string, structure
from bot.sandbox.refusal import Json, Refusal, bad_request
from bot.sandbox.text import finish, is_empty

SOURCE_BYTES = 32_768
TEXT_LENGTH = 4096
BUTTONS = 100
MARKUP_BYTES = 10_240
CALLBACK_BYTES = 64
COPY_LENGTH = 256
COMMANDS = 100
DESCRIPTION_LENGTH = 256
_ACTIONS = {
    "url": str,
    "callback_data": str,
    "switch_inline_query": str,
    "switch_inline_query_current_chat": str,
    "copy_text": dict,
}


def stored(params: Json) -> Json:
    """Return what `sendMessage` with these parameters stores of its message. Raises Refusal where Telegram would."""
    text, entities = message_text(params)
    return {"text": text, "entities": entities, "reply_markup": inline_keyboard(params)}


def message_text(params: Json) -> tuple[str, list[Json]]:
    """Return the text and entities of a message as Telegram stores them."""
    source, mode = string(params, "text"), string(params, "parse_mode").lower()
    if not source:
        raise bad_request("message text is empty")
    if params.get("entities") not in (None, "", "[]", []):
        raise bad_request("this sandbox takes formatting as HTML with parse_mode, not as entities")
    if len(source.encode()) > SOURCE_BYTES:
        raise bad_request("text is too long")
    if mode not in {"", "html"}:
        raise bad_request("unsupported parse_mode: this sandbox reads HTML alone")
    text, entities = finish(*(parse_html(source) if mode else (source, [])))
    if is_empty(text):
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return text, entities


def inline_keyboard(params: Json) -> Json | None:
    """Return `reply_markup` as the answer shows it. Other markups than inline keyboards are refused."""
    markup = structure(params, "reply_markup", dict)
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected: this sandbox knows no other markup")
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    keyboard = [[_button(button) for button in row] for row in rows if row]
    size = len(json.dumps(keyboard, ensure_ascii=False).encode())
    if sum(len(row) for row in keyboard) > BUTTONS or size > MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": keyboard} if keyboard else None


def _bad_button(what: str) -> Refusal:
    return bad_request(f"can't parse inline keyboard button: {what}")


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _bad_button("InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise _bad_button('Can\'t find field "text"')
    if is_empty(text):
        raise bad_request("inline keyboard button text must be non-empty")
    action = next((name for name in _ACTIONS if button.get(name) is not None), "")
    value = button.get(action)
    if not value and not action.startswith("switch_"):
        raise _bad_button("Text buttons are unallowed in the inline keyboard")
    if not isinstance(value, _ACTIONS[action]):
        raise _bad_button(f'Field "{action}" is of the wrong type')
    if action == "callback_data" and len(value.encode()) > CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "copy_text" and not 1 <= len(string(value, "text")) <= COPY_LENGTH:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    try:
        return {"text": text, action: check_link(value) if action == "url" else value}
    except ValueError as error:
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: {error}") from None


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
