"""Channels of the configuration: resolved, subscribed as it says, and ended once it does not name them any more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.core import chats_texts as texts
from bot.core.model import Chat, Kind, Preferences
from bot.core.schedule import next_slot
from bot.core.troubles import Found, Obstacle
from bot.ports import Alerts, Clock, Directory, Store
from bot.services.informing import Informing

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel as the configuration has it: `name` is its @name or its id."""

    name: int | str
    preferences: Preferences
    language: str


@dataclass(slots=True)
class Listing:
    """Brings the subscriptions of channels into line with the configuration; a channel that cannot be used waits.

    The database remembers which channels were named, so that the next start knows which are not any more. `_open`
    are those still to be applied, `_told` those of which operators know.
    """

    store: Store
    directory: Directory
    informing: Informing
    alerts: Alerts
    clock: Clock
    channels: Sequence[Listed]
    _open: list[Listed] | None = None
    _told: set[int | str] = field(default_factory=set)

    async def tick(self) -> None:
        """Apply what is not applied yet. Raises StoreError when the database does not answer; the next tick goes on."""
        if self._open == []:
            return
        known = dict(await self.store.listed())
        if self._open is None:
            known = await self._end_unnamed(known)
        waiting = list(self.channels) if self._open is None else self._open
        self._open = [each for each in waiting if not await self._applied(each, known)]

    async def _end_unnamed(self, known: Mapping[str, int]) -> dict[str, int]:
        named = {str(each.name) for each in self.channels}
        kept = {name: id_ for name, id_ in known.items() if name in named}
        for id_ in set(known.values()) - set(kept.values()):
            await self._end(id_)
        if kept != known:
            await self._remember(kept)
        return kept

    async def _applied(self, listed: Listed, known: dict[str, int]) -> bool:
        """Whether the channel stands as the configuration says."""
        name = str(listed.name)
        found = await self.directory.channel(listed.name, None)
        if isinstance(found, Obstacle):
            if found is not Obstacle.NO_ANSWER and name not in self._told:
                self._told.add(name)
                _log.error("channel.unusable", channel=name, reason=found)
                reason = texts.REASONS.get(found, texts.REASONS[Obstacle.NOT_FOUND])
                self.alerts.tell(texts.LISTED_UNUSABLE.format(name=name, reason=reason))
            return False
        before = known.get(name)
        known[name] = found.id
        if before is not None and before != found.id and before not in known.values():
            await self._end(before)  # the name is another channel's now
        await self._subscribe(found, listed)
        if before != found.id:
            await self._remember(known)
        await self.informing.works(Chat(found.id), whole=True, title=found.title)
        return True

    async def _subscribe(self, found: Found, listed: Listed) -> None:
        """Nothing changes where nothing has: a slot that came due while the bot was away stays due."""
        chat, now = Chat(found.id), self.clock.now()
        current = await self.store.subscription(chat)
        if current is None or current.next_slot is None or current.preferences != listed.preferences:
            slot = next_slot(listed.preferences, now, await self.store.last_date(chat))
            await self.store.subscribe(chat, listed.preferences, slot.at, now)
            _log.info("channel.subscribed", channel=found.id)
        await self.store.speak(chat, Kind.CHANNEL, listed.language, now)

    async def _end(self, id_: int) -> None:
        if await self.store.unsubscribe(Chat(id_), self.clock.now()):
            _log.info("channel.ended", channel=id_)

    async def _remember(self, known: Mapping[str, int]) -> None:
        await self.store.list_channels(known)
        self.informing.listed = set(known.values())
