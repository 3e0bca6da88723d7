"""The sandbox as a server: the Bot API, the page's API and the page, on one loopback port."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import hdrs, web

from bot.sandbox.bot_api import BotApi
from bot.sandbox.clock import SandboxClock
from bot.sandbox.extra_pages import ExtraPage, ExtraPages
from bot.sandbox.page_api import PageApi
from bot.sandbox.refusal import Refusal
from bot.sandbox.world import World

BODY_BYTES = 2**20
SHUTDOWN_SECONDS = 1.0
PAGE_FOLDER = Path(__file__).parent / "page"
"""The files of the page; a page beside it may look the same by taking its look from here."""
_LOOPBACK = "127.0.0.1"
"""The page has no password, so nobody else may reach it."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SandboxError(Exception):
    """The sandbox cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the sandbox listens, and whom it knows.

    Attributes:
        port: 0 takes a free one.
        token: The bot's token, `digits:letters`.
        clock_file: Where the clock's offset is written, in seconds, as decimal text.
        status_url: The bot's /healthz, asked for `next_delivery`.
        pages: What is shown in tabs beside the chat.
    """

    port: int = 8080
    token: str = field(default="1000000001:sandbox", repr=False)
    clock_file: Path | None = None
    status_url: str | None = None
    pages: tuple[ExtraPage, ...] = ()


class Sandbox:
    """A running sandbox. `start` raises SandboxError; `url` is known after it."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.clock = SandboxClock(settings.clock_file)
        self._world = World(self.clock.now())
        self._bot_api = BotApi(self._world, self.clock, settings.token)
        self._page_api = PageApi(self._world, self.clock, self._bot_api, settings.status_url)
        self._extra_pages = ExtraPages(settings.pages)
        self._runner: web.AppRunner | None = None
        self._port = settings.port

    @property
    def url(self) -> str:
        """The address of the page; the Bot API lies under it."""
        return f"http://{_LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Listen. Raises SandboxError for a bad setting, a taken port, a clock file not writable."""
        if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", self.settings.token):
            raise SandboxError('The token must look like "1000000001:letters-and-digits".')
        try:
            self.clock.reset()
        except OSError as error:
            raise SandboxError(
                f"The clock file cannot be written ({error.strerror}): choose another."
            ) from error
        runner = web.AppRunner(
            self._app(), handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS, access_log=None
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, _LOOPBACK, self.settings.port)
            await site.start()
        except (OSError, OverflowError) as error:
            await runner.cleanup()
            raise SandboxError(
                f"Port {self.settings.port} cannot be used: stop what has it, or choose another port."
            ) from error
        self._runner = runner
        self._port = runner.addresses[0][1]
        self._page_api.delivery.start()

    async def stop(self) -> None:
        """End all polls and streams, and stop listening. Safe to call twice."""
        if self._runner is None:
            return
        runner, self._runner = self._runner, None
        self._bot_api.closing = True
        self._world.pulse.beat()
        await self._page_api.delivery.stop()
        await self._bot_api.webhook.stop()
        await self._extra_pages.close()
        await runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[self._guard])
        app.add_routes([*self._page_api.routes(), *self._extra_pages.routes()])
        app.router.add_get("/", _page_file)
        app.router.add_get(r"/page/{name:[a-z0-9_-]+\.(?:html|js|css|svg)}", _page_file)
        app.router.add_route("*", "/bot{token}/{method}", self._bot_api.handle)
        app.on_response_prepare.append(_add_headers)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse foreign hosts and origins; turn refusals into JSON."""
        for_bot = request.path.startswith("/bot")
        try:
            self._check_sender(request, for_bot=for_bot)
            return await handler(request)
        except Refusal as error:
            refusal = error
        except web.HTTPException as error:
            refusal = Refusal(error.status, error.reason)
        return web.json_response(
            refusal.answer() if for_bot else {"error": refusal.description}, status=refusal.status
        )

    def _check_sender(self, request: web.Request, *, for_bot: bool) -> None:
        """Keep other sites out: a page elsewhere must neither drive the sandbox nor rebind its name to it."""
        host = request.headers.get(hdrs.HOST, "")
        if host not in {f"{name}:{self._port}" for name in (_LOOPBACK, "localhost")}:
            raise Refusal(403, f"Open the sandbox at {self.url}/")
        own = f"http://{host}"
        site = request.headers.get("Sec-Fetch-Site", "none")
        if {*request.headers.getall(hdrs.ORIGIN, ())} - {own} or not (
            site in {"none", "same-origin"} or _follows_link(request)
        ):
            raise Refusal(403, "The sandbox takes requests from its own page alone.")
        if not for_bot and request.method == hdrs.METH_POST and request.content_type != "application/json":
            raise Refusal(403, "Content-Type must be application/json.")


def _follows_link(request: web.Request) -> bool:
    """Whether a link elsewhere opens the page itself, in a tab of its own: nothing happens by that."""
    asked = request.method, request.path, request.headers.get("Sec-Fetch-Dest")
    return asked == (hdrs.METH_GET, "/", "document")


async def _page_file(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE_FOLDER / request.match_info.get("name", "index.html"))


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
