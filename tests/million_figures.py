"""What was measured with a million readers, and how docs/scaling.md tells it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = dict[str, Any]
DAYS, DIGESTS = 90, 90
"""How long deliveries are kept, and how many digests everybody has read, where the page says how much that is."""


@dataclass(frozen=True)
class Promise:
    """What was to be shown, what was measured, and whether it holds."""

    what: str
    bound: str
    measured: str
    kept: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        return self.what, self.bound, self.measured, "yes" if self.kept else "**no**"


@dataclass(frozen=True)
class Took:
    """A command, its seconds, those of them that it had a core, and the most memory in MiB, where that is known."""

    what: str
    seconds: float
    core: float
    memory: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """A row of the table."""
        memory = f"{self.memory:,.0f} MiB" if self.memory else ""
        return self.what, f"{self.seconds:,.1f} s", f"{self.core:,.1f} s", memory


@dataclass(frozen=True)
class Bytes:
    """What one reader, one delivery and one digest that was read take in the database."""

    reader: float
    delivery: float
    reading: float

    def of(self, readers: int) -> float:
        """Bytes of a database in which everybody has got a digest each day."""
        return readers * (self.reader + DAYS * self.delivery + DIGESTS * self.reading)

    def __str__(self) -> str:
        """One line."""
        return f"A reader: {self.reader:.0f} bytes; a delivery: {self.delivery:.0f}; a digest read: {self.reading:.0f}."


@dataclass
class Found:
    """All that was measured; `where` is the machine."""

    promises: list[Promise]
    runs: Mapping[str, Figures]
    bytes: Bytes
    file: list[Took]
    server: list[Took]
    where: str = ""

    def page(self) -> str:
        """All of it as Markdown."""
        planned, sent = self.runs["planning"], self.runs["peak"]
        each = 1e6 * planned["planning_s"] / planned["planned"]
        message = 1000 * sent["core"] * sent["seconds"] / sent["sent"]
        sizes = [
            (f"{number:,}", f"{self.bytes.of(number) / 1e9:,.2f} GB")
            for number in (1_000, 10_000, 100_000, 10**6)
        ]
        parts = (
            f"{planned['planned']:,} readers, of whom {sent['sent']:,} got theirs at 1000 a second; {self.where}.",
            table(("promise", "bound", "measured", "kept"), (row.cells for row in self.promises)),
            f"Planned in {planned['planning_s']:,.0f} s, {each:,.0f} µs each. A message: {message:.2f} ms of a core.",
            str(self.bytes),
            table(("daily readers", "the database after 90 days"), sizes),
            "What is asked while a million wait, and 1000 a second go out:",
            table(
                ("command", "asked", "median", "95th percentile"), _answers(self.runs["asked"]["answer_ms"])
            ),
            "Commands of an operator, each a process of its own, with a file of SQLite:",
            table(("command", "took", "of a core", "memory"), (each.cells for each in self.file)),
            "The same with PostgreSQL:",
            table(("command", "took", "of a core", "memory"), (each.cells for each in self.server)),
        )
        return "\n\n".join(parts) + "\n"


def _answers(found: Mapping[str, Mapping[str, float]]) -> Iterable[tuple[str, ...]]:
    for name, cut in sorted(found.items()):
        if cut:
            yield f"`{name}`", f"{cut['n']:.0f}", f"{cut['p50']:,.0f} ms", f"{cut['p95']:,.0f} ms"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
