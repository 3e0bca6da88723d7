"""What comes from Telegram, update by update: one that is not as the Bot API says does not hold up the others.

Read as a whole, an answer of getUpdates with one odd update in it would be asked for again for ever. So each is looked
at by itself; a bad one is logged by its number, and the next getUpdates confirms it.
"""

import json
from typing import Annotated, Any

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from telegram import Bot, MessageEntity, Update
from telegram.error import TelegramError

from bot.telegram.plain import update_of
from bot.telegram.request import AiohttpRequest

_log = structlog.get_logger(__name__)
_LARGEST_UPDATE = 2**31 - 1
"""An update's number fits in 32 bits (tdlib, TQueue.h); to confirm a larger one would drop what is yet to come."""
_LONGEST_NUMBER = 20
_NAMES = frozenset(("last_name", "username", "title", "author_signature", "contact"))
"""Of people and chats. A first name is left empty, as PTB asks for one."""

_Id = Annotated[int, Field(gt=-(2**52), lt=2**52)]
"""Of a person or chat: at most 52 bits (https://core.telegram.org/bots/api#chat)."""
_Count = Annotated[int, Field(ge=0, lt=2**52)]
_Text = Annotated[str, Field(max_length=2**16)]
"""With a bound pydantic reads it as Unicode, and refuses half a character, which could not be stored or sent."""
_Degrees = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class _Shape(BaseModel):
    """The fields that we use, by the Bot API's names; everything else may be as it likes."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _User(_Shape):
    id: _Id
    is_bot: bool
    first_name: _Text
    username: _Text | None = None
    language_code: _Text | None = None


class _Chat(_Shape):
    id: _Id
    type: _Text
    title: _Text | None = None


class _Entity(_Shape):
    type: _Text
    offset: _Count
    length: Annotated[_Count, Field(ge=1)]


class _Location(_Shape):
    latitude: _Degrees
    longitude: _Degrees


class _ChatShared(_Shape):
    request_id: int
    chat_id: _Id


class _Message(_Shape):
    message_id: _Count
    date: _Count
    chat: _Chat
    sender: _User | None = Field(None, alias="from")
    sender_chat: _Chat | None = None
    message_thread_id: _Count | None = None
    is_topic_message: bool | None = None
    text: _Text | None = None
    entities: Annotated[list[_Entity], Field(max_length=1_000)] | None = None
    reply_to_message: "_Message | None" = None
    location: _Location | None = None
    chat_shared: _ChatShared | None = None
    migrate_to_chat_id: _Id | None = None
    migrate_from_chat_id: _Id | None = None

    @model_validator(mode="after")
    def _entities_fit(self) -> "_Message":
        """An entity lies within the text, between characters (counted in UTF-16), and a command begins with a slash."""
        units = (self.text or "").encode("utf-16-le")
        for entity in self.entities or ():
            begin, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
            if end > len(units):
                raise ValueError("an entity ends beyond the text")
            marked = units[begin:end].decode("utf-16-le")  # raises a ValueError
            if entity.type == MessageEntity.BOT_COMMAND and not marked.startswith("/"):
                raise ValueError("a command without a slash")
        return self


class _Press(_Shape):
    id: _Text
    sender: _User = Field(alias="from")
    message: _Message | None = None
    inline_message_id: _Text | None = None
    data: _Text | None = None


class _Member(_Shape):
    status: _Text
    user: _User


class _Membership(_Shape):
    chat: _Chat
    sender: _User = Field(alias="from")
    old_chat_member: _Member
    new_chat_member: _Member


class _InlineQuery(_Shape):
    id: _Text
    sender: _User = Field(alias="from")
    query: _Text
    offset: _Text


class _InlineChoice(_Shape):
    result_id: _Text
    sender: _User = Field(alias="from")
    query: _Text
    inline_message_id: _Text | None = None


class _Update(_Shape):
    message: _Message | None = None
    channel_post: _Message | None = None
    callback_query: _Press | None = None
    my_chat_member: _Membership | None = None
    inline_query: _InlineQuery | None = None
    chosen_inline_result: _InlineChoice | None = None


class UpdatesRequest(AiohttpRequest):
    """Fetches updates, whatever one of them holds."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer of getUpdates. Raises TelegramError where there is nothing to go on with."""
        answer = read(payload)
        if not isinstance(answer, dict):
            raise TelegramError("Invalid server response")
        return answer


def numbered(updates: Any) -> list[tuple[int, dict[str, Any]]]:
    """Updates with their numbers, in their order; what has none is left out.

    Raises TelegramError if it is no list, or none of them has a number to confirm it by.
    """
    if not isinstance(updates, list):
        raise TelegramError("getUpdates brought no list")
    good = [(number, update) for update in updates if (number := _number(update))]
    if len(good) < len(updates):
        _log.error("update.unnumbered", count=len(updates) - len(good))
    if updates and not good:
        raise TelegramError("getUpdates brought only updates without a number")
    return good


def understood(update: dict[str, Any], bot: Bot) -> Update | None:
    """An update as handlers take it; None: it is not as the Bot API says, which is logged by its number."""
    try:
        if len(update) > 2:  # noqa: PLR2004  its number and what it is about (core.telegram.org/bots/api#update)
            raise ValueError("an update is about one thing")  # noqa: TRY301
        _Update.model_validate(update)
        return update_of(update, bot)
    except Exception as error:  # noqa: BLE001  PTB raises whatever a wrong type leads to
        first = error.errors(include_input=False)[0]["loc"] if isinstance(error, ValidationError) else ()
        where = ".".join(
            part for part in first if isinstance(part, str)
        )  # names of fields, and nothing of a person
        _log.error("update.malformed", update=_number(update), error=type(error).__name__, where=where)
        return None


def written(update: dict[str, Any]) -> str:
    """An update as JSON that may be kept: the names of people and chats are not."""
    kept = _without_names(update)
    try:
        return orjson.dumps(kept).decode()
    except TypeError:  # half a character or a number without end, where we do not look
        return json.dumps(kept, separators=(",", ":"))


def _without_names(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            name: "" if name == "first_name" else _without_names(value)
            for name, value in part.items()
            if name not in _NAMES
        }
    return [_without_names(each) for each in part] if isinstance(part, list) else part


def _number(update: Any) -> int:
    """An update's number; 0: it has none."""
    number = update.get("update_id") if isinstance(update, dict) else None
    return (
        number if type(number) is int and 0 < number <= _LARGEST_UPDATE else 0
    )  # not isinstance: true is no number


def read(payload: bytes) -> Any:
    """JSON that may hold what strict readers refuse. Raises TelegramError if it is none."""
    try:
        return orjson.loads(payload)
    except ValueError:
        pass  # half a character, say, which only the standard library reads
    try:
        return json.loads(payload, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise TelegramError("Invalid server response") from error


def _whole(digits: str) -> int | float:
    """A number of any length: Python refuses more than 4,300 digits, and the whole answer with them."""
    return int(digits) if len(digits) < _LONGEST_NUMBER else float(digits)
