"""Pages for this machine and its network: no web site may read them through a visitor's browser.

A browser tells by itself where a request comes from (`Origin`, `Sec-Fetch-Site`); what Prometheus and health checks
send holds neither. A name that was rebound to the loopback tells itself by `Host`. What comes over another address
may have any name, as a container has: there the network keeps strangers out.
"""

import ipaddress

from aiohttp import hdrs, web


def foreign(request: web.Request) -> bool:
    """Whether a web site elsewhere may be behind a request."""
    if hdrs.ORIGIN in request.headers or request.headers.get("Sec-Fetch-Site", "none") not in {
        "none",
        "same-origin",
    }:
        return True
    address, port, *_ = request.transport.get_extra_info("sockname") if request.transport else ("", 0)
    if not (address and ipaddress.ip_address(address).is_loopback):
        return False
    named = f"[{address}]" if ":" in address else address
    return request.headers.get(hdrs.HOST) not in {f"{name}:{port}" for name in (named, "localhost")}
