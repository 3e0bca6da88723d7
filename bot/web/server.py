"""The one HTTP server: all routes on one port, and bounds on what strangers can make it hold or wait for."""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.web.local import foreign

_log = structlog.get_logger(__name__)
_CONNECTIONS, _MOST = 100, 400
"""Open at once, and in a rush: Telegram opens 40 at most (max_connections), and a proxy keeps some of its own."""
_CHANCE = 1.0
"""Seconds in which an honest request has come."""
_QUEUE = 512
"""Connections that may wait for their turn: one too many is a second of waiting for whoever tries again."""
_SILENCE = 10.0
"""Seconds for the head of a request to come; a connection kept open without one is closed then too."""
_LINE, _HEADERS = 1024, 48
"""Bytes of a header, and headers: a proxy's all fit, and a bomb of them does not grow large."""
_STOPPING = 5.0
"""Seconds that requests under way have to end."""
_TOLD_AGAIN = 60.0


@dataclass(slots=True)
class Refusals:
    """What was refused, counted by reason. The log is told at once, then once a minute: a flood must not fill it."""

    event: str
    counts: Counter[str] = field(default_factory=Counter)
    _untold: Counter[str] = field(default_factory=Counter)
    _told: dict[str, float] = field(default_factory=dict)

    def add(self, reason: str) -> None:
        """One more; the value that was wrong is nobody's business."""
        self.counts[reason] += 1
        self._untold[reason] += 1
        now = time.monotonic()
        if now - self._told.get(reason, -_TOLD_AGAIN) >= _TOLD_AGAIN:
            self._told[reason] = now
            _log.warning(self.event, reason=reason, count=self._untold.pop(reason))


class _Connection(web.RequestHandler):
    """Answers what is no HTTP without a traceback in the log: anybody can send it."""

    __slots__ = ("malformed", "since")
    malformed: Refusals
    since: float

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        self.malformed.add(type(exc).__name__)
        response = web.Response(status=status)
        response.force_close()
        return response


class _Server(web.Server):
    """At the bound, the connections that have waited longest without a request give way to new ones.

    Those with a request under way stay: it ends within seconds, and its sender knew the secret or came from this side
    of the proxy.
    """

    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        request = functools.partial(web.Request, loop=asyncio.get_running_loop())
        super().__init__(self._answer, request_factory=request)
        self._routes = {route.path: route for route in routes}
        self._busy: set[web.RequestHandler] = set()
        self._malformed = Refusals("http.malformed")

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        here, now = self.connections, time.monotonic()  # the oldest first
        count = len(here)
        for each in here:
            young = isinstance(each, _Connection) and now - each.since < _CHANCE
            if count <= _CONNECTIONS or (young and count <= _MOST):
                break
            if each not in self._busy:
                each.force_close()  # for one that is closing already it is no harm
                count -= 1

    def __call__(self) -> web.RequestHandler:
        connection = _Connection(
            self,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_SILENCE,
            lingering_time=0,  # what is refused is not read
            max_line_size=_LINE,
            max_field_size=_LINE,
            max_headers=_HEADERS,
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # documented as none at all
        )
        connection.malformed, connection.since = self._malformed, time.monotonic()
        return connection

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        assert isinstance(request, web.Request)  # noqa: S101  (the factory's own)
        route = self._routes.get(request.path)
        method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
        if route is None or method != route.method:
            response = web.Response(status=404 if route is None else 405)
            response.force_close()
            return response
        if method == hdrs.METH_GET and foreign(request):
            return web.Response(status=403, text="This page is for its own machine and network.\n")
        self._busy.add(request.protocol)
        try:
            return await route.handler(request)
        finally:
            self._busy.discard(request.protocol)


async def serve(routes: Iterable[web.RouteDef], host: str, port: int) -> web.BaseRunner:
    """Serve the routes, each by its own method (HEAD as GET), until the runner is cleaned up.

    What is under way then ends first. Raises OSError when the port is taken.
    """
    runner = web.ServerRunner(_Server(routes), shutdown_timeout=_STOPPING)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=_QUEUE).start()
    except OSError:
        await runner.cleanup()
        raise
    return runner
