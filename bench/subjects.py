"""What is compared: who competes in each subject, what is shown of it, and what was promised."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bench import figures
from bench.arena import Arena, Contestant, FailedError
from bench.contestants.work import Job
from bench.plot import Chart, Series
from bench.rounds import Goal, Round, Spread, figure, ratio

US, AIOGRAM, MAILER, BARE = "this bot", "aiogram", "aiogram-broadcaster", "bare aiohttp, the ceiling"
BEST, DEFAULT = "PTB’s HTTPXRequest, pool of 8", "PTB’s HTTPXRequest, its default pool of 256"
LIMITED = "the same with AIORateLimiter, pool of 8"
BARE_SEND, BARELY = "its send_message, without a database", "its deliveries, without a database"
PLAIN, JOBS = "plain sqlite3", "APScheduler, a job for each"
LATENCY = 50.0
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Result:
    """A section of the page: a table of `rows` below `head`, what was promised, and pictures by their file names."""

    title: str
    note: str
    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    goals: Sequence[Goal] = ()
    charts: dict[str, Chart] = field(default_factory=dict)


def ours(subject: str, url: str = "", count: int = 0, **more: float) -> Contestant:
    """This bot."""
    return Contestant(US, "ours", Job(subject, url, count, **more), peer=False)  # type: ignore[arg-type]


def peer(name: str, module: str, job: Job) -> Contestant:
    """Somebody else."""
    return Contestant(name, module, job)


_HEAD = ("", "a second", "CPU ms each", "peak MB", "this bot is faster by")


def table(rounds: Sequence[Round], us: str = US) -> list[tuple[str, ...]]:
    """A row for each contestant: medians, with their ranges, and how much faster this bot is."""
    return [
        (
            name,
            ranged(figure(rounds, name, "rate"), "{:,.0f}".format),
            ranged(figure(rounds, name, "cpu_ms"), "{:.2f}".format),
            f"{figure(rounds, name, 'peak_mb').median:.0f}",
            "" if name == us else ranged(ratio(rounds, us, name), "{:.2f}×".format),
        )
        for name in rounds[0]
    ]


def ranged(spread: Spread, shown: Callable[[float], str]) -> str:
    """A median and the range around it."""
    return f"{shown(spread.median)} ({shown(spread.low)} to {shown(spread.high)})"


async def sending(arena: Arena) -> Result:
    """send_message, 64 in flight, without latency."""
    url, slow = arena.at_once, Job("send", arena.at_once, arena.size(500, 200))
    contestants = [
        ours("send", url, arena.size(3000, 1000)),
        peer(AIOGRAM, "aiogram_", Job("send", url, arena.size(2000, 800))),
        peer(BEST, "ptb", replace(slow, pool=8, in_flight=8)),
        peer(DEFAULT, "ptb", replace(slow, pool=256)),
    ]
    if not arena.quick:
        contestants.append(peer(LIMITED, "ptb", replace(slow, subject="limited", pool=8, in_flight=8)))
        contestants.append(peer(BARE, "bare", Job("send", url, 4000)))
    rounds = await arena.compete(contestants, arena.size(_ROUNDS, 1))
    goals = [
        Goal("send_message, 64 in flight: against aiogram", 1.3, ratio(rounds, US, AIOGRAM)),
        Goal("… against PTB’s HTTPXRequest at its best pool", 4, ratio(rounds, US, BEST)),
        Goal("… against PTB’s HTTPXRequest at its default pool", 9, ratio(rounds, US, DEFAULT)),
    ]
    note = (
        "`send_message`, the same text of a thousand characters for all, 64 in flight (as many as the pool where "
        "that is smaller), no latency: what the code itself costs. This bot’s calls pass its governor."
    )
    return Result("Sending, without latency", note, _HEAD, table(rounds), goals)


async def sending_afar(arena: Arena) -> Result:
    """The same with the latency of a network, 256 in flight."""
    job = Job("send", arena.afar, arena.size(3000, 1200), in_flight=256)
    contestants = [
        replace(ours("send"), job=job),
        peer(AIOGRAM, "aiogram_", job),
        peer(MAILER, "aiogram_", Job("broadcast", arena.afar, arena.size(40, 15))),
    ]
    rounds = await arena.compete(contestants, arena.size(_ROUNDS, 1))
    goals = [
        Goal("50 ms of latency: against aiogram-broadcaster", 100, ratio(rounds, US, MAILER)),
        Goal("… against aiogram, both with 256 in flight", 1.3, ratio(rounds, US, AIOGRAM)),
    ]
    note = (
        "The same where each answer takes 50 ms, 256 in flight. aiogram-broadcaster, here without a storage, "
        "sends one message after another."
    )
    return Result("Sending, 50 ms away", note, _HEAD, table(rounds), goals)


async def sweep(arena: Arena) -> Result:
    """Throughput and latency at 8 to 256 in flight."""
    names = {US: ("ours", False), AIOGRAM: ("aiogram_", True), "PTB’s HTTPXRequest": ("ptb", True)}
    steps = (8, 32, 64, 128, 256)
    contestants = [
        Contestant(f"{name}|{step}", module, Job("send", arena.afar, count, in_flight=step), peer=is_peer)
        for name, (module, is_peer) in names.items()
        for step in steps
        for count in (min(400 if module == "ptb" else 2000, 20 * step + 200),)
    ]
    rounds = await arena.compete(contestants, 2)
    rows, series = [], []
    for name in names:
        points = []
        for step in steps:
            found = [figure(rounds, f"{name}|{step}", what) for what in ("rate", "p50", "p99")]
            points.append((found[0].median, found[2].median))
            shown = ("{:,.0f}".format, "{:.0f}".format, "{:.0f}".format)
            cells = (ranged(each, say) for each, say in zip(found, shown, strict=True))
            rows.append((name, str(step), *cells))
        series.append(Series(name, points))
    chart = Chart(
        "Throughput, and the slowest 1% (50 ms away, 8 to 256 in flight)",
        "messages a second",
        "99th percentile, ms",
        series,
    )
    note = "What more in flight brings: every point of the picture. Pools are as large as what is in flight."
    head = ("", "in flight", "a second", "p50, ms", "p99, ms")
    return Result("Throughput against latency", note, head, rows, charts={"performance-latency.svg": chart})


async def whole(arena: Arena) -> Result:
    """The whole sender at 1000 a second."""
    readers = arena.size(60_000, 2_500)
    job = Job("whole", arena.afar, readers, in_flight=256, rate=1000, readers=readers)
    (found,) = await arena.compete([replace(ours("whole"), job=job)], 1)
    did = found[US]
    one = {name: Spread(did[name], did[name], did[name]) for name in did}
    share = Spread.of([did["rate"] / 1000])
    ahead = Spread.of([did["p99"] - LATENCY])
    percent, ms = "{:.0%}".format, "{:.0f} ms".format
    goals = [
        Goal("the whole sender at 1000 a second and 50 ms: of the rate", 0.98, share, shown="{:.1%}".format),
        Goal("… of a core", 0.5, one["core"], at_least=False, shown=percent),
        Goal("… 99th percentile of an answer, beyond the latency", 20, ahead, at_least=False, shown=ms),
        Goal("… memory at most", 100, one["peak_mb"], at_least=False, shown="{:.0f} MB".format),
    ]
    cells = (f"{did['seconds']:.0f} s", f"{did['rate']:,.0f}", percent(did["core"]))
    rows = [(f"{readers:,} readers", *cells, ms(did["p50"]), ms(did["p99"]), f"{did['peak_mb']:.0f}")]
    note = (
        "`Delivering` over SQLite: planned, then claimed, sent with buttons and recorded, with a rate of 1000 a "
        "second and 50 ms of latency; one run. All of them are in the database as sent, once."
    )
    head = ("", "took", "a second", "of a core", "p50", "p99", "peak MB")
    return Result("The whole sender", note, head, rows, goals)


async def durability(arena: Arena) -> Result:
    """What the database costs."""
    readers = arena.size(3_000, 1_000)
    job = Job("whole", arena.at_once, readers, in_flight=256, readers=readers)
    contestants = [
        replace(ours("whole"), job=job),
        Contestant(BARE_SEND, "ours", replace(job, subject="send", readers=0), peer=False),
        Contestant(BARELY, "ours", replace(job, subject="sender", readers=0), peer=False),
    ]
    rounds = await arena.compete(contestants, arena.size(_ROUNDS, 1))
    kept = ratio(rounds, US, BARE_SEND)
    goals = [Goal("out of the database, of bare send_message", 0.8, kept, shown="{:.0%}".format)]
    note = (
        "As fast as it goes, 256 in flight, no latency. With claims and records, out of SQLite; then "
        "`send_message` with the same backend, which is what the promise is about; and last the bot’s own way of "
        "delivering, which builds no Message out of the answer and so is faster than `send_message`, without the "
        "database: against that the database costs more."
    )
    return Result("What durability costs", note, _HEAD, table(rounds), goals)


async def receiving(arena: Arena) -> Result:
    """Commands and the webhook."""
    url = arena.at_once
    job, hook = Job("commands", url, arena.size(2500, 800)), Job("webhook", url, arena.size(3000, 1000))
    rows: list[tuple[str, ...]] = []
    goals = []
    for each, bound, what in ((job, 1.2, "commands"), (hook, 1.5, "the webhook")):
        contestants = [replace(ours(each.subject), job=each), peer(AIOGRAM, "aiogram_", each)]
        rounds = await arena.compete(contestants, arena.size(_ROUNDS, 1))
        rows += [(f"{what}: {name}", *cells) for name, *cells in table(rounds)]
        goals.append(Goal(f"{what}: against aiogram’s", bound, ratio(rounds, US, AIOGRAM)))
    note = (
        "Twelve commands, each answered with the same text. Commands: this bot’s `Receiving`, which stores every "
        "update before it is handled, against `Dispatcher.feed_update`, which stores nothing. The webhook: 40 "
        "connections, this bot’s endpoint against `SimpleRequestHandler` in the background; counted until the last "
        "answer has come in at the Bot API."
    )
    return Result("Commands and the webhook", note, _HEAD, rows, goals)


async def planning(arena: Arena) -> Result:
    """100,000 of a million readers are due in one minute."""
    readers = arena.size(1_000_000, 50_000)
    job = Job("plan", count=readers // 10, readers=readers)
    contestants = [replace(ours("plan"), job=job), peer(PLAIN, "plain", job)]
    rounds = await arena.compete(contestants, arena.size(_ROUNDS, 1))
    took, held = figure(rounds, US, "seconds"), figure(rounds, US, "held")
    tax = ratio(rounds, US, PLAIN, "seconds")
    seconds = 3 * job.count / 100_000
    goals = [
        Goal(f"{job.count:,} of {readers:,} planned: against plain sqlite3", 2.5, tax, at_least=False),
        Goal("… seconds", seconds, took, at_least=False, shown="{:.2f} s".format),
        Goal("… the event loop held at most", 20, held, at_least=False, shown="{:.0f} ms".format),
    ]
    rows = [
        (
            name,
            ranged(figure(rounds, name, "seconds"), "{:.2f} s".format),
            ranged(held, "{:.0f} ms".format) if name == US else "",
            f"{figure(rounds, name, 'peak_mb').median:.0f}",
        )
        for name in rounds[0]
    ]
    note = (
        f"{job.count:,} of {readers:,} readers are due in the same minute, in six time zones. Plain sqlite3 does the "
        "same on a copy of the same database, 500 at a time, and remembers what it has reckoned."
    )
    return Result("Planning", note, ("", "took", "loop held", "peak MB"), rows, goals)


async def growing(arena: Arena) -> Result:
    """What a peak costs with a thousand to a million readers."""
    series: dict[str, list[tuple[float, float]]] = {US: [], PLAIN: [], JOBS: []}
    rows = []
    for readers in (1_000, 10_000, 100_000, 1_000_000):
        job = Job("plan", count=readers // 10, readers=readers)
        contestants = [replace(ours("plan"), job=job), peer(PLAIN, "plain", job)]
        if readers <= 100_000:  # a million take minutes to add, and gigabytes
            contestants.append(peer(JOBS, "apscheduler_", job))
        rounds = await arena.compete(contestants, 3 if readers < 100_000 else 1)
        for each in contestants:
            cpu = figure(rounds, each.name, "cpu_ms").median * job.count / 1000
            series[each.name].append((readers, cpu))
            adding = figure(rounds, each.name, "add_seconds").median if each.name == JOBS else 0
            memory = figure(rounds, each.name, "peak_mb").median
            start = f"{adding:.1f} s" if adding else "0"
            rows.append((f"{readers:,}", each.name, f"{cpu:.3f} s", f"{memory:.0f}", start))
    chart = Chart(
        "CPU seconds of a peak in which a tenth of all readers are due",
        "readers",
        "CPU seconds",
        [Series(name, points) for name, points in series.items()],
    )
    note = (
        "A tenth of the readers are due at once. The last column is what each start costs before anything is "
        "planned: APScheduler’s jobs are in memory, and have to be added anew."
    )
    head = ("readers", "", "CPU of the peak", "peak MB", "at each start")
    return Result("What readers cost", note, head, rows, charts={"performance-readers.svg": chart})


async def starting(arena: Arena) -> Result:
    """From the start to the first poll, and what rests in memory."""
    try:
        polls, memory, _ = await figures.first_polls(arena.size(_ROUNDS, 1))
    except TimeoutError as error:
        raise FailedError(f"the bot did not poll within {figures.PATIENCE:.0f} s of its start") from error
    ready, idle = Spread.of(polls), Spread.of(memory)
    seconds, size = "{:.2f} s".format, "{:.0f} MB".format
    goals = [
        Goal("start to ready", 1, ready, at_least=False, shown=seconds),
        Goal("memory at rest", 80, idle, at_least=False, shown=size),
    ]
    rows = [("`run` to its first poll", ranged(ready, seconds)), ("memory 2 s after it", ranged(idle, size))]
    note = "`python -m bot run` with the project’s own content and a new database."
    return Result("Starting", note, ("", "measured"), rows, goals)


Subject = Callable[[Arena], Awaitable[Result]]
QUICK: tuple[Subject, ...] = (sending, sending_afar, whole, durability, receiving, planning, starting)
ALL: tuple[Subject, ...] = (
    *QUICK[:2], sweep, whole, durability, receiving, planning, growing, starting,
)  # fmt: skip
