"""What readers are told of their data, and their file, with a real store behind."""

import asyncio
import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest
from telegram import Bot

from bot.core import privacy_texts
from bot.core.language import ENGLISH
from bot.core.markdown import units
from bot.core.model import Chat, Kind, Preferences, State
from bot.locales import load_languages
from bot.ports import Store
from bot.services.delivering import Delivering
from bot.services.privacy import Privacy
from bot.store.tables import metadata
from bot.telegram.alerts import TelegramAlerts
from bot.telegram.governor import GovernorLimiter
from bot.telegram.rights import TelegramDirectory
from tests.fakes import LIBRARY, NOW, FixedClock, RecordingAlerts, RecordingSender

READER, GROUP = 7_777_777_771, -1_007_777_777_991
WANTED = Preferences(dt.time(7, 30), 0b0010101, "Asia/Almaty", ("water", "trade"), ("rivers",), silent=True)
NOBODY = {
    *("digests.digest", "digests.since", "stopped.digest", "stopped.version", "meta.key", "meta.value"),
    *(f"leases.{name}" for name in ("name", "owner", "until")),
    *(f"broadcasts.{name}" for name in ("id", "html", "stage", "note", "updated", "digest", "version")),
}
"""Columns that hold nothing about anybody: what the library and the operators' announcements are."""


def test_the_list_of_what_is_kept_is_the_list_of_the_tables_columns() -> None:
    """A column that is new must be told of, or stand here as one that holds nothing about anybody."""
    columns = {
        f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns
    }
    told = [column for columns in privacy_texts.KEPT.values() for column in columns]

    assert len(told) == len(set(told))
    assert set(told) | NOBODY == columns
    assert not set(told) & NOBODY


@pytest.mark.parametrize("code", ["en", "ru", "kk"])
def test_privacy_names_all_that_is_kept_in_every_language(store: Store, code: str) -> None:
    """One line for each kind, what is not kept, how long, and how to see and to erase it; in one message."""
    say = load_languages()[code]

    message = Privacy(store, FixedClock(), say).told()

    assert message.html.count("• ") == len(privacy_texts.KEPT)
    assert all(say(words) in message.html for words in privacy_texts.KEPT)
    assert message.html.count("<b>") == 3
    assert "/mydata" in message.html
    assert "/forgetme" in message.html
    assert units(message.plain) < 4096


async def file_of(store: Store, chat_id: int) -> dict[str, Any]:
    """The file as a program reads it."""
    document: dict[str, Any] = json.loads(await Privacy(store, FixedClock()).file(chat_id))
    return document


async def test_the_file_holds_all_that_is_kept_by_names_that_people_understand(store: Store) -> None:
    """Days by name, lists as lists, yes and no, moments in UTC."""
    await store.subscribe(Chat(READER), WANTED, NOW, NOW)
    await store.speak(Chat(READER), Kind.PRIVATE, "kk", NOW)
    await store.mark_seen(Chat(READER), "w1", NOW, "0" * 16)
    await store.subscribe(Chat(GROUP, 5), WANTED, NOW, NOW, owner=READER)
    await store.hold(READER, NOW)
    await store.draft("<b>Hello</b>", READER, NOW)

    document = await file_of(store, READER)

    assert document["made"] == "2026-11-23T04:00:00Z"
    assert document["chat"] == [
        {
            "chat": READER,
            "topic": 0,
            "kind": "private",
            "language": "kk",
            "known_since": "2026-11-23T04:00:00Z",
        }
    ]
    assert document["subscriptions"] == [
        {
            "chat": READER,
            "topic": 0,
            "time": "07:30",
            "days": ["Monday", "Wednesday", "Friday"],
            "zone": "Asia/Almaty",
            "themes": ["water", "trade"],
            "next_digest_at": "2026-11-23T04:00:00Z",
            "not_sent_because": "",
            "told_that_all_is_read": False,
            "articles": ["rivers"],
            "silent": True,
            "resting_until": None,
            "set_up_by": 0,
            "not_sent_since": None,
            "loss_told_to_who_set_up": "",
        }
    ]
    assert document["read"] == [
        {
            "chat": READER,
            "topic": 0,
            "digest": "w1",
            "first_read": "2026-11-23T04:00:00Z",
            "wording": "0" * 16,
        }
    ]
    assert document["waits"] == [{"chat": READER, "until": "2026-11-23T04:00:00Z"}]
    assert document["set_up_in_other_chats"] == [{"chat": GROUP, "topic": 5}]
    assert document["announcements"][0]["text"] == "<b>Hello</b>"
    assert document["deliveries"] == []


async def test_nothing_of_a_row_is_left_out(store: Store) -> None:
    """As many values as the tables have, in every section."""
    await store.subscribe(Chat(READER), WANTED, NOW, NOW)
    await store.mark_seen(Chat(READER), "w1", NOW)
    await store.hold(READER, NOW)
    kept = await store.kept(READER)
    sections = {"chats": "chat", "subscriptions": "subscriptions", "progress": "read", "holds": "waits"}

    document = await file_of(store, READER)

    for table, section in sections.items():
        assert len(metadata.tables[table].columns) == len(kept[table][0]) == len(document[section][0]), table


async def test_a_stranger_has_an_empty_file(store: Store) -> None:
    """It says so, and every section is there."""
    document = await file_of(store, 5)

    assert [section for section, found in document.items() if found == []] == [
        "chat",
        "subscriptions",
        "read",
        "deliveries",
        "waits",
        "set_up_in_other_chats",
        "announcements",
    ]


async def test_a_group_s_file_tells_of_all_its_topics(store: Store) -> None:
    """With who set each up; what others do elsewhere is not in it."""
    for thread in (0, 5):
        await store.subscribe(Chat(GROUP, thread), WANTED, NOW, NOW, owner=READER)

    document = await file_of(store, GROUP)

    assert [(row["topic"], row["set_up_by"]) for row in document["subscriptions"]] == [
        (0, READER),
        (5, READER),
    ]
    assert document["set_up_in_other_chats"] == []


async def test_erasing_is_asked_first(store: Store) -> None:
    """Two lines say what goes and that it cannot be undone; one button erases, one leads back."""
    message = await Privacy(store, FixedClock()).question(Chat(READER))

    assert "cannot be undone" in message.html
    assert message.html.count("\n") == 1
    assert [[button.data for button in row] for row in message.buttons] == [["!forget"], ["keep"]]


async def test_the_question_holds_for_the_chat_as_it_was(store: Store) -> None:
    """Who was forgotten and comes back is another one: an old button does not erase what is new."""
    clock = FixedClock()
    privacy = Privacy(store, clock)
    states = [(await privacy.question(Chat(READER))).state]
    for _ in range(2):
        await store.subscribe(Chat(READER), WANTED, NOW, clock.now())
        states.append((await privacy.question(Chat(READER))).state)
        await privacy.forget(READER)
        clock.move(minutes=1)

    assert len(set(states)) == 3


async def test_erasing_reaches_all_that_remembers(store: Store) -> None:
    """The store, and whatever else in the process knows the chat."""
    await store.subscribe(Chat(READER), WANTED, NOW, NOW)
    forgotten: list[int] = []

    message = await Privacy(store, FixedClock(), ENGLISH, (forgotten.append,)).forget(READER)

    assert "all is erased" in message.html
    assert forgotten == [READER]
    assert not any((await store.kept(READER)).values())
    assert await store.language(Chat(READER)) == ""


async def test_what_was_on_its_way_when_the_reader_was_forgotten_brings_nothing_back(store: Store) -> None:
    """The digest arrives, and its outcome finds nobody; to others deliveries go on."""
    clock, sender = FixedClock(), RecordingSender(gate=asyncio.Event())
    delivering = Delivering(store, sender, RecordingAlerts(), LIBRARY, clock, "me")
    for chat in (READER, 5):
        await store.subscribe(Chat(chat), replace(WANTED, time=dt.time(9)), NOW, NOW)
    await delivering.plan()
    draining = asyncio.create_task(delivering.drain())
    while not sender.sent and not draining.done():
        await asyncio.sleep(0.01)
    assert sender.sent[0][0] == Chat(READER)

    await Privacy(store, clock).forget(READER)
    assert sender.gate is not None
    sender.gate.set()
    await draining

    assert not any((await store.kept(READER)).values())
    assert len((await store.history(Chat(5))).seen) == 1
    assert (await store.counts())[State.SENT] == 1


async def test_neither_the_governor_nor_the_alerts_remember(store: Store) -> None:
    """A hold that Telegram asked for and alerts that wait go with the chat; those of others stay."""
    until = NOW + dt.timedelta(hours=1)
    limiter = GovernorLimiter(25, FixedClock(), store, {READER: until, 5: until})
    bot = RecordingBot()
    alerts = TelegramAlerts(bot, (READER, 5), TelegramDirectory(bot))
    alerts.tell("Something")

    await Privacy(store, FixedClock(), ENGLISH, (limiter.forget, alerts.forget)).forget(READER)
    await alerts.send()

    assert bot.told == [5]
    assert limiter._held.remaining(NOW, READER) == dt.timedelta()
    assert limiter._held.remaining(NOW, 5) > dt.timedelta()


class RecordingBot(Bot):
    """Keeps to whom something was said."""

    def __init__(self) -> None:
        super().__init__("1:a")
        with self._unfrozen():
            self.told: list[int] = []

    async def send_message(self, chat_id: Any, *_: Any, **__: Any) -> Any:
        """Say nothing."""
        self.told.append(chat_id)
