"""Opening the database: made if missing, migrated, and refused with a sentence that says what to do."""

import asyncio
import datetime as dt
import hashlib
import os
import resource
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, delete, func, inspect, select

from bot.core.model import Chat
from bot.ports import StoreError
from bot.store import open_store
from bot.store.opening import begin_at_once
from bot.store.schema import SCHEMA, migrate
from bot.store.tables import metadata, progress
from tests.fakes import NOW

MIGRATIONS = Path(__file__).parent.parent / "bot" / "store" / "migrations"


def url(file: Path) -> str:
    """The file as storage.url."""
    return f"sqlite:///{file}"


def fingerprint(file: Path) -> str:
    """What stands in the file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def run_sql(file: Path, *statements: str) -> None:
    """Change a file behind the bot's back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


async def make(file: Path) -> None:
    """A database of the bot's, closed again."""
    await open_store(url(file)).close()


def refusal(address: str) -> str:
    """What the store says instead of opening."""
    with pytest.raises(StoreError) as caught:
        open_store(address)
    return str(caught.value)


async def test_a_missing_file_and_its_folders_are_made(tmp_path: Path) -> None:
    """The first start needs no preparation, and a second start finds what the first one wrote."""
    file = tmp_path / "a" / "b" / "bot.db"
    store = open_store(url(file))
    await store.mark_seen(Chat(1), "w1", NOW)
    await store.close()
    again = open_store(url(file))
    assert (await again.history(Chat(1))).seen == {"w1"}
    await again.close()


async def test_what_was_committed_survives_a_power_cut(tmp_path: Path) -> None:
    """Write-ahead log with full synchronisation."""
    store = open_store(url(tmp_path / "bot.db"))
    pragmas = "PRAGMA journal_mode", "PRAGMA synchronous"
    modes = await store.run(lambda c: [c.exec_driver_sql(each).scalar() for each in pragmas], alone=True)
    await store.close()
    assert modes == ["wal", 2]


# -- migrations -------------------------------------------------------------------------------------------


def test_the_newest_migration_is_the_one_that_is_opened() -> None:
    """One head, and it is the schema that the code speaks."""
    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [SCHEMA]
    for revision in script.walk_revisions():
        assert Path(revision.path).name.split("_", 1)[0] == revision.revision


@pytest.mark.parametrize("made", ["new", "migrated"])
async def test_the_schema_is_the_one_of_the_tables(tmp_path: Path, made: str) -> None:
    """Columns, types, nullability, indexes and unique keys are those that the queries are written for.

    In a new file, and in one that was brought up to date by all migrations from the first.
    """
    if made == "new":
        await make(tmp_path / "bot.db")
    engine = create_engine(url(tmp_path / "bot.db"))
    with engine.connect() as connection:
        if made == "migrated":
            migrate(connection)
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == SCHEMA
    engine.dispose()


async def test_a_database_of_the_first_schema_keeps_all_that_it_holds(tmp_path: Path) -> None:
    """Subscriptions, progress, deliveries, broadcasts: every column of every row, with versions not known."""
    file = tmp_path / "bot.db"
    engine = create_engine(url(file))
    with engine.connect() as connection:
        migrate(connection, "0001")
        connection.commit()
    engine.dispose()
    run_sql(
        file,
        "INSERT INTO subscriptions VALUES (1, 0, '09:00', 127, 'Asia/Almaty', 'water', 5000, '', 0)",
        "INSERT INTO deliveries VALUES "
        "(3, -1, 7, 0, '2026-11-23', 1000, 'w1', 'sent', 1, 'me', 1000, '', 44, 2000)",
        "INSERT INTO deliveries VALUES "
        "(4, 1, 0, 1, '2026-11-23', 1000, NULL, 'due', 0, NULL, 1000, 'x', NULL, 2000)",
        "INSERT INTO broadcasts VALUES (1, '<b>Hello</b>', 'paused', 501, 12, 'away', 3000)",
        "INSERT INTO progress VALUES (1, 0, 'w1', 4000)",
        "INSERT INTO holds VALUES (1, 6000)",
        "INSERT INTO stopped VALUES ('w3', 'abc')",
    )
    before = contents(file)
    store = open_store(url(file))
    assert await store.versions(Chat(1)) == {}
    assert await store.stale_posts("w1", "0" * 16, NOW.date(), 10) == ()
    assert (await store.draft("Next", 501, NOW)).id == 2  # numbers are still never used again
    assert await store.discard(2)
    await store.close()
    after = contents(file)
    for table in ("deliveries", "progress", "broadcasts"):
        assert [
            {key: row[key] for key in row if key in old}
            for old, row in zip(before[table], after[table], strict=True)
        ] == before[table]
        assert {row["version"] for row in after[table]} == ({None} if table == "broadcasts" else {""})
    for table in ("holds", "stopped"):
        assert after[table] == before[table]
    added = {"articles": "", "silent": 0, "resume": None, "owner": 0, "paused_since": None, "lost": ""}
    assert after["subscriptions"] == [{**row, **added} for row in before["subscriptions"]]


async def test_who_read_before_is_known_since_the_first_digest(tmp_path: Path) -> None:
    """And a subscriber who has read nothing from the beginning: what is new later is new to both."""
    file = tmp_path / "bot.db"
    engine = create_engine(url(file))
    with engine.connect() as connection:
        migrate(connection, "0002")
        connection.commit()
    engine.dispose()
    run_sql(
        file,
        "INSERT INTO progress VALUES (1, 0, 'w1', 4000, ''), (1, 0, 'w2', 9000, '')",
        "INSERT INTO subscriptions VALUES (1, 0, '09:00', 127, 'Asia/Almaty', '', 5000, '', 0)",
        "INSERT INTO subscriptions VALUES (2, 0, '09:00', 127, 'Asia/Almaty', '', 5000, '', 0)",
    )
    store = open_store(url(file))
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert (await store.history(Chat(1))).since == epoch + dt.timedelta(seconds=4)
    assert (await store.history(Chat(2))).since == epoch
    await store.close()


async def test_what_was_delivered_and_paused_before_is_counted_and_known(tmp_path: Path) -> None:
    """Deliveries by state and day; who has nothing but deliveries is known as well, so that they can be forgotten."""
    file = tmp_path / "bot.db"
    engine = create_engine(url(file))
    with engine.connect() as connection:
        migrate(connection, "0002")
        connection.commit()
    engine.dispose()
    row = "(NULL, {}, 0, 0, '2026-11-{}', 1000, 'w1', '{}', 1, NULL, 1000, '', NULL, 2000, '')"
    settled = [row.format(1, 23, "sent"), row.format(2, 23, "sent"), row.format(1, 24, "failed")]
    run_sql(
        file,
        f"INSERT INTO deliveries VALUES {', '.join(settled)}, {row.format(2, 24, 'due')}",  # noqa: S608
        "INSERT INTO subscriptions VALUES (1, 0, '09:00', 127, 'Asia/Almaty', '', NULL, 'blocked', 0)",
    )
    await open_store(url(file)).close()

    with closing(sqlite3.connect(file)) as connection:
        counted = connection.execute("SELECT date, what, key, count FROM counts ORDER BY date").fetchall()
        known = connection.execute("SELECT chat_id, since FROM chats ORDER BY chat_id").fetchall()
        (since,) = connection.execute("SELECT paused_since FROM subscriptions").fetchone()
    assert counted == [("2026-11-23", "sent", "", 2), ("2026-11-24", "failed", "", 1)]
    assert known == [(1, 0), (2, 0)]
    assert since > 1_700_000_000_000


def contents(file: Path) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    tables = ("subscriptions", "deliveries", "broadcasts", "progress", "holds", "stopped")
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608
            for table in tables
        }


def test_a_migration_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    """It is one transaction with all of its changes of the schema."""
    engine = create_engine(url(tmp_path / "bot.db"))
    begin_at_once(engine)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
        migrate(connection)
        assert "deliveries" in inspect(connection).get_table_names()
        connection.rollback()
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    engine.dispose()


async def test_a_disk_that_fills_up_during_the_first_start_leaves_a_file_that_starts_later(
    tmp_path: Path,
) -> None:
    """A new database is there as a whole or not at all, wherever its making is cut off."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    refusals = []
    for pages in range(1, 40):
        file = tmp_path / f"{pages}.db"
        resource.setrlimit(resource.RLIMIT_FSIZE, (pages * 1024, hard))
        try:
            store = open_store(url(file))
        except StoreError as error:
            refusals.append(str(error))
        else:
            await store.close()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await make(file)
    assert refusals
    assert all("free some space" in message for message in refusals)


# -- what is refused --------------------------------------------------------------------------------------


async def test_a_second_process_is_kept_out(tmp_path: Path) -> None:
    """Two opens of one file: the second is refused, and may in when the first has closed."""
    file = tmp_path / "bot.db"
    first = open_store(url(file))
    assert "in use by another bot process: stop that one first" in refusal(url(file))
    await first.mark_seen(Chat(1), "w1", NOW)  # the first one works on
    await first.close()
    await make(file)


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """Another program's tables are not ours to change."""
    file = tmp_path / "other.db"
    run_sql(file, "CREATE TABLE songs (title TEXT)", "INSERT INTO songs VALUES ('x')")
    before = fingerprint(file)
    assert "belongs to another program: set storage.url to a file of the bot's own" in refusal(url(file))
    assert fingerprint(file) == before


async def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """An old bot does not touch what a newer one wrote."""
    file = tmp_path / "bot.db"
    await make(file)
    run_sql(file, "UPDATE alembic_version SET version_num = '9999'", "PRAGMA journal_mode=DELETE")
    before = fingerprint(file)
    assert "newer version of the bot (schema 9999): upgrade the bot" in refusal(url(file))
    assert fingerprint(file) == before


@pytest.mark.parametrize("content", [b"not a database at all" * 400, b"SQLite format 3\x00" + b"\xff" * 8000])
def test_a_corrupt_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    """What is not a database stays as it is."""
    file = tmp_path / "bot.db"
    file.write_bytes(content)
    assert "restore a backup" in refusal(url(file))
    assert file.read_bytes() == content


async def test_a_read_only_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """With the one line that mends it; also for root, who could write."""
    file = tmp_path / "bot.db"
    await make(file)
    file.chmod(0o444)
    before = fingerprint(file)
    message = refusal(url(file))
    assert "cannot write" in message
    assert f"chown -R {os.getuid()}:{os.getgid()} {tmp_path} && chmod -R u+rwX {tmp_path}" in message
    assert fingerprint(file) == before


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "data").write_text("")
    assert "cannot write" in refusal(url(tmp_path / "data" / "bot.db"))


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    """The path names a folder."""
    (tmp_path / "bot.db").mkdir()
    assert "cannot write" in refusal(url(tmp_path / "bot.db"))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "bot.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite+aiosqlite:///x.db",
        "sqlite:///x.db?mode=ro",
        "sqlite://someone@host/x.db",
        "postgresql://bot:hunter2@localhost",
        "postgresql://bot:hunter2@localhost/bot?password=hunter2",
        "postgresql://bot:hunter2@localhost:port/bot",
        "postgresql:bot:hunter2@localhost",
        "mysql://bot:hunter2@localhost/bot",
    ],
)
def test_an_address_that_is_not_supported_is_told_without_its_password(address: str) -> None:
    """With one that works, and nothing is made on the way."""
    message = refusal(address)
    assert "storage.url" in message
    assert "sqlite:///data/bot.db" in message
    assert "hunter2" not in message


async def test_a_refused_start_leaves_the_file_to_others(tmp_path: Path) -> None:
    """The lock is let go of: after the cause is mended, the same process may open."""
    file = tmp_path / "bot.db"
    file.write_bytes(b"x" * 5000)
    refusal(url(file))
    file.unlink()
    await make(file)


async def test_a_closed_or_broken_database_is_one_kind_of_error(tmp_path: Path) -> None:
    """Whatever goes wrong below, the use cases see StoreError."""
    file = tmp_path / "bot.db"
    store = open_store(url(file))
    run_sql(file, "DROP TABLE subscriptions")
    with pytest.raises(StoreError, match="no such table"):
        await store.subscription(Chat(1))
    await store.close()


# -- what goes through all there is -----------------------------------------------------------------------


async def test_nobody_waits_for_what_takes_long(tmp_path: Path) -> None:
    """It sees one moment, while others write; what it may do is read."""
    store, go_on = open_store(url(tmp_path / "bot.db")), threading.Event()

    def counted(connection: Connection) -> tuple[object, object]:
        count = select(func.count()).select_from(progress)
        before = connection.execute(count).scalar()
        go_on.wait(10)
        return before, connection.execute(count).scalar()

    counting = asyncio.create_task(store.run(counted, alone=False, long=True))
    await asyncio.sleep(0.1)
    await store.mark_seen(Chat(1), "w1", NOW)
    go_on.set()
    assert await counting == (0, 0)
    assert (await store.history(Chat(1))).seen == {"w1"}
    with pytest.raises(StoreError, match="readonly"):
        await store.run(lambda c: c.execute(delete(progress)), alone=False, long=True)
    await store.close()
    assert not (tmp_path / "bot.db-wal").exists()
