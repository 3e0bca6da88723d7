"""The sandbox's Bot API, spoken to by python-telegram-bot as the bot speaks to it, and by bare HTTP."""

import asyncio
import io
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sandbox import Sandbox

os.environ["PTB_TIMEDELTA"] = "true"
from telegram import Bot, BotCommand, BotCommandScopeChat, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

READER, OTHER, GROUP, CHANNEL = 501, 502, -1001000000001, -1001000000002
SPEC = Path(__file__).parents[2] / "shared" / "botapi" / "api-10.0.min.json"
Json = dict[str, Any]


class Person:
    """What a person does on the page."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
        self.base = f"{sandbox.url}/api"
        self.http = http

    async def do(self, what: str, **body: Any) -> Json:
        """Post to the page API."""
        async with self.http.post(f"{self.base}/{what}", json=body) as answer:
            result: Json = await answer.json()
            return result


Call = Callable[..., Coroutine[None, None, tuple[int, Json]]]


@pytest.fixture
async def call(sandbox: Sandbox, http: aiohttp.ClientSession) -> Call:
    """A bare call of a method: the HTTP status and the body."""

    async def call(method: str, **request: Any) -> tuple[int, Json]:
        async with http.post(f"{sandbox.url}/bot{sandbox.settings.token}/{method}", **request) as answer:
            return answer.status, await answer.json()

    return call


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client of bare HTTP."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def person(sandbox: Sandbox, http: aiohttp.ClientSession) -> Person:
    """A person whose private chat with the bot is open."""
    person = Person(sandbox, http)
    await person.do("start", user=READER, chat=READER)
    return person


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    """The bot's side, as python-telegram-bot speaks."""
    async with Bot(sandbox.settings.token, base_url=f"{sandbox.url}/bot") as bot:
        yield bot


async def next_update(bot: Bot, kind: str) -> Update:
    """Return the next update of a kind; the ones before it count as read."""
    offset = 0
    while True:
        for update in await bot.get_updates(offset=offset, timeout=5):
            offset = update.update_id + 1
            if getattr(update, kind):
                await bot.get_updates(offset=offset, timeout=0)
                return update


def keyboard(**button: Any) -> InlineKeyboardMarkup:
    """Return a keyboard of one button."""
    return InlineKeyboardMarkup([[InlineKeyboardButton("Go", **button)]])


@pytest.mark.usefixtures("person")
async def test_a_message_comes_back_whole(bot: Bot) -> None:
    """A sent message is answered with its text, entities, keyboard and sender."""
    sent = await bot.send_message(
        READER, "<b>Hi</b> 😀", parse_mode="HTML", reply_markup=keyboard(callback_data="go")
    )
    assert (sent.text, sent.chat.id, sent.from_user and sent.from_user.username) == (
        "Hi 😀",
        READER,
        "digest_bot",
    )
    assert [entity.type for entity in sent.entities] == ["bold"]
    assert sent.reply_markup == keyboard(callback_data="go")
    reply = await bot.send_message(READER, "more", reply_to_message_id=sent.message_id)
    assert reply.message_id == sent.message_id + 1
    assert reply.reply_to_message
    assert reply.reply_to_message.message_id == sent.message_id


async def test_commands_reach_the_bot_with_their_entities(bot: Bot, person: Person) -> None:
    """A person's command arrives as a message whose bot_command is counted in UTF-16 units."""
    await next_update(bot, "message")
    await person.do("send", user=READER, chat=READER, text="😀 /next@digest_bot https://x.org")
    message = (await next_update(bot, "message")).message
    assert message
    assert list(message.parse_entities().values()) == ["/next@digest_bot", "https://x.org"]


async def test_a_press_is_answered_once(bot: Bot, person: Person) -> None:
    """A press arrives with the message, its answer reaches the page, and a second answer is refused."""
    sent = await bot.send_message(READER, "x", reply_markup=keyboard(callback_data="go"))
    press = {"user": READER, "chat": READER, "message_id": sent.message_id, "data": "go"}
    pressed = asyncio.create_task(person.do("press", **press))
    query = (await next_update(bot, "callback_query")).callback_query
    assert query
    assert (query.data, query.message and query.message.message_id) == ("go", sent.message_id)
    await query.answer("Done", show_alert=True)
    assert await pressed == {"text": "Done", "show_alert": True, "url": None}
    with pytest.raises(BadRequest, match="Query is too old"):
        await query.answer()


@pytest.mark.usefixtures("person")
async def test_edits(bot: Bot) -> None:
    """An edit changes text and keyboard; one that changes nothing is refused; so is one of nothing."""
    sent = await bot.send_message(READER, "<b>x</b>", parse_mode="HTML", reply_markup=keyboard(url="t.me/x"))
    with pytest.raises(
        BadRequest, match="specified new message content and reply markup are exactly the same"
    ):
        await sent.edit_text("<strong>x</strong>", parse_mode="HTML", reply_markup=keyboard(url="t.me/x"))
    edited = await sent.edit_text("y")
    assert isinstance(edited, type(sent))
    assert (edited.text, edited.reply_markup, bool(edited.edit_date)) == ("y", None, True)
    await sent.edit_reply_markup(keyboard(callback_data="a"))
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("z", READER, 999)
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("z", READER, 1)
    assert await sent.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()


async def test_who_can_be_written_to(bot: Bot, person: Person) -> None:
    """Unknown chats, people who never wrote, and people who blocked the bot have their refusals."""
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(99, "x")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(OTHER, "x")
    sent = await bot.send_message(READER, "x")
    await person.do("block", user=READER, blocked=True)
    for attempt in (bot.send_message(READER, "x"), sent.edit_text("y")):
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await attempt
    change = (await next_update(bot, "my_chat_member")).my_chat_member
    assert change
    assert (change.old_chat_member.status, change.new_chat_member.status) == ("member", "kicked")
    await person.do("start", user=READER, chat=READER, payload="back")
    assert (await bot.send_message(READER, "x")).text == "x"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({}, "message text is empty"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "<p>", "parse_mode": "HTML", "chat_id": 99}, "can't parse entities: Unsupported start tag"),
        ({"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
        ({"text": "x", "reply_markup": [1]}, "object expected as reply markup"),
        ({"text": "\ud800"}, "strings must be encoded in UTF-8"),
        ({"text": "x", "entities": [{}]}, "this sandbox takes formatting as HTML"),
    ],
)
@pytest.mark.usefixtures("person")
async def test_refused_messages(call: Call, params: Json, words: str) -> None:
    """Parameters and text are checked before the chat; the HTTP status is the error code."""
    status, result = await call("SENDmessage", json={"chat_id": READER} | params)
    assert (status, result["ok"], result["error_code"]) == (400, False, 400)
    assert result["description"].startswith(f"Bad Request: {words}")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[{"text": "x", "callback_data": "я" * 33}]], "BUTTON_DATA_INVALID"),
        ([[{"text": "x", "callback_data": ""}]], "Text buttons are unallowed in the inline keyboard"),
        ([[{"text": "x"}]], "Text buttons are unallowed in the inline keyboard"),
        ([[{"url": "x.org"}]], 'Can\'t find field "text"'),
        ([[{"text": " ", "url": "x.org"}]], "inline keyboard button text must be non-empty"),
        (
            [[{"text": "x", "url": "http://localhost:8000/"}]],
            "inline keyboard button URL 'http://localhost:8000/' is invalid: Wrong HTTP URL",
        ),
        ([[{"text": "x", "copy_text": {"text": "y" * 257}}]], "BUTTON_COPY_TEXT_INVALID"),
        ([[{"text": "x", "callback_data": "x"}]] * 101, "reply markup is too long"),
        ([{"text": "x"}], "must be an Array of Arrays"),
    ],
)
@pytest.mark.usefixtures("person")
async def test_refused_keyboards(call: Call, rows: list[Any], words: str) -> None:
    """A keyboard that Telegram would refuse is refused in its words."""
    markup = {"inline_keyboard": rows}
    status, result = await call("sendMessage", json={"chat_id": READER, "text": "x", "reply_markup": markup})
    assert status == 400
    assert result["description"].endswith(words)


@pytest.mark.usefixtures("person")
async def test_the_largest_keyboard_is_taken(bot: Bot) -> None:
    """A hundred buttons, one of them with 64 bytes of data."""
    row = [InlineKeyboardButton("x", callback_data="я" * 32)]
    rows = [row, *[[InlineKeyboardButton("x", callback_data="x")]] * 99]
    assert (await bot.send_message(READER, "x", reply_markup=InlineKeyboardMarkup(rows))).reply_markup


@pytest.mark.usefixtures("person")
async def test_commands_are_kept_by_scope_and_language(bot: Bot) -> None:
    """Each audience has its own list; the rest see none; bad commands are refused."""
    await bot.set_my_commands([BotCommand("next", "Next digest")])
    await bot.set_my_commands([("stats", "Figures")], scope=BotCommandScopeChat(READER), language_code="en")
    assert [c.command for c in await bot.get_my_commands()] == ["next"]
    assert [c.command for c in await bot.get_my_commands(BotCommandScopeChat(READER), "en")] == ["stats"]
    assert await bot.get_my_commands(language_code="ru") == ()
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()
    for bad in (
        [("Next", "x")],
        [("n" * 33, "x")],
        [("next", "")],
        [("next", "x" * 257)],
        [("a", "x")] * 101,
    ):
        with pytest.raises(BadRequest, match=r"(?i)bot_command"):
            await bot.set_my_commands(bad)


@pytest.mark.usefixtures("person")
async def test_chats_and_members(bot: Bot) -> None:
    """The bot can ask who is who."""
    assert (await bot.get_me()).username == "digest_bot"
    assert (await bot.get_chat_member(GROUP, READER)).status == "creator"
    assert (await bot.get_chat_member(CHANNEL, bot.id)).status == "administrator"
    assert (await bot.get_chat_member(READER, OTHER)).status == "left"
    assert await bot.send_chat_action(READER, "typing")
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await bot.send_chat_action(READER, "dancing")


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("sendMessage", {"text": "x", "reply_markup": {"odd": 1}}, "knows no other markup"),
        ("sendMessage", {"text": "x", "reply_markup": {"inline_keyboard": [[1]]}}, "must be an Object"),
        ("editMessageText", {"text": "x"}, "message identifier is not specified"),
        ("editMessageText", {"text": "x", "chat_id": "", "message_id": 1}, "chat_id is empty"),
        ("editMessageText", {"text": "x", "reply_markup": {"force_reply": True}}, "knows no other markup"),
        ("editMessageReplyMarkup", {"message_id": 2}, "message to edit not found"),
        ("answerCallbackQuery", {"text": "x" * 201}, "MESSAGE_TOO_LONG"),
        ("answerCallbackQuery", {}, "query is too old and response timeout expired or query ID is invalid"),
        ("setMyCommands", {}, 'parameter "commands" is required'),
        ("setMyCommands", {"commands": ["x"]}, "can't parse BotCommand: expected an Object"),
        ("getChatMember", {"user_id": 7}, "PARTICIPANT_ID_INVALID"),
    ],
)
@pytest.mark.usefixtures("person")
async def test_refused_calls(call: Call, method: str, params: Json, words: str) -> None:
    """Every method refuses what Telegram refuses."""
    status, result = await call(method, json={"chat_id": READER} | params)
    assert status == 400
    assert result["description"].endswith(words)


async def test_what_may_be_deleted(call: Call, person: Person) -> None:
    """A bot that is no administrator leaves other people's messages in a group alone."""
    await person.do("send", user=OTHER, chat=GROUP, text="mine")
    assert (await call("deleteMessage", json={"chat_id": GROUP, "message_id": 1}))[0] == 400
    assert (await call("deleteMessage", json={"chat_id": READER, "message_id": 1}))[0] == 200


async def test_privacy_mode_in_a_group(bot: Bot, person: Person) -> None:
    """In a group the bot sees commands to it, mentions of it and replies to it; in a channel, every post."""
    mine = await bot.send_message(GROUP, "hello")
    for text in ("hi all", "/next@other_bot", "/next", "ask @Digest_Bot", "/a@digest_bot"):
        await person.do("send", user=OTHER, chat=GROUP, text=text)
    await person.do("send", user=OTHER, chat=GROUP, text="thanks", reply_to=mine.message_id)
    await person.do("send", user=READER, chat=CHANNEL, text="news")
    updates = await bot.get_updates(timeout=0)
    seen = [u.message.text for u in updates if u.message and u.message.chat.id == GROUP]
    assert seen == ["/next", "ask @Digest_Bot", "/a@digest_bot", "thanks"]
    posts = [u.channel_post for u in updates if u.channel_post]
    assert [(p.text, p.from_user, p.sender_chat and p.sender_chat.id) for p in posts] == [
        ("news", None, CHANNEL)
    ]


async def test_updates_are_confirmed_by_offset(bot: Bot, person: Person) -> None:
    """Updates come again until an offset passes them; kinds that were not asked for never come."""
    first = await bot.get_updates(timeout=0)
    assert [u.update_id for u in first] == [u.update_id for u in await bot.get_updates(timeout=0)]
    assert await bot.get_updates(offset=first[-1].update_id + 1, timeout=0, allowed_updates=["message"]) == ()
    await person.do("block", user=READER, blocked=True)
    await person.do("start", user=READER, chat=READER)
    await person.do("send", user=READER, chat=READER, text="/next")
    assert [u.message and u.message.text for u in await bot.get_updates(timeout=0)] == ["/start", "/next"]


async def test_the_older_of_two_pollers_ends(bot: Bot, call: Call, person: Person) -> None:
    """A second poller ends the first with a 409 and gets the updates."""
    offset = (await bot.get_updates(timeout=0))[-1].update_id + 1
    older = asyncio.create_task(bot.get_updates(offset=offset, timeout=20))
    await asyncio.sleep(0.2)
    newer = asyncio.create_task(call("getUpdates", json={"offset": offset, "timeout": 20}))
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await older
    await person.do("send", user=READER, chat=READER, text="/next")
    assert len((await newer)[1]["result"]) == 1


async def test_without_a_webhook_there_is_nothing_to_tell(bot: Bot, person: Person) -> None:
    """Deleting one that is not there clears the way for polling, and the updates if it is told to."""
    await person.do("send", user=READER, chat=READER, text="/next")
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == ("", 2)
    assert await bot.delete_webhook(drop_pending_updates=True)
    assert await bot.get_updates(timeout=0) == ()


async def test_tokens_and_methods(sandbox: Sandbox, bot: Bot) -> None:
    """A wrong token is 401, a malformed one 404, an unknown method 404."""
    with pytest.raises(InvalidToken):
        async with Bot("1:wrong", base_url=f"{sandbox.url}/bot"):
            pass
    with pytest.raises(InvalidToken):
        async with Bot("nonsense", base_url=f"{sandbox.url}/bot"):
            pass
    with pytest.raises(Exception, match=r"(?i)not found"):
        await bot.do_api_request("noSuchMethod")


async def test_faults_on_demand(
    bot: Bot, person: Person, sandbox: Sandbox, http: aiohttp.ClientSession
) -> None:
    """The next calls fail as told: an answer, a flood wait, a connection dropped before or after."""
    flood = {
        "status": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }
    await person.do("faults", method="sendMessage", chat=READER, times=2, **flood)
    assert (await bot.send_message(GROUP, "other chat")).chat.id == GROUP
    with pytest.raises(RetryAfter):
        await bot.send_message(READER, "x")
    async with http.get(
        f"{sandbox.url}/bot{sandbox.settings.token}/sendMessage", params={"chat_id": READER, "text": "x"}
    ) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    for mode, text in (("drop_before", "lost"), ("drop_after", "sent")):
        await person.do("faults", method="sendMessage", times=1, mode=mode)
        with pytest.raises(NetworkError):
            await bot.send_message(READER, text)
    await person.do("faults", method="sendMessage", times=1, mode="delay", delay=5)
    with pytest.raises(TimedOut):
        await bot.send_message(READER, "slow", read_timeout=0.2)
    async with http.get(f"{sandbox.url}/api/state") as answer:
        messages = (await answer.json())["messages"][str(READER)]
    assert [m["text"] for m in messages] == ["/start", "sent", "slow"]


@pytest.mark.usefixtures("person")
async def test_any_encoding_of_parameters(call: Call) -> None:
    """Query string, form, multipart and JSON mean the same; nested objects come as JSON text or as such."""
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "y"}]]}
    plain = {"chat_id": str(READER), "text": "x", "reply_markup": json.dumps(markup)}
    parts = aiohttp.FormData(plain, default_to_multipart=True)
    requests: list[Json] = [{"params": plain}, {"data": plain}, {"data": parts}, {"json": plain}]
    requests.append({"json": {"chat_id": READER, "text": "x", "reply_markup": markup, "unknown": [1]}})
    for request in requests:
        assert (await call("sendMessage", **request))[1]["result"]["reply_markup"] == markup


@pytest.mark.skipif(not SPEC.exists(), reason="the Bot API as data is not beside the project")
@pytest.mark.usefixtures("person")
async def test_answers_hold_what_the_bot_api_requires(call: Call) -> None:
    """Every answer has the required fields of its type, and no field that the type lacks."""
    types = json.loads(SPEC.read_text())["types"]
    message = {"chat_id": READER, "text": "<b>x</b>", "parse_mode": "HTML"}
    calls: list[tuple[str, Json, str]] = [
        ("getMe", {}, "User"),
        ("sendMessage", message, "Message"),
        ("getWebhookInfo", {}, "WebhookInfo"),
        ("getChatMember", {"chat_id": GROUP, "user_id": READER}, "ChatMemberOwner"),
        ("getChatMember", {"chat_id": CHANNEL, "user_id": READER}, "ChatMemberAdministrator"),
        ("getChatMember", {"chat_id": GROUP, "user_id": OTHER}, "ChatMemberMember"),
    ]
    for method, params, name in calls:
        result = (await call(method, json=params))[1]["result"]
        fields = {field["name"]: field.get("required", False) for field in types[name]["fields"]}
        assert result.keys() <= fields.keys(), method
        assert {field for field, required in fields.items() if required} <= result.keys(), method


BODIES = st.binary(max_size=60) | st.sampled_from(
    [
        b"[" * 100_000,
        b'{"text": NaN}',
        b'{"a": 1e999}',
        b"[]",
        b'{"reply_markup": "[\\"\\\\ud800\\"]", "text": "x"}',
    ]
    + [b'{"a": ' + b"[" * depth + b"]" * depth + b"}" for depth in (900, 50_000)]
)
KINDS = st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/x; charset=no", "a/b"])


async def test_garbage_is_never_a_500(sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
    """Whatever the body is, the answer is a JSON object with a 4xx or 200."""
    loop = asyncio.get_running_loop()

    async def answer(body: bytes, kind: str, method: str) -> None:
        url = f"{sandbox.url}/bot{sandbox.settings.token}/{method}"
        async with http.post(url, data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status < 500
            assert "ok" in await answer.json()

    @settings(deadline=None, max_examples=150)
    @given(
        body=BODIES,
        kind=KINDS,
        method=st.sampled_from(["sendMessage", "setMyCommands", "getUpdates", "é%00"]),
    )
    def attack(body: bytes, kind: str, method: str) -> None:
        asyncio.run_coroutine_threadsafe(answer(body, kind, method), loop).result()

    await asyncio.to_thread(attack)
    async with http.get(f"{sandbox.url}/api/calls") as calls:
        assert len(await calls.json()) >= 100


async def test_a_body_above_one_mebibyte_is_refused(call: Call) -> None:
    """The sandbox reads no more than 1 MiB."""
    body, headers = io.BytesIO(b"x" * (2**20 + 1)), {"Content-Type": "application/json"}
    assert (await call("sendMessage", data=body, headers=headers))[0] == 413
