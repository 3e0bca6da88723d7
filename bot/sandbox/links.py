"""Which links Telegram takes, and how it writes them down.

Source: TDLib `td/telegram/LinkManager.cpp` (`check_link`) and `tdutils/td/utils/HttpUrl.cpp` (`parse_url`).
"""

import ipaddress
import re

_PORTS = 65_535
_PROTOCOL = re.compile(r"([^:/?#@\[\]]*)://")
_PART = re.compile(r"(?:[\w.\-!$,~*'();&+=]|[^\x00-\x7f]|%[0-9A-Fa-f]{2})*")


def check_link(link: str) -> str:
    """Return the link as Telegram stores it: scheme, lower-case host, path. Raises ValueError."""
    own = re.match(r"(tg|ton|tonsite):(?://)?", link, re.IGNORECASE)
    rest = link[own.end() :] if own else link
    match = _PROTOCOL.match(rest)
    protocol = match[1].lower() if match else "http"
    if protocol not in {"http", "https"}:
        raise ValueError("Unsupported URL protocol")
    address, path = _cut(rest[match.end() :] if match else rest)
    user, at, place = address.rpartition("@")
    host, port = _host_and_port(place)
    if own:
        if match or at or port:
            raise ValueError(f"Wrong {own[1].lower()} URL")
        return f"{own[1].lower()}://{host}{path.removeprefix('/') if path[:2] in {'/', '/?'} else path}"
    if "." not in host and not host.startswith("["):
        raise ValueError("Wrong HTTP URL")
    if not _PART.fullmatch(user.replace(":", "")):
        raise ValueError("Disallowed character in URL userinfo")
    return f"{protocol}://{user}{at}{host}{f':{port}' if port else ''}{path}"


def _cut(rest: str) -> tuple[str, str]:
    end = re.search(r"[/?#]|$", rest)
    cut = end.start() if end else len(rest)
    path = re.sub(r"[\x00-\x20]", lambda c: f"%{ord(c[0]):02X}", rest[cut:].rstrip())
    return rest[:cut], path if path.startswith("/") else f"/{path}"


def _host_and_port(place: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?P<host>.+):(?P<port>[^:\]]*)", place, re.DOTALL)
    host, digits = (match["host"], match["port"]) if match else (place, "")
    if match and not (re.fullmatch(r"0*[1-9][0-9]{0,4}", digits) and int(digits) <= _PORTS):
        raise ValueError("Wrong port number specified in the URL")
    host = host.lower()
    if not host:
        raise ValueError("URL host is empty")
    if host.startswith("[") and host.endswith("]"):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError:
            raise ValueError("Wrong IPv6 address specified in the URL") from None
    elif not _PART.fullmatch(host):
        raise ValueError("Disallowed character in URL host")
    return host, int(digits or 0)
