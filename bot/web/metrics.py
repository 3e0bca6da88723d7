"""/metrics: the bot's figures for Prometheus. No label holds an id, and each has a handful of values."""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import get_args

import structlog
from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    Metric,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from bot.core.delivery import Outcome
from bot.core.statistics import Volume
from bot.ports import Meter, StoreError
from bot.web.health import HEADERS, Health, Vitals

_log = structlog.get_logger(__name__)
_FRESH = 10.0
"""Seconds for which counts from the database are good, at least."""
_SHARE = 0.01
"""Of the database's time that counting may take, at most: a slow count is good for longer."""
_OUTCOMES = {each: re.sub(r"\B([A-Z])", r"_\1", each.__name__).lower() for each in get_args(Outcome)}
_METHODS = ("sendMessage", "editMessageText", "answerCallbackQuery", "answerInlineQuery")
"""Methods of the Bot API with a time of their own; the others share one."""
_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_GAUGES: Mapping[str, tuple[str, Callable[[Vitals], float | None]]] = {
    "last_poll_age_seconds": ("Since Telegram was last heard.", lambda v: v.last_poll_seconds),
    "last_poll_age_limit_seconds": (
        "The age that is too much (web.silence); not there where a replica stands by.",
        lambda v: v.last_poll_limit_seconds,
    ),
    "conflict_seconds": ("For how long another process has received instead.", lambda v: v.conflict_seconds),
    "hold_seconds": ("For how much longer Telegram wants nothing sent at all.", lambda v: v.held_seconds),
    "sending_stopped": ("1: nothing is sent until a restart.", lambda v: bool(v.stopped)),
    "database_up": ("1: the database took a write.", lambda v: not v.database_error),
    "oldest_due_seconds": ("How late the oldest unsent digest is.", lambda v: v.oldest_due_seconds),
    "inbox_oldest_seconds": (
        "For how long the oldest update that is stored has waited.",
        lambda v: v.inbox_oldest_seconds,
    ),
    "disk_free_bytes": ("Free on the database's disk.", lambda v: v.disk_free_bytes),
    "database_bytes": ("Size of the database's file and its log.", lambda v: v.database_bytes),
    "content_digests": ("Digests that readers can get.", lambda v: v.digests),
    "content_errors": ("Errors that keep newer content from being loaded.", lambda v: v.content_errors),
}


class _Families(Collector):
    """What is measured for one look at the page."""

    families: tuple[Metric, ...] = ()

    def collect(self) -> Iterable[Metric]:
        return self.families


class Metrics(Meter):
    """Counts in a registry of its own, and shows them together with what is measured at the moment of asking.

    `refused`, set once there is a webhook, tells how many requests it has sent away.
    """

    def __init__(self, version: str, schema: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        own = self._registry = CollectorRegistry(auto_describe=False)
        self._monotonic = monotonic
        self.refused: Callable[[], int] = lambda: 0
        self._moment = _Families()
        self._counting = asyncio.Lock()
        self._volume: Volume | None = None
        self._fresh_until = float("-inf")
        own.register(self._moment)
        ProcessCollector(registry=own)
        Info("digestbot_build", "What runs.", registry=own).info({"version": version, "schema": schema})
        self._received = Counter("digestbot_updates_received", "Updates from Telegram.", registry=own)
        self._handled = Histogram(
            "digestbot_update_handling_seconds", "Handling an update.", buckets=_SECONDS, registry=own
        )
        self._failed = Counter("digestbot_updates_failed", "Updates that ended in an error.", registry=own)
        self._waits = Counter(
            "digestbot_rate_limit_wait_seconds", "Seconds that Telegram asked to wait (429).", registry=own
        )
        self._attempts = Counter(
            "digestbot_send_attempts", "Attempts to deliver, by outcome.", ["outcome"], registry=own
        )
        self._calls = Histogram(
            "digestbot_telegram_call_seconds", "Calls of the Bot API, but for getUpdates.", ["method"],
            buckets=_SECONDS, registry=own,
        )  # fmt: skip
        self._answers = Counter(
            "digestbot_telegram_answers", "Answers of the Bot API by HTTP status.", ["status"], registry=own
        )
        for outcome in _OUTCOMES.values():  # a series that begins at 0 shows its first event
            self._attempts.labels(outcome)
        for status in ("200", "400", "403", "429", "5xx", "other", "none"):
            self._answers.labels(status)
        for method in (*_METHODS, "other"):
            self._calls.labels(method)

    def received(self, count: int = 1) -> None:
        """As `Meter.received`."""
        self._received.inc(count)

    def handled(self, seconds: float) -> None:
        """As `Meter.handled`."""
        self._handled.observe(seconds)

    def failed(self) -> None:
        """As `Meter.failed`."""
        self._failed.inc()

    def answered(self, method: str, status: int, seconds: float) -> None:
        """As `Meter.answered`."""
        self._calls.labels(method if method in _METHODS else "other").observe(seconds)
        self._answers.labels(_status(status)).inc()

    def told_to_wait(self, seconds: float) -> None:
        """As `Meter.told_to_wait`."""
        self._waits.inc(seconds)

    def attempted(self, outcome: Outcome) -> None:
        """As `Meter.attempted`."""
        self._attempts.labels(_OUTCOMES[type(outcome)]).inc()

    async def page(self, health: Health) -> bytes:
        """All figures in Prometheus' text format. What cannot be known now is left out."""
        vitals, _ = await health.look()
        volume = await self._counted(health)
        told = (
            CounterMetricFamily("digestbot_conflicts", "Signs of a second receiver.", value=health.conflicts),
            CounterMetricFamily(
                "digestbot_webhook_refused", "Requests to the webhook sent away.", value=self.refused()
            ),
        )
        self._moment.families = (*_measured(vitals), *told, *(_counts(volume) if volume else ()))
        return generate_latest(self._registry)

    def routes(self, health: Health) -> list[web.RouteDef]:
        """GET of /metrics."""

        async def answer(_: web.Request) -> web.Response:
            kind = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
            return web.Response(body=await self.page(health), headers=HEADERS | kind)

        return [web.get("/metrics", answer)]

    async def _counted(self, health: Health) -> Volume | None:
        """The counts of the database, anew if they are old; None: it does not answer."""
        async with self._counting:
            began = self._monotonic()
            if began >= self._fresh_until:
                try:
                    self._volume = await health.store.volume()
                except StoreError as error:
                    _log.warning("metrics.uncounted", reason=str(error))
                    self._volume = None
                now = self._monotonic()
                self._fresh_until = now + max(_FRESH, (now - began) / _SHARE)
            return self._volume


def _measured(vitals: Vitals) -> Iterable[Metric]:
    for name, (text, of) in _GAUGES.items():
        if (value := of(vitals)) is not None:
            yield GaugeMetricFamily(f"digestbot_{name}", text, value=value)


def _counts(volume: Volume) -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "digestbot_subscriptions", "Subscriptions that are not paused.", value=volume.subscriptions
    )
    yield GaugeMetricFamily("digestbot_inbox_updates", "Stored and not handled yet.", value=volume.waiting)
    waiting = GaugeMetricFamily("digestbot_deliveries", "Open deliveries by state.", labels=["state"])
    ended = CounterMetricFamily(
        "digestbot_deliveries_ended", "Deliveries by how they ended.", labels=["state"]
    )
    for family, found in ((waiting, volume.open), (ended, volume.ended)):
        for state, number in found.items():
            family.add_metric([state], number)
        yield family


def _status(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "5xx"
    return (str(status) if status in {200, 400, 403, 429} else "other") if status else "none"
