"""Telegram as a table in memory: what python-telegram-bot asks is answered at once and recorded, no socket opened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from telegram import Update
from telegram.ext import Application
from telegram.request import BaseRequest, RequestData

Json = dict[str, Any]
BOT: Json = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
DATE = 1_795_000_000


class Call(NamedTuple):
    """One call of the Bot API."""

    method: str
    params: Mapping[str, Any]


@dataclass
class Backend(BaseRequest):
    """Answers as the Bot API does: chats by their ids, and who is what in them by chat and user.

    `failures` are what becomes of the next messages: a refusal, an error on the way, or None.
    """

    chats: dict[int, Json]
    members: dict[tuple[int, int], Json]
    calls: list[Call] = field(default_factory=list)
    failures: list[str | Exception | None] = field(default_factory=list)
    _updates: int = 0
    _messages: int = 1_000

    @property
    def read_timeout(self) -> float:
        """Seconds; nothing takes any."""
        return 1.0

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(  # noqa: PLR0913, PLR0917  the signature is PTB's
        self,
        url: str,
        method: str,  # noqa: ARG002
        request_data: RequestData | None = None,
        read_timeout: Any = None,  # noqa: ARG002
        write_timeout: Any = None,  # noqa: ARG002
        connect_timeout: Any = None,  # noqa: ARG002
        pool_timeout: Any = None,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """One call: recorded, and answered."""
        call = Call(url.rsplit("/", 1)[-1], dict(request_data.parameters) if request_data else {})
        self.calls.append(call)
        failure = self.failures.pop(0) if self.failures and call.method == "sendMessage" else None
        if isinstance(failure, Exception):
            raise failure
        if failure:
            return 403, json.dumps({"ok": False, "error_code": 403, "description": failure}).encode()
        result = self._result(call.method, call.params)
        if result is None:
            refusal = {"ok": False, "error_code": 400, "description": "Bad Request: PARTICIPANT_ID_INVALID"}
            return 400, json.dumps(refusal).encode()
        return 200, json.dumps({"ok": True, "result": result}).encode()

    def _result(self, method: str, params: Mapping[str, Any]) -> Any:
        match method:
            case "getMe":
                return BOT
            case "getChat":
                chat = self._chat(params["chat_id"])
                rest = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _GIFTS}
                return chat | rest if chat else None
            case "getChatMember":
                return self.members.get((int(params["chat_id"]), int(params["user_id"])))
            case "sendMessage" | "sendDocument" | "sendPhoto":
                self._messages += 1
                chat = self._chat(params["chat_id"])
                text = str(params.get("text", ""))
                return {"message_id": self._messages, "date": DATE, "chat": chat, "from": BOT, "text": text}
        return True

    def _chat(self, name: Any) -> Json | None:
        named = (chat for chat in self.chats.values() if f"@{chat.get('username')}" == str(name))
        return next(named, None) if str(name).startswith("@") else self.chats.get(int(name))

    async def receive(self, application: Application[Any, Any, Any, Any, Any, Any], **body: Any) -> None:
        """Let the bot handle one update: `message=…`, `callback_query=…`."""
        self._updates += 1
        update = Update.de_json({"update_id": self._updates, **body}, application.bot)
        await application.process_update(update)

    def take(self) -> list[Call]:
        """The calls since the last look."""
        calls, self.calls = self.calls, []
        return calls

    def buttons(self) -> list[tuple[int, str]]:
        """The data of the buttons that were shown since the last look, each with its chat."""
        found = []
        for call in self.calls:
            markup = call.params.get("reply_markup") or {}
            markup = json.loads(markup) if isinstance(markup, str) else markup
            for row in markup.get("inline_keyboard", ()):
                found += [
                    (int(call.params["chat_id"]), b["callback_data"]) for b in row if "callback_data" in b
                ]
        return found


_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


def message(chat: Json, sender: Json | None, text: str, **more: Any) -> Json:
    """A message as the Bot API tells it; a command at its beginning is marked as one."""
    length = len(text.split(maxsplit=1)[0]) if text.startswith("/") else 0
    entities = [{"type": "bot_command", "offset": 0, "length": length}] if length else []
    body = {"message_id": 7, "date": DATE, "chat": chat, "text": text, "entities": entities}
    return body | ({"from": sender} if sender else {}) | more


def press(chat: Json, sender: Json, data: str, **more: Any) -> Json:
    """A press on a button below a message of the bot's."""
    below = message(chat, BOT, "…", **more)
    return {"id": "1", "from": sender, "chat_instance": "1", "data": data, "message": below}
