"""What readers write, as PTB's objects: most updates are a command or a few words, and nothing else.

PTB looks for each of a message's hundred fields, and sets them one by one. Here an object is given the fields that it
has; for all others its class says what PTB would.
"""

import datetime as dt
from typing import Any

from telegram import Bot, Chat, Message, MessageEntity, TelegramObject, Update, User

_PLAIN = frozenset(("message_id", "from", "chat", "date", "text", "entities"))


def _without(one: TelegramObject) -> Any:
    """A kind of object like this one, but with nothing of its own: what it is not given, it has as this one does."""
    kind = type(one)
    names = {name for each in kind.__mro__ for name in getattr(each, "__slots__", ())}
    return type(kind.__name__, (kind,), {name: getattr(one, name) for name in names})


_Message = _without(Message(0, dt.datetime.fromtimestamp(0, dt.UTC), Chat(0, "")))
_Update = _without(Update(0))


def update_of(raw: dict[str, Any], bot: Bot) -> Update:
    """The same that PTB makes of an update. Raises whatever a wrong type leads to, as PTB does."""
    about = raw.get("message")
    if not about or len(raw) > 2 or not about.keys() <= _PLAIN or not about["date"]:  # noqa: PLR2004  number, message
        return Update.de_json(raw, bot)
    number, chat = about["message_id"], Chat.de_json(about["chat"], bot)
    message, update = object.__new__(_Message), object.__new__(_Update)
    message.__dict__.update(
        _bot=bot,
        _id_attrs=(number, chat),
        message_id=number,
        date=dt.datetime.fromtimestamp(about["date"], dt.UTC),
        chat=chat,
        from_user=User.de_json(sender, bot) if (sender := about.get("from")) else None,
        text=about.get("text"),
        entities=MessageEntity.de_list(about.get("entities") or [], bot),
    )
    found: Update = update
    update.__dict__.update(
        _bot=bot, _id_attrs=(raw["update_id"],), update_id=raw["update_id"], message=message
    )
    return found
