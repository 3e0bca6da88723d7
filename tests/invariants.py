"""What must hold after every run of the campaign, and the line of the table that says whether it did."""

import re
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.content.loader import load_library
from bot.store import open_outbox
from tests.campaign import Rig
from tests.conversation import SAMPLE

_STABLE = re.compile(r"[a-z_]+(\.[a-z_]+)+")


@dataclass(frozen=True)
class Row:
    """One line of the table: what was done, what came of it, and what should not have come."""

    name: str
    done: str
    due: int
    states: dict[str, int]
    twice: int
    most: int
    undelivered: int
    notes: str
    broken: tuple[str, ...]
    seconds: float

    def __str__(self) -> str:
        states = ", ".join(f"{count:,} {state}" for state, count in self.states.items() if count)
        verdict = "; ".join(self.broken) or "held"
        cells = (self.name, self.done, f"{self.due:,}", states, f"{self.twice:,}", str(self.most))
        return " | ".join((*cells, f"{self.undelivered:,}", self.notes, verdict, f"{self.seconds:.0f}"))


@dataclass(frozen=True)
class Found:
    """What a run has left, and which invariants it broke."""

    due: int
    states: dict[str, int]
    twice: int
    most: int
    undelivered: int
    broken: tuple[str, ...]
    seconds: float

    def row(self, name: str, done: str, notes: str = "", **rules: bool) -> Row:
        """The table's line; `rules` are the scenario's own, True where they held."""
        broken = [rule.replace("_", " ") for rule, held in rules.items() if not held]
        return Row(
            name,
            done,
            self.due,
            self.states,
            self.twice,
            self.most,
            self.undelivered,
            notes,
            (*self.broken, *broken),
            self.seconds,
        )


async def examine(rig: Rig, due: int | None = None) -> Found:
    """Compare the database with what came, and check what must hold after every run."""
    rows = rig.rows(
        "SELECT chat_id, local_date, state, CASE WHEN attempt > 0 THEN digest END FROM deliveries"
        " WHERE broadcast_id = 0"
    )
    got = await _copies(rig, rows)
    states = dict(Counter(state for _, _, state, _ in rows))
    owed = rig.chats if due is None else due
    taken_for_sent = [row for row in rows if row[2] in ("sent", "due", "sending") and not got[row[:2]]]
    outbox = open_outbox(rig.url)
    counters = {str(state): count for state, count in (await outbox.counts()).items() if count}
    await outbox.close()
    most = max(got.values(), default=0)
    must = {
        "(a) every due digest has one row": len(rows) == owed == len({row[:2] for row in rows}),
        "(a) nothing silently lost": not taken_for_sent,
        "(b) at most two copies": most <= 2,
        "(c) nothing is left open": not states.keys() & {"due", "sending"},
        "(d) counters equal rows": counters == states,
        "(e) the database is whole": rig.whole(),
        "(f) errors have names": not rig.odd and all(map(_STABLE.fullmatch, rig.errors)),
    }
    return Found(
        owed,
        states,
        sum(n > 1 for n in got.values()),
        most,
        sum(not got[row[:2]] for row in rows),
        tuple(rule for rule, held in must.items() if not held),
        time.monotonic() - rig.began,
    )


async def _copies(rig: Rig, rows: list[Any]) -> Counter[tuple[int, str]]:
    """How many messages each chat got for each date: by the digest's first line where it has several dates."""
    came = {int(chat): lines for chat, lines in (await rig.telegram.ask("copies")).items()}
    dates = Counter(row[0] for row in rows)
    heads = _first_lines()
    got: Counter[tuple[int, str]] = Counter()
    for chat, date, _, digest in rows:
        lines = came.get(chat, {})
        got[chat, date] = sum(lines.values()) if dates[chat] == 1 else lines.get(heads.get(digest), 0)
    return got


def _first_lines() -> dict[str, str]:
    """What a digest's message begins with."""
    library = load_library(SAMPLE).library
    assert library is not None
    return {item.id: f"{theme.emoji} {item.title}" for theme in library.themes for item in theme.digests}
