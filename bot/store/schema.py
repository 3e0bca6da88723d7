"""Brings a database's schema up to date, the same way on every database."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from bot.ports import StoreError
from bot.store.tables import meta, metadata
from bot.store.upserts import upsert

SCHEMA = "0004"
"""The newest migration; a test holds it to the folder."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def version_of(connection: Connection, name: str) -> str | None:
    """The schema's version; None for an empty database. `name` is what its operator calls it.

    Raises:
        StoreError: It is another program's, or a newer bot's.
    """
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreError(f"{name} belongs to another program: set storage.url to {_own(connection)}")
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    known = {file.name.split("_", 1)[0] for file in (_MIGRATIONS / "versions").glob("*.py")}
    if version is not None and version not in known:
        raise StoreError(
            f"{name} was written by a newer version of the bot (schema {version}): upgrade the bot, or set "
            f"storage.url to {_own(connection)}"
        )
    return version


def must_be_current(connection: Connection, name: str) -> None:
    """Raise StoreError if a look at the database would find another schema than today's."""
    version = version_of(connection, name)
    if version is None:
        raise StoreError(f"{name} is empty: start the bot once, or set storage.url to the one meant")
    if version != SCHEMA:
        raise StoreError(f"{name} is not up to date (schema {version}): start this version of the bot once")


def bring_up_to_date(
    connection: Connection, name: str, before: Callable[[str], None] = lambda _version: None
) -> None:
    """Today's schema, in the connection's transaction; `before` a migration something can be done.

    Raises:
        StoreError: Nothing has been changed.
    """
    version = version_of(connection, name)
    if version is None:
        create(connection)
    elif version != SCHEMA:
        before(version)
        migrate(connection)
    opened = upsert(connection.dialect, meta).values(
        key="opened", value="yes"
    )  # proves that it takes a write
    connection.execute(opened.on_conflict_do_update(index_elements=["key"], set_={"value": "yes"}))


def create(connection: Connection) -> None:
    """An empty database gets today's schema at once; a test proves that all migrations lead to the same."""
    for index in (index for table in metadata.tables.values() for index in table.indexes if index.info):
        index.dialect_options[connection.dialect.name]["where"] = index.info["where"]
    metadata.create_all(connection)
    connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": SCHEMA})


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the migrations that are missing."""
    # Imported here: most starts need no migration, and Alembic takes a tenth of a second to import.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def _own(connection: Connection) -> str:
    thing = "file" if connection.dialect.name == "sqlite" else "database"
    return f"a {thing} of the bot's own"
