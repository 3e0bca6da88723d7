"""The Bot API's methods on the sandbox's world. Each takes the world, the parameters and the time.

getUpdates is not here: it waits, so it lives with the HTTP side.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from bot.sandbox import rules
from bot.sandbox.parameters import flag, number, string, structure
from bot.sandbox.refusal import Json, bad_request, forbidden
from bot.sandbox.world import BOT, BOT_ID, USERS, Chat, Message, World

Method = Callable[[World, Json, float], Any]
ANSWER_LENGTH = 200
_ACTION = re.compile(
    r"typing|(?:record|upload)_(?:video|voice|video_note)|upload_(?:photo|document)|choose_sticker|find_location"
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
_RIGHTS = ["manage_chat", "delete_messages", "manage_video_chats", "restrict_members", "promote_members"]
_RIGHTS += ["change_info", "invite_users", "post_stories", "edit_stories", "delete_stories"]
_CHANNEL_RIGHTS = ["post_messages", "edit_messages"]


def _get_me(_world: World, _params: Json, _now: float) -> Json:
    return BOT | {"can_join_groups": True, "can_read_all_group_messages": False}


# Messages


def _send_message(world: World, params: Json, now: float) -> Json:
    text, entities, markup = rules.stored(params).values()
    chat = world.reachable(string(params, "chat_id"))
    reply_to = _reply_to(chat, params)
    return world.post(Message(0, chat, BOT_ID, int(now), text, entities, markup, reply_to)).for_bot()


def _reply_to(chat: Chat, params: Json) -> int | None:
    reply = structure(params, "reply_parameters", dict)
    if not reply:
        return None
    replied = number(reply, "message_id")
    if replied in chat.messages:
        return replied
    if flag(reply, "allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _edit_message_text(world: World, params: Json, now: float) -> Json:
    return _edit(world, params, now, rules.message_text(params))


def _edit_message_reply_markup(world: World, params: Json, now: float) -> Json:
    return _edit(world, params, now, None)


def _edit(world: World, params: Json, now: float, content: tuple[str, list[Json]] | None) -> Json:
    """Replace the content, or with None the keyboard alone."""
    markup = rules.inline_keyboard(params)
    message = _to_edit(world, params)
    text, entities = content or (message.text, message.entities)
    if (text, entities, markup) == (message.text, message.entities, message.markup):
        raise bad_request(_NOT_MODIFIED)
    message.text, message.entities, message.markup, message.edit_date = text, entities, markup, int(now)
    world.log({"type": "edit", "message": message.for_page()})
    return message.for_bot()


def _to_edit(world: World, params: Json) -> Message:
    if not number(params, "message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.chat(string(params, "chat_id"))
    message = chat.messages.get(number(params, "message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender != BOT_ID:
        raise bad_request("message can't be edited")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return message


def _delete_message(world: World, params: Json, _now: float) -> bool:
    chat = world.chat(string(params, "chat_id"))
    message = chat.messages.get(number(params, "message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if message.sender != BOT_ID and chat.type == "supergroup":
        raise bad_request("message can't be deleted")
    del chat.messages[message.id]
    world.log({"type": "delete", "chat": chat.id, "message_id": message.id})
    return True


def _send_chat_action(world: World, params: Json, _now: float) -> bool:
    if not _ACTION.fullmatch(string(params, "action").lower()):
        raise bad_request("wrong parameter action in request")
    chat = world.reachable(string(params, "chat_id"))
    world.log({"type": "typing", "chat": chat.id})
    return True


def _answer_callback_query(world: World, params: Json, _now: float) -> bool:
    text, url, alert = string(params, "text"), string(params, "url"), flag(params, "show_alert")
    if len(text) > ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    query = string(params, "callback_query_id")
    if query not in world.answers or world.answers[query] is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.answers[query] = {"text": text or None, "show_alert": alert, "url": url or None}
    world.pulse.beat()
    return True


# Commands


def _audience(params: Json) -> str:
    scope = structure(params, "scope", dict) or {"type": "default"}
    return json.dumps(scope, sort_keys=True) + string(params, "language_code")


def _set_my_commands(world: World, params: Json, _now: float) -> bool:
    world.set_commands(_audience(params), rules.bot_commands(params))
    return True


def _delete_my_commands(world: World, params: Json, _now: float) -> bool:
    world.set_commands(_audience(params), [])
    return True


def _get_my_commands(world: World, params: Json, _now: float) -> list[Json]:
    return world.commands.get(_audience(params), [])


# Members


def _as_member(chat: Chat, user: int) -> Json:
    status = chat.members.get(user, "left")
    body: Json = {"status": status, "user": BOT if user == BOT_ID else USERS[user]}
    if status == "creator":
        body["is_anonymous"] = False
    elif status == "administrator":
        rights = _RIGHTS + (_CHANNEL_RIGHTS if chat.type == "channel" else [])
        body |= {"can_be_edited": False, "is_anonymous": False} | {f"can_{right}": True for right in rights}
    return body


def _get_chat_member(world: World, params: Json, _now: float) -> Json:
    chat = world.chat(string(params, "chat_id"))
    user = number(params, "user_id")
    if user not in USERS and user != BOT_ID:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return _as_member(chat, user)


# Webhooks: there are none, so deleting one always succeeds


def _set_webhook(world: World, params: Json, now: float) -> bool:
    if string(params, "url"):
        raise bad_request("bad webhook: this sandbox delivers updates by getUpdates alone")
    return _delete_webhook(world, params, now)


def _delete_webhook(world: World, params: Json, _now: float) -> bool:
    if flag(params, "drop_pending_updates"):
        world.updates.clear()
    return True


def _get_webhook_info(world: World, _params: Json, _now: float) -> Json:
    return {"url": "", "has_custom_certificate": False, "pending_update_count": len(world.updates)}


METHODS: dict[str, Method] = {
    "getme": _get_me,
    "sendmessage": _send_message,
    "editmessagetext": _edit_message_text,
    "editmessagereplymarkup": _edit_message_reply_markup,
    "deletemessage": _delete_message,
    "sendchataction": _send_chat_action,
    "answercallbackquery": _answer_callback_query,
    "setmycommands": _set_my_commands,
    "getmycommands": _get_my_commands,
    "deletemycommands": _delete_my_commands,
    "getchatmember": _get_chat_member,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _get_webhook_info,
}
"""By lower-case name: Telegram ignores case."""
