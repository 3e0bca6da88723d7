"""Who somebody is in a chat, as the Bot API tells it, and the methods that ask for it."""

from typing import Any

from bot.sandbox.chats import ADMINISTRATORS, BOT, BOT_ID, Chat
from bot.sandbox.parameters import number, string
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.state import State

_RIGHTS: tuple[str, ...] = (
    "manage_chat",
    "delete_messages",
    "manage_video_chats",
    "restrict_members",
    "promote_members",
)
_RIGHTS += ("change_info", "invite_users", "post_stories", "edit_stories", "delete_stories")
_RESTRICTED: tuple[str, ...] = (
    "send_messages",
    "send_audios",
    "send_documents",
    "send_photos",
    "send_videos",
)
_RESTRICTED += ("send_video_notes", "send_voice_notes", "send_polls", "send_other_messages")
_RESTRICTED += ("add_web_page_previews", "react_to_messages", "edit_tag", "change_info", "invite_users")
_RESTRICTED += ("pin_messages", "manage_topics")


def as_member(chat: Chat, user: Json) -> Json:
    """Return somebody as a ChatMember. The bot never has the right to manage topics."""
    id_ = user["id"]
    status = chat.members.get(id_, "left")
    silent = id_ in chat.silenced
    body: Json = {"status": status, "user": user}
    if status == "kicked":
        body["until_date"] = 0
    elif status == "member" and silent and chat.type == "supergroup":
        body |= {"status": "restricted", "is_member": True, "until_date": 0}
        body |= {f"can_{right}": False for right in _RESTRICTED}
    elif status in ADMINISTRATORS:
        body["is_anonymous"] = id_ in chat.anonymous
    if status == "administrator":
        body |= {"can_be_edited": False} | {f"can_{right}": True for right in _RIGHTS}
        if chat.type == "channel":
            body |= {"can_post_messages": not silent, "can_edit_messages": not silent}
        else:
            body |= {"can_pin_messages": True, "can_manage_topics": id_ != BOT_ID}
    return body


def _get_chat(world: State, params: Json, _now: float) -> Json:
    chat = world.chat(string(params, "chat_id"))
    if not chat.username:
        world.present(string(params, "chat_id"))
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    return chat.for_bot() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def _get_chat_member(world: State, params: Json, _now: float) -> Json:
    chat = _with_members(world, params)
    id_ = number(params, "user_id")
    user = BOT if id_ == BOT_ID else world.users.get(id_)
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return as_member(chat, user)


def _with_members(world: State, params: Json) -> Chat:
    """Return the chat; in a channel only an administrator sees who else is there."""
    chat = world.present(string(params, "chat_id"))
    if chat.type == "channel" and not chat.has(BOT_ID, ADMINISTRATORS):
        raise bad_request("member list is inaccessible")
    return chat


def _get_chat_administrators(world: State, params: Json, _now: float) -> list[Json]:
    chat = _with_members(world, params)
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    people = world.users | {BOT_ID: BOT}
    return [as_member(chat, people[user]) for user in chat.members if chat.has(user, ADMINISTRATORS)]


def _leave_chat(world: State, params: Json, now: float) -> bool:
    chat = world.present(string(params, "chat_id"))
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    before = as_member(chat, BOT)
    chat.members[BOT_ID] = "left"
    world.log({"type": "chat", "chat": chat.for_page()})
    body: Json = {"chat": chat.for_bot(), "from": BOT, "date": int(now), "old_chat_member": before}
    world.update("my_chat_member", body | {"new_chat_member": as_member(chat, BOT)})
    return True


METHODS: dict[str, Any] = {
    "getchat": _get_chat,
    "getchatmember": _get_chat_member,
    "getchatadministrators": _get_chat_administrators,
    "leavechat": _leave_chat,
}
