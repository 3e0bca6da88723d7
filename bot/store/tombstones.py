"""Who has asked to be forgotten, on PostgreSQL: marks in a schema apart, which a restore of the tables leaves alone.

What a mark is stands in `bot.store.forgotten`.
"""

import datetime as dt
import secrets
from collections.abc import Iterable

from sqlalchemy import Column, LargeBinary, MetaData, String, Table, func, inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateSchema

from bot.ports import StoreError
from bot.store.forgotten import KEY_BYTES, among, each_key, mark_of, moments_of
from bot.store.tables import Moment
from bot.store.upserts import upsert

APART = "digest_bot_forgotten"
"""The schema; its name stands in docs/privacy.md."""
_metadata = MetaData(schema=APART)
marks = Table("marks", _metadata, Column("mark", String(64), primary_key=True), Column("moment", Moment))
keys = Table("keys", _metadata, Column("key", LargeBinary, primary_key=True))


class Tombstones:
    """The marks and their key, in a transaction of the caller's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make(self) -> None:
        """Make the schema where it is missing, which takes the right to create one in this database."""
        if not inspect(self._connection).has_schema(APART):
            self._connection.execute(CreateSchema(APART))
        _metadata.create_all(self._connection)
        if not self._moments() and not self._keys():
            self._connection.execute(keys.insert(), {"key": secrets.token_bytes(KEY_BYTES)})

    def add(self, chat_id: int, now: dt.datetime) -> None:
        """Set a mark. Raises StoreError without the key."""
        self._mark(mark_of(self._known_keys()[0], chat_id), now)

    def held(self) -> tuple[bytes, tuple[str, ...]]:
        """As `Forgotten.held`; nothing where no bot has ever used the database."""
        if not inspect(self._connection).has_schema(APART):
            return b"", ()
        lines = (f"{mark} {moment.isoformat()}" for mark, moment in self._moments().items())
        return b"".join(self._keys()), tuple(lines)

    def take_in(self, carried: bytes, lines: Iterable[str]) -> None:
        """As `Forgotten.take_in`."""
        self.make()
        for key in each_key(carried):
            self._connection.execute(
                upsert(self._connection.dialect, keys).on_conflict_do_nothing(), {"key": key}
            )
        for mark, moment in moments_of(lines).items():
            self._mark(mark, moment)

    def among(self, chat_ids: Iterable[int]) -> dict[int, dt.datetime]:
        """Those of the chats that were forgotten, and when last. Raises StoreError where that cannot be told."""
        if not (moments := self._moments()):
            return {}
        return among(moments, self._known_keys(), chat_ids)

    def _mark(self, mark: str, moment: dt.datetime) -> None:
        row = upsert(self._connection.dialect, marks)
        later = func.greatest(marks.c.moment, row.excluded.moment)
        row = row.on_conflict_do_update(index_elements=["mark"], set_={"moment": later})
        self._connection.execute(row, {"mark": mark, "moment": moment})

    def _moments(self) -> dict[str, dt.datetime]:
        return {row.mark: row.moment for row in self._connection.execute(select(marks))}

    def _keys(self) -> list[bytes]:
        return list(self._connection.execute(select(keys.c.key)).scalars())

    def _known_keys(self) -> list[bytes]:
        if not (found := self._keys()):
            raise StoreError(
                f"the key in {APART}.keys is missing, without which {APART}.marks cannot be read: put it back from "
                f"its copy. If it is lost, empty {APART}.marks, and do not restore a backup older than today: it "
                "would bring back those who asked to be forgotten"
            )
        return found
