"""Which links Telegram takes, and how it writes them down.

Source: TDLib `td/telegram/LinkManager.cpp` (`check_link`) and `tdutils/td/utils/HttpUrl.cpp` (`parse_url`).
"""

import re

_OWN = re.compile(r"(?P<scheme>tg|ton|tonsite):(?://)?(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_HOST = r"[\w\-~+%\x80-\U0010ffff]+"
_ADDRESS = re.compile(
    rf"(?P<user>[\w.\-~+%:]+@)?(?P<host>{_HOST}(?:\.{_HOST})+\.?)(?P<port>:[0-9]{{1,5}})?(?=[/?#]|\Z)"
)


def check_link(link: str) -> str:
    """Return the link as Telegram stores it: scheme, lower-case host, path. Raises ValueError."""
    if own := _OWN.fullmatch(link):
        return f"{own['scheme'].lower()}://{own['rest']}"
    scheme, separator, rest = link.partition("://")
    if not separator or not re.fullmatch(r"[^:/?#@]*", scheme):
        scheme, rest = "http", link
    if scheme.lower() not in {"http", "https"}:
        raise ValueError("Unsupported URL protocol")
    address = _ADDRESS.match(rest)
    if address is None:
        raise ValueError("Wrong HTTP URL")
    path = re.sub(r"[\x00-\x20]", lambda c: f"%{ord(c[0]):02X}", rest[address.end() :].rstrip())
    host = f"{address['host'].lower()}{address['port'] or ''}"
    return f"{scheme.lower()}://{address['user'] or ''}{host}{'' if path.startswith('/') else '/'}{path}"
