"""The sandbox's inline mode, reply keyboards, files and rich messages, and what Telegram refuses of them."""

import asyncio
import struct
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Refusal, Sandbox
from bot.sandbox.rich import rich_blocks
from tests.conversation import CHANNEL, FORUM, GROUP, IVAN, OTHER, READER, BotSide, Json, Person

MORE = {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}


def article(id_: str = "1", **changes: Any) -> Json:
    """A result as answerInlineQuery takes it."""
    content = {"message_text": "<b>Water</b>", "parse_mode": "HTML"}
    return {"type": "article", "id": id_, "title": "Water", "input_message_content": content} | changes


def png(width: int = 2, height: int = 1) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * (width + 1) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[BotSide]:
    """The bot's side, as bare calls."""
    async with BotSide(sandbox) as bot:
        yield bot


@pytest.fixture
async def person(sandbox: Sandbox, bot: BotSide) -> Person:
    """Aigerim, who has met the bot."""
    person = Person(sandbox)
    await person.start()
    assert (await bot.update("message"))["text"] == "/start"
    return person


async def ask(bot: BotSide, person: Person, query: str = "water", **answer: Any) -> tuple[Json, Json]:
    """An inline query as the bot gets it, and what the person is shown after the answer."""
    asking = asyncio.create_task(person.ask_inline(query))
    asked = await bot.update("inline_query")
    await bot.call("answerInlineQuery", inline_query_id=asked["id"], **({"results": [article()]} | answer))
    return asked, await asking


@pytest.mark.parametrize(
    ("chat", "kind"), [(READER, "sender"), (GROUP, "supergroup"), (FORUM, "supergroup"), (CHANNEL, "channel")]
)
async def test_an_inline_result_is_shared(bot: BotSide, person: Person, chat: int, kind: str) -> None:
    """The chosen result stands in the chat as the person's message via the bot, and the bot is told."""
    person.go(chat)
    asked, found = await ask(
        bot, person, "  water in ", next_offset="5", results=[article(description="Of it")]
    )
    assert (asked["query"], asked["offset"], asked["chat_type"]) == ("water in", "", kind)
    assert (found["results"], found["next_offset"]) == (
        [{"id": "1", "title": "Water", "description": "Of it"}],
        "5",
    )
    shown = await person.choose(found, "1")
    assert (shown["text"], shown["via_bot"], shown["author"]) == ("Water", True, READER)
    body = await bot.update("channel_post" if kind == "channel" else "message")
    assert (body["via_bot"]["id"], body["entities"][0]["type"]) == (bot.id, "bold")
    chosen = await bot.update("chosen_inline_result")
    assert chosen == {"result_id": "1", "from": asked["from"], "query": "water in"}
    assert await person.from_bot() == []


async def test_an_inline_message_with_buttons(bot: BotSide, person: Person) -> None:
    """Its buttons and edits go by inline_message_id: the query names no message, the edit is answered with True."""
    person.go(GROUP)
    _, found = await ask(bot, person, results=[article(reply_markup=MORE)])
    shown = await person.choose(found, "1")
    await bot.update("message")
    inline = (await bot.update("chosen_inline_result"))["inline_message_id"]
    pressing = asyncio.create_task(Person(person.sandbox, IVAN, GROUP).press(shown, "More"))
    pressed = await bot.update("callback_query")
    assert (pressed["inline_message_id"], pressed["from"]["id"], "message" in pressed) == (
        inline,
        IVAN,
        False,
    )
    await bot.call("answerCallbackQuery", callback_query_id=pressed["id"])
    await pressing
    edit = {"inline_message_id": inline, "text": "More water"}
    assert await bot.call("editMessageText", **edit) is True
    assert (await person.again(shown))["text"] == "More water"
    assert "not modified" in await bot.refusal("editMessageText", **edit)
    for wrong in ("nonsense", f"{GROUP}.9", "5.5"):
        assert await bot.refusal("editMessageText", inline_message_id=wrong, text="x") == "MESSAGE_ID_INVALID"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, 'parameter "results" is required'),
        ({"results": [article(str(n)) for n in range(51)]}, "RESULTS_TOO_MUCH"),
        ({"results": [article(), article()]}, "RESULT_ID_DUPLICATE"),
        ({"results": [article("")]}, "RESULT_ID_INVALID"),
        ({"results": [article("я" * 33)]}, "RESULT_ID_INVALID"),
        ({"results": [article(title=" ")]}, "ARTICLE_TITLE_EMPTY"),
        ({"results": [article(type="gif")]}, "article alone"),
        ({"results": ["x"]}, "article alone"),
        ({"results": [article(input_message_content={})]}, "message_text is not specified"),
        ({"results": [article(input_message_content={"message_text": ""})]}, "message text is empty"),
        ({"results": [article(reply_markup={"keyboard": []})]}, "knows no other markup"),
        ({"results": [], "next_offset": "x" * 65}, "NEXT_OFFSET_INVALID"),
        ({"results": [], "button": {"text": "Go", "start_parameter": "a b"}}, "START_PARAM_INVALID"),
        ({"results": [], "button": {"start_parameter": "a"}}, "text is not specified"),
        ({"results": [], "inline_query_id": "1"}, "query is too old and response timeout expired"),
    ],
)
async def test_refused_inline_answers(bot: BotSide, person: Person, answer: Json, words: str) -> None:
    """Results that Telegram would refuse are refused, and the query still waits for better ones."""
    asking = asyncio.create_task(person.ask_inline("water"))
    asked = await bot.update("inline_query")
    assert words in await bot.refusal("answerInlineQuery", **({"inline_query_id": asked["id"]} | answer))
    button = {"text": "Set up", "start_parameter": "settings"}
    await bot.call("answerInlineQuery", inline_query_id=asked["id"], results=[], button=button)
    assert (await asking)["button"] == button
    again = {"inline_query_id": asked["id"], "results": []}
    assert "query is too old" in await bot.refusal("answerInlineQuery", **again)
    assert "query is too old" in await bot.refusal("answerCallbackQuery", callback_query_id=asked["id"])


async def test_results_belong_to_who_asked(bot: BotSide, person: Person) -> None:
    """A result of somebody else's query, or one that was not offered, is not posted."""
    _, found = await ask(bot, person)
    for user, result in ((OTHER, "1"), (READER, "2")):
        body = {"user": user, "chat": GROUP, "query_id": found["query_id"], "result": result}
        assert "too old" in (await person.call("/api/choose", body))["error"]


REQUESTS = {
    "keyboard": [
        [{"text": "Here I am", "request_location": True}, "Later"],
        [
            {"text": "Channel", "request_chat": {"request_id": 7, "chat_is_channel": True,
             "user_administrator_rights": {"can_post_messages": True},
             "bot_administrator_rights": {"can_post_messages": True}, "request_title": True}},
            {"text": "Group", "request_chat": {"request_id": 8, "chat_is_channel": False, "bot_is_member": True}},
            {"text": "Forum", "request_chat": {"request_id": 9, "chat_is_channel": False, "chat_is_forum": True}},
        ],
    ],
    "one_time_keyboard": True,
    "input_field_placeholder": "Where are you?",
}  # fmt: skip


async def test_a_reply_keyboard_is_the_pages_alone(bot: BotSide, person: Person) -> None:
    """The page gets the keyboard, and its end; the bot's answer does not repeat it."""
    sent = await bot.call("sendMessage", chat_id=READER, text="x", reply_markup=REQUESTS)
    assert "reply_markup" not in sent
    await bot.call("sendMessage", chat_id=READER, text="y", reply_markup={"remove_keyboard": True})
    shown, ended = [message["reply_markup"] for message in await person.from_bot()]
    assert [[key["text"] for key in row] for row in shown["keyboard"]] == [
        ["Here I am", "Later"],
        ["Channel", "Group", "Forum"],
    ]
    assert (shown["one_time_keyboard"], shown["input_field_placeholder"]) == (True, "Where are you?")
    assert ended == {"remove_keyboard": True}


async def test_a_place_is_shared(bot: BotSide, person: Person) -> None:
    """A location arrives as one; nonsense coordinates are refused."""
    await person.locate(43.24, 76.89)
    assert (await bot.update("message"))["location"] == {"latitude": 43.24, "longitude": 76.89}
    for latitude, longitude in ((91, 0), (0, 181)):
        place = {"user": READER, "chat": READER, "latitude": latitude, "longitude": longitude}
        assert "Latitude" in (await person.call("/api/location", place))["error"]


async def test_a_chat_is_chosen_for_the_bot(bot: BotSide, person: Person) -> None:
    """Only chats that fit are offered; the choice gives the bot the rights that it asked for, and is told to it."""
    await bot.call("sendMessage", chat_id=READER, text="x", reply_markup=REQUESTS)
    mine = await person.new_chat("channel", "Mine", bot="left")
    without = await person.new_chat("supergroup", "Without", bot="left", forum=True)
    assert set(await person.chats_for(7)) == {CHANNEL, mine}
    assert set(await person.chats_for(8)) == {GROUP, FORUM}
    assert set(await person.chats_for(9)) == {FORUM, without}
    await person.share_chat(7, mine)
    assert (await bot.update("my_chat_member"))["new_chat_member"]["status"] == "administrator"
    shared = (await bot.update("message"))["chat_shared"]
    assert shared == {"request_id": 7, "chat_id": mine, "title": "Mine"}
    for request, chosen in ((8, without), (7, GROUP), (5, GROUP)):
        body = {"user": READER, "chat": READER, "request_id": request, "chosen": chosen}
        assert "error" in await person.call("/api/share", body)


async def test_a_member_has_no_channel_to_offer(bot: BotSide, person: Person) -> None:
    """Where the button asks for the person's rights, a plain member is offered nothing."""
    ivan = Person(person.sandbox, IVAN)
    await ivan.start()
    await bot.call("sendMessage", chat_id=IVAN, text="x", reply_markup=REQUESTS)
    assert await ivan.chats_for(7) == []


@pytest.mark.parametrize(
    ("chat", "markup", "words"),
    [
        (READER, {"keyboard": [[{"text": " "}]]}, "keyboard button text must be non-empty"),
        (READER, {"keyboard": [[1]]}, "KeyboardButton must be an Object"),
        (READER, {"keyboard": [[]]}, "reply keyboard is empty"),
        (READER, {"keyboard": "x"}, "must be an Array of Arrays"),
        (READER, {"keyboard": [[{"text": "x", "request_chat": {}}]]}, "request_id and chat_is_channel"),
        (READER, {"keyboard": [["x"]], "input_field_placeholder": "x" * 65}, "placeholder is too long"),
        (
            GROUP,
            {"keyboard": [[{"text": "x", "request_location": True}]]},
            "location can be requested in private",
        ),
        (GROUP, REQUESTS, "can be requested in private chats only"),
        (
            READER,
            {"inline_keyboard": [[{"text": "x", "switch_inline_query_chosen_chat": {"query": "q"}}]]},
            "at least one chat type must be allowed",
        ),
    ],
)
@pytest.mark.usefixtures("person")
async def test_refused_reply_keyboards(bot: BotSide, chat: int, markup: Json, words: str) -> None:
    """A keyboard that Telegram would refuse is refused."""
    assert words in await bot.refusal("sendMessage", chat_id=chat, text="x", reply_markup=markup)


async def test_a_picture_and_a_document(bot: BotSide, person: Person, sandbox: Sandbox) -> None:
    """Uploads are kept with their caption, shown by the page under an address of their own, and sent again by id."""
    caption = {"chat_id": READER, "caption": "<b>Readers</b>", "parse_mode": "HTML"}
    photo = await bot.call("sendPhoto", files={"photo": ("chart.png", png())}, **caption)
    assert (photo["caption"], photo["caption_entities"][0]["type"]) == ("Readers", "bold")
    size = photo["photo"][0]
    assert (size["width"], size["height"]) == (2, 1)
    again = await bot.call("sendPhoto", chat_id=READER, photo=size["file_id"], disable_notification=True)
    assert again["photo"] == photo["photo"]
    assert [message["silent"] for message in await person.from_bot()] == [False, True]
    files = {"file": ("данные (1).json", b"<script>alert(1)</script>")}
    sent = await bot.call("sendDocument", chat_id=READER, document="attach://file", files=files)
    assert sent["document"]["file_name"] == "данные (1).json"
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{sandbox.url}/api/files/{size['file_id']}") as answer:
            assert (answer.content_type, await answer.read()) == ("image/png", png())
        async with http.get(f"{sandbox.url}/api/files/{sent['document']['file_id']}") as answer:
            assert answer.content_type == "application/octet-stream"
            assert answer.headers["Content-Disposition"] == 'attachment; filename="_1_.json"'
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        async with http.get(f"{sandbox.url}/api/files/file99") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("method", "data", "params", "words"),
    [
        ("sendPhoto", b"no picture", {}, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", png()[:20], {}, "IMAGE_PROCESS_FAILED"),
        ("sendPhoto", png(2100, 100), {}, "PHOTO_INVALID_DIMENSIONS"),
        ("sendPhoto", png(), {"caption": "x" * 1025}, "message caption is too long"),
        ("sendPhoto", png(), {"caption": "<p>", "parse_mode": "HTML"}, "can't parse entities"),
        ("sendDocument", b"x", {"message_thread_id": 5}, "message thread not found"),
    ],
)
@pytest.mark.usefixtures("person")
async def test_refused_files(bot: BotSide, method: str, data: bytes, params: Json, words: str) -> None:
    """A photo must be one; captions keep to their limits; topics count as for texts."""
    files = {method.removeprefix("send").lower(): ("a", data)}
    assert words in await bot.refusal(method, files=files, chat_id=READER, **params)


@pytest.mark.usefixtures("person")
async def test_files_that_are_not_there(bot: BotSide) -> None:
    """No file, and one that the sandbox never got."""
    assert await bot.refusal("sendPhoto", chat_id=READER) == "there is no photo in the request"
    words = "wrong file identifier/HTTP URL specified"
    assert await bot.refusal("sendDocument", chat_id=READER, document="https://example.org/x") == words


ARTICLE = """<h1>Water &amp; peace</h1>
<p>One <b>bold <i>word</i></b>, <a href="https://example.org">a link</a><br>and a line.</p>
<ol><li>First</li><li><p>Second</p></li></ol>
<details open><summary>Source</summary><blockquote>Quoted<cite>Somebody</cite></blockquote></details>
<table><caption>Figures</caption><tr><th>Year</th><td>2026</td></tr></table>
<hr><pre>a  b</pre><footer>End</footer>"""


async def test_a_rich_message(bot: BotSide, person: Person) -> None:
    """Its HTML becomes the blocks that the Bot API describes; a fault can refuse it."""
    sent = await bot.call("sendRichMessage", chat_id=READER, rich_message={"html": ARTICLE})
    blocks = sent["rich_message"]["blocks"]
    kinds = ["heading", "paragraph", "list", "details", "table", "divider", "pre", "footer"]
    assert [block["type"] for block in blocks] == kinds
    assert (blocks[0]["text"], blocks[0]["size"]) == ("Water & peace", 1)
    assert blocks[1]["text"][1:4] == [
        {"type": "bold", "text": ["bold ", {"type": "italic", "text": "word"}]},
        ", ",
        {"type": "url", "text": "a link", "url": "https://example.org/"},
    ]
    assert [item["blocks"][0]["text"] for item in blocks[2]["items"]] == ["First", "Second"]
    assert (blocks[3]["summary"], blocks[3]["is_open"]) == ("Source", True)
    assert blocks[3]["blocks"][0]["credit"] == "Somebody"
    assert blocks[4]["cells"][0][0] == {"text": "Year", "align": "left", "valign": "top", "is_header": True}
    assert (await person.from_bot())[0]["content"]["rich_message"]["blocks"] == blocks
    await person.call("/api/faults", {"method": "sendRichMessage", "status": 404, "description": "Not Found"})
    assert not (await bot.answer("sendRichMessage", chat_id=READER, rich_message={"html": ARTICLE}))["ok"]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        (" ", "html must be non-empty"),
        ("<p>" + "x" * 32_768, "message is too long"),
        ("<script>x</script>", "unsupported tag <script>"),
        ("<p onclick=x><img src=x></p>", "unsupported tag <img>"),
        ("<p>x", "the tag <p> is not closed"),
        ("<b>x</i>", "unexpected end tag </i>"),
        ("<li>x</li>", "<li> may not stand in <the message>"),
        ("<p><h1>x</h1></p>", "<h1> may not stand inside a text"),
        ("<details>x</details>", "<details> needs a <summary>"),
        ("<table></table>", "a table has 1 to 20 columns"),
        ("<blockquote>" * 17 + "</blockquote>" * 17, "500 blocks, 16 deep"),
        ("<p>x</p>" * 501, "500 blocks, 16 deep"),
        ("<!-- nothing -->", "message must be non-empty"),
    ],
)
def test_refused_rich_messages(html: str, words: str) -> None:
    """What is no rich HTML is refused."""
    with pytest.raises(Refusal) as caught:
        rich_blocks({"html": html})
    assert words in caught.value.description


@pytest.mark.parametrize(("message", "words"), [(None, "non-empty"), ({"markdown": "# x"}, "HTML alone")])
def test_rich_messages_are_html(message: Json | None, words: str) -> None:
    """Markdown is beyond this sandbox."""
    with pytest.raises(Refusal, match=words):
        rich_blocks(message)


def test_an_unsafe_link_of_a_rich_message_is_text() -> None:
    """A link that Telegram would not take leaves its text."""
    assert rich_blocks({"html": '<a href="javascript:x">y</a>'})["blocks"][0]["text"] == "y"


TAGS = st.sampled_from(
    ["p", "b", "h1", "ul", "li", "table", "tr", "td", "details", "summary", "a", "br", "x"]
)


@given(
    st.lists(st.one_of(TAGS.map("<{}>".format), TAGS.map("</{}>".format), st.text(max_size=5)), max_size=20)
)
def test_any_html_is_read_or_refused(parts: list[str]) -> None:
    """Whatever the source is, it makes blocks or a 400."""
    try:
        blocks = rich_blocks({"html": "".join(parts)})["blocks"]
    except Refusal as refusal:
        blocks = [refusal]
    assert blocks
