"""/healthz: does the bot receive and send? 200 or 503, with reasons as JSON."""

import asyncio
import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.core.model import Outlook
from bot.core.operator_texts import count
from bot.ports import Clock, Store, StoreError

if TYPE_CHECKING:
    from aiohttp import web

LEAST_DISK = 64 * 2**20
"""Bytes free, below which the next burst of deliveries may find no room."""
_OVERDUE = 600.0
_CONFLICT = 60.0
"""Seconds: a hand-over from an old process to a new one is shorter."""
_CALM = 90.0
"""Seconds without a conflict after which it is over: of two pollers each breaks in on the other every minute."""
_HELD = 60.0
_UNHANDLED = 60.0
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_Said = tuple[Outlook, dt.datetime | None]


class Code(StrEnum):
    """Why a bot is not well.

    In CamelCase each is an alert in deploy/alerts.yaml, and a heading in docs/operating.md.
    """

    NOT_RECEIVING = "not_receiving"
    SECOND_POLLER = "second_poller"
    UPDATES_WAITING = "updates_waiting"
    DIGESTS_LATE = "digests_late"
    SENDING_STOPPED = "sending_stopped"
    RATE_LIMITED = "rate_limited"
    DATABASE_FAILING = "database_failing"
    DISK_NEARLY_FULL = "disk_nearly_full"
    CONTENT_BROKEN = "content_broken"


ADVICE = {
    Code.NOT_RECEIVING: "check the network, telegram.api_url and the token, then the log for poll.failed; "
    "“python -m bot doctor” asks Telegram",
    Code.SECOND_POLLER: "stop the other process that runs with this token, or give it a bot of its own",
    Code.UPDATES_WAITING: "look for update.failed and database errors in the log, then restart the bot: "
    "what waits is kept, and answered then",
    Code.DIGESTS_LATE: "look at /outbox and at the other reasons; if there are none, delivery.rate may be too low "
    "for so many readers",
    Code.SENDING_STOPPED: "mend the cause that the log tells as delivery.incident, then restart the bot: "
    "what is due is kept",
    Code.RATE_LIMITED: "wait: the bot goes on by itself; if it comes again, lower delivery.rate",
    Code.DATABASE_FAILING: "see that the database's disk is there, writable and not full; nothing is sent meanwhile, "
    "and nothing is lost",
    Code.DISK_NEARLY_FULL: "free some space on the database's disk, or move the database to a larger one",
    Code.CONTENT_BROKEN: "run “python -m bot check” and mend what it lists; what was good before is still sent",
}
"""What to do, in one line; docs/operating.md has more."""


class Reason(NamedTuple):
    """One thing that is wrong, with its figures."""

    code: Code
    text: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """The figures of one moment; seconds and bytes. None: nothing of the kind, or it cannot be known."""

    last_poll_seconds: float | None = None
    last_poll_limit_seconds: float | None = None
    conflict_seconds: float = 0
    held_seconds: float = 0
    stopped: str = ""
    database_error: str = ""
    oldest_due_seconds: float = 0
    inbox_oldest_seconds: float = 0
    disk_free_bytes: int | None = None
    database_bytes: int | None = None
    digests: int = 0
    content_errors: int = 0

    @property
    def silent(self) -> bool:
        """Whether Telegram should have been heard and was not."""
        limit, age = self.last_poll_limit_seconds, self.last_poll_seconds
        return limit is not None and (age is None or age > limit)

    def reasons(self) -> tuple[Reason, ...]:
        """What is wrong."""
        heard, free = self.last_poll_seconds, self.disk_free_bytes
        checks = (
            (self.silent, Code.NOT_RECEIVING, f"nothing from Telegram {_for(heard)}"),
            (
                self.conflict_seconds > _CONFLICT,
                Code.SECOND_POLLER,
                f"another process receives this bot's updates {_for(self.conflict_seconds)}",
            ),
            (
                self.inbox_oldest_seconds > _UNHANDLED,
                Code.UPDATES_WAITING,
                f"what a reader wrote has not been handled {_for(self.inbox_oldest_seconds)}",
            ),
            (
                self.oldest_due_seconds > _OVERDUE,
                Code.DIGESTS_LATE,
                f"the oldest unsent digest is {self.oldest_due_seconds:.0f} s late",
            ),
            (self.stopped, Code.SENDING_STOPPED, f"sending has stopped ({self.stopped})"),
            (
                self.held_seconds > _HELD,
                Code.RATE_LIMITED,
                f"Telegram wants nothing sent {_for(self.held_seconds)}",
            ),
            (self.database_error, Code.DATABASE_FAILING, self.database_error),
            (
                free is not None and free < LEAST_DISK,
                Code.DISK_NEARLY_FULL,
                f"{(free or 0) // 2**20} MiB are free on the database's disk",
            ),
            (not self.digests, Code.CONTENT_BROKEN, "there is no digest to send"),
        )
        return tuple(Reason(code, text) for wrong, code, text in checks if wrong)

    def warnings(self) -> tuple[Reason, ...]:
        """What is wrong, but does not make the bot unhealthy: being restarted for it would only harm readers."""
        text = f"the content has {count(self.content_errors, 'error')}, and has not been loaded"
        return (Reason(Code.CONTENT_BROKEN, text),) if self.content_errors else ()


def _for(seconds: float | None) -> str:
    return "yet" if seconds is None else f"for {seconds:.0f} s"


@dataclass(slots=True)
class Health:
    """What the health check knows. Ages are taken from the monotonic clock: the wall clock may jump.

    `silence`: how long nothing good may come from Telegram. `database`: its file, None where it is a server. What
    tells of other parts is set once they are there: `halted` says why nothing is sent any more, `held` for how many
    seconds Telegram wants nothing sent at all, `content` how many digests there are and how many errors keep newer
    content away, `receives` whether this process should hear from Telegram (a
    replica that stands by should not). `patience`: seconds for the database to answer; who asks for the health waits
    about four.
    """

    store: Store
    clock: Clock
    silence: dt.timedelta = dt.timedelta(minutes=2)
    database: Path | None = None
    halted: Callable[[], str | None] = lambda: None
    held: Callable[[], float] = lambda: 0
    content: Callable[[], tuple[int, int]] = lambda: (1, 0)
    receives: Callable[[], bool] = lambda: True
    monotonic: Callable[[], float] = time.monotonic
    patience: float = 2.5
    conflicts: int = 0
    _last_poll: float | None = field(default=None, init=False)
    _conflict: tuple[float, float] | None = field(default=None, init=False)  # the first and the last in a row
    _asking: "asyncio.Task[_Said] | None" = field(default=None, init=False)

    def polled(self) -> None:
        """Telegram answered getUpdates or getWebhookInfo, or a good request came to the webhook.

        A conflict is over with the first of them that comes 90 s after the last 409.
        """
        self._last_poll = self.monotonic()
        if self._conflict and self._last_poll - self._conflict[1] > _CALM:
            self._conflict = None

    def conflict(self) -> None:
        """Somebody else receives with this token: getUpdates was answered with 409, or the webhook is not ours."""
        self.conflicts += 1
        now = self.monotonic()
        self._conflict = self._conflict[0] if self._conflict else now, now

    async def look(self) -> tuple[Vitals, dt.datetime | None]:
        """The figures of this moment, and when the next digest is due (aware, UTC).

        It proves that the disk takes a write.
        """
        outlook, oldest, fault = Outlook(None, None), None, ""
        try:
            outlook, oldest = await self._ask()
        except StoreError as error:
            fault = str(error)
        free, size = await asyncio.to_thread(_disk, self.database) if self.database else (None, None)
        digests, errors = self.content()
        vitals = Vitals(
            last_poll_seconds=self._since(self._last_poll),
            last_poll_limit_seconds=self.silence.total_seconds() if self.receives() else None,
            conflict_seconds=self._conflict[1] - self._conflict[0] if self._conflict else 0,
            held_seconds=self.held(),
            stopped=self.halted() or "",
            database_error=fault,
            oldest_due_seconds=self._age(outlook.oldest_due),
            inbox_oldest_seconds=self._age(oldest),
            disk_free_bytes=free,
            database_bytes=size,
            digests=digests,
            content_errors=errors,
        )
        return vitals, min((at for at in (outlook.next_slot, outlook.oldest_due) if at), default=None)

    async def report(self) -> dict[str, object]:
        """`status` (`ok` or `failing`), `reasons` and `warnings` with code, text and what to do, and the figures.

        `next_delivery` is ISO 8601 in UTC, or null.
        """
        vitals, upcoming = await self.look()
        reasons = _told(vitals.reasons())
        figures = {
            name: round(value, 1) if isinstance(value, float) else value
            for name, value in asdict(vitals).items()
        }
        return {
            "status": "failing" if reasons else "ok",
            "reasons": reasons,
            "warnings": _told(vitals.warnings()),
            "last_poll_seconds": figures["last_poll_seconds"],
            "next_delivery": upcoming.isoformat() if upcoming else None,
            "figures": figures,
        }

    def routes(self) -> "list[web.RouteDef]":
        """GET of /healthz: 200, or 503 where there is a reason."""
        from aiohttp import web  # noqa: PLC0415  2 MB, for those who have it served

        async def answer(_: web.Request) -> web.Response:
            report = await self.report()
            return web.json_response(report, status=503 if report["reasons"] else 200, headers=HEADERS)

        return [web.get("/healthz", answer)]

    async def _ask(self) -> _Said:
        """What the database says. One that hangs is not asked a second time meanwhile."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._asked())
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        asking = self._asking  # whoever asks next may begin another one
        done, _ = await asyncio.wait((asking,), timeout=self.patience)
        if not done:
            raise StoreError(f"the database has not answered for {self.patience} s")
        return asking.result()

    async def _asked(self) -> _Said:
        return await self.store.outlook(), await self.store.oldest_waiting()

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else self.monotonic() - moment

    def _age(self, moment: dt.datetime | None) -> float:
        return max(0, (self.clock.now() - moment).total_seconds()) if moment else 0


def _told(reasons: Iterable[Reason]) -> list[dict[str, str]]:
    return [{"code": each.code, "text": each.text, "hint": ADVICE[each.code]} for each in reasons]


def _disk(database: Path) -> tuple[int | None, int | None]:
    """Bytes free on the database's disk, and bytes that it takes with its log; None: there is nothing to ask."""
    try:
        log = database.with_name(database.name + "-wal")
        size = database.stat().st_size + (log.stat().st_size if log.exists() else 0)
        return shutil.disk_usage(database.parent).free, size
    except OSError:
        return None, None
