"""HTTP for python-telegram-bot over aiohttp: it can tell a request that never left from one that may have.

PTB's own HTTPXRequest falls to about 110 messages a second above some 40 connections.
"""

import functools
import time
import urllib.request
from typing import Any

import aiohttp
import orjson
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from yarl import URL

from bot.ports import Meter

_CONNECT_TIMEOUT = 5.0
_READ_TIMEOUT = 10.0
_NEVER_LEFT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,  # the proxy refused to connect
    aiohttp.InvalidURL,
)
_WAYS = 64
_JSON = {"Content-Type": "application/json"}
_OF_A_MESSAGE = ("message_id", "date", "chat")
"""What is read of a message that was sent. Telegram sends back all of it; each entity would become an object."""


class NotSentError(NetworkError):
    """No connection could be made: the request is known not to have left."""


class AiohttpRequest(BaseRequest):
    """A `BaseRequest` over one aiohttp session; PTB's mapping of answers to errors stays.

    `pool` bounds the connections; `meter` is told of every answer.
    Proxies are taken from the environment, as HTTPS_PROXY and NO_PROXY say.
    """

    def __init__(self, pool: int, meter: Meter | None = None) -> None:
        self._pool = pool
        self._meter = meter or Meter()
        self._session: aiohttp.ClientSession | None = None
        self._way = functools.lru_cache(_WAYS)(_way)

    @property
    def read_timeout(self) -> float:
        """Seconds to wait for an answer; PTB adds it to the time of a long poll."""
        return _READ_TIMEOUT

    async def initialize(self) -> None:
        """Open the session; a second call changes nothing."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._pool, ttl_dns_cache=300),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def do_request(  # noqa: PLR0913, PLR0917  the signature is PTB's
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002
    ) -> tuple[int, bytes]:
        """Send one request; status and body of the answer.

        Raises:
            NotSentError: It did not leave.
            TimedOut: It may have left; no answer in time.
            NetworkError: It may have left; the connection broke.
        """
        if self._session is None:
            raise RuntimeError("the request object is not initialized")
        timeout = _timeout(_given(connect_timeout, _CONNECT_TIMEOUT), _given(read_timeout, _READ_TIMEOUT))
        status, began = 0, time.monotonic()
        try:
            to, proxy = self._way(url)
            # A redirect would carry the token to another host.
            options = {"timeout": timeout, "proxy": proxy, "allow_redirects": False, **_body(request_data)}
            async with self._session.request(method, to, **options) as answer:
                status, payload = answer.status, await answer.read()
        except _NEVER_LEFT as error:
            raise NotSentError(f"no connection: {type(error).__name__}") from error
        except TimeoutError as error:
            raise TimedOut("no answer in time") from error
        except aiohttp.ClientError as error:
            raise NetworkError(f"the connection broke: {type(error).__name__}") from error
        finally:
            self._meter.answered(url.rsplit("/", 1)[-1], status, time.monotonic() - began)
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As PTB's, by orjson; of a message that was sent, what is read of it."""
        try:
            parsed: dict[str, Any] = orjson.loads(payload)
        except ValueError as error:
            raise TelegramError("Invalid server response") from error
        match parsed:
            case {"result": {"message_id": _, "date": _, "chat": _} as sent}:
                parsed["result"] = {name: sent[name] for name in _OF_A_MESSAGE}
        return parsed


def _given(value: Any, default: float) -> float | None:
    if isinstance(value, DefaultValue):
        return default
    seconds: float | None = value
    return seconds


@functools.cache
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    """`connect` covers the wait for a free connection too: a full pool is "not sent", not a hang.

    `total` ends an answer that comes in drops.
    """
    total = None if connect is None or read is None else connect + read
    return aiohttp.ClientTimeout(total=total, connect=connect, sock_read=read)


def _way(url: str) -> tuple[URL, str | None]:
    """An address, and the proxy through which the environment wants it reached.

    aiohttp's `trust_env` would look there, and for a netrc, in a thread before each request.
    """
    try:
        to = URL(url)
    except ValueError as error:
        raise aiohttp.InvalidURL(url) from error
    bypassed = urllib.request.proxy_bypass(to.host or "")
    return to, None if bypassed else urllib.request.getproxies().get(to.scheme)


def _body(request_data: RequestData | None) -> dict[str, Any]:
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return {
            "data": orjson.dumps(request_data.parameters),
            "headers": _JSON,
        }
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (request_data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}
