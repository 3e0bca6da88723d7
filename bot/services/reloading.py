"""Reloading: a changed content folder becomes the library while the bot runs, whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass

import structlog

from bot.core import operator_texts as texts
from bot.core.findings import Finding, Severity
from bot.core.library import Library
from bot.ports import Alerts

_log = structlog.get_logger(__name__)
Load = Callable[[], tuple[Library | None, Sequence[Finding]]]
"""The library, or None where errors stand in its way; and what was found."""


@dataclass(slots=True)
class Reloading:
    """Follows a source by looking at it; what readers see changes only to a library without errors.

    `look` tells a state that changes whenever the source does; it and `load` may wait, so threads call them.
    `publish` puts a library in the place of the last one. `loaded` is the state of the source as it was last
    loaded: taken before that, so that a change in between is seen. `errors`: how many keep readers at an older library.
    """

    look: Callable[[], Hashable]
    load: Load
    publish: Callable[[Library], Awaitable[None]]
    alerts: Alerts
    loaded: Hashable
    errors: int = 0
    _before: Hashable = None

    async def tick(self) -> None:
        """Load what has changed, once two looks agree and a third after loading: it may be half written."""
        now = await asyncio.to_thread(self.look)
        settled, self._before = now == self._before, now
        if not settled or now == self.loaded:
            return
        library, findings = await asyncio.to_thread(self.load)
        if await asyncio.to_thread(self.look) != now:
            return
        self.loaded = now
        if library is None:
            self._keep([found for found in findings if found.severity is Severity.ERROR])
        else:
            await self._take(library)

    def _keep(self, errors: Sequence[Finding]) -> None:
        """The last good library stays; the operator hears once, until the content can be loaded again."""
        _log.error("content.broken", errors=len(errors), first=str(errors[0]))
        if not self.errors:
            self.alerts.tell(texts.content_broken(errors))
        self.errors = len(errors)

    async def _take(self, library: Library) -> None:
        digests = sum(len(theme.digests) for theme in library.themes)
        await self.publish(library)
        _log.info("content.loaded", digests=digests)
        if self.errors:
            self.alerts.tell(texts.content_mended(digests))
        self.errors = 0
