"""Corrections: posts are edited in place, private readers get one note, nobody is told twice."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.core.delivery import (
    Ambiguous,
    NotSent,
    Outcome,
    RateLimited,
    Refused,
    Unauthorized,
    Unreachable,
)
from bot.core.library import Library, version
from bot.core.model import EVERY_DAY, Chat, Digest, Preferences, State, Wanted
from bot.ports import Store
from bot.services.broadcasting import Broadcasting
from bot.services.correcting import Correcting
from bot.services.delivering import Delivering
from bot.services.reading import Reading
from bot.store import open_store
from tests.fakes import LIBRARY, NOW, TRADE, WATER, FixedClock, RecordingAlerts, RecordingSender, article

GROUP, TOPIC, CHANNEL = Chat(-1001), Chat(-1001, 7), Chat(-1002)
ALICE, BOB = Chat(1), Chat(2)
WANTED = Preferences(dt.time(9), EVERY_DAY, "Asia/Almaty")
SENTENCE = "It is 12 rivers & not 21."


def with_first(**changes: str) -> Library:
    """The library with another first digest."""
    shelf = (replace(WATER[0], **changes), *WATER[1:])  # type: ignore[arg-type]
    return Library((article("rivers", [("water", shelf), ("trade", TRADE)], dt.date(2024, 5, 28)),))


CHANGED = with_first(text="Another text.")
CORRECTED = with_first(text="Another text.", correction=SENTENCE)


class NoDesk:
    """Nobody follows."""

    async def show(self, chat: int, card: int | None, message: object) -> int | None:
        """Not shown."""
        raise AssertionError((chat, card, message))


class Bot:
    """The bot's ticks around one store, as one run of the process has them."""

    def __init__(self, store: Store) -> None:
        self.store, self.sender, self.clock = store, RecordingSender(), FixedClock()
        self.correcting = Correcting(store, self.sender, self.clock)
        self.broadcasting = Broadcasting(store, NoDesk(), self.clock, 25, "UTC")

    def delivering(self, library: Library) -> Delivering:
        """Of this library."""
        return Delivering(self.store, self.sender, RecordingAlerts(), library, self.clock, "me")

    async def deliver(self, *chats: Chat, library: Library = LIBRARY) -> None:
        """Subscribe chats, and send them what is due now."""
        for chat in chats:
            await self.store.subscribe(chat, WANTED, self.clock.now(), NOW)
        delivering = self.delivering(library)
        await delivering.plan()
        await delivering.drain()

    async def tick(self, library: Library) -> int:
        """One look of everything; how many edits were tried."""
        tried = await self.correcting.tick(library)
        await self.broadcasting.tick()
        await self.delivering(library).drain()
        return tried

    def restarted(self) -> "Bot":
        """Another run on the same database."""
        return Bot(self.store)


@pytest.fixture
def bot(store: Store) -> Bot:
    """A first run."""
    return Bot(store)


def first(library: Library) -> Digest:
    """Its first digest."""
    return library.themes[0].digests[0]


def test_the_version_is_that_of_title_and_text_alone() -> None:
    """A correction by itself is not another wording."""
    assert version(first(CORRECTED)) == version(first(CHANGED)) != version(first(LIBRARY))
    assert version(first(with_first(correction=SENTENCE))) == version(first(LIBRARY))


# -- posts ------------------------------------------------------------------------------------------------


async def test_posts_in_groups_topics_and_channels_are_edited_once(bot: Bot) -> None:
    """With the message as it would be sent, but for today's wording; private messages stay as they are."""
    await bot.deliver(GROUP, TOPIC, CHANNEL, ALICE)
    posted = dict(bot.sender.sent)
    again = bot.restarted()
    assert await again.tick(LIBRARY) == 0
    assert await again.tick(CHANGED) == 3
    edited = {chat: message for chat, _, message in again.sender.edited}
    assert edited == {
        chat: replace(posted[chat], html=posted[chat].html.replace("The <b>text</b> of w1.", "Another text."))
        for chat in (GROUP, TOPIC, CHANNEL)
    }
    assert await again.tick(CHANGED) == 0
    assert await again.restarted().tick(CHANGED) == 0
    assert again.sender.sent == []


async def test_the_footer_stays_that_of_its_day(bot: Bot) -> None:
    """What the chat has read since then does not change an old post's progress."""
    await bot.deliver(GROUP)
    bot.clock.move(days=1)
    await bot.deliver()
    await bot.tick(CHANGED)
    ((_, message_id, message),) = bot.sender.edited
    assert (message_id, message.html.rpartition("\n")[2]) == (1, "<i>/water · 1/4 read</i>")


@pytest.mark.parametrize("refused", ["message to edit not found", "message can't be edited"])
async def test_a_post_that_cannot_be_edited_is_left_alone(bot: Bot, refused: str) -> None:
    """Deleted, or too old: it is not tried again, after a restart neither."""
    await bot.deliver(GROUP)
    bot.sender.script = [Refused(refused)]
    assert [await bot.tick(CHANGED), await bot.restarted().tick(CHANGED)] == [1, 0]


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (RateLimited(dt.timedelta(seconds=40)), 40),
        (NotSent("no connection"), 60),
        (Ambiguous("no answer"), 60),
        (Unauthorized(), 60),
        (Unreachable("kicked"), 86_400),
    ],
)
async def test_what_did_not_work_is_tried_later(bot: Bot, outcome: Outcome, wait: int) -> None:
    """Not before Telegram said, and also by another run."""
    await bot.deliver(GROUP)
    bot.sender.script = [outcome]
    assert [await bot.tick(CHANGED), await bot.tick(CHANGED)] == [1, 0]
    again = bot.restarted()
    again.clock.move(seconds=wait - 1)
    assert await again.tick(CHANGED) == 0
    again.clock.move(seconds=1)
    assert [await again.tick(CHANGED), await again.tick(CHANGED)] == [1, 0]


async def test_without_a_network_one_edit_is_tried_and_no_more(bot: Bot) -> None:
    """The others go on later; nothing is lost."""
    await bot.deliver(GROUP, TOPIC, CHANNEL)
    bot.sender.script = [NotSent("no connection")]
    assert [await bot.tick(CHANGED), await bot.tick(CHANGED)] == [1, 2]
    bot.clock.move(minutes=1)
    assert [await bot.tick(CHANGED), await bot.tick(CHANGED)] == [1, 0]


async def test_a_tick_edits_a_hundred_posts_at_most(bot: Bot) -> None:
    """The next one goes on."""
    await bot.deliver(*(Chat(-1000 - number) for number in range(130)))
    assert [await bot.tick(CHANGED) for _ in range(3)] == [100, 30, 0]


async def test_old_posts_are_left_alone(bot: Bot) -> None:
    """After 90 days."""
    await bot.deliver(GROUP)
    bot.clock.move(days=91)
    assert await bot.tick(CHANGED) == 0


async def test_what_was_under_way_at_a_change_is_found_later(bot: Bot) -> None:
    """A digest in the old wording that was recorded after the first look."""
    assert await bot.tick(CHANGED) == 0
    await bot.deliver(GROUP)
    bot.clock.move(minutes=10)
    assert await bot.tick(CHANGED) == 1


async def test_a_digest_that_is_gone_or_not_yet_visible_is_passed_over(bot: Bot) -> None:
    """Its posts stay as they are."""
    await bot.deliver(GROUP)
    shelf = (replace(WATER[0], text="Another.", publish=dt.date(2999, 1, 1)), *WATER[1:])
    hidden = Library((article("rivers", [("water", shelf)], dt.date(2024, 5, 28)),))
    gone = Library((article("rivers", [("water", WATER[1:])], dt.date(2024, 5, 28)),))
    assert [await bot.tick(hidden), await bot.tick(gone)] == [0, 0]


# -- notes ------------------------------------------------------------------------------------------------


async def test_a_material_correction_is_told_once_to_those_who_know_another_wording(bot: Bot) -> None:
    """Delivered or read on request, with or without a subscription; with a button to read it again."""
    await bot.deliver(ALICE, GROUP)
    await Reading(bot.store, LIBRARY, bot.clock).mark_read(BOB, "w1", version(WATER[0]))
    await Reading(bot.store, CORRECTED, bot.clock).mark_read(Chat(3), "w1", version(first(CORRECTED)))
    again = bot.restarted()
    for _ in range(3):
        await again.tick(CORRECTED)
    assert {chat for chat, _ in again.sender.sent} == {ALICE, BOB}
    assert len(again.sender.sent) == 2
    message = again.sender.sent[0][1]
    assert message.html == (
        "✏️ <b>Title w1</b>, which you have read, was corrected:\n\nIt is 12 rivers &amp; not 21."
    )
    assert [[button.data for button in row] for row in message.buttons] == [["r:w1"]]
    third = bot.restarted()
    for _ in range(3):
        await third.tick(CORRECTED)
    assert third.sender.sent == []


async def test_without_a_correction_nobody_is_told(bot: Bot) -> None:
    """Until the editor adds one."""
    await bot.deliver(ALICE)
    await bot.tick(CHANGED)
    assert len(bot.sender.sent) == 1
    for _ in range(2):
        await bot.tick(CORRECTED)
    assert len(bot.sender.sent) == 2


async def test_a_sentence_that_stays_tells_nobody_anew(bot: Bot) -> None:
    """Neither those who come later nor, after a slip in the text is mended, those who know."""
    await bot.deliver(ALICE)
    for _ in range(2):
        await bot.tick(CORRECTED)
    slip = with_first(title="Another title", text="Another text!", correction=SENTENCE)
    for library in (CORRECTED, slip, slip):
        await bot.deliver(BOB, library=CORRECTED)
        await bot.tick(library)
    told = [chat for chat, message in bot.sender.sent if "was corrected" in message.html]
    assert told == [ALICE]
    await bot.tick(with_first(text="A third text.", correction="It is 13."))
    await bot.tick(with_first(text="A third text.", correction="It is 13."))
    told = [chat for chat, message in bot.sender.sent if "was corrected" in message.html]
    assert sorted(told[1:], key=lambda chat: chat.id) == [ALICE, BOB]


async def test_who_blocked_the_bot_is_not_told(bot: Bot) -> None:
    """A paused chat takes nothing."""
    await bot.deliver(ALICE, BOB)
    await bot.store.pause(BOB.id, "blocked", NOW)
    for _ in range(2):
        await bot.tick(CORRECTED)
    assert [chat for chat, _ in bot.sender.sent[2:]] == [ALICE]


async def test_a_note_that_got_no_answer_is_tried_once_more(bot: Bot) -> None:
    """As a digest: two copies at most, then it is listed as unknown; without a subscription too."""
    await Reading(bot.store, LIBRARY, bot.clock).mark_read(BOB, "w1", version(WATER[0]))
    bot.sender.script = [RateLimited(dt.timedelta(seconds=3)), Ambiguous("?"), Ambiguous("?")]
    for _ in range(6):
        await bot.tick(CORRECTED)
        bot.clock.move(minutes=1)
    assert len(bot.sender.sent) == 3
    (entry,) = await bot.store.entries(Wanted(), 0, 10)
    assert (entry.state, entry.digest) == (State.UNKNOWN, "w1")


async def test_a_note_outlives_a_restart_and_an_absence(bot: Bot) -> None:
    """It is owed in the database; a correction is as true a day later, so nobody has to say so."""
    await bot.deliver(ALICE)
    await bot.correcting.tick(CORRECTED)
    again = bot.restarted()
    again.clock.move(days=1)
    await again.broadcasting.recover(dt.timedelta(hours=6))
    for _ in range(2):
        await again.tick(CORRECTED)
    assert ["was corrected" in message.html for _, message in again.sender.sent] == [True]


async def test_that_a_note_was_sent_is_remembered_for_ever(bot: Bot) -> None:
    """Its deliveries are purged after 90 days; it does not come again."""
    await bot.deliver(ALICE)
    for _ in range(2):
        await bot.tick(CORRECTED)
    await bot.store.purge(NOW.date() + dt.timedelta(days=400))
    assert await bot.store.entries(Wanted(), 0, 10) == ()
    again = bot.restarted()
    for _ in range(2):
        await again.tick(CORRECTED)
    assert again.sender.sent == []


async def test_a_newer_correction_overtakes_an_older_one_that_is_still_owed(bot: Bot) -> None:
    """The reader hears the last word."""
    await bot.deliver(ALICE)
    await bot.correcting.tick(CORRECTED)
    newer = with_first(text="A third text.", correction="It is 13.")
    await bot.correcting.tick(newer)
    for _ in range(3):
        await bot.tick(newer)
    assert [message.html.rpartition("\n")[2] for _, message in bot.sender.sent[1:]] == ["It is 13."]


# -- /changes ---------------------------------------------------------------------------------------------


async def test_changes_lists_what_reads_otherwise_now_until_it_is_read_again(bot: Bot) -> None:
    """The last read first, with the editor's sentence; reading it again takes it off the list."""
    await bot.deliver(GROUP)
    reading = Reading(bot.store, CORRECTED, bot.clock)
    assert (
        "all that you have read here still stands"
        in (await Reading(bot.store, LIBRARY, bot.clock).changes(GROUP)).message.html
    )
    page = await reading.changes(GROUP)
    assert "<b>Title w1</b>\nIt is 12 rivers &amp; not 21." in page.message.html
    assert [[button.data for button in row] for row in page.message.buttons] == [["r:w1"]]
    shown = await reading.digest(GROUP, "w1")
    assert shown is not None
    await reading.mark_read(GROUP, "w1", shown.version)
    assert "still stands" in (await reading.changes(GROUP)).message.html


async def test_a_long_list_of_changes_is_cut(store: Store) -> None:
    """Ten at once, in a message that Telegram takes."""
    long = tuple(Digest(f"d{n}", "T" * 100, "x", (1,), correction="&" * 200) for n in range(40))
    library = Library((article("rivers", [("water", long)], dt.date(2024, 5, 28)),))
    clock = FixedClock()
    for item in long:
        await store.mark_seen(ALICE, item.id, clock.now(), "0" * 16)
        clock.move(minutes=1)
    message = (await Reading(store, library, clock).changes(ALICE)).message
    assert [row[0].data for row in message.buttons][:2] == ["r:d39", "r:d38"]
    assert len(message.buttons) == 10
    assert "And 30 more" in message.html
    assert len(message.plain) < 4096


async def test_what_was_read_before_versions_were_kept_is_not_listed(store: Store) -> None:
    """Nobody knows what it looked like; and a reading without a version leaves a known one."""
    await store.mark_seen(ALICE, "w1", NOW)
    await store.mark_seen(ALICE, "w2", NOW, "1" * 16)
    await store.mark_seen(ALICE, "w2", NOW)
    assert await store.versions(ALICE) == {"w2": "1" * 16}


def explained(sql: str, connection: Connection) -> Sequence[Any]:
    """SQLite's plan of a statement."""
    return connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")).all()


async def test_the_queries_for_old_wordings_go_by_their_indexes(tmp_path: Path) -> None:
    """However many deliveries there are, only those of the digest are looked at."""
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
    seen: list[str] = []

    @event.listens_for(store._engine, "before_cursor_execute")
    def _executed(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    await store.stale_posts("w1", "1" * 16, NOW.date(), 10)
    await store.correct("w1", "1" * 16, "A\n\nB", 0, NOW)
    queries = [sql for sql in seen if "version <" in sql]
    plans = []
    for sql in queries:
        rows = await store.run(functools.partial(explained, sql), alone=True)
        plans.append(" ".join(row.detail for row in rows))
    await store.close()
    assert len(plans) == 2
    assert "USING INDEX deliveries_posts (digest=?" in plans[0], plans
    assert "progress_version (digest=? AND version>?" in plans[1], plans
    assert not any("SCAN deliveries" in plan or "SCAN progress" in plan for plan in plans)
