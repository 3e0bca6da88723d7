"""A database as it stands after weeks of work, with as many readers as are asked for; the same SQL on both kinds."""

from tests.databases import Database
from tests.fakes import NOW

FIRST = 10_000
"""The chat of the first reader; every fiftieth is a group instead, whose id is negative."""
_MOMENT = int(NOW.timestamp() * 1000)
_DAY = "CAST(86400000 AS BIGINT)"
_TODAY, _YESTERDAY = f"'{NOW:%Y-%m-%d}'", "'2026-11-20'"
_CHAT = f"CASE WHEN i % 50 = 0 THEN -{FIRST} - i ELSE {FIRST} + i END"
_MINUTE = "(i % 1440)"
_SETTLED = "CASE WHEN i % 30 = 0 THEN 'failed' WHEN i % 40 = 7 THEN 'unknown' ELSE 'sent' END"
_DELIVERY = (
    "chat_id, thread_id, broadcast_id, local_date, slot, digest, version, state, attempt, owner, not_before,"
    " code"
)
_FEW = 12
"""Rows of which there are never many: in flight, in second attempts, waiting to be answered."""
_LAST = f"i > READERS - {_FEW}"


def _each(table: str, columns: str, values: str, where: str = "true") -> str:
    return (
        f"INSERT INTO {table} ({columns}) WITH RECURSIVE n(i) AS "  # noqa: S608  our own names
        f"(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < READERS) SELECT {values} FROM n WHERE {where}"
    )


def _one(table: str, columns: str, values: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({values})"  # noqa: S608  the same


def _deliveries(values: str, where: str = "true") -> str:
    return _each("deliveries", f"{_DELIVERY}, message_id, updated", values, where)


_FILL = (
    _each(
        "subscriptions",
        "chat_id, thread_id, time, days, zone, themes, next_slot, paused, told_end, owner, paused_since",
        f"{_CHAT}, 0, '09:' || (10 + i % 50), 127, 'UTC', '', CASE WHEN i % 5 = 3 THEN NULL ELSE"
        f" {_MOMENT} + ({_MINUTE} - 700) * 60000 END, CASE WHEN i % 5 = 3 THEN 'blocked' ELSE '' END, 0,"
        f" CASE WHEN i % 50 = 0 THEN {FIRST} + i + 1 ELSE 0 END,"
        f" CASE WHEN i % 5 = 3 THEN {_MOMENT} - {_DAY} * (i % 300) END",
    ),
    _each(
        "chats",
        "chat_id, thread_id, kind, language, since",
        f"{_CHAT}, 0, CASE WHEN i % 50 = 0 THEN 'group' ELSE 'private' END,"
        f" CASE WHEN i % 3 = 0 THEN 'ru' ELSE 'en' END, {_MOMENT} - {_DAY} * 40",
    ),
    _deliveries(
        f"{_CHAT}, 0, 0, {_YESTERDAY}, {_MOMENT} - {_DAY}, 'w1', 'v1', {_SETTLED}, 1, NULL, {_MOMENT} - {_DAY},"
        f" CASE WHEN i % 30 = 0 THEN 'blocked' ELSE '' END, i, {_MOMENT} - {_DAY}"
    ),
    _deliveries(
        f"{_CHAT}, 0, 0, {_TODAY}, {_MOMENT} - 60000, NULL, '', 'due', 0, NULL, {_MOMENT} - 60000, '', NULL,"
        f" {_MOMENT} - 60000",
        "i % 3 = 0",
    ),
    _deliveries(
        f"{_CHAT}, 0, 0, {_TODAY}, {_MOMENT} - 60000, 'w1', 'v1', CASE WHEN i % 2 = 0 THEN 'due' ELSE 'sending' END,"
        f" 1, CASE WHEN i % 2 = 0 THEN NULL ELSE 'dead' END, {_MOMENT} - 60000, '', NULL, {_MOMENT} - 60000",
        f"i % 3 = 1 AND i <= 3 * {_FEW}",
    ),
    _deliveries(
        f"{_CHAT}, 0, 1, {_TODAY}, {_MOMENT}, NULL, '', 'due', 0, NULL, {_MOMENT}, '', NULL, {_MOMENT}",
        "i % 3 <> 2",
    ),
    _deliveries(
        f"{_CHAT}, 0, 2, {_YESTERDAY}, {_MOMENT} - {_DAY}, NULL, '', {_SETTLED}, 1, NULL, {_MOMENT} - {_DAY}, '', i,"
        f" {_MOMENT} - {_DAY}"
    ),
    _each(
        "progress",
        "chat_id, thread_id, digest, seen, version",
        f"{_CHAT}, 0, 'w1', {_MOMENT} - {_DAY}, 'v1'",
    ),
    _each(
        "inbox",
        "update_id, chat_id, payload, attempt, owner, received",
        f"i, CASE WHEN {_LAST} THEN {FIRST} + i ELSE 0 END, CASE WHEN {_LAST} THEN '{{}}' ELSE '' END,"
        f" 0, CASE WHEN {_LAST} THEN 'dead' END, {_MOMENT} - {_DAY} + 1000 * i",
    ),
    _one("broadcasts", "id, html, stage, operator, note, updated", f"1, 'x', 'running', 1, '', {_MOMENT}"),
    _one("broadcasts", "id, html, stage, operator, note, updated", f"2, 'y', 'finished', 1, '', {_MOMENT}"),
    _one("broadcasts", "id, html, stage, operator, note, updated", f"3, 'z', 'draft', 1, '', {_MOMENT}"),
    _one("digests", "digest, since", f"'w1', {_MOMENT}"),
    _one("holds", "chat_id, until", f"{FIRST + 1}, {_MOMENT}"),
)


def fill(database: Database, readers: int) -> None:
    """Put so many readers into empty tables: some due, some paused, with a digest read, a broadcast running."""
    database.rows("DELETE FROM meta WHERE key = 'tzdata'")
    for statement in _FILL:
        database.rows(statement.replace("READERS", str(readers)))
    if "postgresql" in database.url:
        database.rows("SELECT setval('broadcasts_id_seq', 100)")
