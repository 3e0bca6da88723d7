"""Rows <-> the words of the design."""

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, Row, and_

from bot.core.model import Chat, Preferences, Slot, State, Subscription


def of_chat(table: Any, chat: Chat) -> ColumnElement[bool]:
    """The rows of a chat, or of one topic of it."""
    return and_(table.c.chat_id == chat.id, table.c.thread_id == chat.thread)


def same_chat(one: Any, other: Any) -> ColumnElement[bool]:
    """The join of two tables by chat and topic."""
    return and_(one.c.chat_id == other.c.chat_id, one.c.thread_id == other.c.thread_id)


def preferences_of(row: Row[Any]) -> Preferences:
    """The preferences in a row of subscriptions, or of a join with it."""
    return Preferences(
        dt.time.fromisoformat(row.time),
        row.days,
        row.zone,
        tuple(filter(None, row.themes.split(","))),
        tuple(filter(None, row.articles.split(","))),
        bool(row.silent),
        row.resume,
    )


def subscribed_values(preferences: Preferences, next_slot: dt.datetime, owner: int) -> dict[str, Any]:
    """What a subscription's row says of its preferences; an owner of 0 stays as it is."""
    return {
        "time": f"{preferences.time:%H:%M}",
        "days": preferences.days,
        "zone": preferences.zone,
        "themes": ",".join(preferences.themes),
        "articles": ",".join(preferences.articles),
        "silent": int(preferences.silent),
        "resume": preferences.resume,
        "next_slot": next_slot,
        "paused": "",
        "paused_since": None,
        **({"owner": owner} if owner else {}),
    }


def subscription_of(row: Row[Any]) -> Subscription:
    """A row of subscriptions as its value."""
    chat = Chat(row.chat_id, row.thread_id)
    return Subscription(chat, preferences_of(row), row.next_slot, row.owner)


def new_delivery(chat: Chat, slot: Slot, now: dt.datetime) -> dict[str, Any]:
    """The row for a slot that has come due."""
    return {
        "chat_id": chat.id,
        "thread_id": chat.thread,
        "broadcast_id": 0,
        "local_date": slot.date,
        "slot": slot.at,
        "state": State.DUE,
        "attempt": 0,
        "not_before": slot.at,
        "code": "",
        "updated": now,
    }
