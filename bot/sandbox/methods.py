"""The Bot API's methods on the sandbox's world. Each takes the world, the parameters and the time.

getUpdates is not here: it waits, so it lives with the HTTP side.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from bot.sandbox import rules
from bot.sandbox.refusal import Json, bad_request, forbidden
from bot.sandbox.world import BOT, BOT_ID, USERS, Chat, Message, World

Method = Callable[[World, Json, float], Any]
DELETABLE_SECONDS = 48 * 3600
_ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
)
_ACTIONS |= {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)
_RIGHTS = ["can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members"]
_RIGHTS += ["can_promote_members", "can_change_info", "can_invite_users"]
_RIGHTS += ["can_post_stories", "can_edit_stories", "can_delete_stories"]
_CHANNEL_RIGHTS = ["can_post_messages", "can_edit_messages"]
_GIFTS = ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"]


def _get_me(_world: World, _params: Json, _now: float) -> Json:
    abilities = "can_join_groups can_read_all_group_messages supports_inline_queries can_connect_to_business"
    return BOT | {
        ability: ability == "can_join_groups" for ability in [*abilities.split(), "has_main_web_app"]
    }


# Messages


def _send_message(world: World, params: Json, now: float) -> Json:
    text, entities = rules.message_text(params)
    markup = rules.reply_markup(params)
    chat = world.reachable(rules.string(params, "chat_id"))
    reply_to = _reply_to(chat, params)
    _check_thread(params)
    message = world.post(chat, BOT_ID, text, entities, now)
    message.markup, message.reply_to = markup, reply_to
    world.announce("message", message)
    return message.for_bot()


def _check_thread(params: Json) -> None:
    if rules.number(params, "message_thread_id"):
        raise bad_request("message thread not found")


def _reply_to(chat: Chat, params: Json) -> int | None:
    reply = rules.structure(params, "reply_parameters", dict, "reply parameters")
    if not reply:
        return None
    if not rules.string(reply, "message_id"):
        raise bad_request('can\'t find field "message_id"')
    replied = chat.messages.get(rules.number(reply, "message_id"))
    if replied is None:
        if rules.flag(reply, "allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    if rules.string(reply, "quote") not in replied.text:
        raise bad_request("QUOTE_TEXT_INVALID")
    return replied.id


def _to_edit(world: World, params: Json) -> Message:
    if rules.string(params, "inline_message_id"):
        raise bad_request("MESSAGE_ID_INVALID")
    if not rules.string(params, "chat_id") and not rules.number(params, "message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.chat(rules.string(params, "chat_id"))
    if not rules.number(params, "message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(rules.number(params, "message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.by_bot:
        raise bad_request("message can't be edited")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return message


def _edit_message_text(world: World, params: Json, now: float) -> Json:
    text, entities = rules.message_text(params)
    markup = rules.reply_markup(params, inline_only=True)
    message = _to_edit(world, params)
    if (text, entities, markup) == (message.text, message.entities, message.markup):
        raise bad_request(_NOT_MODIFIED)
    message.text, message.entities, message.markup, message.edit_date = text, entities, markup, int(now)
    world.announce("edit", message)
    return message.for_bot()


def _edit_message_reply_markup(world: World, params: Json, now: float) -> Json:
    markup = rules.reply_markup(params, inline_only=True)
    message = _to_edit(world, params)
    if markup == message.markup:
        raise bad_request(_NOT_MODIFIED)
    message.markup, message.edit_date = markup, int(now)
    world.announce("edit", message)
    return message.for_bot()


def _delete_message(world: World, params: Json, now: float) -> bool:
    chat = world.chat(rules.string(params, "chat_id"))
    message = chat.messages.get(rules.number(params, "message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if now - message.date > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted for everyone")
    if not message.by_bot and chat.type == "supergroup":
        raise bad_request("message can't be deleted")
    del chat.messages[message.id]
    world.log({"type": "delete", "chat": chat.id, "message_id": message.id})
    return True


def _send_chat_action(world: World, params: Json, _now: float) -> bool:
    if rules.string(params, "action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = world.reachable(rules.string(params, "chat_id"))
    _check_thread(params)
    world.log({"type": "typing", "chat": chat.id})
    return True


def _answer_callback_query(world: World, params: Json, _now: float) -> bool:
    text, url = rules.string(params, "text"), rules.string(params, "url")
    if len(text) > rules.ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    if url and not re.match(
        rf"(?:https?://)?t\.me/{BOT['username']}(?:\?|$)|tg://resolve\?", url, re.IGNORECASE
    ):
        raise bad_request("URL_INVALID")
    query = world.queries.get(rules.string(params, "callback_query_id"))
    if query is None or query.answer is not None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    query.answer = {"text": text or None, "show_alert": rules.flag(params, "show_alert"), "url": url or None}
    world.changed()
    return True


# Commands


def _audience(world: World, params: Json) -> tuple[str, str]:
    scope, language = rules.audience(params)
    target = json.loads(scope)
    if "chat_id" in target:
        world.chat(target["chat_id"])
    if "user_id" in target and rules.number(target, "user_id") not in USERS:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return scope, language


def shown_commands(world: World) -> list[Json]:
    """Return the commands that the page shows: the default scope's, in no particular language."""
    return world.commands.get(rules.audience({}), [])


def _set_my_commands(world: World, params: Json, _now: float) -> bool:
    commands = rules.bot_commands(params)
    return _store_commands(world, _audience(world, params), commands)


def _delete_my_commands(world: World, params: Json, _now: float) -> bool:
    return _store_commands(world, _audience(world, params), [])


def _store_commands(world: World, audience: tuple[str, str], commands: list[Json]) -> bool:
    before = shown_commands(world)
    world.commands.pop(audience, None)
    if commands:
        world.commands[audience] = commands
    if shown_commands(world) != before:
        world.log({"type": "commands", "commands": shown_commands(world)})
    return True


def _get_my_commands(world: World, params: Json, _now: float) -> list[Json]:
    return world.commands.get(_audience(world, params), [])


# Chats


def _get_chat(world: World, params: Json, _now: float) -> Json:
    chat = world.chat(rules.string(params, "chat_id"))
    if not chat.started:
        raise bad_request("chat not found")
    full = {"accent_color_id": chat.id % 7, "max_reaction_count": 11}
    return chat.for_bot() | full | {"accepted_gift_types": dict.fromkeys(_GIFTS, False)}


def _as_member(chat: Chat, user: int) -> Json:
    status = chat.members.get(user, "left")
    if user == BOT_ID and chat.type == "private":
        status = "kicked" if chat.blocked else "member"
    body: Json = {"status": status, "user": BOT if user == BOT_ID else USERS[user]}
    if status == "creator":
        body["is_anonymous"] = False
    elif status == "kicked":
        body["until_date"] = 0
    elif status == "administrator":
        rights = [*_RIGHTS, *(_CHANNEL_RIGHTS if chat.type == "channel" else [])]
        body |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(rights, True)
    return body


def _get_chat_member(world: World, params: Json, _now: float) -> Json:
    chat = world.chat(rules.string(params, "chat_id"))
    user = rules.number(params, "user_id")
    if user not in USERS and user != BOT_ID:
        raise bad_request("invalid user_id specified" if user <= 0 else "PARTICIPANT_ID_INVALID")
    return _as_member(chat, user)


def _get_chat_administrators(world: World, params: Json, _now: float) -> list[Json]:
    chat = world.chat(rules.string(params, "chat_id"))
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    return [_as_member(chat, user) for user, status in chat.members.items() if status != "member"]


# Webhook: kept and reported; nothing is ever delivered to it


def _set_webhook(world: World, params: Json, _now: float) -> bool:
    url = rules.string(params, "url")
    if not url:
        return _delete_webhook(world, params, _now)
    if not url.lower().startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", rules.string(params, "secret_token")):
        raise bad_request("secret token contains unallowed characters")
    remember_allowed(world, params)
    if rules.flag(params, "drop_pending_updates"):
        world.updates.clear()
    world.webhook = {"url": url, "max_connections": rules.number(params, "max_connections", 40)}
    world.changed()
    return True


def _delete_webhook(world: World, params: Json, _now: float) -> bool:
    if rules.flag(params, "drop_pending_updates"):
        world.updates.clear()
    world.webhook = {}
    return True


def _get_webhook_info(world: World, _params: Json, _now: float) -> Json:
    info = {"url": "", "has_custom_certificate": False, "pending_update_count": len(world.updates)}
    return info | world.webhook | ({"allowed_updates": sorted(world.allowed)} if world.allowed else {})


def remember_allowed(world: World, params: Json) -> None:
    """Take over `allowed_updates` when it is given; an empty list means all."""
    allowed = rules.structure(params, "allowed_updates", list, "allowed updates")
    if allowed is not None:
        world.allowed = frozenset(str(kind) for kind in allowed)


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
    "getchat": _get_chat,
    "getchatmember": _get_chat_member,
    "getchatadministrators": _get_chat_administrators,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _get_webhook_info,
}
"""By lower-case name: Telegram ignores case."""
