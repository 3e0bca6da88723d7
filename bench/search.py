"""Search over 5,000 digests in each language, measured on this machine: prints a table in Markdown.

The words are made up by a seeded chance, as often as words of a language are (Zipf), each in many forms.
"""

import asyncio
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.core.search import Entry
from bot.store.search import Index

DIGESTS, WORDS, STEMS, QUERIES, LIMIT = 5_000, 70, 8_000, 100, 10
SOUNDS = {
    "en": ("bcdfghklmnprstvw", "aeiou", ("", "", "", "s", "ed", "ing", "ly", "er", "ness")),
    "ru": (
        "бвгдзклмнпрстхш",
        "аеиоуя",
        ("а", "ы", "е", "у", "ой", "ный", "ного", "ными", "ство", "ами", "ах"),
    ),
    "kk": (
        "бғдзйкқлмнңпрсш",
        "аеыіоөұү",
        ("", "", "ның", "ға", "да", "дан", "лар", "лардың", "ы", "ына", "лық"),
    ),
}


class Speech:
    """Words of a language that nobody speaks, spread as words are."""

    def __init__(self, language: str) -> None:
        self.chance = random.Random(5)  # noqa: S311  a repeatable one
        consonants, vowels, self.endings = SOUNDS[language]
        self.stems = [
            "".join(self.chance.choice(consonants) + self.chance.choice(vowels) for _ in range(syllables))
            + self.chance.choice(consonants)
            for syllables in self.chance.choices((1, 2, 3, 4), (1, 4, 4, 1), k=STEMS)
        ]
        self.weights = [*accumulate(1 / (rank + 3) for rank in range(STEMS))]

    def words(self, number: int) -> list[str]:
        """So many words, common ones more often."""
        stems = self.chance.choices(self.stems, cum_weights=self.weights, k=number)
        return [stem + self.chance.choice(self.endings) for stem in stems]

    def misspelt(self, word: str) -> str:
        """The word with a letter left out, doubled, swapped or changed."""
        at = self.chance.randrange(len(word) - 1)
        one, two = word[at], word[at + 1]
        wrong = self.chance.choice((two, one * 2 + two, two + one, self.chance.choice(self.stems)[0] + two))
        return word[:at] + wrong + word[at + 2 :]

    def queries(self) -> dict[str, list[str]]:
        """Kinds of queries."""
        common, rare = self.stems[:5], self.stems
        kinds: dict[str, Callable[[], str]] = {
            "a common word": lambda: self.chance.choice(common),
            "five common words and an unknown one": lambda: " ".join(
                [*self.chance.sample(self.stems[:8], 5), "0" * 9]
            ),
            "two words": lambda: " ".join(self.words(2)),
            "a beginning": lambda: self.chance.choice(rare)[: self.chance.randint(1, 4)],
            "a misspelt word": lambda: self.misspelt(self.chance.choice(rare)),
            "three misspelt words": lambda: " ".join(map(self.misspelt, self.words(3))),
            "256 characters": lambda: " ".join(map(self.misspelt, self.words(60)))[:256],
        }
        return {kind: [make() for _ in range(QUERIES)] for kind, make in kinds.items()}


def resident() -> float:
    """MiB of this process in memory."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def measure(language: str) -> list[str]:
    """Rows of the table for a language."""
    speech = Speech(language)
    entries = [
        Entry(
            f"d{number}", " ".join(speech.words(6)), " ".join(speech.words(WORDS)), " ".join(speech.words(3))
        )
        for number in range(DIGESTS)
    ]
    before, began = resident(), time.perf_counter()
    index, latest = asyncio.run(build(entries, language))
    built, held = time.perf_counter() - began, resident() - before
    rows: list[str] = []
    everything: list[tuple[float, float]] = []
    for kind, queries in speech.queries().items():
        times, found = [], 0
        for query in queries:
            began, worked = time.perf_counter(), time.thread_time()
            found += bool(index.find(query, LIMIT))
            times.append((1000 * (time.perf_counter() - began), 1000 * (time.thread_time() - worked)))
        rows.append(row(language, kind, times, str(found)))
        everything += times
    cost = f"{held:.0f} MiB, built in {built:.1f} s, which held the event loop up by {latest:.0f} ms at most"
    return [*rows, row(language, f"**all**; {cost}", everything, "")]


async def build(entries: list[Entry], language: str) -> tuple[Index, float]:
    """The index, made in a thread as a running bot does it, and by how many ms the loop was late meanwhile."""
    building = asyncio.create_task(asyncio.to_thread(Index.build, entries, language))
    latest = 0.0
    while not building.done():
        began = time.perf_counter()
        await asyncio.sleep(0.005)
        latest = max(latest, 1000 * (time.perf_counter() - began) - 5)
    return await building, latest


def row(language: str, kind: str, times: list[tuple[float, float]], found: str) -> str:
    """A row of the table."""
    cells = [language, kind, str(len(times)), found]
    for milliseconds in zip(*times, strict=True):
        middle, high = statistics.median(milliseconds), statistics.quantiles(milliseconds, n=20)[-1]
        cells.append(" / ".join(f"{figure:.1f}" for figure in (middle, high, max(milliseconds))))
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(f"{DIGESTS:,} digests of {WORDS} words; p50 / p95 / max\n\n")
    sys.stdout.write(
        "| language | query | asked | answered | ms | of these CPU |\n|---|---|---|---|---|---|\n"
    )
    with ProcessPoolExecutor(1, max_tasks_per_child=1) as pool:  # a process for each, for the memory's sake
        for rows in pool.map(measure, SOUNDS):
            sys.stdout.write("\n".join(rows) + "\n")
