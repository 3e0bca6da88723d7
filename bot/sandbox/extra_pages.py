"""Pages beside the chat, which whoever starts the sandbox supplies: each is a tab, and may follow what it shows."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import hdrs, web

from bot.sandbox.refusal import Refusal

_POLICY = "frame-ancestors 'self'"
"""What such a page loads and runs is for the policy in its own <meta>; only the sandbox's page may frame it."""


@dataclass(frozen=True, slots=True)
class ExtraPage:
    """A page that the demo shows in a tab.

    Attributes:
        name: Its place in addresses: `#name` of the sandbox's page, and `/pages/name/`. Small letters.
        title: What stands on the tab.
        hint: What stands beside the tabs while it is open, in one sentence.
        html: Makes the whole page, anew for each visit; its policy for scripts and styles is in a <meta> of its own.
        changes: Texts of one line for an open page, which gets them as server-sent events at `/pages/name/changes`;
            the first comes at once. It is closed when the visitor goes.
    """

    name: str
    title: str
    hint: str
    html: Callable[[], Awaitable[str]]
    changes: Callable[[], AsyncGenerator[str, None]]


@dataclass(frozen=True, slots=True)
class ExtraPages:
    """The routes of all extra pages."""

    pages: tuple[ExtraPage, ...]
    _streams: set[asyncio.Task[None]] = field(default_factory=set)

    def routes(self) -> list[web.RouteDef]:
        """Return the list of the pages, and two routes for each."""
        return [
            web.get("/api/pages", self._list),
            web.get("/pages/{name}/", self._page),
            web.get("/pages/{name}/changes", self._changes),
        ]

    async def close(self) -> None:
        """End all streams."""
        for stream in self._streams:
            stream.cancel()
        await asyncio.gather(*self._streams, return_exceptions=True)

    def _named(self, request: web.Request) -> ExtraPage:
        page = next((page for page in self.pages if page.name == request.match_info["name"]), None)
        if page is None:
            raise Refusal(404, "There is no such page.")
        return page

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response(
            [{"name": page.name, "title": page.title, "hint": page.hint} for page in self.pages]
        )

    async def _page(self, request: web.Request) -> web.Response:
        html = await self._named(request).html()
        return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        page = self._named(request)
        response = web.StreamResponse(headers={hdrs.CONTENT_TYPE: "text/event-stream"})
        await response.prepare(request)
        stream = asyncio.create_task(_pour(page, response))
        self._streams.add(stream)
        try:
            await asyncio.wait({stream})  # unlike the task itself, this does not raise when `close` ends it
        finally:
            stream.cancel()
            self._streams.discard(stream)
        return response


async def _pour(page: ExtraPage, response: web.StreamResponse) -> None:
    with contextlib.suppress(ConnectionError):  # the page was closed
        async with contextlib.aclosing(page.changes()) as changes:
            async for line in changes:
                await response.write(f"data: {line}\n\n".encode())
