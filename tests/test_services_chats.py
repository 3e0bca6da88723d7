"""Groups, topics and channels: who is told of what, what resumes, and the channels of the configuration."""

import datetime as dt
import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from gettext import NullTranslations
from typing import Any

import pytest
from telegram import Bot
from telegram.error import NetworkError

from bot.config import ConfigError, load_settings
from bot.core.delivery import Migrated, Missing, Outcome, Restricted, Sent, Unreachable
from bot.core.language import ENGLISH, Language
from bot.core.links import Links
from bot.core.model import EVERY_DAY, WEEKDAYS, Chat, Kind, Preferences
from bot.core.troubles import Found, Obstacle, Trouble
from bot.ports import Store
from bot.services.chats import Chats
from bot.services.delivering import Delivering, Pace
from bot.services.informing import Informing
from bot.services.listing import Listed, Listing
from bot.services.subscribing import Subscribing
from bot.telegram.alerts import TelegramAlerts
from tests.backend import Backend
from tests.conftest import TOKEN
from tests.fakes import ATLAS, LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender

GROUP, TOPIC, CHANNEL = Chat(-100), Chat(-100, 7), Chat(-200)
OWNER, OTHER = 501, 502
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
DAY = dt.timedelta(days=1)


class Marked(NullTranslations):
    """A catalogue in which every sentence can be told."""

    def gettext(self, message: str) -> str:
        """The sentence, marked."""
        return f"[ru] {message}"


RUSSIAN = Language("ru", Marked())


@dataclass
class RecordingNotices:
    """Keeps who was told what, with the title that was known."""

    told: list[tuple[int, str]] = field(default_factory=list)

    def inform(self, user: int, chat_id: int, text: Callable[[str], str], title: str = "") -> None:  # noqa: ARG002
        """One notice."""
        self.told.append((user, text(title or "the title")))


@dataclass
class World:
    """Delivery with somebody to tell, over a sender that answers by script."""

    store: Store
    clock: FixedClock
    sender: RecordingSender
    notices: RecordingNotices
    informing: Informing
    delivering: Delivering

    async def subscribe(self, chat: Chat, kind: Kind, owner: int = OWNER) -> None:
        """A chat that gets a digest every day at nine."""
        await self.store.subscribe(chat, WANTED, self.clock.now() + DAY, self.clock.now(), owner)
        await self.store.speak(chat, kind, "en", self.clock.now())

    async def day(self, *outcomes: Outcome) -> None:
        """The next day's digests go out, and are answered so."""
        self.clock.move(days=1)
        self.sender.script[:] = outcomes
        await self.delivering.plan()
        await self.delivering.drain()


@pytest.fixture
async def world(store: Store) -> World:
    """Monday, nine in Almaty."""
    return make(store, FixedClock(), RecordingNotices())


def make(store: Store, clock: FixedClock, notices: RecordingNotices) -> World:
    """A process, as it starts over a database."""
    sender = RecordingSender()
    languages = {"en": ENGLISH, "ru": RUSSIAN}
    informing = Informing(store, notices, languages)
    delivering = Delivering(
        store, sender, RecordingAlerts(), LIBRARY, clock, "me", Pace(), languages=languages, informing=informing,
        links=Links("digest_bot"),
    )  # fmt: skip
    return World(store, clock, sender, notices, informing, delivering)


# -- told once --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Unreachable("Bad Request: TOPIC_CLOSED", topic=True), "was closed or deleted"),
        (Unreachable("Forbidden: bot was kicked from the supergroup chat"), "I was removed from"),
        (Restricted("Bad Request: need administrator rights in the channel chat"), "I may not write in"),
    ],
)
async def test_whoever_set_it_up_is_told_once(world: World, outcome: Outcome, words: str) -> None:
    """On the first date of it, and on no other; not again after a restart either."""
    await world.subscribe(TOPIC, Kind.GROUP)
    for _ in range(3):
        await world.day(outcome)
    assert [(user, words in text, "the title" in text) for user, text in world.notices.told] == [
        (OWNER, True, True)
    ]
    again = make(world.store, world.clock, world.notices)
    await again.informing.recover()
    await again.day(outcome)
    assert len(world.notices.told) == 1


async def test_a_chat_that_is_not_found_is_told_once_it_is_given_up(world: World) -> None:
    """A single date may be Telegram's own slip; the third in a row is the end."""
    await world.subscribe(CHANNEL, Kind.CHANNEL)
    for told in (0, 0, 1, 1):
        await world.day(Missing("Bad Request: chat not found"))
        assert len(world.notices.told) == told
    assert "I cannot find" in world.notices.told[0][1]


async def test_what_works_again_is_told(world: World) -> None:
    """By the first message that arrives, also after a restart; and the next loss is a new one."""
    await world.subscribe(GROUP, Kind.GROUP)
    await world.day(Restricted("not enough rights"))
    again = make(world.store, world.clock, world.notices)
    await again.informing.recover()
    await again.day(Sent(1))
    await again.day(Sent(2))
    await again.day(Restricted("not enough rights"))
    assert [text.partition(" ")[0] for _, text in world.notices.told] == ["⚠️", "✅", "⚠️"]


async def test_each_owner_hears_once_of_a_whole_chat(world: World) -> None:
    """However many topics they have set up; of a single topic its own owner alone."""
    for thread, owner in ((0, OWNER), (7, OWNER), (8, OTHER), (9, 0)):
        await world.subscribe(Chat(-100, thread), Kind.GROUP, owner)
    await world.informing.lost(Chat(-100, 8), Trouble.TOPIC)
    assert [user for user, _ in world.notices.told] == [OTHER]
    await world.informing.lost(GROUP, Trouble.REMOVED)
    assert [user for user, _ in world.notices.told] == [OTHER, OWNER]
    await world.informing.works(GROUP, whole=True)
    assert [user for user, _ in world.notices.told] == [OTHER, OWNER, OWNER]


async def test_private_chats_and_chats_without_an_owner_tell_nobody(world: World) -> None:
    """A reader who blocks the bot wants to hear nothing, and an anonymous administrator has no private chat."""
    await world.subscribe(Chat(OWNER), Kind.PRIVATE, 0)
    await world.subscribe(GROUP, Kind.GROUP, 0)
    await world.day(Unreachable("Forbidden"), Unreachable("Forbidden"))
    assert world.notices.told == []


async def test_the_language_is_the_owners(world: World) -> None:
    """Chosen in private; where nothing is known there, that of the chat."""
    for chat, owner in ((GROUP, OWNER), (CHANNEL, OTHER)):
        await world.subscribe(chat, Kind.GROUP, owner)
    await world.store.speak(Chat(OWNER), Kind.PRIVATE, "ru", NOW)
    for chat in (GROUP, CHANNEL):
        await world.informing.lost(chat, Trouble.REMOVED)
    assert [(user, text.startswith("[ru]")) for user, text in world.notices.told] == [
        (OWNER, True), (OTHER, False),
    ]  # fmt: skip


async def test_a_move_is_no_loss(world: World) -> None:
    """The group's new id gets the digest, with its topic, its language and its owner."""
    await world.subscribe(TOPIC, Kind.GROUP)
    await world.store.speak(TOPIC, Kind.GROUP, "ru", NOW)
    await world.day(Migrated(-300), Sent(1))
    moved = Chat(-300, 7)
    assert world.sender.sent[-1][0] == moved
    assert world.notices.told == []
    subscription = await world.store.subscription(moved)
    assert subscription is not None
    assert (subscription.owner, await world.store.language(moved)) == (OWNER, "ru")


# -- notices on their way ---------------------------------------------------------------------------------


@dataclass
class Titles:
    """A directory that knows titles, and channels by name."""

    titles: dict[int, str] = field(default_factory=dict)
    found: dict[int | str, Found | Obstacle] = field(default_factory=dict)

    async def title(self, chat_id: int) -> str:
        """A title."""
        return self.titles.get(chat_id, "")

    async def channel(self, name: int | str, user: int | None) -> Found | Obstacle:  # noqa: ARG002
        """A channel."""
        return self.found.get(name, Obstacle.NOT_FOUND)


@pytest.fixture
def telegram() -> Backend:
    """Knows the private chats of three people."""
    return Backend({id_: {"id": id_, "type": "private", "first_name": "A"} for id_ in (1, OWNER, OTHER)}, {})


def alerting(telegram: Backend, **titles: str) -> TelegramAlerts:
    """Alerts to operator 1; `titles` is that of the one chat which has one."""
    bot = Bot(TOKEN, request=telegram, get_updates_request=telegram)
    return TelegramAlerts(bot, [1], Titles({-100: titles.get("title", "")}))


def sent(telegram: Backend) -> list[tuple[int, str]]:
    """Who got which text."""
    return [(int(call.params["chat_id"]), str(call.params["text"])) for call in telegram.take()]


async def test_notices_wait_for_the_network_and_not_for_those_who_blocked(telegram: Backend) -> None:
    """Titles are looked up when they are needed, and escaped; operators' alerts do not wait behind."""
    alerts = alerting(telegram, title="A <b>")
    alerts.inform(OWNER, -100, lambda title: f"lost {title}")
    alerts.inform(OTHER, -100, lambda title: f"lost {title}", "<known>")
    alerts.inform(0, -999, lambda title: f"lost [{title}]")
    alerts.tell("an alert")
    telegram.failures[:] = [None, NetworkError("away")]
    await alerts.send()
    assert sent(telegram) == [(1, "an alert"), (OWNER, "lost A &lt;b&gt;")]
    telegram.failures[:] = ["Forbidden: bot was blocked by the user"]
    await alerts.send()
    assert sent(telegram)[1:] == [(OTHER, "lost &lt;known&gt;"), (1, "lost []")]
    await alerts.send()
    assert sent(telegram) == []


async def test_too_many_notices_push_out_the_oldest_and_no_alert(telegram: Backend) -> None:
    """A thousand wait at most."""
    alerts = alerting(telegram)
    alerts.tell("an alert")
    for number in range(1_200):
        alerts.inform(OWNER, -100, functools.partial("{} {}".format, number))
    await alerts.send()
    assert [text for _, text in sent(telegram)][:2] == ["an alert", "200 "]


# -- posts in channels ------------------------------------------------------------------------------------


async def test_a_post_is_for_everybody(world: World) -> None:
    """No reader's progress, and no button that would change the post; the end is told once."""
    await world.subscribe(CHANNEL, Kind.CHANNEL)
    for _ in range(6):
        await world.day()
    messages = [message for _, message in world.sender.sent]
    assert [message.plain.rpartition("\n")[2] for message in messages[:4]] == [
        "#water · 1/3", "#water · 2/3", "#water · 3/3", "#trade · 1/1",
    ]  # fmt: skip
    buttons = [button for message in messages for row in message.buttons for button in row]
    assert {bool(button.data) for button in buttons} == {False}
    assert buttons[0].url == "https://t.me/digest_bot?start=d_w1"
    assert "All 4 digests have been posted" in messages[4].plain
    assert len(messages) == 5


# -- use cases --------------------------------------------------------------------------------------------


@pytest.fixture
def chats(world: World) -> Chats:
    """In English."""
    return Chats(Subscribing(world.store, LIBRARY, world.clock, WANTED, ENGLISH, ATLAS))


async def test_only_what_is_paused_wakes(world: World, chats: Chats) -> None:
    """And keeps its settings and its owner."""
    await world.subscribe(TOPIC, Kind.GROUP)
    await world.subscribe(GROUP, Kind.GROUP)
    assert await chats.wake(await world.store.standing(-100), Kind.GROUP) == ()
    await world.store.pause(-100, "kicked", NOW)
    woken = await chats.wake(await world.store.standing(-100), Kind.GROUP)
    assert [each.chat for each in woken] == [GROUP, TOPIC]
    standing = await world.store.standing(-100)
    assert [(each.owner, each.preferences, each.next_slot is None) for each in standing] == [
        (OWNER, WANTED, False)
    ] * 2


async def test_one_post_ahead_of_its_time_counts_as_the_days_own(world: World, chats: Chats) -> None:
    """It goes out as any delivery, once; the slot of that date brings no second one."""
    await world.subscribe(CHANNEL, Kind.CHANNEL)
    assert await chats.post_now(-200) == chats.say("It is on its way.")
    assert "already" in await chats.post_now(-200)
    await world.delivering.drain()
    assert "already" in await chats.post_now(-200)
    assert len(world.sender.sent) == 1
    await world.day()
    assert len(world.sender.sent) == 2
    assert await chats.ask_to_post(-999, "Nowhere") is None


# -- channels of the configuration ------------------------------------------------------------------------


@dataclass
class Configured:
    """The channels of a file, applied as at a start."""

    world: World
    directory: Titles = field(default_factory=Titles)
    alerts: RecordingAlerts = field(default_factory=RecordingAlerts)

    def starting(self, *channels: Listed) -> Listing:
        """A start with these in the file."""
        world = self.world
        return Listing(world.store, self.directory, world.informing, self.alerts, world.clock, channels)


@pytest.fixture
def configured(world: World) -> Configured:
    """One channel is there."""
    return Configured(world, Titles(found={"@digests": Found(-200, "Digests")}))


def listed(**changes: Any) -> Listed:
    """@digests every day at nine, in Russian."""
    return Listed("@digests", replace(WANTED, **changes), "ru")


async def test_a_named_channel_is_subscribed_changed_and_ended(configured: Configured) -> None:
    """By what the file says at each start; twice the same changes nothing."""
    store = configured.world.store
    await configured.starting(listed()).tick()
    first = await store.subscription(CHANNEL)
    assert first is not None
    assert (first.preferences.time, await store.language(CHANNEL)) == (dt.time(9), "ru")
    configured.world.clock.move(hours=30)  # the slot came due while the bot was away
    await configured.starting(listed()).tick()
    assert await store.subscription(CHANNEL) == first
    await configured.starting(listed(days=WEEKDAYS, themes=("water",))).tick()
    changed = await store.subscription(CHANNEL)
    assert changed is not None
    assert (changed.preferences.days, changed.preferences.themes) == (WEEKDAYS, ("water",))
    await configured.starting().tick()
    assert await store.subscription(CHANNEL) is None
    assert configured.world.informing.listed == set()


async def test_what_people_have_set_up_stays(configured: Configured) -> None:
    """The end of a line in the file ends the channel of that line alone."""
    await configured.world.subscribe(Chat(-400), Kind.CHANNEL)
    await configured.starting(listed()).tick()
    await configured.starting().tick()
    assert await configured.world.store.subscription(Chat(-400)) is not None


async def test_a_channel_that_cannot_be_used_is_told_once_and_tried_again(configured: Configured) -> None:
    """Others go on; without an answer from Telegram nothing is told, and a known channel does not end."""
    await configured.starting(listed()).tick()
    configured.directory.found = {"@digests": Obstacle.NO_ANSWER, -300: Obstacle.BOT}
    listing = configured.starting(listed(), Listed(-300, WANTED, "en"))
    await listing.tick()
    await listing.tick()
    assert len(configured.alerts.told) == 1
    assert "-300" in configured.alerts.told[0]
    assert await configured.world.store.subscription(CHANNEL) is not None
    configured.directory.found = {"@digests": Found(-200, ""), -300: Found(-300, "")}
    await listing.tick()
    assert await configured.world.store.subscription(Chat(-300)) is not None
    configured.directory.found = {}
    await listing.tick()  # nothing is open, so nobody is asked
    assert len(configured.alerts.told) == 1


async def test_a_name_that_leads_to_another_channel_now(configured: Configured) -> None:
    """The channel that it led to before gets no more."""
    await configured.starting(listed()).tick()
    configured.directory.found["@digests"] = Found(-201, "New")
    await configured.starting(listed()).tick()
    assert await configured.world.store.subscription(CHANNEL) is None
    assert await configured.world.store.subscription(Chat(-201)) is not None


async def test_operators_hear_of_troubles_of_the_files_channels(configured: Configured) -> None:
    """Nobody else has set them up."""
    await configured.starting(listed()).tick()
    await configured.world.informing.lost(CHANNEL, Trouble.RIGHTS)
    assert [user for user, _ in configured.world.notices.told] == [0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- chat: digests", "the channel's @name in quotes, or its id"),
        ("- chat: '@digests'\n    time: 25:00", "hours and minutes"),
        ("- time: 08:00", "`chat` is missing"),
        ("- chat: -1001234567890\n    colour: red", "`colour` is not a key"),
        ("- chat: '@digests'\n  - chat: '@Digests'", "named twice"),
        ("- chat: '@digests'\n    language: de", "not one of the known words"),
    ],
)
def test_a_wrong_channel_is_told_at_its_place(tmp_path: Any, text: str, said: str) -> None:
    """As every other wrong value of the configuration."""
    file = tmp_path / "config.yaml"
    file.write_text(f"channels:\n  {text}\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:[23]:") as refused:
        load_settings(file, {})
    assert said in str(refused.value)


def test_channels_in_full_and_none(tmp_path: Any) -> None:
    """All keys, and an empty list; the environment cannot name them."""
    file = tmp_path / "config.yaml"
    file.write_text(
        "channels:\n  - chat: '@Digests'\n    time: 07:30\n    days: weekdays\n    zone: Europe/Berlin\n"
        "    themes: water, trade\n    articles: [rivers]\n    language: kk\n    silent: true\n"
    )
    (channel,) = load_settings(file, {}).channels
    assert (channel.chat, channel.time, channel.days) == ("@digests", dt.time(7, 30), WEEKDAYS)
    assert (channel.themes, channel.articles, channel.silent) == (("water", "trade"), ("rivers",), True)
    file.write_text("channels:\n")
    assert load_settings(file, {}).channels == ()
    with pytest.raises(ConfigError):
        load_settings(file, {"BOT_CHANNELS__CHAT": "@digests"})
