"""Parts of the composition root: what readers and operators can ask for, and how a new library takes effect."""

import functools
import secrets
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from pathlib import Path

from bot.charts import draw
from bot.config import Settings
from bot.content.following import state_of
from bot.content.loader import load_library
from bot.core.findings import Finding
from bot.core.language import Language
from bot.core.library import Library
from bot.core.model import Preferences
from bot.core.sequence import Added
from bot.places import Places, zone_at, zone_name
from bot.ports import Alerts, Clock, Sender, StartError, Store
from bot.ports.places import Atlas
from bot.scheduler import Tick
from bot.services.broadcasting import Broadcasting
from bot.services.choosing import Choosing
from bot.services.delivering import Delivering, Pace
from bot.services.outbox import report
from bot.services.privacy import Privacy
from bot.services.reading import Reading
from bot.services.reloading import Reloading
from bot.services.statistics import Counting
from bot.services.subscribing import Subscribing
from bot.services.use_cases import UseCases
from bot.store import orders_of
from bot.telegram.application import App
from bot.telegram.menu import Menu
from bot.telegram.operator import Operator, TelegramDesk
from bot.telegram.question import Reception
from bot.telegram.routes import add_routes
from bot.telegram.seals import Seals, key_of


def receive(
    store: Store,
    clock: Clock,
    settings: Settings,
    languages: Mapping[str, Language],
    token: str,
    memories: Sequence[Callable[[int], None]],
) -> Reception:
    """Where readers' questions come in; `memories` are what else knows of chats, and forgets one when asked."""
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
            privacy=Privacy(store, clock, say, memories),
        )

    return Reception(store, languages, reader.language, make, Seals(key_of(token)))


def add_answers(
    application: App, store: Store, clock: Clock, settings: Settings, reception: Reception
) -> Broadcasting:
    """What operators and readers can ask for."""
    rate, zone = settings.delivery.rate, settings.reader.zone
    orders = orders_of(settings.storage.url).take
    broadcasting = Broadcasting(store, TelegramDesk(application.bot), clock, rate, zone, orders)
    outbox = functools.partial(report, store, clock, rate, zone)
    counting = Counting(store, clock, zone, lambda: reception.library)
    Operator(broadcasting, outbox, counting.figures, draw, settings.telegram.admins).add_to(application)
    add_routes(application, reception, in_channels=settings.telegram.channel_commands)
    return broadcasting


def delivery(
    store: Store,
    sender: Sender,
    alerts: Alerts,
    clock: Clock,
    settings: Settings,
    languages: Mapping[str, Language],
) -> Delivering:
    """What plans and sends; it has nothing to send before it is given a library."""
    owner = secrets.token_hex(8)  # fences off a process of before
    pace = Pace(**dict(settings.delivery))
    return Delivering(store, sender, alerts, Library(()), clock, owner, pace, languages=languages)


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
