"""What Telegram checks in keyboards: those below a message, and those in place of a person's own.

Sources: the Bot API's documentation; TDLib `ReplyMarkup.cpp`.
"""

import json
from typing import Any

from bot.sandbox.links import check_link
from bot.sandbox.parameters import flag, number, string, structure
from bot.sandbox.refusal import Json, Refusal, bad_request
from bot.sandbox.text import is_empty

BUTTONS = 100
MARKUP_BYTES = 10_240
CALLBACK_BYTES = 64
COPY_LENGTH = 256
PLACEHOLDER_LENGTH = 64
_ACTIONS = {
    "url": str,
    "callback_data": str,
    "switch_inline_query": str,
    "switch_inline_query_current_chat": str,
    "switch_inline_query_chosen_chat": dict,
    "copy_text": dict,
}
_FLAGS = ("is_persistent", "resize_keyboard", "one_time_keyboard", "selective")
_WANTED: tuple[str, ...] = (
    "chat_is_channel",
    "chat_is_forum",
    "chat_has_username",
    "chat_is_created",
    "bot_is_member",
)
_WANTED += ("request_title", "request_username")
_RIGHTS = ("user_administrator_rights", "bot_administrator_rights")
_PRIVATE = {"request_location": "location", "request_chat": "chats"}


def reply_markup(params: Json) -> Json | None:
    """Return `reply_markup` of a message to send: an inline keyboard, a reply keyboard, or the end of one."""
    markup = structure(params, "reply_markup", dict) or {}
    placeholder = string(markup, "input_field_placeholder")
    if len(placeholder) > PLACEHOLDER_LENGTH:
        raise bad_request("input field placeholder is too long")
    if flag(markup, "remove_keyboard"):
        return {"remove_keyboard": True}
    if flag(markup, "force_reply"):
        return {"force_reply": True, "input_field_placeholder": placeholder}
    if "keyboard" not in markup:
        return inline_keyboard(params)
    rows = [[_key(key) for key in row] for row in _rows(markup, "keyboard") if row]
    if not rows:
        raise bad_request("reply keyboard is empty")
    flags = {name: True for name in _FLAGS if flag(markup, name)}
    return {"keyboard": _limited(rows), "input_field_placeholder": placeholder} | flags


def check_place(markup: Json | None, *, private: bool) -> None:
    """Refuse what a keyboard may ask for in private alone. Raises Refusal."""
    for row in (markup or {}).get("keyboard", []):
        for name, what in _PRIVATE.items():
            if not private and any(name in key for key in row):
                raise bad_request(f"{what} can be requested in private chats only")


def inline_keyboard(params: Json) -> Json | None:
    """Return `reply_markup` as the answer shows it. Other markups than inline keyboards are refused."""
    markup = structure(params, "reply_markup", dict)
    if not markup:
        return None
    if "inline_keyboard" not in markup:
        raise bad_request("inline keyboard expected: this sandbox knows no other markup")
    keyboard = [[_button(button) for button in row] for row in _rows(markup, "inline_keyboard") if row]
    return {"inline_keyboard": _limited(keyboard)} if keyboard else None


def _rows(markup: Json, name: str) -> list[list[Any]]:
    rows = markup[name]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        kind = "InlineKeyboardMarkup" if name == "inline_keyboard" else "ReplyKeyboardMarkup"
        raise bad_request(f'field "{name}" of the {kind} must be an Array of Arrays')
    return rows


def _limited(rows: list[list[Json]]) -> list[list[Json]]:
    size = len(json.dumps(rows, ensure_ascii=False).encode())
    if sum(len(row) for row in rows) > BUTTONS or size > MARKUP_BYTES:
        raise bad_request("reply markup is too long")
    return rows


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
    if action.endswith("chosen_chat") and not any(flag(value, name) for name in value if name != "query"):
        raise bad_request("at least one chat type must be allowed")
    try:
        return {"text": text, action: check_link(value) if action == "url" else value}
    except ValueError as error:
        raise bad_request(f"inline keyboard button URL '{value}' is invalid: {error}") from None


def _key(key: Any) -> Json:
    """Return a button of a reply keyboard: a text, which may ask for a location or a chat instead."""
    key = {"text": key} if isinstance(key, str) else key
    if not isinstance(key, dict) or not isinstance(key.get("text"), str):
        raise bad_request("can't parse keyboard button: KeyboardButton must be an Object with a text")
    if is_empty(key["text"]):
        raise bad_request("keyboard button text must be non-empty")
    if flag(key, "request_location"):
        return {"text": key["text"], "request_location": True}
    request = structure(key, "request_chat", dict)
    if request is None:
        return {"text": key["text"]}
    if "request_id" not in request or "chat_is_channel" not in request:
        raise bad_request(
            "can't parse KeyboardButtonRequestChat: request_id and chat_is_channel are required"
        )
    wanted: Json = {name: flag(request, name) for name in request if name in _WANTED}
    wanted["request_id"] = number(request, "request_id")
    return {"text": key["text"], "request_chat": wanted | {name: True for name in request if name in _RIGHTS}}
