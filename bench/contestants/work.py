"""The work that all contestants do alike, and how it is measured. The standard library alone: peers import it too.

A contestant is started as `python -m bench.contestants.NAME JOB`, with a job as JSON, and prints its figures as JSON.
"""

import asyncio
import gc
import json
import resource
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

TOKEN = "123456:" + "A" * 35
CHAT = 10_000
"""The first reader's chat."""
MESSAGE_ID = 4242
"""The number that the fake Bot API gives every message."""
COMMANDS = (
    "start", "help", "stop", "time", "zone", "language", "subscribe", "unsubscribe", "themes", "initiatives",
    "veto", "next",
)  # fmt: skip
"""Twelve commands; readers ask for the tenth."""

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Job:
    """What to do: `subject` so `count` times, `in_flight` at once, against the Bot API at `url`.

    `rate` is in messages a second, 0: as fast as it goes. `pool` bounds connections, 0: as many as are in flight.
    `database` is a file with `readers`.
    """

    subject: str
    url: str = ""
    count: int = 0
    in_flight: int = 64
    pool: int = 0
    rate: float = 0
    database: str = ""
    readers: int = 0

    def to_json(self) -> str:
        """As `of_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> "Job":
        """The job of a command line."""
        return cls(**json.loads(text))


def _lines() -> list[tuple[str, str, str]]:
    said = "One sentence that says what the article is about, and no more."
    return [
        (f"Article number {number}: how it was measured", f"https://example.org/articles/{number:04}", said)
        for number in range(7)
    ]


TEXT = "\n".join(f'<a href="{url}"><b>{title}</b></a>\n{said}\n' for title, url, said in _lines())
"""A digest of about a thousand characters, as HTML."""


def echo() -> dict[str, Any]:
    """What Telegram answers to it: the whole message once more, with its entities."""
    text, entities = "", []
    for title, url, said in _lines():
        place = {"offset": len(text), "length": len(title)}
        entities += [{**place, "type": "text_link", "url": url}, {**place, "type": "bold"}]
        text += f"{title}\n{said}\n\n"
    return {
        "message_id": MESSAGE_ID,
        "from": {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"},
        "chat": {"id": CHAT, "first_name": "Ann", "username": "ann", "type": "private"},
        "date": 1_790_000_000,
        "text": text.strip(),
        "entities": entities,
        "link_preview_options": {"is_disabled": True},
    }


def command(number: int) -> dict[str, Any]:
    """An update: a reader of their own sends /initiatives."""
    person = {"id": CHAT + number, "first_name": "Ann", "username": "ann"}
    return {
        "update_id": number + 1,
        "message": {
            "message_id": number + 1,
            "from": {**person, "is_bot": False, "language_code": "en"},
            "chat": {**person, "type": "private"},
            "date": 1_790_000_000,
            "text": "/initiatives",
            "entities": [{"offset": 0, "length": 12, "type": "bot_command"}],
        },
    }


class Watch:
    """Counts the seconds, and those of them that this process had a core, from its making on."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu, self._began = _cpu(), time.perf_counter()

    def figures(self, count: int, latencies: Sequence[float] | None = None) -> Figures:
        """What so many pieces of work took. `p50` and `p99` are of the latencies, in ms."""
        seconds, cpu = time.perf_counter() - self._began, _cpu() - self._cpu
        found = {
            "seconds": seconds,
            "rate": count / seconds,
            "cpu_ms": 1000 * cpu / max(count, 1),
            "core": cpu / seconds,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        if latencies and len(latencies) > 1:
            cuts = statistics.quantiles(latencies, n=100)
            found |= {"p50": 1000 * cuts[49], "p99": 1000 * cuts[98]}
        return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def drive(send: Callable[[int], Awaitable[int]], job: Job) -> Figures:
    """Send to one chat after another, so many at once; `send` takes a chat and returns the message's number."""
    latencies: list[float] = []

    async def worker(chats: Any) -> None:
        for chat in chats:
            began = time.perf_counter()
            number = await send(chat)
            latencies.append(time.perf_counter() - began)
            assert number == MESSAGE_ID

    async def together(first: int, count: int) -> None:
        chats = iter(range(first, first + count))
        await asyncio.gather(*(worker(chats) for _ in range(job.in_flight)))

    await together(CHAT, 2 * job.in_flight)  # connections are made, code is warm
    latencies.clear()
    watch = Watch()
    await together(CHAT + 1_000_000, job.count)
    return watch.figures(job.count, latencies)


def run(subjects: Mapping[str, Callable[[Job], Awaitable[Figures]]]) -> None:
    """The whole of a contestant's program."""
    job = Job.of_json(sys.argv[1])
    print(json.dumps(asyncio.run(_figures(subjects[job.subject], job))))  # noqa: T201


async def _figures(subject: Callable[[Job], Awaitable[Figures]], job: Job) -> Figures:
    return await subject(job)


async def until_told() -> None:
    """Wait until whoever started this process closes its standard input."""
    await asyncio.to_thread(sys.stdin.read)
