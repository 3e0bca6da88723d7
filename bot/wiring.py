"""Parts of the composition root: what readers and operators can ask for, and how a new library takes effect."""

import functools
import secrets
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from pathlib import Path

from bot.config import Settings
from bot.content.following import state_of
from bot.content.loader import load_library
from bot.core.findings import Finding
from bot.core.language import Language
from bot.core.library import Library
from bot.core.model import Preferences
from bot.core.sequence import Added
from bot.places import Places, zone_at, zone_name
from bot.ports import Alerts, Clock, StartError, Store
from bot.ports.places import Atlas
from bot.scheduler import Tick
from bot.services.broadcasting import Broadcasting
from bot.services.chats import Chats
from bot.services.choosing import Choosing
from bot.services.correcting import Correcting
from bot.services.delivering import Delivering, Pace
from bot.services.informing import Informing
from bot.services.listing import Listed, Listing
from bot.services.outbox import report
from bot.services.reading import Reading
from bot.services.reloading import Reloading
from bot.services.subscribing import Subscribing
from bot.services.use_cases import UseCases
from bot.store import orders_of
from bot.telegram.alerts import TelegramAlerts
from bot.telegram.application import App
from bot.telegram.chats import ChatHandlers
from bot.telegram.menu import Menu
from bot.telegram.operator import Operator, TelegramDesk
from bot.telegram.question import Reception
from bot.telegram.rights import TelegramDirectory
from bot.telegram.routes import add_routes
from bot.telegram.seals import Seals, key_of
from bot.telegram.sender import TelegramSender


def receive(
    store: Store, clock: Clock, settings: Settings, languages: Mapping[str, Language], token: str
) -> Reception:
    """Where readers' questions come in."""
    reader = settings.reader
    atlas = Atlas(Places().find, zone_name, zone_at)
    defaults = Preferences(reader.time, reader.days, reader.zone)

    def make(say: Language, library: Library, added: Added) -> UseCases:
        subscribing = Subscribing(store, library, clock, defaults, say, atlas)
        return UseCases(
            say,
            reading=Reading(store, library, clock, say, added),
            subscribing=subscribing,
            choosing=Choosing(subscribing),
            chats=Chats(subscribing),
        )

    return Reception(store, languages, reader.language, make, Seals(key_of(token)))


def add_answers(
    application: App,
    store: Store,
    clock: Clock,
    settings: Settings,
    reception: Reception,
    informing: Informing,
) -> Broadcasting:
    """What operators and readers can ask for."""
    rate, zone = settings.delivery.rate, settings.reader.zone
    orders = orders_of(settings.storage.url).take
    broadcasting = Broadcasting(store, TelegramDesk(application.bot), clock, rate, zone, orders)
    outbox = functools.partial(report, store, clock, rate, zone)
    Operator(broadcasting, outbox, settings.telegram.admins).add_to(application)
    chats = ChatHandlers(reception, informing, TelegramDirectory(application.bot))
    add_routes(application, reception, chats, in_channels=settings.telegram.channel_commands)
    return broadcasting


async def telling(
    application: App, store: Store, settings: Settings, languages: Mapping[str, Language]
) -> tuple[TelegramAlerts, Informing]:
    """What tells operators, and those who have set up a group or channel."""
    bot = application.bot
    alerts = TelegramAlerts(bot, settings.telegram.admins, TelegramDirectory(bot))
    informing = Informing(store, alerts, languages, settings.reader.language)
    await informing.recover()
    return alerts, informing


async def listing(
    application: App, store: Store, informing: Informing, alerts: Alerts, clock: Clock, settings: Settings
) -> Tick:
    """Subscribe the channels of the configuration; the tick goes on with those that cannot be used yet."""
    reader = settings.reader
    channels = [
        Listed(
            each.chat,
            Preferences(
                each.time or reader.time,
                each.days or reader.days,
                each.zone or reader.zone,
                each.themes,
                each.articles,
                each.silent,
            ),
            each.language or reader.language,
        )
        for each in settings.channels
    ]
    tick = Listing(store, TelegramDirectory(application.bot), informing, alerts, clock, channels).tick
    await tick()
    return tick


def delivery(  # noqa: PLR0913, PLR0917  the parts of a whole
    application: App,
    store: Store,
    alerts: Alerts,
    clock: Clock,
    settings: Settings,
    languages: Mapping[str, Language],
    informing: Informing,
) -> tuple[Delivering, Correcting]:
    """What plans and sends, which has nothing to send before it is given a library; and what edits what was sent."""
    owner = secrets.token_hex(8)  # fences off a process of before
    pace, sender = Pace(**dict(settings.delivery)), TelegramSender(application.bot)
    link = functools.partial(_link, application.bot.username)
    delivering = Delivering(
        store,
        sender,
        alerts,
        Library(()),
        clock,
        owner,
        pace,
        languages=languages,
        informing=informing,
        link=link,
    )
    operator = next(iter(settings.telegram.admins), 0)
    return delivering, Correcting(store, sender, clock, operator, languages, link)


def _link(name: str, digest: str) -> str:
    return f"https://t.me/{name}?start=d_{digest}"


def first_library(content: Path) -> Library:
    """The content at the start. Raises StartError with all that is wrong with it."""
    library, found = _load(content)
    if library is None:
        findings = "\n".join(map(str, found))
        raise StartError(
            f"{findings}\nthe content has errors: mend them (“python -m bot check” lists them), then start again"
        )
    return library


def publishing(
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


def following(
    content: Path, state: Hashable, publish: Callable[[Library], Awaitable[None]], alerts: Alerts
) -> Tick:
    """The tick by which a change of the content folder reaches readers."""
    return Reloading(lambda: state_of(content), lambda: _load(content), publish, alerts, state).tick


def _load(content: Path) -> tuple[Library | None, Sequence[Finding]]:
    loaded = load_library(content)
    return loaded.library, loaded.findings
