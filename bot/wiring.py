"""Parts of the composition root: what readers and operators can ask for, and how a new library takes effect."""

import functools
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.charts import draw
from bot.config import Settings
from bot.content.following import state_of
from bot.content.loader import load_library
from bot.core.findings import Finding
from bot.core.language import Language
from bot.core.library import Library
from bot.core.links import Links
from bot.core.model import Preferences
from bot.core.search import Entry
from bot.core.sequence import Added
from bot.places import Places, zone_at, zone_name
from bot.ports import Alerts, Clock, Meter, StartError, Store, StoreError
from bot.ports.places import Atlas
from bot.ports.searching import Finder
from bot.scheduler import Tick
from bot.services.broadcasting import Broadcasting
from bot.services.chats import Chats
from bot.services.choosing import Choosing
from bot.services.correcting import Correcting
from bot.services.delivering import Delivering, Pace
from bot.services.informing import Informing
from bot.services.leading import Leadership
from bot.services.listing import Listed, Listing
from bot.services.outbox import report
from bot.services.privacy import Privacy
from bot.services.reading import Reading
from bot.services.reloading import Reloading
from bot.services.searching import Searching, entries
from bot.services.statistics import Counting
from bot.services.subscribing import Subscribing
from bot.services.use_cases import UseCases
from bot.store import orders_of
from bot.store.search import Index, LateIndex
from bot.telegram.alerts import TelegramAlerts
from bot.telegram.application import App
from bot.telegram.chats import ChatHandlers
from bot.telegram.gate import Gate
from bot.telegram.governor import GovernorLimiter
from bot.telegram.menu import Menu
from bot.telegram.operator import Operator, TelegramDesk
from bot.telegram.question import Reception
from bot.telegram.rich import RichMessages
from bot.telegram.rights import TelegramDirectory
from bot.telegram.routes import add_routes
from bot.telegram.seals import Seals, key_of
from bot.telegram.sender import TelegramSender


@dataclass(frozen=True, slots=True)
class Wiring:
    """Makes the parts of a bot out of what they all stand on."""

    application: App
    store: Store
    clock: Clock
    settings: Settings
    languages: Mapping[str, Language]
    leading: Leadership
    meter: Meter = field(default_factory=Meter)

    @property
    def links(self) -> Links:
        """Links to this bot, once it knows its name."""
        bot = self.application.bot
        return Links(bot.username, inline=bool(bot.supports_inline_queries))

    def receive(self, token: str, memories: Sequence[Callable[[int], None]]) -> Reception:
        """Where readers' questions come in; `memories` are what else knows of chats, and forgets one when asked."""
        store, clock, reader, links = self.store, self.clock, self.settings.reader, self.links
        atlas = Atlas(Places().find, zone_name, zone_at)
        defaults = Preferences(reader.time, reader.days, reader.zone)

        def make(say: Language, library: Library, added: Added, finder: Finder) -> UseCases:
            reading = Reading(store, library, clock, say, added, links)
            subscribing = Subscribing(store, library, clock, defaults, say, atlas)
            return UseCases(
                say,
                reading=reading,
                searching=Searching(finder, reading),
                subscribing=subscribing,
                choosing=Choosing(subscribing),
                privacy=Privacy(store, clock, say, memories),
                chats=Chats(subscribing),
            )

        return Reception(store, self.languages, reader.language, make, Seals(key_of(token)))

    def add_answers(self, reception: Reception, informing: Informing) -> Broadcasting:
        """What operators and readers can ask for."""
        application, store, clock, settings = self.application, self.store, self.clock, self.settings
        rate, zone = settings.delivery.rate, settings.reader.zone
        orders = orders_of(settings.storage.url).take
        broadcasting = Broadcasting(store, TelegramDesk(application.bot), clock, rate, zone, orders)
        outbox = functools.partial(report, store, clock, rate, zone)
        counting = Counting(store, clock, zone, lambda: reception.library)
        admins = settings.telegram.admins
        Operator(broadcasting, outbox, counting.figures, draw, admins).add_to(application)
        chats = ChatHandlers(reception, informing, TelegramDirectory(application.bot))
        rich = RichMessages(application.bot, clock) if settings.telegram.rich_messages else None
        in_channels = settings.telegram.channel_commands
        add_routes(application, reception, chats, in_channels=in_channels, rich=rich)
        return broadcasting

    async def telling(self) -> tuple[TelegramAlerts, Informing]:
        """What tells operators, and those who have set up a group or channel."""
        bot, settings = self.application.bot, self.settings
        alerts = TelegramAlerts(bot, settings.telegram.admins, TelegramDirectory(bot))
        informing = Informing(self.store, alerts, self.languages, settings.reader.language)
        await informing.recover()
        return alerts, informing

    def listing(self, informing: Informing, alerts: Alerts) -> Tick:
        """Subscribes the channels of the configuration, and goes on with those that cannot be used yet."""
        directory, reader = TelegramDirectory(self.application.bot), self.settings.reader
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
            for each in self.settings.channels
        ]
        return Listing(self.store, directory, informing, alerts, self.clock, channels).tick

    def delivery(self, alerts: Alerts, informing: Informing) -> tuple[Delivering, Correcting]:
        """What plans and sends, as soon as it is given a library; and what edits what was sent."""
        pace, sender = Pace(**dict(self.settings.delivery)), TelegramSender(self.application.bot, self.meter)
        store, clock, languages, links = self.store, self.clock, self.languages, self.links
        delivering = Delivering(
            store,
            sender,
            alerts,
            Library(()),
            clock,
            self.leading.owner,
            pace,
            languages=languages,
            links=links,
            informing=informing,
            alive=lambda: self.leading.alive,
        )
        operator = next(iter(self.settings.telegram.admins), 0)
        return delivering, Correcting(store, sender, clock, operator, languages, links)

    async def parts(self, token: str, limiter: GovernorLimiter, gate: Gate) -> "Parts":
        """All parts; none of them does anything before it is given a library."""
        alerts, informing = await self.telling()
        reception = self.receive(token, (limiter.forget, alerts.forget))
        gate.notice = reception.too_fast
        broadcasting = self.add_answers(reception, informing)
        delivering, correcting = self.delivery(alerts, informing)
        menu = Menu(self.application.bot, self.languages, self.settings.telegram.admins)
        return Parts(self, alerts, informing, reception, broadcasting, delivering, correcting, menu)


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers, what sends, and what tells."""

    wiring: Wiring
    alerts: TelegramAlerts
    informing: Informing
    reception: Reception
    broadcasting: Broadcasting
    delivering: Delivering
    correcting: Correcting
    menu: Menu

    async def begin(self, library: Library) -> None:
        """Take up where the last process ended, with this library."""
        await self.take(library)
        await self.delivering.recover()
        await self.broadcasting.recover(self.wiring.settings.delivery.max_lateness)

    async def take(self, library: Library) -> None:
        """Answer and deliver from a library from now on."""
        found_by = finders(library, self.wiring.languages)
        added = await self.wiring.store.register(library.ids, self.wiring.clock.now())
        # Nothing waits between these two: answers and deliveries change in one step.
        self.reception.take(library, added, found_by)
        self.delivering.take(library, added)

    async def publish(self, library: Library) -> None:
        """A library that has changed: answers, deliveries and menus."""
        await self.take(library)
        await self.wiring.leading.only(self.show)()

    async def show(self) -> None:
        """Bring the menus up to date."""
        await self.menu.show(self.delivering.library)

    def ticks(self) -> dict[str, tuple[Tick, float]]:
        """What the process that leads does by the clock, each with its seconds."""
        return {
            "plan": (self.delivering.plan, 1),
            "broadcast": (self.broadcasting.tick, 1),
            "correct": (lambda: self.correcting.tick(self.delivering.library), 5),
            "menu": (self.show, 60),
        }


def database_file(url: str) -> Path | None:
    """The file that `storage.url` names; None: the database is a server."""
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme == "sqlite" else None


def first_library(content: Path) -> Library:
    """The content at the start. Raises StartError with all that is wrong with it."""
    library, found = _load(content)
    if library is None:
        findings = "\n".join(map(str, found))
        raise StartError(
            f"{findings}\nthe content has errors: mend them (“python -m bot check” lists them), then start again"
        )
    return library


def finders(library: Library, languages: Mapping[str, Language]) -> Mapping[str, Finder]:
    """The search over a library in each language, made ready when it is first asked for.

    Raises StartError where this Python cannot search: that shows at the start.
    """
    try:
        Index.build((), "")
    except StoreError as error:
        raise StartError(str(error)) from error
    return {code: LateIndex(functools.partial(_entries, library, code), code) for code in languages}


def _entries(library: Library, code: str) -> Iterable[Entry]:
    return entries(library.in_language(code))


def following(
    content: Path, state: Hashable, publish: Callable[[Library], Awaitable[None]], alerts: Alerts
) -> Reloading:
    """What follows the content folder: by its tick a change of it reaches readers."""
    return Reloading(lambda: state_of(content), lambda: _load(content), publish, alerts, state)


def _load(content: Path) -> tuple[Library | None, Sequence[Finding]]:
    loaded = load_library(content)
    return loaded.library, loaded.findings
