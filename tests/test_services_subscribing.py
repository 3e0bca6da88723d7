"""Subscribing by a line or by buttons."""

import datetime as dt
import functools

import pytest

from bot.core import texts
from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Message, Preferences
from bot.core.planning import plan
from bot.ports import Store
from bot.services.subscribing import Subscribing
from tests.fakes import LIBRARY, NOW, FixedClock

READER, TOPIC = Chat(1), Chat(1, 7)
DEFAULTS = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
DAY = dt.timedelta(days=1)


@pytest.fixture
def clock() -> FixedClock:
    """Monday, 09:00 in Almaty, and one second."""
    return FixedClock(NOW + dt.timedelta(seconds=1))


@pytest.fixture
def subscribing(store: Store, clock: FixedClock) -> Subscribing:
    """Over the sample library."""
    return Subscribing(store, LIBRARY, clock, DEFAULTS)


async def preferences(store: Store) -> Preferences:
    """What the reader has."""
    subscription = await store.subscription(READER)
    assert subscription is not None
    return subscription.preferences


def data(message: Message | None) -> set[str]:
    """What the buttons carry."""
    assert message is not None
    return {button.data for row in message.buttons for button in row}


async def test_a_bare_line_subscribes_with_the_defaults(subscribing: Subscribing, store: Store) -> None:
    """And shows what was agreed, with buttons to change it."""
    message = await subscribing.line(READER, ())
    assert await preferences(store) == DEFAULTS
    assert "tomorrow, Tuesday, 24 November, 09:00" in message.html
    assert {"s:time", "s:days", "s:themes", "s:zone", "s:off"} <= data(message)


async def test_a_line_says_everything_in_any_order(subscribing: Subscribing, store: Store) -> None:
    """The next digest comes at the next moment that fits."""
    await subscribing.line(READER, ["weekdays", "/trade", "21:30", "New", "York"])
    wanted = Preferences(dt.time(21, 30), WEEKDAYS, "America/New_York", ("trade",))
    subscription = await store.subscription(READER)
    assert subscription is not None
    assert subscription.preferences == wanted
    assert subscription.next_slot == dt.datetime(2026, 11, 24, 2, 30, tzinfo=dt.UTC)  # Monday evening there


async def test_a_second_line_changes_only_what_it_names(subscribing: Subscribing, store: Store) -> None:
    """The rest stays as it was."""
    await subscribing.line(READER, ["weekdays", "trade", "21:30"])
    await subscribing.line(READER, ["07:15"])
    assert await preferences(store) == Preferences(dt.time(7, 15), WEEKDAYS, "Asia/Almaty", ("trade",))


async def test_a_line_that_is_not_understood_changes_nothing(subscribing: Subscribing, store: Store) -> None:
    """Not even in part; what was typed is shown escaped, with a line that works."""
    message = await subscribing.line(READER, ["07:30", "<b>", "wekdays"])
    assert await store.subscription(READER) is None
    assert "“&lt;b&gt;”, “wekdays” (did you mean weekdays?)" in message.html
    assert "/subscribe 07:30 Asia/Almaty weekdays water" in message.html


async def test_changes_bring_no_second_digest_on_one_date(
    subscribing: Subscribing, store: Store, clock: FixedClock
) -> None:
    """A date that had its slot planned is taken, whatever is changed, and through the end of a subscription."""
    await subscribing.line(READER, ["09:01"])
    clock.move(minutes=1)
    planner = functools.partial(plan, now=clock.now(), max_lateness=DAY)
    assert await store.plan(clock.now(), planner, 1) == (1, 0)
    for words in (["21:00"], ["almaty"], ["all"]):
        await subscribing.line(READER, words)
        subscription = await store.subscription(READER)
        assert subscription is not None
        assert subscription.next_slot is not None
        assert subscription.next_slot > NOW + dt.timedelta(hours=15)


async def test_stopping(subscribing: Subscribing, store: Store) -> None:
    """Once it is done, twice it is told; what was read stays known."""
    await subscribing.line(READER, ())
    await store.mark_seen(READER, "w1", NOW)
    assert (await subscribing.stop(READER)).html == texts.UNSUBSCRIBED
    assert (await subscribing.stop(READER)).html == texts.NOT_SUBSCRIBED
    assert (await store.history(READER)).seen == {"w1"}


async def test_without_a_subscription_there_is_nothing_to_change(subscribing: Subscribing) -> None:
    """An old message's buttons lead nowhere."""
    assert await subscribing.screen(READER, "time") is None
    assert await subscribing.change(READER, "t", "0730") is None


@pytest.mark.parametrize("name", ["time", "days", "themes", "zone"])
async def test_each_screen_opens_and_leads_back(subscribing: Subscribing, name: str) -> None:
    """A screen that does not exist is None."""
    await subscribing.line(READER, ())
    assert "s" in data(await subscribing.screen(READER, name))
    assert await subscribing.screen(READER, "nothing") is None


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        ("t", "2130", Preferences(dt.time(21, 30), EVERY_DAY, "Asia/Almaty")),
        ("d", "31", Preferences(dt.time(9), WEEKDAYS, "Asia/Almaty")),
        ("c", "trade", Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty", ("trade",))),
        ("z", "Europe/Berlin", Preferences(dt.time(9), EVERY_DAY, "Europe/Berlin")),
    ],
)
async def test_a_press_changes_one_thing(
    subscribing: Subscribing, store: Store, what: str, value: str, expected: Preferences
) -> None:
    """And shows the screen as it is then; pressing what is chosen already changes nothing."""
    await subscribing.line(READER, ())
    message = await subscribing.change(READER, what, value)
    assert await preferences(store) == expected
    if what != "c":
        assert await subscribing.change(READER, what, value) == message


async def test_themes_are_pressed_on_and_off(subscribing: Subscribing, store: Store) -> None:
    """None chosen means all, and so does the button for all."""
    await subscribing.line(READER, ())
    steps = []
    for value in ("water", "trade", "water", "trade", "water", ""):
        await subscribing.change(READER, "c", value)
        steps.append((await preferences(store)).themes)
    assert steps == [("water",), ("trade", "water"), ("trade",), (), ("water",), ()]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("t", "2560"), ("t", "x"), ("t", ""), ("d", "0"), ("d", "128"), ("d", "-1"), ("d", "x"),
        ("c", "nothing"), ("z", "Mars/Olympus"), ("z", "../../etc/passwd"), ("z", "/etc/localtime"),
        ("z", ""), ("z", "Europe"), ("z", "a\x00b"), ("q", "1"),
    ],
)  # fmt: skip
async def test_what_no_button_of_ours_carries_changes_nothing(
    subscribing: Subscribing, store: Store, what: str, value: str
) -> None:
    """Callback data comes from the client and may be anything."""
    await subscribing.line(READER, ())
    assert await subscribing.change(READER, what, value) is None
    assert await preferences(store) == DEFAULTS


async def test_every_button_of_every_screen_works(subscribing: Subscribing) -> None:
    """Each value that a screen offers is one that a press accepts."""
    await subscribing.line(READER, ())
    for name in ("time", "days", "themes", "zone"):
        for press in data(await subscribing.screen(READER, name)) - {"s"}:
            _, what, value = press.split(":", 2)
            assert await subscribing.change(READER, what, value) is not None, press


async def test_who_leaves_and_returns_finds_everything_as_it_was(
    subscribing: Subscribing, store: Store
) -> None:
    """All topics of a chat are paused and woken together; others are not touched."""
    await subscribing.line(READER, ["21:30"])
    await subscribing.line(TOPIC, ["trade"])
    await subscribing.left(1, "kicked")
    assert (await store.outlook()).next_slot is None
    await subscribing.returned(2)
    assert len(await store.paused(1)) == 2
    await subscribing.returned(1)
    assert await store.paused(1) == ()
    assert (await preferences(store)).time == dt.time(21, 30)
    outlook = await store.outlook()
    assert outlook.next_slot == dt.datetime(2026, 11, 23, 16, 30, tzinfo=dt.UTC)


async def test_a_moved_group_keeps_its_subscription(subscribing: Subscribing, store: Store) -> None:
    """Under its new id."""
    await subscribing.line(READER, ["21:30"])
    await subscribing.moved(1, -100)
    assert await store.subscription(READER) is None
    assert await store.subscription(Chat(-100)) is not None
