"""The settings by buttons, and time zones as readers say them."""

import datetime as dt
import functools
from dataclasses import replace

import pytest

from bot.core import settings_texts as texts
from bot.core.language import ENGLISH, NAMES, Language
from bot.core.library import Library
from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Kind, Message, Preferences
from bot.core.planning import plan
from bot.core.screens import At, article_key
from bot.locales import load_languages
from bot.places import zone_name
from bot.ports import Store
from bot.services.choosing import Choosing
from bot.services.subscribing import Subscribing
from tests.fakes import ATLAS, LIBRARY, NOW, FixedClock, article, digests

READER, CHANNEL = Chat(1), Chat(-1001234567890)
ALONE = At(Kind.PRIVATE)
THERE = At(Kind.CHANNEL, 1, "@-1001234567890", "The <channel>")
DEFAULTS = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
TWO = Library((*LIBRARY.articles, article("seas", [("water", digests("x1"))], dt.date(2025, 1, 1))))
NAMES_OF_SCREENS = ("time", "days", "themes", "articles", "zone", "language", "pause", "over", "off")


@pytest.fixture
def clock() -> FixedClock:
    """Monday, 09:00 in Almaty, and one second."""
    return FixedClock(NOW + dt.timedelta(seconds=1))


@pytest.fixture
def choosing(store: Store, clock: FixedClock) -> Choosing:
    """Over two articles."""
    return Choosing(Subscribing(store, TWO, clock, DEFAULTS, ENGLISH, ATLAS))


def speaking(choosing: Choosing, say: Language) -> Choosing:
    """The same in another language."""
    return Choosing(replace(choosing.subscribing, say=say))


async def preferences(store: Store, chat: Chat = READER) -> Preferences:
    """What the chat has."""
    subscription = await store.subscription(chat)
    assert subscription is not None
    return subscription.preferences


def data(message: Message | None) -> list[str]:
    """What the buttons carry."""
    assert message is not None
    return [button.data for row in message.buttons for button in row]


async def test_without_a_subscription_there_is_little_to_change(choosing: Choosing, store: Store) -> None:
    """The language and what was read; the rest is None, and nothing begins."""
    for name in NAMES_OF_SCREENS:
        assert (await choosing.screen(READER, name) is None) == (name not in ("language", "over"))
    for what, value in (("t", "0730"), ("q", "1"), ("p", ""), ("off", "")):
        assert await choosing.change(READER, what, value) is None
    assert await store.subscription(READER) is None


async def test_a_press_subscribes(choosing: Choosing, store: Store) -> None:
    """With the defaults, in the language of who pressed; in a zone that was chosen; once."""
    begun = await speaking(choosing, Language("kk")).change(READER, "on", "", ALONE)
    assert "s:time" in data(begun)
    assert (await preferences(store), await store.language(READER)) == (DEFAULTS, "kk")
    assert await choosing.change(READER, "on", "", ALONE) is None
    await choosing.change(CHANNEL, "z", "Europe/Berlin", THERE)
    assert (await preferences(store, CHANNEL)).zone == "Europe/Berlin"


@pytest.mark.parametrize("name", NAMES_OF_SCREENS)
async def test_each_screen_opens_and_leads_back(choosing: Choosing, name: str) -> None:
    """A screen that does not exist is None."""
    await choosing.subscribing.line(READER, ())
    assert data(await choosing.screen(READER, name))[-1] == "s"
    assert await choosing.screen(READER, "nothing") is None


@pytest.mark.parametrize(
    ("what", "value", "expected"),
    [
        ("t", "2130", replace(DEFAULTS, time=dt.time(21, 30))),
        ("d", "31", replace(DEFAULTS, days=WEEKDAYS)),
        ("c", "trade", replace(DEFAULTS, themes=("trade",))),
        ("a", article_key("seas"), replace(DEFAULTS, articles=("seas",))),
        ("z", "Europe/Berlin", replace(DEFAULTS, zone="Europe/Berlin")),
        ("q", "1", replace(DEFAULTS, silent=True)),
        ("p", "20261224", replace(DEFAULTS, resume=dt.date(2026, 12, 24))),
    ],
)
async def test_a_press_changes_one_thing(
    choosing: Choosing, store: Store, what: str, value: str, expected: Preferences
) -> None:
    """And shows the screen as it is then; pressing what is chosen already changes nothing."""
    await choosing.subscribing.line(READER, ())
    message = await choosing.change(READER, what, value)
    assert await preferences(store) == expected
    if what not in "ca":
        assert await choosing.change(READER, what, value) == message


@pytest.mark.parametrize(("what", "one", "other"), [("c", "water", "trade"), ("a", "seas", "rivers")])
async def test_several_are_pressed_on_and_off(
    choosing: Choosing, store: Store, what: str, one: str, other: str
) -> None:
    """None chosen means all, and so does the button for all."""
    await choosing.subscribing.line(READER, ())
    steps = []
    for name in (one, other, one, other, one, ""):
        await choosing.change(READER, what, article_key(name) if what == "a" and name else name)
        wanted = await preferences(store)
        steps.append(wanted.articles if what == "a" else wanted.themes)
    assert steps == [(one,), tuple(sorted((one, other))), (other,), (), (one,), ()]


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("t", "2560"), ("t", "x"), ("t", ""), ("d", "0"), ("d", "128"), ("d", "-1"), ("d", "x"),
        ("c", "nothing"), ("a", "seas"), ("z", "Mars/Olympus"), ("z", "../../etc/passwd"), ("z", "/etc/localtime"),
        ("z", ""), ("z", "Europe"), ("z", "a\x00b"), ("q", "2"), ("q", ""), ("l", "tlh"), ("x", "1"), ("on", ""),
        ("p", "20261123"), ("p", "20281123"), ("p", "99999999"), ("p", "x"),
    ],
)  # fmt: skip
async def test_what_no_button_of_ours_carries_changes_nothing(
    choosing: Choosing, store: Store, what: str, value: str
) -> None:
    """Callback data comes from the client and may be anything."""
    await choosing.subscribing.line(READER, ())
    assert await choosing.change(READER, what, value) is None
    assert await preferences(store) == DEFAULTS


async def test_every_button_of_every_screen_works(choosing: Choosing) -> None:
    """Each value that a screen offers is one that a press accepts; each screen that a button names opens."""
    await choosing.subscribing.line(READER, (), ALONE)
    for name in ("", *NAMES_OF_SCREENS):
        for press in data(await choosing.screen(READER, name, ALONE)):
            kind, _, rest = press.partition(":")
            if kind == "s":
                assert rest == "where" or await choosing.screen(READER, rest, ALONE), press
            else:
                what, _, value = rest.partition(":")
                assert await choosing.change(READER, what, value, ALONE) is not None, press
                await choosing.subscribing.line(READER, (), ALONE)


@pytest.mark.parametrize("code", NAMES)
async def test_settings_of_another_chat_carry_its_target_and_its_title(choosing: Choosing, code: str) -> None:
    """On every screen, in every language; the chat itself is the one that changes."""
    spoken = speaking(choosing, load_languages()[code])
    await spoken.change(CHANNEL, "on", "", THERE)
    for name in ("", *NAMES_OF_SCREENS):
        message = await spoken.screen(CHANNEL, name, THERE)
        assert message is not None
        assert "<b>The &lt;channel&gt;</b>" in message.html
        assert all("s@-1001234567890" in press for press in data(message) if not press.startswith("ch:"))
    assert await choosing.subscribing.store.subscription(READER) is None


async def test_the_chosen_language_is_kept_and_marked(choosing: Choosing, store: Store) -> None:
    """Also without a subscription."""
    message = await choosing.change(READER, "l", "kk", ALONE)
    assert await store.language(READER) == "kk"
    assert message is not None
    assert [button.label for row in message.buttons for button in row][:3] == [
        "English",
        "Русский",
        "✓ Қазақша",
    ]


async def test_starting_over_forgets_what_was_read(choosing: Choosing, store: Store) -> None:
    """The subscription stays; a press on the confirmation of before is out of date then."""
    await choosing.subscribing.line(READER, ())
    await store.mark_seen(READER, "w1", NOW)
    confirmation = await choosing.screen(READER, "over")
    message = await choosing.change(READER, "over", "")
    assert (await store.history(READER)).seen == frozenset()
    assert await preferences(store) == DEFAULTS
    assert "next" in data(message)
    assert confirmation is not None
    assert confirmation.state != await choosing.subscribing.state(READER, "over")


async def test_unsubscribing_asks_once_and_offers_a_pause(choosing: Choosing, store: Store) -> None:
    """A week or a month; the end itself says how to come back."""
    await choosing.subscribing.line(READER, ())
    asked = data(await choosing.screen(READER, "off"))
    assert asked == ["!s:p:20261130", "!s:p:20261223", "!s:off:", "s"]
    message = await choosing.change(READER, "off", "")
    assert message is not None
    assert message.html == texts.UNSUBSCRIBED
    assert await store.subscription(READER) is None


# -- pausing ----------------------------------------------------------------------------------------------


async def test_nothing_comes_before_the_end_of_a_pause(
    choosing: Choosing, store: Store, clock: FixedClock
) -> None:
    """What is due already is dropped; on the day itself it goes on at the usual hour."""
    await choosing.subscribing.line(READER, ["09:01"])
    clock.move(minutes=1)
    planner = functools.partial(plan, now=clock.now(), max_lateness=dt.timedelta(hours=6))
    assert await store.plan(clock.now(), planner, 1) == (1, 0)
    await choosing.pause(READER, dt.date(2026, 11, 25))
    subscription = await store.subscription(READER)
    assert subscription is not None
    assert subscription.next_slot == dt.datetime(2026, 11, 25, 4, 1, tzinfo=dt.UTC)
    assert (await store.outlook()).oldest_due is None
    clock.move(days=2)
    assert await store.plan(clock.now(), functools.partial(planner, now=clock.now()), 1) == (1, 0)


async def test_a_pause_is_over_by_itself_or_at_a_press(
    choosing: Choosing, store: Store, clock: FixedClock
) -> None:
    """A press on “Go on now” brings the next usual moment back."""
    await choosing.subscribing.line(READER, ["10:00"])
    before = await store.subscription(READER)
    await choosing.pause(READER, dt.date(2026, 11, 30))
    await choosing.change(READER, "p", "")
    assert await store.subscription(READER) == before
    await choosing.pause(READER, dt.date(2026, 11, 24))
    clock.move(days=3)
    message = await choosing.screen(READER, "")
    assert message is not None
    assert "Paused" not in message.html
    await choosing.change(READER, "q", "1")
    assert (await preferences(store)).resume is None


@pytest.mark.parametrize("date", [dt.date(2026, 11, 23), dt.date(2020, 1, 1), dt.date(2029, 1, 1)])
async def test_a_day_that_is_past_or_far_off_is_no_pause(
    choosing: Choosing, store: Store, date: dt.date
) -> None:
    """The answer says which days there are."""
    assert await choosing.pause(READER, date) is None
    await choosing.subscribing.line(READER, ())
    message = await choosing.pause(READER, date)
    assert message is not None
    assert "next twelve months" in message.html
    assert await preferences(store) == DEFAULTS


# -- time zones -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "text", "zone"),
    [
        ("en", "Berlin", "Europe/Berlin"),
        ("ru", "нью йорк", "America/New_York"),
        ("kk", "Қарағанды", "Asia/Almaty"),
        ("kk", "Астана", "Asia/Almaty"),
        ("en", "Asia/Tokyo", "Asia/Tokyo"),
        ("ru", "UTC+3", "Etc/GMT-3"),
    ],
)
async def test_a_city_that_can_only_be_one_is_set_at_once(
    choosing: Choosing, store: Store, code: str, text: str, zone: str
) -> None:
    """In any of the languages; the answer names it with the time there."""
    await choosing.subscribing.line(READER, ["Europe/London"])
    spoken = speaking(choosing, load_languages()[code])
    message = await spoken.zone(READER, text, ALONE)
    assert message is not None
    assert (await preferences(store)).zone == zone
    assert zone_name(zone, code) in message.html
    assert f"{(NOW).astimezone(dt.UTC):%M}" in message.html


@pytest.mark.parametrize("text", ["London", "Лондон", "Алмата", "Казахстан"])
async def test_a_name_that_may_mean_several_gets_buttons(choosing: Choosing, store: Store, text: str) -> None:
    """Each with its country and its time, and a press sets it; so does a spelling that is only near."""
    await choosing.subscribing.line(READER, ())
    message = await choosing.zone(READER, text, ALONE)
    assert await preferences(store) == DEFAULTS
    assert len(data(message)) > 2
    assert message is not None
    assert ", " in message.buttons[0][0].label
    assert message.state == await choosing.subscribing.state(READER)


async def test_the_time_on_a_clock_offers_the_zones_that_show_it(choosing: Choosing) -> None:
    """09:00 in Almaty is what other clocks show as well."""
    await choosing.subscribing.line(READER, ())
    offered = data(await choosing.zone(READER, "сейчас 9:00", ALONE))
    assert "!s:z:Asia/Almaty" in offered
    assert "!s:z:Europe/Berlin" not in offered


async def test_a_time_that_no_clock_shows_is_told(choosing: Choosing) -> None:
    """It is a time of day, but nobody's now."""
    await choosing.subscribing.line(READER, ())
    message = await choosing.zone(READER, "9:21", ALONE)
    assert message is not None
    assert "no clock shows that now" in message.html


async def test_nonsense_is_answered_by_what_works(choosing: Choosing, store: Store) -> None:
    """Escaped and cut; nothing is changed."""
    await choosing.subscribing.line(READER, ())
    message = await choosing.zone(READER, "<b>" + "q" * 90, ALONE)
    assert message is not None
    assert "&lt;b&gt;q" in message.html
    assert "q" * 60 not in message.html
    assert await preferences(store) == DEFAULTS


async def test_what_nobody_asked_for_is_asked_about_or_left(choosing: Choosing, store: Store) -> None:
    """A city alone gets a question, never a change; what only resembles one is none."""
    await choosing.subscribing.line(READER, ())
    offered = await choosing.zone(READER, "Tokyo", ALONE, asked=False)
    assert "!s:z:Asia/Tokyo" in data(offered)
    assert await preferences(store) == DEFAULTS
    for text in ("hello", "привет", "no", "meet me at 14:05 in Tokyo", "", "x" * 4000):
        assert await choosing.zone(READER, text, ALONE, asked=False) is None, text


async def test_without_a_subscription_a_city_begins_one_by_a_press(choosing: Choosing, store: Store) -> None:
    """It is said so, and nothing is set before."""
    message = await choosing.zone(READER, "Tokyo", ALONE)
    assert message is not None
    assert "starts a digest a day" in message.html
    assert await store.subscription(READER) is None


async def test_a_location_sets_the_zone_and_is_not_kept(choosing: Choosing, store: Store) -> None:
    """The answer says both; it has no buttons, for it takes the keyboard away."""
    await choosing.subscribing.line(READER, ())
    message = await choosing.located(READER, 35.68, 139.69)
    assert (await preferences(store)).zone == "Asia/Tokyo"
    assert "was not kept" in message.html
    assert message.buttons == ()


async def test_a_location_without_a_subscription_or_a_zone(choosing: Choosing, store: Store) -> None:
    """The first tells the zone and how to begin; the second asks for a city."""
    assert "/subscribe 07:30 Asia/Tokyo" in (await choosing.located(READER, 35.68, 139.69)).html
    nowhere = Choosing(replace(choosing.subscribing, atlas=replace(ATLAS, at=lambda _x, _y: None)))
    assert "nearest city" in (await nowhere.located(READER, 0.0, 0.0)).html
    assert await store.subscription(READER) is None
