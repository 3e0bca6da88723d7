"""The Bot API's methods on the sandbox's world. Each takes the world, the parameters and the time.

getUpdates and what concerns the webhook are not here: they wait, so they live with the HTTP side.
"""

import re
from collections.abc import Callable
from typing import Any

from bot.sandbox import members, profile, rules
from bot.sandbox.chats import ADMINISTRATORS, BOT, BOT_ID, Chat, Message
from bot.sandbox.inline import answer_inline_query
from bot.sandbox.keyboards import check_place, inline_keyboard, reply_markup
from bot.sandbox.parameters import flag, number, string, structure
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.rich import rich_blocks
from bot.sandbox.world import World

Method = Callable[[World, Json, float], Any]
ANSWER_LENGTH = 200
_ACTION = re.compile(
    r"typing|(?:record|upload)_(?:video|voice|video_note)|upload_(?:photo|document)|choose_sticker|find_location"
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a "
    "current content and reply markup of the message"
)


def _get_me(_world: World, _params: Json, _now: float) -> Json:
    abilities = {"can_join_groups": True, "can_read_all_group_messages": False}
    return BOT | abilities | {"supports_inline_queries": True}


# Messages


def _send_message(world: World, params: Json, now: float) -> Json:
    return _send(world, params, now, *rules.message_text(params))


def _send_photo(world: World, params: Json, now: float) -> Json:
    return _send_file(world, params, now, "photo")


def _send_document(world: World, params: Json, now: float) -> Json:
    return _send_file(world, params, now, "document")


def _send_file(world: World, params: Json, now: float, what: str) -> Json:
    text, entities = rules.caption(params)
    if not string(params, what):
        raise bad_request(f"there is no {what} in the request")
    file = world.files.get(string(params, what))
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    return _send(
        world, params, now, text, entities, file.as_photo() if what == "photo" else file.as_document()
    )


def _send_rich_message(world: World, params: Json, now: float) -> Json:
    message = rich_blocks(structure(params, "rich_message", dict))
    return _send(world, params, now, "", [], {"rich_message": message})


def _send(
    world: World, params: Json, now: float, text: str, entities: list[Json], content: Json | None = None
) -> Json:
    markup = reply_markup(params)
    chat = world.reachable(string(params, "chat_id"))
    check_place(markup, private=chat.type == "private")
    thread = _thread(chat, params)
    message = Message(0, chat, BOT, int(now), text, entities, markup, _reply_to(chat, params), thread)
    message.content, message.silent = content or {}, flag(params, "disable_notification")
    return world.post(message).for_bot()


def _thread(chat: Chat, params: Json) -> int | None:
    """Return the topic to write in; None is the chat itself, or General of a forum."""
    thread = number(params, "message_thread_id")
    topic = chat.topics.get(thread)
    if thread and topic is None:
        raise bad_request("message thread not found")
    if topic and topic.closed:
        raise bad_request("TOPIC_CLOSED")
    return thread or None


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


def _edit_message_text(world: World, params: Json, now: float) -> Json | bool:
    return _edit(world, params, now, rules.message_text(params))


def _edit_message_reply_markup(world: World, params: Json, now: float) -> Json | bool:
    return _edit(world, params, now, None)


def _edit(world: World, params: Json, now: float, new: rules.Formatted | None) -> Json | bool:
    """Replace the text, or with None the keyboard alone. An inline message is answered with True."""
    markup = inline_keyboard(params)
    inline = string(params, "inline_message_id")
    message = _inline_message(world, inline) if inline else _to_edit(world, params)
    if new and message.content:
        raise bad_request("there is no text in the message to edit")
    text, entities = new or (message.text, message.entities)
    if (text, entities, markup) == (message.text, message.entities, message.markup):
        raise bad_request(_NOT_MODIFIED)
    message.text, message.entities, message.markup, message.edit_date = text, entities, markup, int(now)
    world.log({"type": "edit", "message": message.for_page()})
    return True if inline else message.for_bot()


def _inline_message(world: World, inline: str) -> Message:
    chat, _, id_ = inline.partition(".")
    place = world.chats.get(number({"chat": chat}, "chat"))
    message = place and place.messages.get(number({"id": id_}, "id"))
    if not message or not message.via_bot:
        raise bad_request("MESSAGE_ID_INVALID")
    return message


def _to_edit(world: World, params: Json) -> Message:
    if not number(params, "message_id"):
        raise bad_request("message identifier is not specified")
    chat = world.present(string(params, "chat_id"))
    message = chat.messages.get(number(params, "message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if not message.is_bots:
        raise bad_request("message can't be edited")
    return message


def _delete_message(world: World, params: Json, _now: float) -> bool:
    chat = world.present(string(params, "chat_id"))
    message = chat.messages.get(number(params, "message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not message.is_bots and chat.type == "supergroup" and not chat.has(BOT_ID, ADMINISTRATORS):
        raise bad_request("message can't be deleted")
    del chat.messages[message.id]
    world.log({"type": "delete", "chat": chat.id, "message_id": message.id})
    return True


def _send_chat_action(world: World, params: Json, _now: float) -> bool:
    if not _ACTION.fullmatch(string(params, "action").lower()):
        raise bad_request("wrong parameter action in request")
    chat = world.reachable(string(params, "chat_id"))
    world.log({"type": "typing", "chat": chat.id, "thread": _thread(chat, params)})
    return True


def _answer_callback_query(world: World, params: Json, _now: float) -> bool:
    text, url, alert = string(params, "text"), string(params, "url"), flag(params, "show_alert")
    if len(text) > ANSWER_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    query = string(params, "callback_query_id")
    if query in world.asked:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    world.answer(query, {"text": text or None, "show_alert": alert, "url": url or None})
    return True


METHODS: dict[str, Method] = {
    "getme": _get_me,
    "sendmessage": _send_message,
    "sendphoto": _send_photo,
    "senddocument": _send_document,
    "sendrichmessage": _send_rich_message,
    "editmessagetext": _edit_message_text,
    "editmessagereplymarkup": _edit_message_reply_markup,
    "deletemessage": _delete_message,
    "sendchataction": _send_chat_action,
    "answercallbackquery": _answer_callback_query,
    "answerinlinequery": answer_inline_query,
    **members.METHODS,
    **profile.METHODS,
}
"""By lower-case name: Telegram ignores case."""
