"""A page in the web -> its bytes, within limits, or one line that says why not."""

import aiohttp

from bot.content.drafting.reading import MAX_BYTES
from bot.content.drafting.source import UnreadableError

SECONDS, _REDIRECTS = 30, 5
_SUFFIXES = {"text/html": ".html", "application/xhtml+xml": ".html", "text/markdown": ".md", "text/plain": ""}
_BY_HAND = "save the page from a browser, and draft from the file"
_REASONS = {
    TimeoutError: f"no whole answer came in time: try again, or {_BY_HAND}",
    aiohttp.TooManyRedirects: f"it leads on more than {_REDIRECTS} times: {_BY_HAND}",
    aiohttp.ClientConnectorDNSError: "no host of that name is known: check the spelling and the network",
    aiohttp.ClientSSLError: f"no safe connection can be made: {_BY_HAND}",
    aiohttp.ClientConnectorError: "nothing answers there: check the address and the network",
    aiohttp.InvalidURL: "this is not an address that can be opened",
    aiohttp.NonHttpUrlClientError: "it leads to something else than a page in the web",
}


async def fetch(url: str, seconds: float = SECONDS) -> tuple[bytes, str]:
    """What stands at an http or https address, and the suffix that such a file has. Raises UnreadableError."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(url, max_redirects=_REDIRECTS, headers={"User-Agent": "digest-bot"}) as response,
        ):
            if not response.ok:
                raise UnreadableError(f"the server answered {response.status} {response.reason}: {_BY_HAND}")
            if response.content_type not in _SUFFIXES:
                raise UnreadableError(f"it is {response.content_type}, not a page or a text")
            data = b""
            async for part in response.content.iter_chunked(2**18):
                data += part
                if len(data) > MAX_BYTES:
                    raise UnreadableError(f"it is larger than {MAX_BYTES // 2**20} MiB: {_BY_HAND}")
            return data, _SUFFIXES[response.content_type]
    except (aiohttp.ClientError, OSError) as error:
        known = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
        raise UnreadableError(next(known, f"it cannot be fetched: {error}")) from error
