"""What people do in the sandbox: write, press, block, ask inline, share, change roles, open chats and topics.

Refusals here are sentences for the page; those for the bot are in Telegram's words.
"""

import re
from dataclasses import dataclass

from bot.sandbox.chats import ADMINISTRATORS, BOT, BOT_ID, PRESENT, Chat, Message, Topic
from bot.sandbox.members import as_member
from bot.sandbox.refusal import Json, Refusal
from bot.sandbox.state import QUERIES_KEPT, State, keep
from bot.sandbox.text import finish, is_empty

__all__ = ["Chat", "World"]
CHATS_KEPT = 100
_TO_THE_BOT = re.compile(
    rf"(?<![\w/@<>])/[A-Za-z0-9_]+(?:@{BOT['username']})?(?![\w@/<>])|(?<![\w@])@{BOT['username']}(?!\w)",
    re.IGNORECASE,
)
_ROLES = ("administrator", "member", "left", "kicked")
_SERVICE = ("new_chat_members", "forum_topic_created", "forum_topic_closed", "forum_topic_reopened")


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What becomes of somebody in a chat; None leaves it as it is. `anonymous`: writes as the group."""

    status: str | None = None
    can_post: bool | None = None
    anonymous: bool | None = None


class World(State):
    """The state, and what people do to it."""

    def member(self, user: int, chat_id: int) -> Chat:
        """Return a chat of which the user is a member. Raises Refusal with words for the page."""
        chat = self.chats.get(chat_id)
        if user not in self.users or chat is None or not chat.has(user):
            raise Refusal(404, "There is no such chat for this user.")
        return chat

    def say(
        self,
        user: int,
        chat: Chat,
        text: str,
        now: float,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> Message:
        """Post a person's text, and pass it to the bot where the bot would see it."""
        text, entities = finish(text, [])
        if is_empty(text):
            raise Refusal(400, "Write some text first.")
        draft = Message(0, chat, self.users.get(user, BOT), int(now), text, entities, reply_to=reply_to)
        draft.thread = thread
        return self.write(draft)

    def write(self, message: Message) -> Message:
        """Post a person's message, and pass it to the bot where the bot would see it."""
        chat, user = message.chat, message.author["id"]
        if chat.blocked:
            raise Refusal(409, "You blocked this bot. Unblock it to write.")
        if chat.type == "channel" and not chat.has(user, ADMINISTRATORS):
            raise Refusal(403, "Only administrators post in this channel.")
        if user in chat.silenced:
            raise Refusal(403, "You may not write in this chat.")
        topic = chat.topics.get(message.thread or 0)
        if (message.thread or chat.topics) and topic is None:
            raise Refusal(404, "There is no such topic.")
        if topic and topic.closed and not chat.has(user, ADMINISTRATORS):
            raise Refusal(403, "This topic is closed: only administrators write in it.")
        chat.started = True
        message.anonymous = user in chat.anonymous and chat.has(user, ADMINISTRATORS)
        self._tell_bot(self.post(message))
        return message

    def _tell_bot(self, message: Message) -> None:
        """Privacy mode in groups: commands, mentions of the bot, replies to it, service messages, no more."""
        chat = message.chat
        if chat.type != "private" and not chat.has(BOT_ID):
            return
        replied = chat.messages.get(message.reply_to or 0)
        heard = (
            chat.type != "supergroup"
            or chat.has(BOT_ID, ADMINISTRATORS)
            or (replied and replied.is_bots)
            or message.via_bot
            or message.content.keys() & set(_SERVICE)
            or _TO_THE_BOT.search(message.text)
        )
        if heard:
            self.update("channel_post" if chat.type == "channel" else "message", message.for_bot())

    def press(self, user: int, chat: Chat, message_id: int, data: str) -> str:
        """Press a callback button; return the query's id. Raises Refusal when the message no longer has it."""
        message = chat.messages.get(message_id)
        rows = ((message and message.markup) or {}).get("inline_keyboard", [])
        if message is None or not any(button.get("callback_data") == data for row in rows for button in row):
            raise Refusal(404, "This button is gone: the message has changed.")
        if chat.blocked:
            raise Refusal(409, "You blocked this bot. Unblock it to press its buttons.")
        inline = message.inline_id
        place: Json = {"inline_message_id": inline} if inline else {"message": message.for_bot()}
        body = {"from": self.users[user], "data": data, "chat_instance": str(chat.id)}
        return self.ask_bot("callback_query", body | place)

    def block(self, user: int, now: float, *, blocked: bool) -> None:
        """Block or unblock the bot in the user's private chat; a change is a my_chat_member update."""
        chat = self.member(user, user)
        if chat.blocked == blocked:
            return
        chat.blocked = blocked
        member: Json = {"status": "member", "user": BOT}
        kicked: Json = {"status": "kicked", "user": BOT, "until_date": 0}
        before, after = (member, kicked) if blocked else (kicked, member)
        body = {"chat": chat.for_bot(), "from": self.users[user], "date": int(now)}
        self.log({"type": "chat", "chat": chat.for_page()})
        self.update("my_chat_member", body | {"old_chat_member": before, "new_chat_member": after})

    # Roles, chats, topics

    def change_role(self, by: Json, chat: Chat, member: int, change: RoleChange, now: float) -> None:
        """Change what somebody, or the bot, is in a group or channel.

        The sandbox lets everybody do so. A change of the bot's is told to it as `my_chat_member`, one of a person's
        as `chat_member` where the bot is an administrator and asked for that kind.
        """
        status = change.status
        whom = BOT if member == BOT_ID else self.users.get(member)
        if chat.type == "private" or whom is None or status not in {None, *_ROLES}:
            raise Refusal(400, f"A role in a group or channel is one of {', '.join(_ROLES)}.")
        before = as_member(chat, whom)
        if before["status"] == "creator" and status:
            raise Refusal(409, "The creator stays.")
        added = status in PRESENT and not chat.has(member)
        if status:
            chat.members[member] = status
        silent = None if change.can_post is None else not change.can_post
        for wish, group in ((silent, chat.silenced), (change.anonymous, chat.anonymous)):
            if wish is not None:
                (group.add if wish else group.discard)(member)
        after = as_member(chat, whom)
        self.log({"type": "chat", "chat": chat.for_page()})
        if before == after:
            return
        body = {"chat": chat.for_bot(), "from": by, "date": int(now)}
        body |= {"old_chat_member": before, "new_chat_member": after}
        if member == BOT_ID:
            self.update("my_chat_member", body)
        elif chat.has(BOT_ID, ADMINISTRATORS):
            self.update("chat_member", body)
        if added and member == BOT_ID and chat.type == "supergroup":
            self._serve(chat, by, now, {"new_chat_members": [BOT]})

    def _serve(self, chat: Chat, by: Json, now: float, content: Json, thread: int | None = None) -> None:
        """Post a service message."""
        self._tell_bot(self.post(Message(0, chat, by, int(now), thread=thread, content=content)))

    def new_chat(self, user: int, kind: str, title: str, now: float, *, forum: bool, bot: str) -> Chat:
        """Open a group or channel, with all people in it; `bot` is the role in which the bot is added."""
        title = title.strip()
        if kind not in {"supergroup", "channel"} or not 1 <= len(title) <= 128:  # noqa: PLR2004 (Telegram's)
            raise Refusal(400, "A group or channel needs a title of 1 to 128 characters.")
        if len(self.chats) >= CHATS_KEPT:
            raise Refusal(409, f"The demo holds {CHATS_KEPT} chats.")
        members = dict.fromkeys(self.users, "member") | {user: "creator", BOT_ID: "left"}
        chat = Chat(min(self.chats) - 1, kind, title, members)
        if forum and kind == "supergroup":
            chat.topics[0] = Topic("General")
        self.chats[chat.id] = chat
        self.change_role(self.users[user], chat, BOT_ID, RoleChange(bot), now)
        return chat

    def new_topic(self, user: int, chat: Chat, name: str, now: float) -> int:
        """Open a topic; return its id."""
        name = name.strip()
        if not chat.topics or not 1 <= len(name) <= 128:  # noqa: PLR2004 (Telegram's)
            raise Refusal(400, "A topic, in a group that has them, needs a name of 1 to 128 characters.")
        message = self.open_topic(chat, self.users[user], name, now)
        self._tell_bot(message)
        return message.id

    def close_topic(self, user: int, chat: Chat, thread: int | None, now: float, *, closed: bool) -> None:
        """Close a topic, or open it again; None is General."""
        topic = chat.topics.get(thread or 0)
        if topic is None:
            raise Refusal(404, "There is no such topic.")
        if topic.closed != closed:
            topic.closed = closed
            self.log({"type": "chat", "chat": chat.for_page()})
            what = "forum_topic_closed" if closed else "forum_topic_reopened"
            self._serve(chat, self.users[user], now, {what: {}}, thread)

    # Inline mode

    def ask_inline(self, user: int, chat: Chat, query: str, offset: str) -> str:
        """Ask the bot for inline results; return the query's id."""
        kind = "sender" if chat.type == "private" else chat.type
        body = {"from": self.users[user], "query": query, "offset": offset, "chat_type": kind}
        id_ = self.ask_bot("inline_query", body)
        keep(self.asked, id_, (user, query), QUERIES_KEPT)
        return id_

    def choose(self, draft: Message, query: str, result_id: str) -> Message:
        """Post the chosen one of an answer's results, and tell the bot which it was."""
        asker, words = self.asked.get(query, (0, ""))
        results = (self.answers.get(query) or {}).get("results", [])
        result = next((one for one in results if one["id"] == result_id), None)
        if result is None or asker != draft.author["id"]:
            raise Refusal(404, "These results are too old: ask again.")
        draft.text, draft.entities, draft.markup = result["text"], result["entities"], result["reply_markup"]
        draft.via_bot = True
        message = self.write(draft)
        chosen: Json = {"result_id": result_id, "from": draft.author, "query": words}
        if message.inline_id:
            chosen["inline_message_id"] = message.inline_id
        self.update("chosen_inline_result", chosen)
        return message

    # What a reply keyboard asks for

    def fitting(self, user: int, request: Json) -> list[Chat]:
        """Return the user's chats that a KeyboardButtonRequestChat lets them choose from."""
        kind = "channel" if request.get("chat_is_channel") else "supergroup"
        needs_rights = request.get("user_administrator_rights") or request.get("bot_administrator_rights")
        return [
            chat
            for chat in self.chats.values()
            if chat.type == kind
            and chat.has(user, ADMINISTRATORS if needs_rights else PRESENT)
            and request.get("chat_is_forum") in {None, bool(chat.topics)}
            and request.get("chat_has_username") in {None, bool(chat.username)}
            and not (request.get("chat_is_created") and not chat.has(user, ("creator",)))
            and not (request.get("bot_is_member") and not chat.has(BOT_ID))
        ]

    def share(self, draft: Message, request: Json, chosen: Chat) -> Message:
        """Tell the bot which chat was chosen; where it asked for rights, it gets them first."""
        if chosen not in self.fitting(draft.author["id"], request):
            raise Refusal(403, "This chat is not one that the button asks for.")
        if request.get("bot_administrator_rights") and not chosen.has(BOT_ID, ADMINISTRATORS):
            promoted = RoleChange("administrator", can_post=True)
            self.change_role(draft.author, chosen, BOT_ID, promoted, draft.date)
        shared: Json = {"request_id": request["request_id"], "chat_id": chosen.id}
        if request.get("request_title"):
            shared["title"] = chosen.title
        if request.get("request_username") and chosen.username:
            shared["username"] = chosen.username
        draft.content = {"chat_shared": shared}
        return self.write(draft)
