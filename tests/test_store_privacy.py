"""What is kept about a chat, shown and erased: from the tables, from the files, and from backups."""

import asyncio
import datetime as dt
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.core.delivery import Decision
from bot.core.model import Chat, History, Kind, Pick, Preferences, State, Subscription
from bot.core.planning import plan
from bot.ports import Store, StoreError
from bot.ports.inbox import Received
from bot.store import open_outbox, open_store
from bot.store.forgotten import Forgotten
from bot.store.tables import metadata
from tests.databases import Database, File, OnServer, on_both
from tests.fakes import NOW

ID, OTHER, GROUP = 7_777_777_771, 7_777_777_881, -1_007_777_777_991
LATER = NOW + dt.timedelta(hours=1)
WANTED = Preferences(dt.time(9), 0b1111111, "Asia/Almaty", ("water",), ("rivers",), silent=True)
OWNER = "me"
on_server = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ROOT = Path(__file__).parents[1]
DYING = """
import asyncio, os, sys, datetime
from pathlib import Path
from bot.store import open_store
from bot.store.forgotten import Forgotten

class Dying(Forgotten):
    def add(self, chat_id, now):
        super().add(chat_id, now)
        os.kill(os.getpid(), 9)

async def main(url, chat_id):
    store = open_store(url)
    store._forgotten = Dying(Path(url.removeprefix("sqlite:///")))
    await store.forget(chat_id, datetime.datetime(2999, 1, 1, tzinfo=datetime.UTC))

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
NOBODY = {"digests", "stopped", "meta", "counts", "leases", "alembic_version"}
"""Tables without a person."""


def url(folder: Path) -> str:
    """The address of the database in a folder."""
    return File(folder / "bot.db").url


def planned(subscription: Subscription) -> Any:
    """A due subscription planned at NOW."""
    return plan(subscription, NOW, dt.timedelta(hours=6))


def first(_wanted: Preferences, _history: History) -> Pick:
    """What every chat gets."""
    return Pick("w1", 1, 3, "0" * 16)


async def fill(store: Store, chat_id: int = ID) -> None:
    """A row in every table that can have one about a chat."""
    for chat in (Chat(chat_id), Chat(OTHER)):
        await store.subscribe(chat, WANTED, NOW, NOW)
        await store.speak(chat, Kind.PRIVATE, "kk", NOW)
        await store.mark_seen(chat, "w2", NOW, "1" * 16)
    await store.subscribe(Chat(GROUP, 5), WANTED, LATER, NOW, owner=chat_id)
    await store.hold(chat_id, LATER)
    draft = await store.draft("<b>Hello</b>", chat_id, NOW)
    await store.watch(draft.id, 12)
    await store.plan(NOW, planned, 10)
    await store.receive([Received(chat_id % 1000, chat_id, f'{{"id":{chat_id},"text":"/next"}}')], OWNER, NOW)


def rows(database: Database, number: int) -> list[str]:
    """The columns of the database in which a number stands, also among the marks."""
    every = (
        "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        if isinstance(database, File)
        else "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns "
        "WHERE table_schema IN ('public', 'digest_bot_forgotten')"
    )
    found = []
    for (column,) in database.rows(every):
        table = column.rpartition(".")[0]
        where = f"CAST({column.removeprefix('public.')} AS TEXT) = '{number}'"
        if database.rows(f"SELECT 1 FROM {table} WHERE {where}"):  # noqa: S608
            found.append(column.removeprefix("public."))
    return sorted(found)


def places(folder: Path, number: int) -> list[str]:
    """The files that hold a number in decimal or as SQLite stores it."""
    wanted = (str(number).encode(), number.to_bytes(6, "big", signed=True))  # the last six of eight as well
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        str(path.relative_to(folder)) for path in files if any(form in path.read_bytes() for form in wanted)
    ]


def whereabouts(database: Database, number: int) -> list[str]:
    """Where a number is still to be found: on a server in its tables, for its files are its own."""
    if isinstance(database, File):
        return places(database.path.parent, number)
    return rows(database, number)


@on_both
async def test_the_search_for_traces_finds_what_is_there(store: Store, database: Database) -> None:
    """Before anything is erased the id stands in the database: else finding nothing would prove nothing."""
    await fill(store)

    assert whereabouts(database, ID)
    await store.close()
    assert rows(database, ID) == [
        "broadcasts.operator",
        "chats.chat_id",
        "deliveries.chat_id",
        "holds.chat_id",
        "inbox.chat_id",
        "progress.chat_id",
        "subscriptions.chat_id",
        "subscriptions.owner",
    ]


@on_both
async def test_after_forgetting_the_id_is_nowhere(store: Store, database: Database) -> None:
    """No table, no page of the file, no log; all that belongs to others stays as it was."""
    await fill(store)
    others = await store.kept(OTHER)

    await store.forget(ID, LATER)

    assert await store.kept(OTHER) == others
    assert not any((await store.kept(ID)).values())
    assert whereabouts(database, ID) == []
    if isinstance(database, File):
        assert database.path.with_name("bot.db-wal").stat().st_size == 0
    await store.close()
    assert (rows(database, ID), whereabouts(database, ID)) == ([], [])


async def test_what_was_deleted_before_and_never_overwritten_goes_too(tmp_path: Path) -> None:
    """SQLite leaves copies of rows between others, most of all what earlier versions of the bot deleted."""
    await open_store(url(tmp_path)).close()
    with closing(sqlite3.connect(tmp_path / "bot.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("INSERT INTO holds VALUES (?, 5), (?, 6)", (ID, OTHER))
        connection.execute("DELETE FROM holds WHERE chat_id = ?", (ID,))
    store = open_store(url(tmp_path))
    assert places(tmp_path, ID) == ["bot.db"]

    await store.forget(ID, LATER)

    assert places(tmp_path, ID) == []
    assert places(tmp_path, OTHER) == ["bot.db"]
    await store.close()


@on_both
async def test_every_column_that_could_hold_an_id_is_filled_and_erased(
    store: Store, database: Database
) -> None:
    """A new table must be filled here, or be one of those that hold nobody."""
    await fill(store)
    await store.close()

    filled = {place.partition(".")[0] for place in rows(database, ID)}

    assert filled == set(metadata.tables) - NOBODY


@on_both
async def test_a_group_is_forgotten_with_all_its_topics(store: Store, database: Database) -> None:
    """And who set it up keeps what is their own."""
    await fill(store)
    await store.subscribe(Chat(GROUP), WANTED, LATER, NOW, owner=OTHER)

    await store.forget(GROUP, LATER)

    assert whereabouts(database, GROUP) == []
    assert len((await store.kept(ID))["subscriptions"]) == 1
    await store.close()


@on_both
async def test_a_delivery_in_flight_brings_nothing_back(store: Store, database: Database) -> None:
    """Its outcome comes after the chat was forgotten; the number of its row is not given to another one."""
    await fill(store)
    flying = {item.chat.id: item for item in await store.claim(NOW, OWNER, 10, first)}

    await store.forget(ID, NOW)
    await store.subscribe(Chat(88), WANTED, NOW, NOW)
    await store.plan(NOW, planned, 10)
    again = await store.claim(NOW, OWNER, 10, first)
    outcomes = [Decision(flying[chat], State.SENT, 1, NOW, message_id=9) for chat in (ID, OTHER)]
    await store.settle(outcomes, OWNER, LATER)

    assert not any((await store.kept(ID)).values())
    assert whereabouts(database, ID) == []
    assert [item.chat.id for item in again] == [88]
    assert (await store.history(Chat(88))).seen == frozenset()
    assert "w1" in (await store.history(Chat(OTHER))).seen
    await store.close()


@on_both
async def test_what_was_in_flight_to_a_forgotten_chat_is_not_tried_again(
    store: Store, database: Database
) -> None:
    """Its row names nobody, and is over."""
    await fill(store)
    await store.claim(NOW, OWNER, 10, first)
    await store.forget(ID, NOW)
    await store.close()

    left = database.rows("SELECT chat_id, digest, state FROM deliveries ORDER BY id")

    assert left == [(0, None, "empty"), (OTHER, "w1", "sending")]


@on_both
async def test_two_in_flight_at_once_can_be_forgotten(store: Store, database: Database) -> None:
    """What is left of each has a key of its own."""
    await fill(store)
    await store.claim(NOW, OWNER, 10, first)

    await store.forget(ID, NOW)
    await store.forget(OTHER, NOW)

    assert (whereabouts(database, ID), whereabouts(database, OTHER)) == ([], [])
    await store.close()


# -- the operator's counts --------------------------------------------------------------------------------


@on_both
async def test_a_forgotten_subscriber_has_left(store: Store, database: Database) -> None:
    """The day's count says so, once; what they had read stays counted."""
    await fill(store)
    await store.pause(OTHER, "blocked", NOW)

    await store.forget(ID, NOW)
    await store.forget(OTHER, NOW)
    await store.close()

    counted: dict[str, int] = dict(database.rows("SELECT what, sum(count) FROM counts GROUP BY what"))
    assert counted == {"joined": 3, "left": 2, "read": 2}


# -- backups ----------------------------------------------------------------------------------------------


def back_up(database: Database) -> None:
    """Keep the bot's tables as they are, as an operator would."""
    if isinstance(database, File):
        with (
            closing(sqlite3.connect(database.path)) as source,
            closing(sqlite3.connect(database.path.with_name("backup"))) as copy,
        ):
            source.backup(copy)
        return
    database.rows("DROP SCHEMA IF EXISTS backup CASCADE; CREATE SCHEMA backup")
    for name in metadata.tables:
        database.rows(f"CREATE TABLE backup.{name} AS SELECT * FROM {name}")  # noqa: S608


def restore(database: Database) -> None:
    """Put the backup in the place of the tables."""
    if isinstance(database, File):
        for leftover in database.path.parent.glob("bot.db-*"):
            leftover.unlink()
        shutil.copy(database.path.with_name("backup"), database.path)
        return
    for name in metadata.tables:
        database.rows(f"DELETE FROM {name}; INSERT INTO {name} SELECT * FROM backup.{name}")  # noqa: S608


@on_both
async def test_a_restored_backup_does_not_bring_a_forgotten_reader_back(
    store: Store, database: Database
) -> None:
    """Not the subscription, not what was read, not what was owed; and others keep theirs."""
    await fill(store)
    others = await store.kept(OTHER)
    back_up(database)
    await store.forget(ID, LATER)
    await store.close()
    restore(database)
    if isinstance(database, File):
        database.path.with_name("backup").unlink()

    store = open_store(database.url)

    assert not any((await store.kept(ID)).values())
    assert whereabouts(database, ID) == []
    assert await store.kept(OTHER) == others
    await store.close()


@on_both
async def test_who_comes_back_after_being_forgotten_keeps_what_is_new(
    store: Store, database: Database
) -> None:
    """Over restarts, in private and as who set up a group; and a backup from since then is restored as it is."""
    await fill(store)
    await store.forget(ID, NOW)
    await store.subscribe(Chat(ID), WANTED, LATER, LATER)
    await store.subscribe(Chat(GROUP, 5), WANTED, LATER, LATER, owner=ID)
    await store.mark_seen(Chat(ID), "w3", LATER)
    kept = await store.kept(ID)
    back_up(database)
    await store.close()

    for _ in range(2):
        store = open_store(database.url)
        assert await store.kept(ID) == kept
        assert (await store.history(Chat(ID))).seen == {"w3"}
        await store.close()
        restore(database)


@on_both
async def test_who_set_up_a_group_alone_is_known_since_then(store: Store, database: Database) -> None:
    """Somebody forgotten sets up a group that is older: the next start must not take that for old."""
    await store.subscribe(Chat(GROUP), WANTED, LATER, NOW)
    await store.forget(ID, NOW)
    await store.subscribe(Chat(GROUP), WANTED, LATER, LATER, owner=ID)
    await store.close()

    store = open_store(database.url)

    found = await store.subscription(Chat(GROUP))
    assert found is not None
    assert found.owner == ID
    await store.close()


async def test_killed_between_the_mark_and_the_erasing_the_next_start_erases(tmp_path: Path) -> None:
    """A process that kills itself right there, as hard as can be: the mark is set, and nothing is erased yet."""
    store = open_store(url(tmp_path))
    await fill(store)
    await store.close()
    died = subprocess.run([sys.executable, "-c", DYING, url(tmp_path), str(ID)], cwd=ROOT, check=False)
    assert died.returncode == -signal.SIGKILL
    assert rows(File(tmp_path / "bot.db"), ID)
    assert (tmp_path / "bot.db.forgotten").stat().st_size

    store = open_store(url(tmp_path))

    assert not any((await store.kept(ID)).values())
    assert places(tmp_path, ID) == []
    await store.close()


# -- the marks --------------------------------------------------------------------------------------------


def test_a_mark_names_nobody_and_is_for_the_bot_alone(tmp_path: Path) -> None:
    """Neither file holds the id; others cannot read them; another key would make another mark."""
    marks = Forgotten(tmp_path / "bot.db")

    marks.add(ID, NOW)
    marks.add(ID, LATER)

    assert marks.among([OTHER, ID]) == {ID: LATER}
    assert places(tmp_path, ID) == []
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    lines = (tmp_path / "bot.db.forgotten").read_text().splitlines()
    shutil.move(tmp_path / "bot.db.key", tmp_path / "lost")
    Forgotten(tmp_path / "bot.db").add(ID, NOW)
    assert (tmp_path / "bot.db.forgotten").read_text().splitlines()[-1] not in lines


def test_a_line_cut_off_by_a_crash_spoils_no_other(tmp_path: Path) -> None:
    """Neither what stands before it nor what comes after."""
    marks = Forgotten(tmp_path / "bot.db")
    marks.add(ID, NOW)
    file = tmp_path / "bot.db.forgotten"
    file.write_bytes(file.read_bytes() + b"0123456789 2026-1")
    marks.add(OTHER, LATER)

    assert marks.among([ID, OTHER, 5]) == {ID: NOW, OTHER: LATER}


async def test_without_the_key_the_database_is_not_opened(tmp_path: Path) -> None:
    """It could hold somebody who was forgotten, and nobody could tell."""
    store = open_store(url(tmp_path))
    await store.forget(ID, NOW)
    await store.close()
    (tmp_path / "bot.db.key").unlink()

    with pytest.raises(StoreError, match=r"bot\.db\.key is missing.*put it back"):
        open_store(url(tmp_path))


async def test_when_the_mark_cannot_be_set_nothing_is_erased(tmp_path: Path) -> None:
    """Else a backup would bring back what the reader was told is gone."""
    store = open_store(url(tmp_path))
    await fill(store)
    before = await store.kept(ID)
    (tmp_path / "bot.db.forgotten").mkdir()

    with pytest.raises(StoreError, match="nothing was erased"):
        await store.forget(ID, LATER)

    assert await store.kept(ID) == before
    await store.close()


@on_server
async def test_on_a_server_a_mark_names_nobody(store: Store, database: OnServer) -> None:
    """It stands in a schema apart with its key, once for each chat, with the moment that counts."""
    await store.forget(ID, LATER)
    await store.forget(ID, NOW)
    await store.forget(OTHER, NOW)

    marks = database.rows("SELECT mark, moment FROM digest_bot_forgotten.marks ORDER BY moment")

    assert [len(mark) for mark, _ in marks] == [64, 64]
    assert [moment for _, moment in marks] == [int(at.timestamp() * 1000) for at in (NOW, LATER)]
    assert (rows(database, ID), rows(database, OTHER)) == ([], [])
    assert database.rows("SELECT octet_length(key) FROM digest_bot_forgotten.keys") == [(32,)]


@on_server
async def test_on_a_server_nothing_goes_without_the_key(store: Store, database: OnServer) -> None:
    """Neither is anything erased that could come back, nor is a database opened that may hold who was forgotten."""
    await fill(store)
    await store.forget(OTHER, NOW)
    before = await store.kept(ID)
    database.rows(
        "CREATE TABLE kept AS SELECT * FROM digest_bot_forgotten.keys; DELETE FROM digest_bot_forgotten.keys"
    )

    with pytest.raises(StoreError, match=r"the key in digest_bot_forgotten\.keys is missing.*put it back"):
        await store.forget(ID, LATER)
    with pytest.raises(StoreError, match=r"the key in digest_bot_forgotten\.keys is missing"):
        open_store(database.url)

    assert await store.kept(ID) == before
    database.rows("INSERT INTO digest_bot_forgotten.keys SELECT * FROM kept; DROP TABLE kept")


# -- while somebody reads ---------------------------------------------------------------------------------


async def test_what_a_reader_of_the_database_holds_back_goes_later(tmp_path: Path) -> None:
    """A look at the outbox from the command line keeps the log as it is; the next hour's look empties it."""
    store = open_store(url(tmp_path))
    await fill(store)
    with closing(sqlite3.connect(f"file:{tmp_path}/bot.db?mode=ro", uri=True)) as onlooker:
        onlooker.execute("BEGIN")
        onlooker.execute("SELECT count(*) FROM deliveries").fetchone()
        await store.forget(ID, LATER)
        assert not any((await store.kept(ID)).values())
        assert places(tmp_path, ID)
        onlooker.execute("ROLLBACK")

    await store.scrub()

    assert places(tmp_path, ID) == []
    await store.close()


# -- those long paused ------------------------------------------------------------------------------------


@on_both
async def test_who_has_been_paused_for_too_long_is_erased(store: Store, database: Database) -> None:
    """Counted from the first pause; a group with one topic that is alive stays."""
    for chat in (Chat(ID), Chat(OTHER), Chat(GROUP, 1), Chat(GROUP, 2), Chat(5)):
        await store.subscribe(chat, WANTED, NOW, NOW)
    for chat_id in (ID, OTHER, GROUP):
        await store.pause(chat_id, "blocked", NOW)
    await store.pause(ID, "left", LATER)
    await store.subscribe(Chat(GROUP, 2), WANTED, NOW, LATER)
    await store.subscribe(Chat(OTHER), WANTED, NOW, LATER)
    await store.pause(OTHER, "blocked", LATER)

    assert await store.forget_paused(NOW) == 0
    assert await store.forget_paused(LATER) == 1

    assert whereabouts(database, ID) == []
    assert [len((await store.kept(chat))["subscriptions"]) for chat in (OTHER, GROUP, 5)] == [1, 2, 1]
    await store.close()


@on_both
async def test_forgetting_is_over_before_the_next_answer(store: Store, database: Database) -> None:
    """Many at once wait for each other and are all erased."""
    ids = range(ID, ID + 20)
    for number in ids:
        await store.subscribe(Chat(number), WANTED, NOW, NOW)

    await asyncio.gather(*(store.forget(number, LATER) for number in ids))

    assert left(await asyncio.gather(*(store.kept(number) for number in ids))) == 0
    await open_outbox(database.url).close()
    await store.close()


def left(found: Iterable[Any]) -> int:
    """How many chats have a row."""
    return sum(any(kept.values()) for kept in found)
