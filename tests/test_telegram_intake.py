"""What comes in: a bad update holds up nobody, and a flooder costs next to nothing."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from telegram import Bot, TelegramObject, Update
from telegram.error import Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.core.texts import TOO_FAST
from bot.telegram.gate import Gate
from bot.telegram.intake import UpdatesRequest, numbered, understood, written
from bot.telegram.plain import update_of
from tests.fuzz_updates import Recorder

Json = dict[str, Any]
PERSON = {"id": 501, "is_bot": False, "first_name": "Aigerim"}
OURSELVES = {"id": 1_000_000_001, "is_bot": True, "first_name": "Digest Bot", "username": "digest_bot"}
PRIVATE = {"id": 501, "type": "private", "first_name": "Aigerim"}
OFFLINE = Bot("1000000001:token")
GROUP = {"id": -1001, "type": "supergroup", "title": "Circle"}


def message(text: str = "/next", chat: Json | None = None, sender: Json | None = None, **fields: Any) -> Json:
    """A message as Telegram sends it; a command has its entity."""
    body: Json = {
        "message_id": 9,
        "date": 1_795_000_000,
        "chat": chat or PRIVATE,
        "from": sender or PERSON,
        "text": text,
    }
    if text.startswith("/"):
        body["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]
    return body | fields


def update(number: Any = 1, **about: Any) -> Json:
    """An update about one thing, a message unless it is said."""
    return {"update_id": number} | (about or {"message": message()})


def payload(*updates: Any) -> bytes:
    """An answer of getUpdates."""
    return json.dumps({"ok": True, "result": updates}).encode()


def logged(work: Callable[[], Any]) -> list[Any]:
    """The lines that some work logs."""
    with structlog.testing.capture_logs() as lines:
        work()
    return lines


def screened(updates: list[Any]) -> list[int]:
    """The numbers of those that handlers are given."""
    return [number for number, each in numbered(updates) if understood(each, OFFLINE)]


BAD = [
    {"message": 5},
    {"message": []},
    {"message": message() | {"text": 5}},
    {"message": message(date="soon")},
    {"message": message(date=10**15)},
    {"message": message(chat={"id": 501})},
    {"message": message(chat={"id": "501", "type": "private"})},
    {"message": message(chat={"id": True, "type": "private"})},
    {"message": message(chat={"id": 2**63, "type": "private"})},
    {"message": message("half \ud800")},
    {"message": message("/next", entities={})},
    {"message": message("/next", entities=[{"type": "bot_command", "offset": 0, "length": 6}])},
    {"message": message("/next", entities=[{"type": "bold", "offset": -1, "length": 2}])},
    {"message": message("😀", entities=[{"type": "bold", "offset": 1, "length": 1}])},
    {"message": message(" ", entities=[{"type": "bot_command", "offset": 0, "length": 1}])},
    {"message": message(" ", entities=[{"type": "bot_command", "offset": 0, "length": 0}])},
    {"message": message("x", reply_to_message=message(sender={"id": None}))},
    {"message": message(message_thread_id=1.5)},
    {"message": message(migrate_to_chat_id="-1002")},
    {"message": message(location={"latitude": float("nan"), "longitude": 0.0})},
    {"message": message(), "channel_post": message()},
    {"callback_query": {"id": "1", "data": "next", "chat_instance": "1"}},
    {"callback_query": {"id": "1", "from": PERSON, "data": ["next"], "chat_instance": "1"}},
    {"my_chat_member": {"chat": PRIVATE, "from": PERSON, "date": 1}},
    {"inline_query": {"id": "1", "from": PERSON, "query": None, "offset": ""}},
    {"chosen_inline_result": {"result_id": 5, "from": PERSON, "query": ""}},
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_update_is_left_out(bad: Json) -> None:
    """Its number is known, so that the next getUpdates confirms it; those beside it are not touched."""
    assert screened([update(1), update(2, **bad), update(3)]) == [1, 3]
    assert [number for number, _ in numbered([update(2, **bad)])] == [2]


@pytest.mark.parametrize(
    "good",
    [
        {"message": message("hello", GROUP, message_thread_id=7, is_topic_message=True)},
        {"message": message("😀 é", entities=[{"type": "bold", "offset": 0, "length": 2}])},
        {"message": message("x", something_new={"a": 1}) | {"from": None}},
        {"channel_post": message(chat={"id": -1002, "type": "channel", "title": "C"})},
        {"callback_query": {"id": "1", "from": PERSON, "inline_message_id": "a", "chat_instance": "1"}},
        {"inline_query": {"id": "1", "from": PERSON, "query": "су", "offset": ""}},
        {"something_new": {"a": 1}},
    ],
)
def test_what_the_bot_api_may_send_comes_through(good: Json) -> None:
    """Also what it has learned since."""
    assert screened([update(1, **good)]) == [1]


def test_a_bad_update_is_logged_once_by_its_number_and_nothing_else() -> None:
    """Neither what it says nor whose it is."""
    bad = update(77, message=message("secret words", chat={"id": 987654321, "type": 5}))
    (line,) = logged(lambda: screened([bad, update(78)]))
    assert line["event"] == "update.malformed"
    assert line["update"] == 77
    assert line["where"] == "message.chat.type"
    assert "987654321" not in str(line)
    assert "secret" not in str(line)


@pytest.mark.parametrize("number", ["1", None, 1.5, True, 0, -5, 2**31, 10**30, [], {}])
def test_an_update_without_a_number_is_skipped(number: Any) -> None:
    """To confirm a number that Telegram never gives would drop what is yet to come."""
    assert numbered([update(4), update(number), update(5)]) == [(4, update(4)), (5, update(5))]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"ok":true}',
        b'{"ok":true,"result":{}}',
        payload(update("x"), 5, None),
        b'{"ok":true,"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_an_answer_with_nothing_to_go_on_with_is_asked_for_again_later(answer: bytes) -> None:
    """TelegramError is what the loop waits after."""
    with pytest.raises(TelegramError):
        numbered(UpdatesRequest.parse_json_payload(answer).get("result"))


def test_half_a_character_or_an_endless_number_spoils_one_update_alone() -> None:
    """Strict JSON readers refuse the whole answer."""
    text = payload(update(1), update(2, message=message("\ud800")), update(3)).replace(
        b"1795000000", b"9" * 5_000, 1
    )
    assert screened(UpdatesRequest.parse_json_payload(text)["result"]) == [3]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["id", "chat", "text", "x"]), inner)
    ),
)


@given(st.lists(json_values | st.fixed_dictionaries({"update_id": json_values, "message": json_values})))
def test_nothing_but_a_telegram_error_comes_out(updates: list[Any]) -> None:
    """Whatever stands in the list."""
    with contextlib.suppress(TelegramError):
        screened(updates)


_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "from": st.none() | st.just(PERSON | {"language_code": "kk", "is_premium": True, "something_new": 1}),
    "text": st.none() | st.text(),
    "entities": st.none()
    | st.lists(st.sampled_from([{"type": "bold", "offset": 0, "length": 1, "url": "x"}])),
    "chat": st.sampled_from([PRIVATE, GROUP | {"is_forum": True}]),
    "date": st.integers(0, 4_000_000_000),
    "sticker": st.none(),
}


@given(st.fixed_dictionaries({"message_id": st.integers(1)}, optional=_FIELDS))
def test_a_plain_message_is_what_ptb_makes_of_it(fields: Json) -> None:
    """In every attribute, those that an update says nothing of included."""
    raw = update(7, message={"chat": PRIVATE, "date": 1} | fields)
    made, theirs = update_of(raw, OFFLINE), Update.de_json(raw, OFFLINE)
    assert isinstance(made, Update)
    assert everything(made) == everything(theirs)
    assert made == theirs
    assert (made.to_dict(), made.message) == (theirs.to_dict(), theirs.message)
    with pytest.raises(AttributeError):
        made.update_id = 8
    for property_ in ("effective_message", "effective_chat", "effective_user", "effective_sender"):
        assert getattr(made, property_) == getattr(theirs, property_)


def everything(one: Any) -> Any:
    """All attributes of an object of PTB's, and those of its parts."""
    if isinstance(one, tuple):
        return [everything(each) for each in one]
    if not isinstance(one, TelegramObject):
        return one
    names = {name for kind in type(one).__mro__ for name in getattr(kind, "__slots__", ())} - {"_bot"}
    return {name: everything(getattr(one, name)) for name in names}


def test_what_is_kept_of_an_update_reads_as_it_was_but_for_names() -> None:
    """Also half a character in a field that we do not look at, and a number without end."""
    odd = message(new={"half": "\ud800", "big": 10**30, "first_name": "A", "title": "T", "cyrillic": "су"})
    kept = json.loads(written(update(1, message=odd)))
    assert kept["message"]["new"] == {"half": "\ud800", "big": 10**30, "first_name": "", "cyrillic": "су"}
    assert kept["message"]["text"] == odd["text"]
    assert "су" in written(update(1, message=message("су")))


# -- the gate ---------------------------------------------------------------------------------------------


class Rig:
    """A gate with its clock, and the bot whose updates come to it."""

    def __init__(self, admins: tuple[int, ...] = ()) -> None:
        self.now = 0.0
        self.recorder = Recorder()
        self.bot: ExtBot[None] = ExtBot(
            "1000000001:token", request=self.recorder, get_updates_request=self.recorder
        )
        self.gate = Gate(admins, seconds=lambda: self.now)

    async def lets_in(self, times: int, **about: Any) -> int:
        """How many of so many equal updates it lets in."""
        await self.bot.initialize()
        each = Update.de_json(update(1, **about), self.bot)
        let_in = sum(self.gate.lets_in(each) for _ in range(times))
        await asyncio.gather(*self.gate.notices)
        return let_in

    @property
    def told(self) -> int:
        """Messages and toasts so far."""
        return self.recorder.calls["sendMessage"] + self.recorder.calls["answerCallbackQuery"]


PRESS = {"id": "1", "from": PERSON, "message": message("a digest"), "data": "next", "chat_instance": "1"}
MEMBER = {"user": OURSELVES, "status": "member"}
MEMBERSHIP = {
    "chat": PRIVATE,
    "from": PERSON,
    "date": 1,
    "old_chat_member": MEMBER,
    "new_chat_member": MEMBER,
}
SERVICE = {name: value for name, value in message().items() if name not in {"text", "entities"}}


@pytest.mark.parametrize(
    ("about", "let_in", "told"),
    [
        ({"message": message()}, 5, 1),
        ({"message": message("just words")}, 5, 1),
        ({"message": SERVICE | {"sticker": None, "location": {"latitude": 1.0, "longitude": 1.0}}}, 5, 1),
        ({"message": SERVICE | {"chat_shared": {"request_id": 1, "chat_id": -5}}}, 5, 1),
        ({"message": message("/next", GROUP)}, 5, 1),
        ({"message": message("/next@Digest_Bot", GROUP)}, 5, 1),
        ({"message": message("yes", GROUP, reply_to_message=message(sender=OURSELVES))}, 5, 1),
        ({"message": message("/next", GROUP, sender_chat=GROUP)}, 5, 1),
        (
            {
                "channel_post": message("/next", GROUP | {"type": "channel"}, sender_chat=GROUP)
                | {"from": None}
            },
            5,
            1,
        ),
        ({"callback_query": PRESS}, 20, 1),
        ({"callback_query": PRESS | {"message": message("a digest", GROUP)}}, 20, 1),
        ({"inline_query": {"id": "1", "from": PERSON, "query": "water", "offset": ""}}, 20, 0),
        ({"message": message("/next@other_bot", GROUP)}, 100, 0),
        ({"message": message("talk", GROUP)}, 100, 0),
        ({"message": SERVICE | {"migrate_to_chat_id": -1002, "chat": GROUP}}, 100, 0),
        ({"message": SERVICE | {"new_chat_title": "B"}}, 100, 0),
        ({"my_chat_member": MEMBERSHIP}, 100, 0),
    ],
)
async def test_how_many_of_each_kind_come_in(about: Json, let_in: int, told: int) -> None:
    """What is asked of the bot is limited, with one notice; what happens around it and what others talk is not."""
    rig = Rig()
    assert await rig.lets_in(100, **about) == let_in
    assert rig.told == told


async def test_operators_are_never_limited() -> None:
    """They have `/broadcast` to send in a hurry."""
    assert await Rig(admins=(501,)).lets_in(100, message=message()) == 100


async def test_a_reader_hears_the_notice_in_the_topic_that_asked() -> None:
    """And below the button, where a press is one too many."""
    rig, heard = Rig(), list[Json]()
    rig.recorder.heard = heard.append
    await rig.lets_in(10, message=message("/next", GROUP, message_thread_id=7, is_topic_message=True))
    await rig.lets_in(30, callback_query=PRESS)
    said, toast = heard
    assert (said["chat_id"], said["message_thread_id"], said["text"]) == (-1001, 7, TOO_FAST)
    assert (toast["callback_query_id"], toast["text"], toast["cache_time"]) == ("1", TOO_FAST, 5)


async def test_a_group_has_a_limit_of_its_own_over_all_its_members() -> None:
    """Twenty a minute, as Telegram takes no more there."""
    rig = Rig()
    came_in = 0
    for member in range(100):
        came_in += await rig.lets_in(1, message=message("/next", GROUP, sender=PERSON | {"id": member + 1}))
    assert came_in == 20
    assert rig.told == 1
    assert await rig.lets_in(1, message=message()) == 1, "in private they may go on"


async def test_a_notice_that_cannot_be_sent_is_no_failure() -> None:
    """The flooder may have blocked the bot."""
    rig = Rig()

    async def refused(_: Update) -> None:
        raise Forbidden("bot was blocked by the user")

    rig.gate.notice = refused
    assert await rig.lets_in(10, message=message()) == 5
