"""The preview as a page of the demo that follows the files as they are saved."""

import asyncio
import datetime as dt
from collections.abc import AsyncGenerator, Callable, Hashable
from pathlib import Path

from bot.content.checking import check
from bot.content.following import state_of
from bot.preview.desk import Desk, desk
from bot.preview.page import data, page
from bot.sandbox import ExtraPage

_LOOK_EVERY = 0.25
"""Seconds between two looks at the files, while somebody has the page open."""


def editor_page(content: Path, today: Callable[[], dt.date]) -> ExtraPage:
    """The tab "Editor" for a folder of articles, as it reads on the day that `today` tells."""

    async def html() -> str:
        return page(await _desk(content, today()), "changes")

    async def changes() -> AsyncGenerator[str, None]:
        shown: Hashable = None
        before: Hashable = None
        while True:
            now = today(), state_of(content)
            if now != shown and (shown is None or now == before):  # a file that is being written is let be
                shown = now
                yield data(await _desk(content, today()))
            before = now
            await asyncio.sleep(_LOOK_EVERY)

    hint = "The digests as readers will see them. This page follows the files as they are saved."
    return ExtraPage("editor", "Editor", hint, html, changes)


async def _desk(content: Path, today: dt.date) -> Desk:
    return await asyncio.to_thread(lambda: desk(check(content, today).loaded, today))
