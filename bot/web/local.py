"""Pages for this machine and its network, which no web site may read through a visitor's browser.

A browser tells by itself where a request comes from (`Origin`, `Sec-Fetch-Site`); what Prometheus and health checks
send holds neither. A name that was rebound to the loopback tells itself by `Host`. Bound to another address than
the loopback the server cannot know its names, and the network keeps strangers out.
"""

import ipaddress
from collections.abc import Awaitable, Callable

from aiohttp import hdrs, web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


def kept_local(route: web.RouteDef, host: str, port: int) -> web.RouteDef:
    """The route as it is served at `host`:`port`: foreign requests get 403."""
    names = _names(host, port)

    async def handle(request: web.Request) -> web.StreamResponse:
        if _foreign(request, names):
            return web.Response(
                status=403, text="This page is for its own machine and network.\n", headers=_HEADERS
            )
        response = await route.handler(request)
        response.headers.update(_HEADERS)
        return response

    return web.get(route.path, handle)


def _names(host: str, port: int) -> frozenset[str] | None:
    """What `Host` may be; None: anything."""
    try:
        local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = host == "localhost"
    named = f"[{host}]" if ":" in host else host
    return frozenset(f"{name}:{port}" for name in (named, "localhost")) if local else None


def _foreign(request: web.Request, names: frozenset[str] | None) -> bool:
    return (
        (names is not None and request.headers.get(hdrs.HOST) not in names)
        or hdrs.ORIGIN in request.headers
        or request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
    )
