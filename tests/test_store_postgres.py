"""Opening a database on PostgreSQL: made once by however many start, and refused with what to do about it."""

import asyncio
import itertools
import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from bot.core.model import Chat
from bot.ports import StoreError
from bot.store import open_outbox, open_store, orders_of
from bot.store.schema import SCHEMA, migrate
from bot.store.tables import metadata
from bot.store.transactions import ONE_WRITER
from tests.databases import OnServer, Server
from tests.fakes import NOW

_NUMBERS = itertools.count()


@pytest.fixture
def empty(server: Server) -> OnServer:
    """A database in which nothing is yet."""
    return server.make(f"opening_{os.getpid()}_{next(_NUMBERS)}")


def refusal(address: str, *, make: bool = True) -> str:
    """What the store says instead of opening."""
    with pytest.raises(StoreError) as caught:
        open_store(address, make=make)
    return str(caught.value)


async def made(database: OnServer) -> OnServer:
    """The same with the bot's tables in it."""
    await open_store(database.url).close()
    return database


def tables(database: OnServer) -> set[str]:
    """Their names."""
    found = database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {name for (name,) in found}


# -- made and migrated ------------------------------------------------------------------------------------


async def test_an_empty_database_gets_its_tables_once(empty: OnServer) -> None:
    """And the next start finds what the first one wrote."""
    store = open_store(empty.url)
    await store.mark_seen(Chat(1), "w1", NOW)
    await store.close()
    again = open_store(empty.url)
    assert (await again.history(Chat(1))).seen == {"w1"}
    await again.close()
    assert tables(empty) == {*metadata.tables, "alembic_version"}


async def test_several_that_start_at_once_make_them_once(empty: OnServer) -> None:
    """The others wait for the first one, and then find nothing left to do."""
    stores = await asyncio.gather(*(asyncio.to_thread(open_store, empty.url) for _ in range(4)))
    for store in stores:
        await store.close()
    assert empty.rows("SELECT version_num FROM alembic_version") == [(SCHEMA,)]


@pytest.mark.parametrize("how", ["new", "migrated"])
async def test_the_schema_is_the_one_of_the_tables(empty: OnServer, how: str) -> None:
    """Columns, types, nullability, indexes and unique keys: of a new database, and after all migrations."""

    def different(connection: Connection) -> list[object]:
        if how == "migrated":
            migrate(connection)
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        return list(compare_metadata(context, metadata))

    if how == "new":
        await made(empty)
    engine = create_async_engine(empty.url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        assert await connection.run_sync(different) == []
    await engine.dispose()
    partial = "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '%WHERE%' ORDER BY 1"
    assert [name for (name,) in empty.rows(partial)] == [
        "deliveries_posts",
        "inbox_waiting",
        "subscriptions_lost",
        "subscriptions_owner",
        "subscriptions_paused",
    ]


async def test_an_older_database_is_brought_up_to_date_and_keeps_what_it_holds(empty: OnServer) -> None:
    """By one of two that start at once."""
    engine = create_async_engine(empty.url.replace("postgresql:", "postgresql+asyncpg:"))
    async with engine.begin() as connection:
        await connection.run_sync(migrate, "0002")
    await engine.dispose()
    empty.rows("INSERT INTO progress VALUES (1, 0, 'w1', 4000, ''), (1, 0, 'w2', 9000, '')")
    empty.rows("INSERT INTO subscriptions VALUES (2, 0, '09:00', 127, 'UTC', '', NULL, 'blocked', 0)")
    one, two = await asyncio.gather(*(asyncio.to_thread(open_store, empty.url) for _ in range(2)))
    assert (await one.history(Chat(1))).seen == {"w1", "w2"}
    assert [item.chat for item in await two.paused(2)] == [Chat(2)]
    assert empty.rows("SELECT chat_id, since FROM chats ORDER BY 1") == [(1, 4000), (2, 0)]
    ((since,),) = empty.rows("SELECT paused_since FROM subscriptions")
    assert since > 1_700_000_000_000
    await one.close()
    await two.close()


# -- refused ----------------------------------------------------------------------------------------------


async def test_a_newer_database_is_refused_and_left_alone(empty: OnServer) -> None:
    """An old bot does not touch what a newer one wrote."""
    await made(empty)
    empty.rows("UPDATE alembic_version SET version_num = '9999'")
    assert "newer version of the bot (schema 9999): upgrade the bot" in refusal(empty.url)
    with pytest.raises(StoreError, match="schema 9999"):
        open_outbox(empty.url)


def test_a_foreign_database_is_refused_and_left_alone(empty: OnServer) -> None:
    """Another program's tables are not ours to change."""
    empty.rows("CREATE TABLE songs (title TEXT)")
    message = refusal(empty.url)
    assert f"“{empty.name}”" in message
    assert "belongs to another program: set storage.url to a database of the bot's own" in message
    assert tables(empty) == {"songs"}


def test_who_only_looks_makes_nothing(empty: OnServer) -> None:
    """Commands that want the bot's database do not begin one."""
    assert "is empty: start the bot once" in refusal(empty.url, make=False)
    with pytest.raises(StoreError, match="is empty: start the bot once"):
        open_outbox(empty.url)
    assert tables(empty) == set()


def test_a_database_that_is_missing_is_told(server: Server) -> None:
    """With the command that makes it."""
    assert "“createdb songs”" in refusal(server.url("songs"))


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid"])
def test_a_server_that_cannot_be_reached_is_told(host: str) -> None:
    """Nobody listens there, or there is no such place; no password in it."""
    message = refusal(f"postgresql://bot:hunter2@{host}/bot")
    assert message.startswith(f"PostgreSQL on {host} cannot be reached")
    assert "start it, or correct storage.url" in message
    assert "hunter2" not in message


async def test_a_wrong_password_and_missing_rights_are_told(server: Server, empty: OnServer) -> None:
    """With the right one the guest still may not make tables; as the owner of the database it may."""
    empty.rows(f"DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN PASSWORD 'pass-{empty.name}'")
    wrong = refusal(server.url(empty.name, "guest:hunter2"))
    assert "refused the user “guest”" in wrong
    assert "correct the name and password in storage.url" in wrong
    assert "hunter2" not in wrong
    right = server.url(empty.name, f"guest:pass-{empty.name}")
    assert f"“ALTER DATABASE {empty.name} OWNER TO guest”" in refusal(right)
    empty.rows(f"ALTER DATABASE {empty.name} OWNER TO guest")
    await open_store(right).close()
    empty.rows(f"ALTER DATABASE {empty.name} OWNER TO postgres; DROP OWNED BY guest; DROP ROLE guest")


async def test_a_server_that_takes_no_writes_is_told(empty: OnServer) -> None:
    """As a standby does not."""
    await made(empty)
    empty.rows(f"ALTER DATABASE {empty.name} SET default_transaction_read_only = on")
    assert "takes no writes" in refusal(empty.url)
    assert "set storage.url to the primary server" in refusal(empty.url)


# -- at work ----------------------------------------------------------------------------------------------


async def test_an_onlooker_changes_nothing(empty: OnServer) -> None:
    """It counts beside the bot, and what would write is refused; orders need no folder."""
    store = open_store(empty.url)
    onlooker = open_outbox(empty.url)
    assert await onlooker.recipients() == 0
    with pytest.raises(StoreError, match="read-only"):
        await onlooker.draft("Hello", 501, NOW)
    await onlooker.close()
    await store.close()
    assert orders_of(empty.url).take() == ()


async def test_a_server_that_was_started_anew_costs_no_answer(empty: OnServer) -> None:
    """All connections are gone; the next question makes new ones."""
    store = open_store(empty.url)
    await store.mark_seen(Chat(1), "w1", NOW)
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    empty.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608
    await store.mark_seen(Chat(1), "w2", NOW)
    assert (await store.history(Chat(1))).seen == {"w1", "w2"}
    await store.close()


async def test_a_server_that_takes_no_writes_any_more_is_left(empty: OnServer) -> None:
    """After a failover, open connections would stay with the old one for ever; new ones come to the one that writes."""
    store = open_store(empty.url)
    empty.rows(f"ALTER DATABASE {empty.name} SET default_transaction_read_only = on")
    others = "pid <> pg_backend_pid() AND datname = current_database()"
    empty.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")  # noqa: S608
    with pytest.raises(StoreError, match="read-only"):
        await store.mark_seen(Chat(1), "w1", NOW)
    empty.rows(f"ALTER DATABASE {empty.name} RESET default_transaction_read_only")
    await store.mark_seen(Chat(1), "w1", NOW)
    assert (await store.history(Chat(1))).seen == {"w1"}
    await store.close()


async def test_who_falls_asleep_in_the_midst_does_not_hold_the_others_up_for_ever(empty: OnServer) -> None:
    """Statements, waiting for a turn, and silence within a transaction all have an end."""
    store = open_store(empty.url)
    limits = "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"
    shown = await store.run(
        lambda c: [c.exec_driver_sql(f"SHOW {each}").scalar() for each in limits], alone=False
    )
    assert not {"0", None} & set(shown)
    await store.close()


async def test_whoever_writes_waits_for_its_turn(empty: OnServer) -> None:
    """Two processes that read and then write see each other's: no message is read by both as if it were new."""
    one, two = open_store(empty.url), open_store(empty.url)
    writer = create_async_engine(empty.url.replace("postgresql:", "postgresql+asyncpg:"))
    async with writer.begin() as turn:
        await turn.execute(ONE_WRITER)
        waiting = asyncio.create_task(two.mark_seen(Chat(1), "w1", NOW))
        reading = await asyncio.wait_for(two.history(Chat(1)), 5)  # whoever reads does not wait
        assert reading.seen == frozenset()
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await writer.dispose()
    await waiting
    assert (await one.history(Chat(1))).seen == {"w1"}
    await one.close()
    await two.close()


async def test_a_broken_database_is_one_kind_of_error(empty: OnServer) -> None:
    """Whatever goes wrong below, the use cases see StoreError, and no row of anybody's in it."""
    store = open_store(empty.url)
    empty.rows("DROP TABLE subscriptions")
    with pytest.raises(StoreError, match=r'relation "subscriptions" does not exist$'):
        await store.subscription(Chat(1))
    await store.close()
