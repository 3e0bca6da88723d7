"""The composition root: settings -> a running bot. The only module that knows everyone."""

import asyncio
import contextlib
import datetime as dt
import functools
import gc
import secrets
import zoneinfo
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from pydantic import SecretStr

from bot import __version__
from bot.clock import ShiftedClock, SystemClock
from bot.config import Settings
from bot.content.following import state_of
from bot.core.flood import COMMANDS
from bot.core.governor import free
from bot.core.model import Subscription
from bot.core.schedule import next_slot
from bot.incoming import incoming
from bot.locales import load_languages
from bot.ports import Clock, Meter, StartError, Store, StoreBusyError, StoreError
from bot.scheduler import Scheduler, Tick
from bot.services.leading import LEASE, Leadership
from bot.services.reloading import Reloading
from bot.store import SCHEMA, open_store
from bot.telegram.application import build_application
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.polling import connected
from bot.telegram.receiving import Receiving
from bot.web.health import Health
from bot.wiring import Parts, Wiring, database_file, first_library, following

if TYPE_CHECKING:
    from bot.web.metrics import Metrics

_log = structlog.get_logger(__name__)
_KEEP = dt.timedelta(days=90)
"""How long settled deliveries are kept: for the operator's questions, not for the reader's sake."""
_PATIENCE = dt.timedelta(days=365)
"""How long those who have blocked the bot are remembered: some come back."""
_LAST_ALERTS = 2.0
"""Seconds that a stop takes to tell the operator what has just happened."""
_TAKE_OVER = 60.0
"""Seconds that a start waits for another process to let go of the database."""


async def run(
    settings: Settings,
    token: SecretStr,
    stop: asyncio.Event,
    webhook_secret: SecretStr | None = None,
    lease: dt.timedelta = LEASE,
) -> None:
    """Run until `stop` is set. Telegram calls the bot if there is a webhook's secret; else the bot asks Telegram.

    On PostgreSQL others take over when nothing is heard of this process for a `lease`.

    Raises:
        StartError: Something outside is not as it must be; nothing was half done.
    """
    zoneinfo.reset_tzpath(to=())  # the locked tzdata, not what the machine happens to have
    content, pace = settings.content.path, settings.delivery
    state, library = state_of(content), first_library(content)  # in this order: a change in between is seen
    clock = ShiftedClock(settings.clock.offset_file) if settings.clock.offset_file else SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(_opened(settings.storage.url, clock, stop))
        health = Health(store, clock, settings.web.silence, database_file(settings.storage.url))
        metrics, held = _metrics(settings.web.port), await store.holds(clock.now())
        limiter = GovernorLimiter(pace.rate, clock, store, held, metrics, free(pace.rate))
        leading = await enter(_leading(store, limiter, lease))
        telegram, secret = settings.telegram, token.get_secret_value()
        gate = Gate(telegram.admins, commands=replace(COMMANDS, burst=telegram.burst))
        address, pool = telegram.api_url, pace.in_flight
        application = await enter(
            connected(build_application(secret, address, limiter, pool, metrics), address)
        )
        wiring = Wiring(application, store, clock, settings, load_languages(), leading, metrics or Meter())
        parts = await wiring.parts(secret, limiter, gate)
        await parts.begin(library)
        reloading = following(content, state, parts.publish, parts.alerts)
        _connect(health, parts, limiter, reloading)
        receiving = Receiving(application, store, gate, clock, leading.owner, metrics)
        stack.push_async_callback(receiving.stop)
        receiving.start()
        watching = await enter(incoming(parts, receiving, health, metrics, webhook_secret))
        channels = wiring.listing(parts.informing, parts.alerts)
        await leading.only(parts.show)()
        await leading.only(channels)()
        await enter(_ticking(parts, limiter, {**_ticks(parts, receiving, reloading, channels), **watching}))
        await _stopped(stop, name=application.bot.username, digests=len(library.ids))


def _metrics(port: int | None) -> "Metrics | None":
    """What counts, where there is a port to show it at."""
    if port is None:
        return None
    from bot.web.metrics import Metrics  # noqa: PLC0415  1 MB of prometheus_client, for those who have it served

    return Metrics(__version__, SCHEMA)


async def _stopped(stop: asyncio.Event, name: str, digests: int) -> None:
    """All is at work until then."""
    gc.freeze()  # what has been made by now stays: no search for garbage goes through it again
    _log.info("bot.started", name=name, digests=digests)
    await stop.wait()
    _log.info("bot.stopping")


def _ticks(
    parts: Parts, receiving: Receiving, reloading: Reloading, channels: Tick
) -> dict[str, tuple[Tick, float]]:
    """What is done by the clock, each with its seconds; much of it by the process that leads alone."""
    store, clock, leading = parts.wiring.store, parts.wiring.clock, parts.wiring.leading
    once = {**parts.ticks(), "purge": (lambda: _purge(store, clock), 3600), "channels": (channels, 300)}
    ticks = {name: (leading.only(tick), seconds) for name, (tick, seconds) in once.items()}
    ticks |= {"inbox": (receiving.tick, 0.5 if store.shared else 2), "reload": (reloading.tick, 2)}
    if store.shared:
        ticks |= {"lease": (leading.tick, leading.every), "rescue": (parts.delivering.rescue, 2)}
        ticks["informed"] = parts.informing.recover, 300  # what others have told is not told again
    return ticks


def _connect(health: Health, parts: Parts, limiter: GovernorLimiter, reloading: Reloading) -> None:
    """Let the health check see what has been made since."""
    health.halted, health.held = lambda: parts.delivering.halted, limiter.held
    health.content = lambda: (len(parts.delivering.library.ids), reloading.errors)


@contextlib.asynccontextmanager
async def _leading(store: Store, limiter: GovernorLimiter, lease: dt.timedelta) -> AsyncIterator[Leadership]:
    """This process among others; at its end they take over at once."""
    leading = Leadership(store, secrets.token_hex(8), lease, limiter.share)
    limiter.alive = lambda: leading.alive
    await leading.tick()
    try:
        yield leading
    finally:
        with contextlib.suppress(StoreError):  # then it runs out
            await leading.let_go()


@contextlib.asynccontextmanager
async def _opened(url: str, clock: Clock, stop: asyncio.Event) -> AsyncIterator[Store]:
    """The store, with what the last process left in flight given back and all slots by today's zone rules.

    One that another process has is waited for: in an upgrade the new bot may begin before the old one has ended.
    """
    loop = asyncio.get_running_loop()
    end, said = loop.time() + _TAKE_OVER, False
    while True:
        try:
            store = await asyncio.to_thread(open_store, url)
            break
        except StoreBusyError as error:
            if stop.is_set() or loop.time() > end:
                raise StartError(str(error)) from error
            if not said:
                said = True
                _log.warning("storage.busy", hint=str(error), patience=_TAKE_OVER)
            await asyncio.sleep(0.2)
        except StoreError as error:
            raise StartError(str(error)) from error
    try:
        if retimed := await store.retime(version("tzdata"), functools.partial(_upcoming, now=clock.now())):
            _log.info("slots.retimed", count=retimed, tzdata=version("tzdata"))
        yield store
    finally:
        await store.close()


def _upcoming(subscription: Subscription, now: dt.datetime) -> dt.datetime:
    """The slot that stands by the rules in force: one that came due while the bot was away stays due."""
    due = subscription.next_slot or now
    return next_slot(subscription.preferences, min(due, now) - dt.timedelta(microseconds=1)).at


async def _purge(store: Store, clock: Clock) -> None:
    now = clock.now()
    while await store.purge((now - _KEEP).date()):
        pass  # some at a time: readers are answered in between
    await store.holds(now)  # those that have ended go
    if gone := await store.forget_paused(now - _PATIENCE):
        _log.info("chats.forgotten", count=gone)
    await store.scrub()


@contextlib.asynccontextmanager
async def _ticking(
    parts: Parts, limiter: GovernorLimiter, others: Mapping[str, tuple[Tick, float]]
) -> AsyncIterator[None]:
    """The ticks at work. At the end what is in flight is answered and recorded, and nothing more is sent."""
    delivering, alerts = parts.delivering, parts.alerts
    mine = {"drain": (delivering.drain, 0.5), "ask": (delivering.ask, 1)}
    scheduler = Scheduler({**mine, "alerts": (alerts.send, 1), **others})
    scheduler.start()
    try:
        yield
    finally:
        delivering.stop()
        limiter.close_bulk()
        await scheduler.stop()
        try:
            await delivering.drain()
        except StoreError as error:  # the next start finds it in flight, and tries it once more
            _log.warning("delivery.unrecorded", reason=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(alerts.send(), _LAST_ALERTS)
