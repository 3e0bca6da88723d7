"""Subscribing by a line or by buttons."""

import datetime as dt
import functools
from dataclasses import replace

import pytest

from bot.core import settings_texts as texts
from bot.core.language import ENGLISH, Language
from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Kind, Message, Preferences
from bot.core.planning import plan
from bot.core.screens import At
from bot.ports import Store
from bot.services.subscribing import Subscribing
from tests.fakes import ATLAS, LIBRARY, NOW, FixedClock

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
    return Subscribing(store, LIBRARY, clock, DEFAULTS, ENGLISH, ATLAS)


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


async def test_looking_begins_nothing(subscribing: Subscribing, store: Store) -> None:
    """Without a subscription the settings say what was read, and offer one."""
    await store.mark_seen(READER, "w1", NOW)
    message = await subscribing.overview(READER)
    assert "1 of 4 read" in message.html
    assert "!s:on:" in data(message)
    assert await store.subscription(READER) is None


async def test_a_subscription_speaks_the_language_in_use_unless_one_was_chosen(
    subscribing: Subscribing, store: Store
) -> None:
    """So that deliveries speak it, whatever the app of who reads them is set to."""
    russian = replace(subscribing, say=Language("ru"))
    await russian.line(READER, (), At(Kind.PRIVATE))
    assert await store.language(READER) == "ru"
    await subscribing.line(READER, ["07:30"], At(Kind.PRIVATE))
    assert await store.language(READER) == "ru"


async def test_a_city_in_any_language_is_a_zone(store: Store, clock: FixedClock) -> None:
    """In one line with the rest; a name of several words too."""
    subscribing = Subscribing(store, LIBRARY, clock, DEFAULTS, ENGLISH, ATLAS)
    await subscribing.line(READER, ["Усть-Каменогорск", "7:30", "пн,ср"])
    assert await preferences(store) == Preferences(dt.time(7, 30), 5, "Asia/Almaty")
    await subscribing.line(READER, ["Нижний", "Новгород", "күн", "сайын", "кешкі", "9"])
    assert await preferences(store) == Preferences(dt.time(21), EVERY_DAY, "Europe/Moscow")


async def test_a_group_remembers_who_set_it_up(subscribing: Subscribing, store: Store) -> None:
    """Who is told when it cannot be reached; a later change by somebody else leaves that."""
    group = Chat(-100)
    await subscribing.line(group, (), At(Kind.GROUP, 7))
    await subscribing.line(group, ["07:30"], At(Kind.GROUP))
    await subscribing.line(group, ["08:30"], At(Kind.GROUP, 8))
    subscription = await store.subscription(group)
    assert subscription is not None
    assert subscription.owner == 7


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
