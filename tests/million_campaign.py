"""`python -m tests.million_campaign`: a million readers on one machine, measured; writes docs/scaling.md.

The bot runs in a process and on a core of its own (tests/million.py), the fake Bot API of bench/ on another, 50 ms
away. No clock is scaled: at 1000 a second so many of the million are really sent as `--sent` says, and at 30 a second
three windows of the nine hours are looked at: at the beginning, in the middle and at the end of the queue.
"""

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import server
from bench.cores import ROOT, Cores, machine, spawn
from bench.readers import copied, fill
from tests.databases import started
from tests.million import Task
from tests.million_figures import Bytes, Figures, Found, Promise
from tests.million_sizes import on_a_file, on_a_server

PAGE = ROOT / "docs" / "scaling.md"
BEGIN, END = "<!-- figures: written by make million -->\n", "<!-- end of figures -->\n"
LATENCY, PAID, FREE = 50.0, 1000.0, 30.0
DIGEST = "openness-of-models"
_WAITING = "FROM deliveries WHERE state = 'due' AND id <= (SELECT max(id) FROM deliveries) - ?"
_READ = (
    "INSERT OR IGNORE INTO progress (chat_id, thread_id, digest, seen, version)"
    f" SELECT chat_id, thread_id, '{DIGEST}', updated, '0123456789abcdef' {_WAITING}"
)
_SENT = (
    f"UPDATE deliveries SET state = 'sent', attempt = 1, digest = '{DIGEST}', version = '0123456789abcdef',"  # noqa: S608
    f" owner = '0123456789abcdef', message_id = 4242 WHERE id IN (SELECT id {_WAITING})"
)


@dataclass
class Arena:
    """Where the bot meets a fake Bot API."""

    folder: Path
    cores: Cores
    url: str

    async def bot(self, database: Path, rate: float, **more: Any) -> Figures:
        """The figures of one process. Raises RuntimeError with what it complained of."""
        task = Task(self.url, str(database), rate, **more)
        process = await spawn([sys.executable, "-m", "tests.million", task.to_json()], self.cores.contestant)
        out, complaints = await process.communicate()
        if process.returncode:
            raise RuntimeError(complaints.decode()[-2000:])
        figures: Figures = json.loads(out.splitlines()[-1])
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {complaints.decode()}{json.dumps(figures)}\n")
        return figures


def advance(file: Path, left: int) -> tuple[int, int]:
    """As the queue stands when all but the last `left` have been read and sent; bytes after the one and the other."""
    sizes = []
    for statement in (_READ, _SENT):
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(statement, (left,))
        sizes.append(file.stat().st_size)
    return sizes[0], sizes[1]


def peak(figures: Figures) -> list[Promise]:
    """What a million at 1000 a second have to show."""
    least, most = figures["resident_mib"]
    rate, p99 = figures["rate"], figures["claim_ms"]["p99"]
    return [
        Promise("1000 a second: messages a second", "≥ 950", f"{rate:,.0f}", rate >= 950),
        Promise("… memory at most", "≤ 250 MiB", f"{most:.0f} MiB", most <= 250),
        Promise("… over the run", "± 10 MiB", f"± {(most - least) / 2:.1f} MiB", most - least <= 20),
        Promise("… a claim, 99th percentile", "≤ 50 ms", f"{p99:.0f} ms", p99 <= 50),
    ]


def free(where: str, figures: Figures) -> list[Promise]:
    """What a window at 30 a second has to show."""
    least, most, p95 = figures["second_least"], figures["any_second_most"], figures["answers_ms"]["p95"]
    first, last = figures["oldest_due_s"]
    each = f"{least} to {figures['second_most']}"
    return [
        Promise(f"30 a second, {where}: in each second", "29 to 30", each, least >= 29),
        Promise("… in any second at most", "30", f"{most}", most <= 30),
        Promise("… answers, 95th percentile", "≤ 1.5 s", f"{p95 / 1000:.2f} s", p95 <= 1500),
        Promise(
            "… age of the oldest due in /metrics", "grows", f"{first:,.0f} to {last:,.0f} s", last > first
        ),
    ]


async def sending(
    arena: Arena, due: Path, sent: int, window: float
) -> tuple[list[Promise], dict[str, Figures]]:
    """Plan the million, then all runs on copies of that."""
    runs = {"planning": await arena.bot(due, PAID, messages=1)}
    with closing(sqlite3.connect(due)) as database:
        (readers,) = database.execute("SELECT count(*) FROM deliveries").fetchone()
    runs["peak"] = await arena.bot(copied(due, "peak.db"), PAID, messages=sent)
    runs["asked"] = await arena.bot(copied(due, "asked.db"), PAID, seconds=window, ask=0.5)
    rows = peak(runs["peak"])
    for where, left in (("beginning", readers), ("middle", readers // 2), ("end", int(FREE * window))):
        file = copied(due, "free.db")
        advance(file, left)
        runs[where] = await arena.bot(file, FREE, seconds=window, ask=1.0)
        rows += free(where, runs[where])
    return rows, runs


async def measured(readers: int, sent: int, window: float) -> Found:
    """All of it; what each run found is told when it is over."""
    cores = Cores.of_this_machine()
    with tempfile.TemporaryDirectory(prefix="million-") as name:
        folder, due = Path(name), Path(name) / "due.db"
        await fill(due, readers, readers)
        bare = due.stat().st_size
        program = await server.build(folder)
        async with server.running(program, LATENCY, cores) as url:
            rows, runs = await sending(Arena(folder, cores, url), due, sent, window)
        planned, whole = due.stat().st_size, copied(due, "whole.db")
        read, all_sent = advance(whole, 0)
        size = all_sent / 1e6
        rows.append(Promise("the file, once all have got theirs", "≤ 300 MB", f"{size:.0f} MB", size <= 300))
        delivery = (planned - bare + all_sent - read) / readers
        cost = Bytes(bare / readers, delivery, (read - planned) / readers)
        on_file = await on_a_file(whole, folder, readers)
        with started(folder / "postgresql") as running:
            return Found(rows, runs, cost, on_file, await on_a_server(running.make("million").url, folder))


def main(arguments: Sequence[str]) -> int:
    """Measure, print, write; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--sent", type=int, default=1_000_000, help="of them really sent, at 1000 a second")
    parser.add_argument("--window", type=float, default=180, help="seconds of each look at 30 a second")
    given = parser.parse_args(arguments)
    where = machine()
    found = asyncio.run(measured(given.readers, given.sent, given.window))
    found.where = where
    text = found.page()
    print(text)  # noqa: T201
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0 if all(row.kept for row in found.promises) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
