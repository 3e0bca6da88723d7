"""Upgrades from every schema that was ever released: by `migrate`, and by a start of the bot."""

import datetime as dt
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from bot.core.model import Chat
from bot.ports import StoreError
from bot.store import open_store
from bot.store.restoring import restore
from bot.store.schema import SCHEMA, migrate
from tests.fakes import NOW
from tests.test_backup import command
from tests.test_store_opening import MIGRATIONS, fingerprint, run_sql, url

RELEASED = sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("0*.py"))[:-1]
MOMENT = int(NOW.timestamp() * 1000)
READER, GONE, GROUP = 7_000_000_001, 7_000_000_002, -1_001_234_567_890
ROWS: dict[str, list[dict[str, Any]]] = {
    "subscriptions": [
        {
            "chat_id": READER,
            "zone": "Asia/Almaty",
            "themes": "water,медиа",
            "next_slot": MOMENT + 9,
            "paused": "",
        },
        {"chat_id": GONE, "zone": "Europe/London", "themes": "", "next_slot": None, "paused": "blocked"},
        {"chat_id": GROUP, "thread_id": 5, "zone": "UTC", "themes": "", "next_slot": MOMENT, "paused": ""},
    ],
    "deliveries": [
        {
            "id": 3,
            "chat_id": READER,
            "local_date": "2026-11-21",
            "state": "sent",
            "digest": "w1",
            "message_id": 44,
        },
        {
            "id": 4,
            "chat_id": GROUP,
            "thread_id": 5,
            "local_date": "2026-11-22",
            "state": "unknown",
            "digest": "w1",
        },
        {
            "id": 7,
            "chat_id": READER,
            "local_date": "2026-11-22",
            "state": "failed",
            "code": "“бот” was blocked",
        },
        {"id": 8, "chat_id": READER, "local_date": "2026-11-23", "state": "due"},
        {
            "id": 9,
            "chat_id": GROUP,
            "local_date": "2026-11-23",
            "state": "sending",
            "digest": "w2",
            "owner": "me",
        },
        {"id": 10, "chat_id": READER, "broadcast_id": 6, "local_date": "2026-11-23", "state": "due"},
    ],
    "broadcasts": [
        {"id": 6, "html": "<b>Сәлем</b>", "stage": "running", "operator": 501, "card": 12, "note": ""}
    ],
    "progress": [
        {"chat_id": READER, "digest": "w1", "seen": MOMENT - 5000},
        {"chat_id": GONE, "digest": "w1", "seen": MOMENT - 9000},
    ],
    "holds": [{"chat_id": READER, "until": MOMENT + 60_000}],
    "stopped": [{"digest": "w3", "version": "abc"}],
    "meta": [{"key": "tzdata", "value": "2026.1"}],
}
"""Rows of every table of the first schema; what a later one added has its own defaults."""
DEFAULTS: dict[str, dict[str, Any]] = {
    "subscriptions": {"thread_id": 0, "time": "09:00", "days": 127, "told_end": 0},
    "deliveries": {
        "thread_id": 0,
        "broadcast_id": 0,
        "slot": MOMENT,
        "digest": None,
        "attempt": 1,
        "owner": None,
        "not_before": MOMENT,
        "code": "",
        "message_id": None,
        "updated": MOMENT,
    },
    "broadcasts": {"updated": MOMENT},
    "progress": {"thread_id": 0},
}


def released(file: Path, schema: str) -> dict[str, list[dict[str, Any]]]:
    """A database as the version with that schema left it, with its log; what it holds."""
    engine = create_engine(url(file))
    with engine.connect() as connection:
        migrate(connection, schema)
        connection.commit()
    engine.dispose()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        for table, rows in ROWS.items():
            for row in rows:
                full = DEFAULTS.get(table, {}) | row
                names, places = ", ".join(full), ", ".join("?" * len(full))
                database.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(full.values()))  # noqa: S608
    return contents(file)


def contents(file: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of the tables that the first schema had."""
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY rowid")]  # noqa: S608
            for table in ROWS
        }


def assert_nothing_lost(file: Path, before: dict[str, list[dict[str, Any]]]) -> None:
    """Every column of every row is as it was; but the bot notes that it has opened the database."""
    after = contents(file)
    after["meta"] = [row for row in after["meta"] if row["key"] != "opened"]
    for table, rows in before.items():
        kept = [{name: row[name] for name in old} for old, row in zip(rows, after[table], strict=True)]
        assert kept == rows


@pytest.mark.parametrize("schema", RELEASED)
async def test_a_start_brings_up_to_date_what_any_release_left(schema: str, tmp_path: Path) -> None:
    """Nothing is lost, readers are where they were, and a checked copy from before lies beside it."""
    file = tmp_path / "bot.db"
    before = released(file, schema)
    store = open_store(url(file))
    assert (await store.history(Chat(READER))).seen == {"w1"}
    subscription = await store.subscription(Chat(GROUP, 5))
    assert subscription is not None
    assert subscription.next_slot == NOW
    assert await store.stopped() == {"w3": "abc"}
    assert (await store.draft("Next", 501, NOW)).id == 7
    assert await store.discard(7)
    await store.close()
    assert_nothing_lost(file, before)
    copy = tmp_path / f"bot.db.{schema}.backup"
    assert_nothing_lost(copy, before)
    restore(url(tmp_path / "again.db"), copy)
    assert_nothing_lost(tmp_path / "again.db", before)


def test_migrate_says_what_it_would_do_and_did(tmp_path: Path) -> None:
    """`--check` changes nothing; then it is done, and a second time there is nothing to do."""
    file = tmp_path / "bot.db"
    before = released(file, "0002")
    untouched = fingerprint(file)
    said = []
    for arguments in (("--check",), (), ()):
        code, output = command("migrate", *arguments, folder=tmp_path)
        assert code == 0, output
        said.append(output.splitlines()[-1])
        if arguments:
            assert fingerprint(file) == untouched
    assert said == [
        f"bot.db would go from schema 0002 to {SCHEMA}, after a copy to bot.db.0002.backup.",
        f"bot.db has gone from schema 0002 to {SCHEMA}. As it was before, it is in bot.db.0002.backup.",
        f"bot.db has schema {SCHEMA}, that of this version: there is nothing to do.",
    ]
    assert_nothing_lost(file, before)


def test_migrate_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    """A newer database, and none at all: one line, and nothing is made."""
    code, output = command("migrate", folder=tmp_path)
    assert (code, output.count("\n")) == (1, 1), output
    assert "there is no database at bot.db" in output
    released(tmp_path / "bot.db", "0003")
    run_sql(tmp_path / "bot.db", "UPDATE alembic_version SET version_num = '9999'")
    code, output = command("migrate", folder=tmp_path)
    assert (code, output.count("\n")) == (1, 1), output
    assert "newer version of the bot (schema 9999): upgrade the bot" in output


async def test_only_the_last_two_copies_are_kept(tmp_path: Path) -> None:
    """Those of the newest upgrades; other files are left alone."""
    for schema in RELEASED:
        file = tmp_path / "bot.db"
        for old in tmp_path.glob("bot.db*"):
            if not old.name.endswith((".backup", ".sha256")):
                old.unlink()
        released(file, schema)
        await open_store(url(file)).close()
    assert sorted(each.name for each in tmp_path.glob("*.backup*")) == [
        name
        for schema in RELEASED[-2:]
        for name in (f"bot.db.{schema}.backup", f"bot.db.{schema}.backup.sha256")
    ]


def test_no_copy_no_migration(tmp_path: Path) -> None:
    """Where the copy cannot be made, the database stays as it is, and the reason is told."""
    file = tmp_path / "bot.db"
    before = released(file, "0003")
    (tmp_path / "bot.db.0003.backup.part").mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*0003\.backup"):
        open_store(url(file))
    assert_nothing_lost(file, before)
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0003",)


async def test_a_copy_goes_when_old_deliveries_go(tmp_path: Path) -> None:
    """It holds readers who may have asked to be forgotten since."""
    released(tmp_path / "bot.db", "0003")
    store = open_store(url(tmp_path / "bot.db"))
    copy = tmp_path / "bot.db.0003.backup"
    os.utime(copy, (NOW.timestamp(), NOW.timestamp()))
    await store.purge(NOW.date())
    assert copy.exists()
    await store.purge(NOW.date() + dt.timedelta(days=1))
    assert not list(tmp_path.glob("*.backup*"))
    await store.close()
