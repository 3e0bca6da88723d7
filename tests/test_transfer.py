"""One bot's data on SQLite and on PostgreSQL: backed up, restored and moved, row by row the same."""

import datetime as dt
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.core.model import EVERY_DAY, Chat, Preferences
from bot.ports import StoreBusyError, StoreError
from bot.store import open_store
from bot.store.restoring import restore, transfer
from bot.store.saving import save
from bot.store.tables import metadata
from tests.databases import Database, File, OnServer, Server, on_both
from tests.fakes import NOW
from tests.test_backup import command, subscribe

MADE = "2026-11-23T04:00:00+00:00"
TABLES = [name for name in metadata.tables if name not in {"leases", "meta"}]


async def fill(database: Database) -> None:
    """Something in every table, in all kinds of values; a broadcast's number was used and is gone."""
    store = open_store(database.url)
    for chat_id in (1, -1_001_234_567_890, 2**52):
        await subscribe(store, chat_id)
        await store.mark_seen(Chat(chat_id), "суу-ī-水", NOW, "1" * 16)
    await store.subscribe(
        Chat(5, 7),
        Preferences(dt.time(23, 59), EVERY_DAY, "Asia/Almaty", ("water",), silent=True, resume=NOW.date()),
        NOW,
        NOW,
        owner=1,
    )
    await store.hold(1, NOW)
    await store.stop_digest("w3", "abc")
    assert await store.owe(Chat(1), NOW.date(), NOW)
    for _ in range(2):
        draft = await store.draft("<b>Сәлем</b> “\\”", 1, NOW)
    assert draft.id == 2
    assert await store.discard(2)
    await store.close()


def contents(database: Database) -> dict[str, list[Any]]:
    """All rows of all tables, in an order that is no database's own."""
    return {name: sorted(database.rows(f"SELECT * FROM {name}"), key=repr) for name in TABLES}  # noqa: S608


async def next_broadcast(database: Database) -> int:
    """The number that the next one gets."""
    store = open_store(database.url)
    number = (await store.draft("Next", 1, NOW)).id
    await store.close()
    return number


@pytest.fixture
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A second database that is empty: of the kind that is asked for."""
    if request.param == "sqlite":
        return File(tmp_path / "other" / "other.db")
    server: Server = request.getfixturevalue("server")
    name = f"other_{os.getpid()}_{time.monotonic_ns()}"  # several processes share the server
    server.make(name)
    return OnServer(server, name)


@on_both
@pytest.mark.parametrize("other", ["sqlite", "postgresql"], indirect=True)
async def test_all_that_a_bot_keeps_moves(database: Database, other: Database) -> None:
    """Every row of every table, also where the target has been opened once; numbers are never used again."""
    await fill(database)
    before = contents(database)
    done = transfer(database.url, other.url)
    assert contents(other) == contents(database) == before
    assert {name: done.rows[name] for name in TABLES} == {name: len(rows) for name, rows in before.items()}
    assert await next_broadcast(other) == 3
    with pytest.raises(StoreError, match="is not empty"):
        transfer(database.url, other.url)


@on_both
async def test_a_backup_of_either_is_a_file_that_either_takes(database: Database, tmp_path: Path) -> None:
    """Made while a bot works with it; what was in the place is kept, and whoever was forgotten stays so."""
    await fill(database)
    store = open_store(database.url)
    saved = save(database.url, tmp_path / "kept.db", MADE)
    assert contents(File(saved.file)) == contents(database)
    await store.forget(2**52, NOW + dt.timedelta(hours=1))
    await subscribe(store, 77)
    await store.close()

    done = restore(database.url, saved.file)

    assert (done.made, done.forgotten, done.due) == (MADE, 1, 1)
    assert {row[0] for row in database.rows("SELECT chat_id FROM subscriptions")} == {
        1,
        5,
        -1_001_234_567_890,
    }
    assert done.kept is not None
    assert (77,) in File(done.kept).rows("SELECT chat_id FROM subscriptions")
    newest = save(database.url, tmp_path / "newest.db", MADE)
    moved = File(tmp_path / "moved" / "bot.db")
    restore(moved.url, newest.file)
    assert restore(moved.url, saved.file).forgotten == 1  # its mark has come along


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_bot_at_work_keeps_its_server(database: Database, tmp_path: Path) -> None:
    """Restoring and transferring wait until the last one has stopped."""
    await fill(database)
    saved = save(database.url, tmp_path / "kept.db", MADE)
    before = contents(database)
    store = open_store(database.url)
    await store.renew("me", dt.timedelta(seconds=30))
    with pytest.raises(StoreBusyError, match="stop all of them"):
        restore(database.url, saved.file)
    with pytest.raises(StoreBusyError, match="stop all of them"):
        transfer(database.url, f"sqlite:///{tmp_path}/new.db")
    await store.let_go("me")
    await store.close()
    assert contents(database) == before
    restore(database.url, saved.file)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_restore_that_fails_leaves_the_server_as_it_was(database: Database, tmp_path: Path) -> None:
    """All of it is one transaction: here a value is no number, which SQLite keeps and PostgreSQL refuses."""
    await fill(database)
    before = contents(database)
    saved = save(database.url, tmp_path / "kept.db", MADE)
    with closing(sqlite3.connect(saved.file)) as connection, connection:
        connection.execute("UPDATE holds SET until = 'soon'")
    saved.file.with_name("kept.db.sha256").unlink()
    with pytest.raises(StoreError):
        restore(database.url, saved.file)
    assert contents(database) == before


def test_the_command_takes_addresses_from_files(tmp_path: Path) -> None:
    """So that no password stands on a command line; what is wrong with them is one line without it."""
    (tmp_path / "url").write_text("postgresql://bot:hunter2@127.0.0.1:1/bot\n")
    code, output = command("transfer", "--from", "@url", "--to", "sqlite:///new.db", folder=tmp_path)
    assert (code, output.count("\n")) == (1, 1), output
    assert "cannot be reached" in output
    assert "hunter2" not in output
    code, output = command(
        "transfer", "--from", "sqlite:///none.db", "--to", "sqlite:///new.db", folder=tmp_path
    )
    assert (code, output.count("\n")) == (1, 1), output
    assert "there is no database at none.db" in output
