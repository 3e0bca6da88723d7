"""How the bot presents itself: commands, name and descriptions, by audience and language."""

import re
from functools import partial
from typing import Any

from bot.sandbox import rules
from bot.sandbox.chats import ADMINISTRATORS, BOT, Chat
from bot.sandbox.parameters import number, string, structure
from bot.sandbox.refusal import Json, bad_request
from bot.sandbox.state import TEXTS_KEPT, Audience, State, keep

EVERYONE: Audience = ("default", "")
"""The audience of the bot's usual list of commands."""
_OF_A_CHAT = ("chat", "chat_administrators", "chat_member")
_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators", *_OF_A_CHAT)
_LENGTHS = {"name": 64, "description": 512, "short_description": 120}


def _language(params: Json) -> str:
    language = string(params, "language_code")
    if not re.fullmatch(r"(?:[a-z]{2})?", language):
        raise bad_request("invalid language code specified")
    return language


def _audience(world: State, params: Json) -> Audience:
    scope = structure(params, "scope", dict) or {"type": "default"}
    kind = string(scope, "type")
    if kind not in _SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    who = kind
    if kind in _OF_A_CHAT:
        who += f" {world.chat(string(scope, 'chat_id')).id}"
    if kind == "chat_member":
        who += f" {number(scope, 'user_id')}"
    return who, _language(params)


def _set_commands(world: State, audience: Audience, commands: list[Json]) -> bool:
    before = world.commands.pop(audience, [])
    if commands:
        keep(world.commands, audience, commands, TEXTS_KEPT)
    if commands != before:
        world.log({"type": "commands", "commands": world.commands.get(EVERYONE, [])})
    return True


def _set_my_commands(world: State, params: Json, _now: float) -> bool:
    return _set_commands(world, _audience(world, params), rules.bot_commands(params))


def _delete_my_commands(world: State, params: Json, _now: float) -> bool:
    return _set_commands(world, _audience(world, params), [])


def _get_my_commands(world: State, params: Json, _now: float) -> list[Json]:
    return world.commands.get(_audience(world, params), [])


def _set_text(what: str, world: State, params: Json, _now: float) -> bool:
    text, language = string(params, what).strip(), _language(params)
    if len(text) > _LENGTHS[what]:
        raise bad_request(f"BOT_{what.upper()}_INVALID")
    keep(world.texts, (what, language), text, TEXTS_KEPT)
    world.log({"type": "commands", "commands": world.commands.get(EVERYONE, [])})
    return True


def _text(world: State, what: str, language: str) -> str:
    return world.texts.get((what, language)) or world.texts.get((what, ""), "")


def _get_text(what: str, world: State, params: Json, _now: float) -> Json:
    fallback = BOT["first_name"] if what == "name" else ""
    return {what: _text(world, what, _language(params)) or fallback}


def menu(world: State, user: int, chat: Chat) -> Json:
    """Return what a person sees of the bot in a chat: its commands, and what an empty chat says of it.

    Source: core.telegram.org/bots/api, "Determining list of commands": the first of the scopes that has a list, each
    asked first in the person's language.
    """
    language = world.users[user]["language_code"]
    administrators = chat.has(user, ADMINISTRATORS)
    scopes = {
        "private": [f"chat {chat.id}", "all_private_chats", "default"],
        "supergroup": [
            f"chat_member {chat.id} {user}",
            *([f"chat_administrators {chat.id}"] if administrators else []),
            f"chat {chat.id}",
            *(["all_chat_administrators"] if administrators else []),
            "all_group_chats",
            "default",
        ],
    }.get(chat.type, [])  # a channel has no menu
    lists = (world.commands.get((who, spoken)) for who in scopes for spoken in (language, ""))
    return {
        "commands": next(filter(None, lists), []),
        "description": _text(world, "description", language),
        "name": _text(world, "name", language) or BOT["first_name"],
    }


METHODS: dict[str, Any] = {
    "setmycommands": _set_my_commands,
    "getmycommands": _get_my_commands,
    "deletemycommands": _delete_my_commands,
} | {
    f"{verb}my{what.replace('_', '')}": partial(method, what)
    for what in _LENGTHS
    for verb, method in (("set", _set_text), ("get", _get_text))
}
