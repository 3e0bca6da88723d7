"""Texts of a configuration as the values that they mean; each error says what to write instead."""

import datetime as dt
import re
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from bot.core.preferences import parse

_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}|::1")
_PORTS = (None, 443, 80, 88, 8443)
"""Telegram calls no others (https://core.telegram.org/bots/api#setwebhook)."""


def duration(value: object) -> object:
    """`90m`."""
    match = re.fullmatch(r"(\d{1,6})\s*([smh])", str(value))
    if match is None:
        raise ValueError("write a number and a unit, as in 90m or 6h")
    return dt.timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours"}[match[2]]: int(match[1])})


def days(value: object) -> object:
    """Weekdays as readers write them."""
    understood = parse(str(value).split(), (), ())
    if understood.problems or understood.days is None:
        raise ValueError("write daily, weekdays, weekends or days as in Mon,Wed,Fri")
    return understood.days


def time(value: object) -> object:
    """`08:30`."""
    understood = parse([str(value)], (), ())
    if understood.time is None:  # pydantic's own would take seconds, which no reader's clock shows
        raise ValueError("write hours and minutes, as in 08:30")
    return understood.time


def zone(value: str) -> str:
    """An IANA name."""
    if value not in available_timezones():
        raise ValueError("write an IANA name, as in Asia/Almaty")
    return value


def words(value: object) -> object:
    """A list, or words with commas or spaces between."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


def channel(value: object) -> object:
    """`@name` or an id."""
    name = str(value)
    if re.fullmatch(r"-100\d{5,15}", name):
        return int(name)
    if not re.fullmatch(r"@[A-Za-z][A-Za-z0-9_]{3,31}", name):
        raise ValueError("write the channel's @name in quotes, or its id, which begins with -100")
    return name.casefold()


def http(value: str) -> str:
    """An address without a name and a password in it: it is shown in messages."""
    if not re.fullmatch(r"https?://[^\s/@]+(/[^\s]*)?", value):
        raise ValueError("write an address that begins with http:// or https://")
    return value.rstrip("/")


def webhook(value: str) -> str:
    """The address that Telegram is to call: https, or http on this machine alone."""
    address = http(value)
    parts = urlsplit(address)
    try:
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("write a port from 1 to 65535, or none") from None
    if parts.scheme != "https" and not _LOOPBACK.fullmatch(host):
        raise ValueError("write an address that begins with https://: Telegram calls no other")
    if parts.query or parts.fragment or not parts.path.endswith("/telegram"):
        raise ValueError(
            "the bot answers at /telegram: write it at the end, as in https://bot.example.org/telegram"
        )
    return address


def database(value: str) -> str:
    """The address of a database; it may hold a password, so it is never quoted."""
    if not re.fullmatch(r"sqlite:///\S.*|postgresql://\S+", value):
        raise ValueError("write sqlite:///data/bot.db or postgresql://user:password@host/name")
    return value


def callable_by_telegram(url: str) -> bool:
    """Whether Telegram's own servers call the port of a webhook; on this machine alone they are not meant."""
    parts = urlsplit(url)
    try:
        return parts.port in _PORTS or bool(_LOOPBACK.fullmatch(parts.hostname or ""))
    except ValueError:
        return True  # no port at all: that is said elsewhere


def password_of(url: str) -> str:
    """The password in the address of a database, as it is written there; "" where there is none."""
    match = re.search(r"://[^@]*?:([^@]+)@|[?&]password=([^&]+)", url)
    return (match[1] or match[2]) if match else ""
