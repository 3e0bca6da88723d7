"""The sandbox's chats: languages and menus, topics, roles, channels, and what Telegram refuses in them."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Refusal, Sandbox
from bot.sandbox.methods import METHODS
from bot.sandbox.world import World
from tests.conversation import AIBEK, CHANNEL, FORUM, GROUP, IVAN, OTHER, READER, BotSide, Json, Person

GENERAL, WATER = None, 1
SPEC = Path(__file__).parents[2] / "shared" / "botapi" / "api-10.1.min.json"
NAMES = re.findall(
    r"\w+",
    "chat_id text parse_mode entities reply_markup inline_keyboard keyboard request_chat request_id "
    "chat_is_channel callback_data url copy_text switch_inline_query_chosen_chat input_field_placeholder "
    "message_thread_id message_id reply_parameters photo document caption rich_message html results id title "
    "type input_message_content message_text button start_parameter next_offset scope language_code commands "
    "command description name short_description user_id inline_message_id callback_query_id action",
)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[BotSide]:
    """The bot's side, as bare calls."""
    async with BotSide(sandbox) as bot:
        yield bot


@pytest.fixture
def person(sandbox: Sandbox) -> Person:
    """Aigerim, in her private chat until told otherwise."""
    return Person(sandbox)


COMMAND_LISTS: list[tuple[str, Json, str]] = [
    ("default", {"type": "default"}, ""),
    ("default ru", {"type": "default"}, "ru"),
    ("private kk", {"type": "all_private_chats"}, "kk"),
    ("groups", {"type": "all_group_chats"}, ""),
    ("administrators", {"type": "all_chat_administrators"}, ""),
    ("Daniel's", {"type": "chat", "chat_id": OTHER}, ""),
    ("member of the forum", {"type": "chat_member", "chat_id": FORUM, "user_id": IVAN}, ""),
]


@pytest.mark.parametrize(
    ("user", "chat", "seen"),
    [
        (READER, READER, "default"),
        (IVAN, IVAN, "default ru"),
        (AIBEK, AIBEK, "private kk"),
        (OTHER, OTHER, "Daniel's"),
        (READER, GROUP, "administrators"),
        (IVAN, GROUP, "groups"),
        (IVAN, FORUM, "member of the forum"),
        (READER, CHANNEL, None),
    ],
)
async def test_the_menu_follows_scopes_and_languages(
    bot: BotSide, person: Person, user: int, chat: int, seen: str | None
) -> None:
    """A person sees the list of the narrowest scope that has one, in their language before the one for all."""
    for name, scope, language in COMMAND_LISTS:
        commands = [{"command": "next", "description": name}]
        await bot.call("setMyCommands", commands=commands, scope=scope, language_code=language)
    menu = await person.call(f"/api/menu?user={user}&chat={chat}")
    assert [command["description"] for command in menu["commands"]] == ([seen] if seen else [])


async def test_names_and_descriptions_have_languages(bot: BotSide, person: Person) -> None:
    """A text set for a language is shown to its speakers, the general one to all others; too long is refused."""
    await bot.call("setMyDescription", description="Short digests")
    await bot.call("setMyDescription", description="Короткие дайджесты", language_code="ru")
    await bot.call("setMyShortDescription", short_description="Digests")
    assert (await bot.call("getMyDescription", language_code="kk"))["description"] == "Short digests"
    assert (await bot.call("getMyName"))["name"] == "Digest Bot"
    assert (await person.call(f"/api/menu?user={IVAN}&chat={IVAN}"))["description"] == "Короткие дайджесты"
    for name, most in (("Name", 64), ("Description", 512), ("ShortDescription", 120)):
        field = {"ShortDescription": "short_description"}.get(name, name.lower())
        assert await bot.call(f"setMy{name}", **{field: "x" * most}) is True
        assert "BOT_" in await bot.refusal(f"setMy{name}", **{field: "x" * (most + 1)})
    assert "language code" in await bot.refusal("setMyName", name="x", language_code="russian")


async def test_a_language_travels_with_the_next_update(bot: BotSide, person: Person) -> None:
    """The language that a person changes is that of their next message, and may be none."""
    for language, told in (("kk", "kk"), ("", None)):
        await person.speak(language)
        await person.send("hello")
        assert (await bot.update("message"))["from"].get("language_code") == told
    assert "error" in await person.call("/api/language", {"user": READER, "language": "Klingon!"})


async def test_a_topic_is_answered_where_it_asked(bot: BotSide, person: Person) -> None:
    """What is said in a topic names it and answers its first message; General has no thread id."""
    person.go(FORUM, WATER)
    await person.send("/next")
    asked = await bot.update("message")
    assert (asked["message_thread_id"], asked["is_topic_message"], asked["chat"]["is_forum"]) == (
        1,
        True,
        True,
    )
    assert asked["reply_to_message"]["forum_topic_created"]["name"] == "Water"
    sent = await bot.call("sendMessage", chat_id=FORUM, message_thread_id=WATER, text="here")
    assert sent["message_thread_id"] == WATER
    assert [message["text"] for message in await person.here()][-2:] == ["/next", "here"]
    await person.send("thanks", reply_to=sent["message_id"])
    assert (await bot.update("message"))["reply_to_message"]["text"] == "here"
    person.go(FORUM, GENERAL)
    await person.send("/next")
    assert not (await bot.update("message")).keys() & {"message_thread_id", "is_topic_message"}


async def test_topics_open_and_close(bot: BotSide, person: Person) -> None:
    """A new topic has the id of the message that opened it; in a closed one neither bot nor members write."""
    person.go(FORUM)
    thread = await person.open_topic("Peace")
    created = await bot.update("message")
    assert (created["message_id"], created["forum_topic_created"]["name"]) == (thread, "Peace")
    for topic, place in ((thread, {"message_thread_id": thread}), (GENERAL, {})):
        await person.close_topic(topic)
        assert "forum_topic_closed" in await bot.update("message")
        assert await bot.refusal("sendMessage", chat_id=FORUM, text="x", **place) == "TOPIC_CLOSED"
        ivan = {"user": IVAN, "chat": FORUM, "text": "x", "thread": topic}
        assert "This topic is closed" in (await person.call("/api/send", ivan))["error"]
        await person.close_topic(topic, closed=False)
        assert "forum_topic_reopened" in await bot.update("message")
        assert await bot.call("sendMessage", chat_id=FORUM, text="x", **place)
    assert "error" in await person.call("/api/topic", {"user": READER, "chat": GROUP, "name": "No"})


@pytest.mark.parametrize(("chat", "thread"), [(FORUM, 77), (GROUP, 1), (READER, 1)])
async def test_an_unknown_topic(bot: BotSide, person: Person, chat: int, thread: int) -> None:
    """A topic that does not exist, or a chat that has none, is refused."""
    await person.send("/start")
    words = await bot.refusal("sendMessage", chat_id=chat, message_thread_id=thread, text="x")
    assert words == "message thread not found"


@pytest.mark.parametrize(
    ("chat", "change", "code", "words"),
    [
        (GROUP, {"status": "kicked"}, 403, "bot was kicked from the supergroup chat"),
        (GROUP, {"status": "left"}, 403, "bot is not a member of the supergroup chat"),
        (CHANNEL, {"status": "kicked"}, 403, "bot was kicked from the channel chat"),
        (CHANNEL, {"status": "left"}, 403, "bot is not a member of the channel chat"),
        (CHANNEL, {"can_post": False}, 400, "need administrator rights in the channel chat"),
        (CHANNEL, {"status": "member"}, 400, "need administrator rights in the channel chat"),
        (FORUM, {"can_post": False}, 400, "not enough rights to send text messages to the chat"),
    ],
)
async def test_the_bots_role_decides_what_it_may_send(
    bot: BotSide, person: Person, chat: int, change: Json, code: int, words: str
) -> None:
    """Every loss of rights is told to the bot once, and then refuses its messages in Telegram's words."""
    sent = (await bot.call("sendMessage", chat_id=chat, text="before"))["message_id"]
    person.go(chat)
    await person.set_role(bot.id, **change)
    told = await bot.update("my_chat_member")
    assert (told["chat"]["id"], told["from"]["id"]) == (chat, READER)
    assert told["old_chat_member"] != told["new_chat_member"]
    answer = await bot.answer("sendMessage", chat_id=chat, text="x")
    assert (answer["error_code"], answer["description"].partition(": ")[2]) == (code, words)
    if code == 403:
        assert await bot.refusal("editMessageText", chat_id=chat, message_id=sent, text="y") == words
        assert await bot.refusal("getChatMember", chat_id=chat, user_id=READER) == words
        await person.send("/next@digest_bot")
        assert await bot.updates() == []
    await person.set_role(bot.id, status="administrator", can_post=True)
    assert await bot.call("sendMessage", chat_id=chat, text="again")


async def test_roles_of_people(bot: BotSide, person: Person) -> None:
    """A person's role is what getChatMember says; who has left no longer writes; the creator stays."""
    person.go(FORUM)
    roles = {READER: "creator", OTHER: "administrator", IVAN: "member", bot.id: "member"}
    for user, status in roles.items():
        assert (await bot.call("getChatMember", chat_id=FORUM, user_id=user))["status"] == status
    assert {m["user"]["id"] for m in await bot.call("getChatAdministrators", chat_id=FORUM)} == {
        READER,
        OTHER,
    }
    for change, status in (({"status": "left"}, "left"), ({"status": "kicked"}, "kicked")):
        await person.set_role(IVAN, **change)
        assert (await bot.call("getChatMember", chat_id=FORUM, user_id=IVAN))["status"] == status
        assert "error" in await person.call("/api/send", {"user": IVAN, "chat": FORUM, "text": "x"})
    await person.set_role(IVAN, status="member", can_post=False)
    assert (await bot.call("getChatMember", chat_id=FORUM, user_id=IVAN))["status"] == "restricted"
    assert "error" in await person.call("/api/send", {"user": IVAN, "chat": FORUM, "text": "x"})
    stays = {"user": READER, "chat": FORUM, "member": READER, "status": "member"}
    assert (await person.call("/api/role", stays))["error"] == "The creator stays."


async def test_changes_of_people_are_told_on_request(bot: BotSide, person: Person) -> None:
    """`chat_member` comes to a bot that is an administrator and asked for it by name, and to no other."""
    person.go(CHANNEL)
    await person.set_role(IVAN, status="administrator")
    assert await bot.updates() == []
    await bot.call("getUpdates", allowed_updates=["chat_member"])
    await person.set_role(IVAN, status="left")
    assert (await bot.update("chat_member"))["new_chat_member"]["status"] == "left"


async def test_an_anonymous_administrator(bot: BotSide, person: Person) -> None:
    """Who writes as the group is named by nobody but the group; a member cannot."""
    for user in (READER, IVAN):
        await Person(person.sandbox, user, FORUM).set_role(user, anonymous=True)
        await Person(person.sandbox, user, FORUM).send("/subscribe@digest_bot")
    hidden, open_ = await bot.update("message"), await bot.update("message")
    assert (hidden["from"]["id"], hidden["sender_chat"]["id"]) == (1087968824, FORUM)
    assert (open_["from"]["id"], "sender_chat" in open_) == (IVAN, False)
    assert (await bot.call("getChatMember", chat_id=FORUM, user_id=READER))["is_anonymous"] is True


async def test_a_new_group_and_a_new_channel(bot: BotSide, person: Person) -> None:
    """Adding the bot is told as its own change of role, in a group with a message that names it."""
    for kind, status in (("supergroup", "member"), ("channel", "administrator")):
        chat = await person.new_chat(kind, "Water circle")
        told = await bot.update("my_chat_member")
        assert (told["chat"]["id"], told["new_chat_member"]["status"]) == (chat, status)
        assert told["old_chat_member"]["status"] == "left"
        if kind == "supergroup":
            assert (await bot.update("message"))["new_chat_members"][0]["id"] == bot.id
        assert await bot.call("sendMessage", chat_id=chat, text="hello")
    alone = await person.new_chat("supergroup", "Without", bot="left", forum=True)
    assert "not a member" in await bot.refusal("sendMessage", chat_id=alone, text="x")


async def test_a_link_that_adds_the_bot_to_a_group(bot: BotSide, person: Person) -> None:
    """`?startgroup=` adds the bot, and then the group hears /start with its name and the payload."""
    chat = await person.new_chat("supergroup", "Without", bot="left")
    await person.call("/api/start", {"user": READER, "chat": chat, "payload": "hello"})
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "member"
    assert "new_chat_members" in await bot.update("message")
    assert (await bot.update("message"))["text"] == "/start@digest_bot hello"


async def test_a_public_channel_by_its_name(bot: BotSide, person: Person) -> None:
    """`@digests_channel` is the channel, also after the bot has left it; posts name the channel as their sender."""
    post = await bot.call("sendMessage", chat_id="@digests_channel", text="hello")
    assert (post["chat"]["id"], post["sender_chat"]["username"]) == (CHANNEL, "digests_channel")
    await person.go(CHANNEL).send("news")
    assert (await bot.update("channel_post"))["sender_chat"]["id"] == CHANNEL
    assert await bot.call("leaveChat", chat_id=CHANNEL)
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "left"
    assert (await bot.call("getChat", chat_id="@Digests_Channel"))["title"] == "Digests"
    assert "not a member" in await bot.refusal("leaveChat", chat_id=CHANNEL)
    assert await bot.refusal("getChat", chat_id="@nobody") == "chat not found"


async def test_who_may_ask_who_is_there(bot: BotSide, person: Person) -> None:
    """In a channel only administrators see members; a private chat has no administrators to list, or to leave."""
    await person.send("/start")
    await person.go(CHANNEL).set_role(bot.id, status="member")
    words = "member list is inaccessible"
    assert await bot.refusal("getChatMember", chat_id=CHANNEL, user_id=READER) == words
    assert await bot.refusal("getChatAdministrators", chat_id=CHANNEL) == words
    assert "no administrators" in await bot.refusal("getChatAdministrators", chat_id=READER)
    assert "private chats" in await bot.refusal("leaveChat", chat_id=READER)


async def test_an_administrator_bot_hears_everything(bot: BotSide, person: Person) -> None:
    """Privacy mode ends where the bot is an administrator."""
    person.go(GROUP)
    await person.send("just talking")
    assert await bot.updates() == []
    await person.set_role(bot.id, status="administrator")
    await bot.update("my_chat_member")
    await person.send("just talking")
    assert (await bot.update("message"))["text"] == "just talking"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("role", {"user": READER, "chat": READER, "member": READER, "status": "left"}),
        ("role", {"user": READER, "chat": GROUP, "member": 7, "status": "left"}),
        ("role", {"user": READER, "chat": GROUP, "member": IVAN, "status": "king"}),
        ("role", {"user": READER, "chat": 5, "member": IVAN, "status": "left"}),
        ("chat", {"user": READER, "type": "supergroup", "title": " "}),
        ("chat", {"user": READER, "type": "secret", "title": "x"}),
        ("chat", {"user": READER, "type": "channel", "title": "x", "bot": "king"}),
        ("topic", {"user": READER, "chat": FORUM, "name": ""}),
        ("topic", {"user": READER, "chat": FORUM, "thread": 77, "closed": True}),
        ("send", {"user": READER, "chat": FORUM, "thread": 77, "text": "x"}),
        ("language", {"user": 7, "language": "en"}),
    ],
)
async def test_what_the_page_may_not(person: Person, path: str, body: dict[str, Any]) -> None:
    """A request that makes no sense gets a sentence."""
    assert (await person.call(f"/api/{path}", body))["error"].endswith(".")


@pytest.mark.skipif(not SPEC.exists(), reason="the Bot API as data is not beside the project")
async def test_new_objects_hold_what_the_bot_api_requires(bot: BotSide, person: Person) -> None:
    """Every object has the required fields of its type, and no field that the type lacks."""
    types = json.loads(SPEC.read_text())["types"]
    seen: list[tuple[str, Json]] = [
        ("ChatFullInfo", await bot.call("getChat", chat_id=FORUM)),
        ("ChatMemberAdministrator", await bot.call("getChatMember", chat_id=FORUM, user_id=OTHER)),
    ]
    person.go(FORUM, WATER)
    for change, kind in (
        ({"can_post": False}, "ChatMemberRestricted"),
        ({"status": "left"}, "ChatMemberLeft"),
        ({"status": "kicked"}, "ChatMemberBanned"),
    ):
        await person.set_role(IVAN, **change)
        seen.append((kind, await bot.call("getChatMember", chat_id=FORUM, user_id=IVAN)))
    await person.set_role(bot.id, status="administrator")
    seen.append(("ChatMemberUpdated", await bot.update("my_chat_member")))
    await person.set_role(READER, anonymous=True)
    await person.send("hello")
    seen.append(("Message", await bot.update("message")))
    asking = asyncio.create_task(person.ask_inline("water"))
    query = await bot.update("inline_query")
    content = {"message_text": "x"}
    result = {"type": "article", "id": "1", "title": "x", "input_message_content": content}
    await bot.call("answerInlineQuery", inline_query_id=query["id"], results=[result])
    await person.choose(await asking, "1")
    seen += [("InlineQuery", query), ("Message", await bot.update("message"))]
    seen.append(("ChosenInlineResult", await bot.update("chosen_inline_result")))
    for name, body in seen:
        fields = {field["name"]: field.get("required", False) for field in types[name]["fields"]}
        assert body.keys() <= fields.keys(), name
        assert {field for field, required in fields.items() if required} <= body.keys(), name


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from(["", "x", "HTML", "article", str(FORUM), "7"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(METHODS)), st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_any_parameters_are_taken_or_refused(method: str, params: Json) -> None:
    """Whatever the parameters are, a method answers or refuses; it never fails."""
    world = World()
    world.say(READER, world.chats[READER], "/start", 0)
    try:
        answered = METHODS[method](world, {"chat_id": READER, "text": "x"} | params, 0.0)
    except Refusal as refusal:
        answered = refusal.status in {400, 403}
    json.dumps(answered)
    assert answered is not False
