"""What Telegram checks in the parameters of a call, and the words in which it refuses them.

Sources: the Bot API's documentation; `telegram-bot-api/Client.cpp`; TDLib `ReplyMarkup.cpp`.
"""

import json
import re
from typing import Any

from bot.sandbox.grammar import parse_html
from bot.sandbox.links import check_link
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.text import finish, is_empty

SOURCE_BYTES = 32_768
TEXT_LENGTH = 4096
BUTTONS = 100
MARKUP_BYTES = 10_240
CALLBACK_BYTES = 64
COPY_LENGTH = 256
COMMANDS = 100
DESCRIPTION_LENGTH = 256
ANSWER_LENGTH = 200
_TEXT_ACTIONS = ("url", "callback_data", "switch_inline_query", "switch_inline_query_current_chat")
_OBJECT_ACTIONS = ("copy_text", "web_app", "login_url", "switch_inline_query_chosen_chat")
_STYLES = ("danger", "success", "primary", None)
_SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


def string(params: Json, name: str) -> str:
    """Return a parameter as text; a number or a flag in a JSON body counts as its text."""
    value = params.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def number(params: Json, name: str, default: int = 0) -> int:
    """Return a whole number, or the default where the parameter is missing or no number."""
    text = string(params, name).strip()
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else default


def flag(params: Json, name: str) -> bool:
    """Return a flag: true, yes, t and 1 mean yes, as in Telegram."""
    return string(params, name).strip().lower() in {"true", "yes", "t", "1"}


def structure(params: Json, name: str, kind: type[Any], title: str) -> Any:
    """Return an object (dict) or array (list), given as such or as JSON text; None when missing."""
    value = params.get(name)
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = json.loads(value)
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half surrogates, no NaN
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {title} JSON object") from None
    if value is not None and not isinstance(value, kind):
        raise bad_request(f"{'object' if kind is dict else 'array'} expected as {title}")
    return value


def message_text(params: Json) -> tuple[str, list[Json]]:
    """Return the text and entities of a message as Telegram stores them."""
    source = string(params, "text")
    if not source:
        raise bad_request("message text is empty")
    if params.get("entities") not in (None, "", "[]", []):
        raise bad_request("this sandbox takes formatting as HTML with parse_mode, not as entities")
    if len(source.encode()) > SOURCE_BYTES:
        raise bad_request("text is too long")
    mode = string(params, "parse_mode").lower()
    if mode == "html":
        text, entities = parse_html(source)
    elif mode in {"", "none"}:
        text, entities = source, []
    elif mode in {"markdown", "markdownv2"}:
        raise bad_request("unsupported parse_mode: this sandbox reads HTML alone")
    else:
        raise bad_request("unsupported parse_mode")
    text, entities = finish(text, entities)
    if is_empty(text):
        raise bad_request("text must be non-empty")
    if len(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return text, entities


def reply_markup(params: Json, *, inline_only: bool = False) -> Json | None:
    """Return the inline keyboard as the answer shows it; other markups are taken and not shown."""
    markup = structure(params, "reply_markup", dict, "reply markup")
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        if inline_only or not markup.keys() & {"keyboard", "remove_keyboard", "force_reply"}:
            raise bad_request("inline keyboard expected")
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if sum(len(row) for row in rows) > BUTTONS:
        raise bad_request("reply markup is too long")
    keyboard = [[_button(button) for button in row] for row in rows if row]
    if len(json.dumps(keyboard, ensure_ascii=False).encode()) > MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": keyboard} if keyboard else None


def _button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        what = 'Field "text" must be of type String' if "text" in button else 'Can\'t find field "text"'
        raise bad_request(f"can't parse inline keyboard button: {what}")
    if is_empty(text):
        raise bad_request("inline keyboard button text must be non-empty")
    action = next((a for a in _TEXT_ACTIONS + _OBJECT_ACTIONS if button.get(a) is not None), "")
    if not action or (button[action] in ("", {}) and not action.startswith("switch_")):
        what = "Text buttons are unallowed in the inline keyboard"
        raise bad_request(f"can't parse inline keyboard button: {what}")
    if button.get("style") not in _STYLES:
        raise bad_request("can't parse inline keyboard button: invalid button style specified")
    extra = {"style": button["style"]} if button.get("style") else {}
    return {"text": text, action: _action(action, button[action])} | extra


def _action(action: str, value: Any) -> Any:
    kind: type[Any] = str if action in _TEXT_ACTIONS else dict
    if not isinstance(value, kind):
        what = f'Field "{action}" must be of type {"String" if kind is str else "Object"}'
        raise bad_request(f"can't parse inline keyboard button: {what}")
    if action == "callback_data" and len(value.encode()) > CALLBACK_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    if action == "copy_text" and not 1 <= len(string(value, "text")) <= COPY_LENGTH:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")
    try:
        return check_link(value) if action == "url" else value
    except ValueError as error:
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: {error}") from None


def bot_commands(params: Json) -> list[Json]:
    """Return the commands of setMyCommands."""
    commands = structure(params, "commands", list, "commands")
    if commands is None:
        raise bad_request('parameter "commands" is required')
    if len(commands) > COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    checked: list[Json] = []
    for command in commands:
        if not isinstance(command, dict):
            raise bad_request("can't parse BotCommand: expected an Object")
        name = string(command, "command").removeprefix("/")
        description = string(command, "description").strip()
        if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(description) <= DESCRIPTION_LENGTH:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        checked.append({"command": name, "description": description})
    return checked


def audience(params: Json) -> tuple[str, str]:
    """Return whom a list of commands is for: the scope as canonical JSON, and the language or ""."""
    scope = structure(params, "scope", dict, "BotCommandScope") or {"type": "default"}
    fields = _SCOPES.get(string(scope, "type"))
    if fields is None:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    for field in fields:
        if not string(scope, field):
            raise bad_request(f"can't parse BotCommandScope: Can't find field \"{field}\"")
    kept = {"type": scope["type"]} | {field: string(scope, field) for field in fields}
    return json.dumps(kept, sort_keys=True), language(params)


def language(params: Json) -> str:
    """Return a two-letter language code, or ""."""
    code = string(params, "language_code")
    if not re.fullmatch(r"(?:[a-z]{2})?", code):
        raise bad_request("invalid language code specified")
    return code
