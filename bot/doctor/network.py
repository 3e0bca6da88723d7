"""What is asked over HTTP besides the Bot API: the time, and whether a bot at work here is well."""

import datetime as dt
from email.utils import parsedate_to_datetime

import aiohttp

from bot.core.diagnosis import Diagnosis, Status
from bot.ports import Clock

_PATIENCE = aiohttp.ClientTimeout(total=10)
_FAR = dt.timedelta(seconds=60)


async def clock(api_url: str, here: Clock) -> Diagnosis:
    """This machine's clock against the `Date` of an answer of the Bot API's (to a request without the token)."""
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=True) as session,
            session.get(api_url, allow_redirects=False) as answer,
        ):
            there = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError):
        return Diagnosis("clock", Status.NOTE, f"not compared: {api_url} did not say what time it is")
    away = here.now() - there
    if abs(away) > _FAR:
        way = "ahead of" if away > dt.timedelta() else "behind"
        message = f"this machine is {abs(away).total_seconds():,.0f} s {way} {api_url}: digests come at the wrong time"
        return Diagnosis("clock", Status.BAD, message, "set it by NTP: “timedatectl set-ntp true”")
    return Diagnosis("clock", Status.OK, "right to the minute")


async def running(host: str, port: int | None) -> Diagnosis:
    """What the /healthz of a bot at work here says."""
    if port is None:
        hint = "set web.port, as in 8081, to watch the bot at /healthz"
        return Diagnosis(
            "running", Status.NOTE, "web.port is not set, so nothing can be asked of a running bot", hint
        )
    name = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104  where, not what is opened
    url = f"http://{f'[{name}]' if ':' in name else name}:{port}/healthz"
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(url) as answer:
            report = await answer.json()
            reasons = [(str(reason["text"]), str(reason["hint"])) for reason in report["reasons"]]
    except aiohttp.ClientConnectorError:
        return Diagnosis("running", Status.NOTE, f"no bot runs here: nothing answers at {url}")
    except (TimeoutError, aiohttp.ClientError, ValueError, KeyError, TypeError):
        hint = "see its log; if another program has the port, set web.port to a free one"
        return Diagnosis("running", Status.BAD, f"{url} gives no report", hint)
    if reasons:
        texts, hints = ("; ".join(parts) for parts in zip(*reasons, strict=True))
        return Diagnosis("running", Status.BAD, texts, hints)
    return Diagnosis("running", Status.OK, f"a bot is at work here and says that it is well ({url})")
