"""The composition root: settings -> a running bot. The only module that knows everyone."""

import asyncio
import contextlib
import datetime as dt
import functools
import secrets
import zoneinfo
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.clock import ShiftedClock, SystemClock
from bot.config import Settings
from bot.content.following import state_of
from bot.content.loader import load_library
from bot.core.findings import Finding
from bot.core.language import Language
from bot.core.library import Library
from bot.core.model import Preferences, Subscription
from bot.core.schedule import next_slot
from bot.core.sequence import Added
from bot.locales import load_languages
from bot.ports import Alerts, Clock, StartError, Store, StoreError
from bot.scheduler import Scheduler, Tick
from bot.services.broadcasting import Broadcasting
from bot.services.correcting import Correcting
from bot.services.delivering import Delivering, Pace
from bot.services.outbox import report
from bot.services.reading import Reading
from bot.services.reloading import Reloading
from bot.services.subscribing import Subscribing
from bot.services.use_cases import UseCases
from bot.store import open_store, orders_of
from bot.telegram.alerts import TelegramAlerts
from bot.telegram.application import App, build_application
from bot.telegram.governor import GovernorLimiter
from bot.telegram.menu import Menu
from bot.telegram.operator import Operator, TelegramDesk
from bot.telegram.polling import connected, receiving
from bot.telegram.question import Reception
from bot.telegram.routes import add_routes
from bot.telegram.sender import TelegramSender
from bot.web.health import Health, serve_health

_log = structlog.get_logger(__name__)
_KEEP = dt.timedelta(days=90)
"""How long settled deliveries are kept: for the operator's questions, not for the reader's sake."""
_LAST_ALERTS = 2.0
"""Seconds that a stop takes to tell the operator what has just happened."""


async def run(settings: Settings, token: SecretStr, stop: asyncio.Event) -> None:
    """Run until `stop` is set.

    Raises:
        StartError: Something outside is not as it must be; nothing was half done.
    """
    zoneinfo.reset_tzpath(to=())  # the locked tzdata, not what the machine happens to have
    content = settings.content.path
    state, library = state_of(content), _library(content)  # in this order: a change in between is seen
    languages = load_languages()
    clock = ShiftedClock(settings.clock.offset_file) if settings.clock.offset_file else SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        store = await stack.enter_async_context(_opened(settings.storage.url, clock))
        health = Health(store, clock)
        limiter = GovernorLimiter(settings.delivery.rate, clock, store, await store.holds(clock.now()))
        deliveries = settings.delivery.in_flight
        application = build_application(
            token.get_secret_value(), settings.telegram.api_url, health.polled, limiter, deliveries
        )
        await stack.enter_async_context(connected(application, settings.telegram.api_url))
        added = await store.register(library.ids, clock.now())
        reception = _reception(store, clock, settings, languages)
        reception.take(library, added)
        broadcasting = _add_answers(application, store, clock, settings, reception)
        alerts = TelegramAlerts(application.bot, settings.telegram.admins)
        sender, pace = TelegramSender(application.bot), Pace(**dict(settings.delivery))
        owner = secrets.token_hex(8)  # fences off a process of before
        delivering = Delivering(
            store, sender, alerts, library, clock, owner, pace, languages=languages, added=added
        )
        correcting = Correcting(store, sender, clock, next(iter(settings.telegram.admins), 0), languages)
        await delivering.recover()
        await broadcasting.recover(settings.delivery.max_lateness)
        health.halted = lambda: delivering.halted
        menu = Menu(application.bot, languages)
        await stack.enter_async_context(_healthz(health, settings.web.host, settings.web.port))
        await stack.enter_async_context(receiving(application))
        await menu.show(library)
        health.polled()  # Telegram has just answered; the first long poll may take its time
        publish = _publishing(store, clock, reception, delivering, menu)
        ticks: dict[str, tuple[Tick, float]] = {
            "broadcast": (broadcasting.tick, 1),
            "correct": (lambda: correcting.tick(delivering.library), 5),
            "purge": (functools.partial(_purge, store, clock), 3600),
            "reload": (_following(content, state, publish, alerts), 2),
            "menu": (lambda: menu.show(delivering.library), 60),
        }
        await stack.enter_async_context(_ticking(delivering, alerts, limiter, ticks))
        digests = len(library.sequence((), clock.now().date()))
        _log.info("bot.started", name=application.bot.username, digests=digests)
        await stop.wait()
        _log.info("bot.stopping")


def _reception(
    store: Store, clock: Clock, settings: Settings, languages: Mapping[str, Language]
) -> Reception:
    """Where readers' questions come in."""
    reader = settings.reader
    defaults = Preferences(reader.time, reader.days, reader.zone)

    def make(say: Language, library: Library, added: Added) -> UseCases:
        return UseCases(
            say, Reading(store, library, clock, say, added), Subscribing(store, library, clock, defaults, say)
        )

    return Reception(store, languages, reader.language, make)


def _add_answers(
    application: App, store: Store, clock: Clock, settings: Settings, reception: Reception
) -> Broadcasting:
    """What operators and readers can ask for."""
    rate, zone = settings.delivery.rate, settings.reader.zone
    orders = orders_of(settings.storage.url).take
    broadcasting = Broadcasting(store, TelegramDesk(application.bot), clock, rate, zone, orders)
    outbox = functools.partial(report, store, clock, rate, zone)
    Operator(broadcasting, outbox, settings.telegram.admins).add_to(application)
    add_routes(application, reception, in_channels=settings.telegram.channel_commands)
    return broadcasting


def _load(content: Path) -> tuple[Library | None, Sequence[Finding]]:
    loaded = load_library(content)
    return loaded.library, loaded.findings


def _library(content: Path) -> Library:
    library, found = _load(content)
    if library is None:
        findings = "\n".join(map(str, found))
        raise StartError(
            f"{findings}\nthe content has errors: mend them (“python -m bot check” lists them), then start again"
        )
    return library


def _publishing(
    store: Store, clock: Clock, reception: Reception, delivering: Delivering, menu: Menu
) -> Callable[[Library], Awaitable[None]]:
    """How a new library takes the place of the old one."""

    async def publish(library: Library) -> None:
        added = await store.register(library.ids, clock.now())
        reception.take(
            library, added
        )  # nothing waits between these two: answers and deliveries change in one step
        delivering.take(library, added)
        await menu.show(library)

    return publish


def _following(
    content: Path,
    state: Hashable,
    publish: Callable[[Library], Awaitable[None]],
    alerts: Alerts,
) -> Tick:
    """The tick by which a change of the content folder reaches readers."""
    return Reloading(lambda: state_of(content), lambda: _load(content), publish, alerts, state).tick


@contextlib.asynccontextmanager
async def _opened(url: str, clock: Clock) -> AsyncIterator[Store]:
    """The store, with what the last process left in flight given back and all slots by today's zone rules."""
    try:
        store = await asyncio.to_thread(open_store, url)
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
    await store.purge((clock.now() - _KEEP).date())


@contextlib.asynccontextmanager
async def _ticking(
    delivering: Delivering,
    alerts: TelegramAlerts,
    limiter: GovernorLimiter,
    others: Mapping[str, tuple[Tick, float]],
) -> AsyncIterator[None]:
    """The ticks at work. At the end what is in flight is answered and recorded, and nothing more is sent."""
    mine = {"plan": (delivering.plan, 1), "drain": (delivering.drain, 0.5), "ask": (delivering.ask, 1)}
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


@contextlib.asynccontextmanager
async def _healthz(health: Health, host: str, port: int | None) -> AsyncIterator[None]:
    if port is None:
        yield
        return
    try:
        runner = await serve_health(health, host, port)
    except OSError as error:
        raise StartError(
            f"port {port} on {host} is taken ({error.strerror}): set web.port to a free one"
        ) from error
    try:
        yield
    finally:
        await runner.cleanup()
