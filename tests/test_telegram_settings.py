"""Who may change what: every press and command is authorised anew, and what is forged has no effect."""

import datetime as dt
import random
import sqlite3
import string
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.core import settings_texts, texts
from bot.core.model import Chat, Kind
from bot.core.screens import At
from bot.ports import Store
from bot.telegram.question import Question
from bot.telegram.seals import Seals
from bot.telegram.settings import own_chat
from tests.fakes import LIBRARY, NOW, FixedClock
from tests.handling import Desk, Remembering, at_work, below, buttons, toasts

READER, OWNER, MEMBER = 501, 502, 503
GROUP, CHANNEL = -1001000000001, -1001000000002
ANONYMOUS = {"id": 1087968824, "is_bot": True, "first_name": "Group"}


async def theirs(question: Question, target: str) -> tuple[Chat, At] | str:
    """The channel is the owner's; every other chat its own."""
    if target == f"@{CHANNEL}":
        user = question.user
        allowed = user is not None and user.id == OWNER
        return (Chat(CHANNEL), At(Kind.CHANNEL, OWNER, target, "Channel")) if allowed else texts.ONLY_ADMINS
    return await own_chat(question, target)


@pytest.fixture
async def desk(store: Store) -> AsyncIterator[Desk]:
    """The handlers at work; the owner has made the group and the channel."""
    async with at_work(cast("Store", Remembering(store)), FixedClock(), LIBRARY, theirs) as desk:
        desk.telegram.roles[OWNER] = "creator"
        yield desk


def kept(folder: Path) -> list[Any]:
    """All that the database holds of readers."""
    with sqlite3.connect(folder / "bot.db") as database:
        tables = ("subscriptions", "chats", "progress", "deliveries", "counts")
        return [database.execute(f"SELECT * FROM {table}").fetchall() for table in tables]  # noqa: S608  our names


async def time_of(store: Store, chat: int) -> dt.time | None:
    """When its digest comes."""
    subscription = await store.subscription(Chat(chat))
    return subscription.preferences.time if subscription else None


async def test_a_press_on_a_sealed_button_changes_what_it_says(desk: Desk, store: Store) -> None:
    """And the screen comes back with buttons that hold then."""
    await desk.say(READER, READER, "/subscribe")
    screen = buttons(await desk.press(READER, READER, "s:time"))
    again = buttons(await desk.press(READER, READER, pick(screen, "!s:t:0600")))
    assert await time_of(store, READER) == dt.time(6)
    await desk.press(READER, READER, pick(again, "!s:t:0645"))
    assert await time_of(store, READER) == dt.time(6, 45)


def pick(found: list[str], start: str) -> str:
    """The button whose data begins so."""
    return next(data for data in found if data.startswith(start))


async def test_an_old_button_shows_how_things_stand(desk: Desk, store: Store) -> None:
    """What was sealed for another state has no effect, and says so."""
    old = buttons(await desk.say(READER, READER, "/subscribe"))
    screen = buttons(await desk.press(READER, READER, "s:time"))
    await desk.press(READER, READER, pick(screen, "!s:t:0600"))
    answer = await desk.press(READER, READER, pick(old, "!s:q:1"))
    assert toasts(answer) == [settings_texts.OUT_OF_DATE]
    assert "06:00" in answer[-2][1]["text"]
    subscription = await store.subscription(Chat(READER))
    assert subscription is not None
    assert not subscription.preferences.silent


async def test_a_confirmation_holds_once(desk: Desk, store: Store) -> None:
    """A second press after more was read forgets nothing."""
    await desk.say(READER, READER, "/next")
    yes = pick(buttons(await desk.press(READER, READER, "over")), "!s:over")
    await desk.press(READER, READER, yes)
    assert (await store.history(Chat(READER))).seen == frozenset()
    await desk.say(READER, READER, "/next")
    await desk.say(READER, READER, "/next")
    assert toasts(await desk.press(READER, READER, yes)) == [settings_texts.OUT_OF_DATE]
    assert len((await store.history(Chat(READER))).seen) == 2


async def test_a_button_of_one_chat_is_worth_nothing_in_another(desk: Desk, store: Store) -> None:
    """Nor in another topic of the same group."""
    await desk.say(READER, READER, "/subscribe")
    mine = pick(buttons(await desk.press(READER, READER, "s:time")), "!s:t:0600")
    await desk.say(OWNER, OWNER, "/subscribe")
    await desk.say(OWNER, GROUP, "/subscribe")
    topics = pick(buttons(await desk.press(OWNER, GROUP, "s:time")), "!s:t:0600")
    await desk.press(OWNER, OWNER, mine)
    await desk.press(OWNER, GROUP, topics, message_thread_id=4, is_topic_message=True)
    assert await time_of(store, OWNER) == await time_of(store, GROUP) == dt.time(9)
    await desk.press(OWNER, GROUP, topics)
    assert await time_of(store, GROUP) == dt.time(6)


@pytest.mark.parametrize("command", ["/subscribe 07:30", "/unsubscribe", "/settings Tokyo", "/language kk"])
async def test_a_member_changes_nothing_in_a_group(
    desk: Desk, store: Store, tmp_path: Path, command: str
) -> None:
    """By command or by button, with the owner's own buttons; Telegram is asked every time."""
    found = buttons(await desk.say(OWNER, GROUP, "/subscribe"))
    found += buttons(await desk.press(OWNER, GROUP, "s:time"))
    before = kept(tmp_path)
    assert await answers(desk, command) == [texts.ONLY_ADMINS]
    for data in found:
        calls = await desk.press(MEMBER, GROUP, data)
        assert [name for name, _ in calls] == ["getChatMember", "answerCallbackQuery"]
        assert toasts(calls) == [texts.ONLY_ADMINS]
    assert kept(tmp_path) == before
    assert await time_of(store, GROUP) == dt.time(9)


async def answers(desk: Desk, command: str, user: int = MEMBER, **message: Any) -> list[str]:
    """What the group is told."""
    calls = await desk.say(user, GROUP, command, **message)
    return [params["text"] for name, params in calls if name == "sendMessage"]


async def test_administrators_and_anonymous_ones_change_a_group_by_command(desk: Desk, store: Store) -> None:
    """Who writes as the group is an administrator; who only has the id of Telegram's stand-in is not."""
    await desk.say(OWNER, GROUP, "/subscribe 07:30")
    subscription = await store.subscription(Chat(GROUP))
    assert subscription is not None
    assert (subscription.preferences.time, subscription.owner) == (dt.time(7, 30), OWNER)
    as_group = {"from": ANONYMOUS, "sender_chat": below(GROUP)["chat"]}
    await desk.say(0, GROUP, "/settings Токио", **as_group)
    await desk.say(0, GROUP, "/language kk", **as_group)
    await desk.say(0, GROUP, "/subscribe 08:30", **{"from": ANONYMOUS})
    other = below(CHANNEL)["chat"]
    await desk.say(0, GROUP, "/subscribe 09:30", **{"from": ANONYMOUS, "sender_chat": other})
    subscription = await store.subscription(Chat(GROUP))
    assert subscription is not None
    assert (subscription.preferences.time, subscription.preferences.zone) == (dt.time(7, 30), "Asia/Tokyo")
    assert (subscription.owner, await store.language(Chat(GROUP))) == (OWNER, "kk")


async def test_a_role_that_ends_ends_the_right_at_once(desk: Desk, store: Store) -> None:
    """Buttons outlive roles."""
    found = buttons(await desk.say(OWNER, GROUP, "/subscribe"))
    del desk.telegram.roles[OWNER]
    assert toasts(await desk.press(OWNER, GROUP, pick(found, "!s:q:1"))) == [texts.ONLY_ADMINS]
    subscription = await store.subscription(Chat(GROUP))
    assert subscription is not None
    assert not subscription.preferences.silent


async def test_settings_of_a_channel_run_in_a_private_chat(desk: Desk, store: Store) -> None:
    """For who owns it; for nobody else, with whatever data."""
    overview = await desk.press(OWNER, OWNER, f"s@{CHANNEL}")
    await desk.press(OWNER, OWNER, pick(buttons(overview), f"!s@{CHANNEL}:on:"))
    screen = buttons(await desk.press(OWNER, OWNER, f"s@{CHANNEL}:time"))
    press = pick(screen, f"!s@{CHANNEL}:t:0600")
    for user in (READER, MEMBER):
        assert toasts(await desk.press(user, user, press)) == [settings_texts.NOT_YOURS]
        assert toasts(await desk.press(user, user, f"s@{CHANNEL}:time")) == [settings_texts.NOT_YOURS]
    assert await time_of(store, CHANNEL) == dt.time(9)
    await desk.press(OWNER, OWNER, press)
    assert await time_of(store, CHANNEL) == dt.time(6)
    assert await store.subscription(Chat(OWNER)) is None


async def test_a_city_in_reply_to_a_channels_screen_is_the_channels(desk: Desk, store: Store) -> None:
    """The buttons of the screen that is replied to say whose it is; who may not change it is told so."""
    overview = await desk.press(OWNER, OWNER, f"s@{CHANNEL}")
    await desk.press(OWNER, OWNER, pick(buttons(overview), f"!s@{CHANNEL}:on:"))
    zones = buttons(await desk.press(OWNER, OWNER, f"s@{CHANNEL}:zone"))
    rows = [[{"text": "x", "callback_data": data}] for data in zones]
    screen = below(OWNER, reply_markup={"inline_keyboard": rows})
    await desk.say(OWNER, OWNER, "Токио", reply_to_message=screen)
    subscription = await store.subscription(Chat(CHANNEL))
    assert subscription is not None
    assert subscription.preferences.zone == "Asia/Tokyo"
    calls = await desk.say(READER, READER, "Лондон", reply_to_message=screen)
    assert calls[-1][1]["text"] == settings_texts.NOT_YOURS


async def test_a_press_below_a_message_too_old_to_see_gets_an_answer(desk: Desk) -> None:
    """Telegram gives such a message without its chat's kind or text."""
    query = {"id": "1", "from": below(READER)["from"], "chat_instance": "1", "data": "s:time"}
    gone = {"message_id": 7, "date": 0, "chat": below(READER)["chat"]}
    assert toasts(await desk.hand(callback_query=query | {"message": gone})) == [texts.OLD_BUTTON]


async def test_ten_thousand_forged_presses_change_nothing(desk: Desk, tmp_path: Path) -> None:
    """Guessed, cut, bent, moved, foreign or old; each gets an answer."""
    chance = random.Random(5)  # noqa: S311  a seed, so that what fails can be had again
    await desk.say(READER, READER, "/subscribe")
    await desk.say(OWNER, GROUP, "/subscribe")
    await desk.reception.store.mark_seen(Chat(READER), "w1", NOW)
    real = buttons(await desk.press(OWNER, OWNER, f"s@{CHANNEL}"))
    for name in ("", ":time", ":days", ":themes", ":zone", ":pause", ":off", ":over", ":language"):
        real += buttons(await desk.press(READER, READER, f"s{name}"))
    sealed = [data for data in real if data.startswith("!")]
    await desk.say(READER, READER, "/settings Tokyo")  # from here on all of those are old
    await desk.reception.store.mark_seen(Chat(READER), "w2", NOW)
    before = kept(tmp_path)
    for _ in range(10_000):
        user, chat = chance.choice([(READER, READER), (MEMBER, GROUP), (MEMBER, MEMBER), (MEMBER, GROUP)])
        calls = await desk.press(user, chat, forged(chance, sealed))
        assert len(toasts(calls)) == 1
        desk.telegram.calls.clear()
    assert kept(tmp_path) == before


def forged(chance: random.Random, sealed: list[str]) -> str:
    """Data that somebody could send who has seen ours."""
    data = chance.choice(sealed)
    body, _, seal = data.rpartition(".")
    letters = string.ascii_letters + string.digits + "-_"
    guessed = "".join(chance.choices(letters, k=11))
    place = chance.randrange(len(data))
    kinds = (
        data,
        body,
        f"{body}.{guessed}",
        f"{chance.choice(sealed).rpartition('.')[0]}.{seal}",
        data[:place] + chance.choice(letters + ":@!.\n") + data[place + 1 :],
        data[:place],
        Seals(b"another key").seal(READER, 0, body),
    )
    return chance.choice(kinds)
