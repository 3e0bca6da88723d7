"""What each method asks of the database, and that the database answers it no slower for having more readers.

Nothing here is timed. On SQLite every statement is run on two databases, one with four times as many readers, and the
steps of SQLite's machine are counted; its plan is looked at besides. On PostgreSQL each table that grows with
readers must have an index to be found by. Neither has statistics of its tables: the bot never asks for any.
"""

import asyncio
import inspect
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Engine, event

from bot.ports import Store
from bot.store import open_store
from tests.crowd import fill
from tests.databases import Database, File, Server, with_tables
from tests.work import WORK

READERS, TIMES = 1_500, 4
"""Readers of the smaller database, and how many times as many the larger one has."""
GROWTH, LITTLE = 1.5, 1_000
"""A statement that takes so many times the steps on the larger one has gone through the rows of all; but for few."""
EVERY = 10
"""Steps of SQLite's machine between two counts."""
GROWING = ("subscriptions", "chats", "deliveries", "progress", "inbox")
OF_FEW = ("inbox_waiting", "deliveries_posts")
"""Indexes of some of the rows alone: of what waits, of groups and channels."""
THROUGH_ALL = {
    "retime": "once, at the first start with other time zone rules: every slot is derived anew",
    "statistics": "/stats, at most once a minute, through indexes alone",
    "volume": "/metrics, at most a hundredth of the time, through indexes alone",
    "counts": "the operator's /outbox and `outbox`, through an index alone",
    "upcoming": "the same",
    "matching": "`outbox retry`, while the bot is stopped",
    "retry": "the same",
    "entries": "`outbox list` and `export` of one state: beside the bot",
    "recipients": "the question before a broadcast, through an index alone",
    "queue": "a broadcast is owed to everybody",
    "correct": "a note is owed to everybody who read the old wording; once for each correction",
    "tally": "a broadcast's card, every five seconds while it runs, through an index alone",
    "missed": "a broadcast's card, once it is over",
    "resend": "a broadcast again, to all whom it missed",
    "abandon": "a broadcast is called off for all who still wait for it",
    "stale_posts": "after a correction, among posts in groups and channels alone, which an index knows",
}
"""What may take longer the more readers there are, and why that is no harm."""
TO_MEND = {
    "expire": "every second, through all that is due: `slot` is in no index",
    "claim": "a reader who has blocked the bot costs a walk through all that is due: the index of states is taken",
    "settle": "the same",
    "pause": "the same",
    "move": "the same",
    "waiting": "every two seconds, through the numbers of a day: the index of what waits is not taken",
    "oldest_waiting": "each look at the health, the same",
    "lost": "at each start, through all subscriptions: `lost` is in no index",
    "purge": "every hour, through all deliveries of 90 days",
}
"""What takes longer and should not."""
TO_MEND_ON_A_SERVER = ("lost", "waiting", "oldest_waiting")
"""Of these what PostgreSQL finds no better way for."""


def _bounded(to_mend: Iterable[str]) -> list[Any]:
    """The methods that may not take longer; those that still do are known, and the test fails once they do not."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(reason=TO_MEND[name], strict=True))
        if name in to_mend
        else name
        for name in WORK
        if name not in THROUGH_ALL
    ]


@dataclass(frozen=True)
class Asked:
    """One statement of a method's; of many sets of values the first."""

    method: str
    statement: str
    values: Sequence[Any] = field(compare=False)

    def __str__(self) -> str:
        """As a failure shows it."""
        return " ".join(self.statement.split())


class Recorded:
    """All statements that any engine of SQLAlchemy's runs, by the method that was called."""

    def __init__(self) -> None:
        self.method = ""
        self.asked: dict[Asked, None] = {}

    def __call__(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        """One statement is about to run."""
        if self.method and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement):
            first = values[0] if isinstance(values, list) else values
            self.asked.setdefault(Asked(self.method, statement, tuple(first)))


@contextmanager
def recording() -> Iterator[Recorded]:
    """Listen to every engine."""
    found = Recorded()
    event.listen(Engine, "before_cursor_execute", found)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", found)


async def _called(url: str) -> tuple[Asked, ...]:
    store = open_store(url)
    with recording() as found:
        for method, work in WORK.items():
            found.method = method
            await work(store)
    await store.close()
    return tuple(found.asked)


def called(database: Database) -> Mapping[str, list[Asked]]:
    """What each method asks of a filled database."""
    by_method: dict[str, list[Asked]] = {}
    for asked in asyncio.run(_called(database.url)):
        by_method.setdefault(asked.method, []).append(asked)
    return by_method


def test_every_method_of_the_store_is_looked_at() -> None:
    """A new one needs a line in tests/work.py; to close the store asks nothing."""
    methods = {name for name, _ in inspect.getmembers(Store, inspect.iscoroutinefunction)}
    assert methods - {"close"} == WORK.keys()


def test_no_list_holds_what_is_not_there() -> None:
    """Each reason belongs to a method, and to one list."""
    assert THROUGH_ALL.keys() | TO_MEND.keys() <= WORK.keys()
    assert not THROUGH_ALL.keys() & TO_MEND.keys()


# -- SQLite -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Files:
    """What was asked, and the smaller and the larger database as they were before."""

    asked: Mapping[str, list[Asked]]
    small: Path
    large: Path

    def grows(self, asked: Asked) -> bool:
        """Whether it takes more steps the more readers there are."""
        small, large = (_steps(file, asked) for file in (self.small, self.large))
        return large > LITTLE and large > GROWTH * small

    def scans(self, asked: Asked) -> list[str]:
        """The lines of its plan that go through a table that grows, or sort what was found there."""
        with closing(sqlite3.connect(self.small)) as connection:
            plan = [
                row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.statement}", asked.values)
            ]
        tables = "|".join(GROWING)
        of_few = "|".join(OF_FEW)
        scan = re.compile(rf"SCAN (?:{tables})(?:_\d+)?\b(?!.* INDEX (?:{of_few}))")
        return [line for line in plan if scan.match(line)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made once; the store works on a copy of the smaller one."""
    folder = tmp_path_factory.mktemp("plans")
    databases = {}
    for name, readers in (("small", READERS), ("large", TIMES * READERS), ("work", READERS)):
        databases[name] = File(folder / f"{name}.db")
        asyncio.run(_made(databases[name].url))
        fill(databases[name], readers)
    return Files(called(databases["work"]), databases["small"].path, databases["large"].path)


async def _made(url: str) -> None:
    await open_store(url).close()


def _steps(file: Path, asked: Asked) -> int:
    """How far SQLite's machine runs for a statement, which then is taken back."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.set_progress_handler(count, EVERY)
        connection.execute(asked.statement, asked.values).fetchall()
        connection.set_progress_handler(None, 0)
        connection.execute("ROLLBACK")
    return EVERY * counted[0]


@pytest.mark.parametrize("method", _bounded(TO_MEND))
def test_a_file_answers_as_fast_with_more_readers(files: Files, method: str) -> None:
    """No statement goes through the rows of all readers, whatever its plan says."""
    wrong = [
        f"{asked}\n  {files.scans(asked) or 'a search, but through the rows of all'}"
        for asked in files.asked.get(method, ())
        if files.scans(asked) or files.grows(asked)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("method", THROUGH_ALL)
def test_what_goes_through_all_has_to(files: Files, method: str) -> None:
    """What grows no more needs no reason."""
    assert any(files.grows(asked) or files.scans(asked) for asked in files.asked[method])


# -- PostgreSQL -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class OnServerAsked:
    """What was asked, and where its plans are to be had."""

    asked: Mapping[str, list[Asked]]
    url: str


@pytest.fixture(scope="module")
def served(server: Server, worker_id: str) -> OnServerAsked:
    """Made once."""
    database = with_tables(server, f"plans_{worker_id}")
    fill(database, READERS)
    return OnServerAsked(called(database), database.url)


async def _walks(url: str, every: Sequence[Asked]) -> list[str]:
    """Reads from end to end of tables that grow, where PostgreSQL does what it can to use an index."""
    connection = await asyncpg.connect(url)
    try:
        for other in ("seqscan", "hashjoin", "mergejoin"):
            await connection.execute(f"SET enable_{other} = off")
        found = []
        for asked in every:
            plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) {asked.statement}", *asked.values)
            found += [f"{asked}\n  {node}" for node in _nodes(json.loads(plan)[0]["Plan"]) if _through(node)]
        return found
    finally:
        await connection.close()


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    below = plan.pop("Plans", [])
    yield plan
    for each in below:
        yield from _nodes(each)


def _through(node: dict[str, Any]) -> bool:
    """Whether a node reads all of a table that grows; an index of few rows may be read from end to end."""
    searched = "Index Cond" in node or node.get("Index Name") in OF_FEW
    reads = "Scan" in node["Node Type"] and node["Node Type"] != "Bitmap Heap Scan"
    table = node.get("Relation Name") or node.get("Index Name", "").partition("_")[0]
    return reads and table in GROWING and not searched


@pytest.mark.parametrize("method", _bounded(TO_MEND_ON_A_SERVER))
def test_a_server_finds_readers_by_an_index(served: OnServerAsked, method: str) -> None:
    """There is one for every statement."""
    walks = asyncio.run(_walks(served.url, served.asked.get(method, ())))
    assert not walks, "\n".join(walks)
