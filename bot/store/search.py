"""The index of all digests in one language: SQLite's full-text search (FTS5) in memory, over numbers of stems."""

import asyncio
import sqlite3
import unicodedata
import weakref
from collections.abc import Callable, Iterable
from typing import Self

from bot.core.search import Entry, Hit, Step, Vocabulary, snippet
from bot.core.stems import WORD
from bot.ports import StoreError

_FIND = """
    SELECT rowid, bm25(entries, 10, 1, 3, 4) AS weight FROM entries WHERE entries MATCH ?
    ORDER BY weight, rowid LIMIT ?
"""
"""The weights of title, text, theme and keywords. FTS5 counts from 0 down; of equals the earlier entry comes first."""
_LOOSE = 2
"""The first of the steps that are for a query without a better answer."""


class LateIndex:
    """An index that is made when it is first asked for: it takes about 1 MB, and not every language is.

    `entries` gives its digests, in any thread; the rest is as for `Index`.
    """

    def __init__(self, entries: Callable[[], Iterable[Entry]], language: str) -> None:
        self._entries, self._language = entries, language
        self._index: Index | None = None
        self._making = asyncio.Lock()

    async def ready(self) -> None:
        """As `Finder.ready`."""
        async with self._making:
            if self._index is None:
                self._index = await asyncio.to_thread(self._made)

    def find(self, query: str, limit: int) -> tuple[Hit, ...]:
        """As `Index.find`."""
        if self._index is None:
            self._index = self._made()
        return self._index.find(query, limit)

    def _made(self) -> "Index":
        return Index.build(self._entries(), self._language)


class Index:
    """Finds digests by words, for one thread at a time. A changed library gets a new index, made in a thread beside.

    FTS5 sees the number of a word's stem in place of the word, so nothing that a reader types is ever part of its
    syntax, and all that is known of languages stays in `bot.core.stems`.
    """

    def __init__(self, entries: Iterable[Entry], language: str) -> None:
        # The thread that makes an index is not the one that asks.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._connection.close)
        make_table(self._connection)
        self._vocabulary = Vocabulary(language)
        self._digests: list[tuple[str, str]] = []
        with self._connection:
            rows = map(self._row, entries)
            self._connection.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", rows)
        self._vocabulary.close()

    @classmethod
    def build(cls, entries: Iterable[Entry], language: str) -> Self:
        """The index of these entries, all in `language`: en, ru, kk; words of others are found as they are written.

        Raises:
            StoreError: This Python cannot search; the message says what to do.
        """
        return cls(entries, language)

    async def ready(self) -> None:
        """It is."""

    def find(self, query: str, limit: int) -> tuple[Hit, ...]:
        """At most `limit` digests, the best first; any text is a query, and one without words finds none."""
        found: dict[int, Hit] = {}
        for level, step in enumerate(self._vocabulary.steps(query)):
            if len(found) >= limit or (found and level >= _LOOSE):
                break
            for row, weight in self._connection.execute(_FIND, (_expression(step), limit)):
                if row not in found and len(found) < limit:
                    digest, text = self._digests[row - 1]
                    marks = self._vocabulary.marks(text)
                    words = snippet(text, marks, frozenset().union(*step.groups))
                    # Each step is a whole number below the one before; within it from 0 to 1.
                    found[row] = Hit(digest, words, 3 - level + weight / (weight - 1))
        return tuple(found.values())

    def _row(self, entry: Entry) -> tuple[str, ...]:
        """An entry as numbers of stems."""
        text = _line(entry.text)
        self._digests.append((entry.digest, text))
        columns = _line(entry.title), text, _line(entry.theme), _line(entry.keywords)
        number = self._vocabulary.number
        return tuple(" ".join(str(number(word)) for word in WORD.findall(column)) for column in columns)


def make_table(connection: sqlite3.Connection, module: str = "fts5") -> None:
    """The table of an index, which keeps no texts. Raises StoreError without the module of SQLite."""
    try:
        connection.execute(
            f"CREATE VIRTUAL TABLE entries USING {module}"
            "(title, text, theme, keywords, content='', tokenize='ascii')"
        )
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"search needs SQLite with FTS5, and this Python's has none ({error}): use a Python from python.org, "
            "your distribution or the Docker image"
        ) from error


def _expression(step: Step) -> str:
    """A step in the syntax of FTS5; a group without numbers finds nothing."""
    groups = [
        "(" + " OR ".join(f'"{number}"' for number in sorted(group)) + ")" for group in step.groups if group
    ]
    if step.every and len(groups) < len(step.groups):
        return '""'
    return (" AND " if step.every else " OR ").join(groups) or '""'


def _line(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))
