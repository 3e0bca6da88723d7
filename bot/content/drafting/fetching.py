"""A page in the web -> its bytes, within limits, or one line that says why not."""

from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.content.drafting.reading import MAX_BYTES, Form
from bot.content.drafting.source import UnreadableError

_SECONDS = 30
_REDIRECTS = 5
_FORMS = {
    "text/html": Form.PAGE,
    "application/xhtml+xml": Form.PAGE,
    "text/markdown": Form.MARKDOWN,
    "text/plain": None,  # servers give Markdown this type as well
}
_BY_HAND = "save the page from a browser, and draft from the file"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address gave: bytes, and what the server says of them."""

    data: bytes
    form: Form | None
    charset: str


async def fetch(url: str, seconds: float = _SECONDS) -> Fetched:
    """What stands at an http or https address. Raises UnreadableError."""
    timeout = aiohttp.ClientTimeout(total=seconds)
    headers = {"User-Agent": "digest-bot", "Accept": ", ".join(_FORMS)}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(url, max_redirects=_REDIRECTS) as response,
        ):
            return await _taken(response)
    except TimeoutError as error:
        raise UnreadableError(f"it took longer than {seconds:g} seconds: try again, or {_BY_HAND}") from error
    except aiohttp.TooManyRedirects as error:
        raise UnreadableError(f"it leads on more than {_REDIRECTS} times: {_BY_HAND}") from error
    except aiohttp.ClientConnectorDNSError as error:
        host = URL(url).host
        raise UnreadableError(f"no host “{host}” is known: check the spelling and the network") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise UnreadableError(
            "it is not, or leads to, no http or https address that can be opened"
        ) from error
    except (aiohttp.ClientError, OSError) as error:
        raise UnreadableError(f"it cannot be fetched: {str(error) or type(error).__name__}") from error


async def _taken(response: aiohttp.ClientResponse) -> Fetched:
    """The answer's body, if it is a text of a bearable size."""
    if response.status != 200:  # noqa: PLR2004
        raise UnreadableError(
            f"the server answered {response.status} {response.reason or ''}".rstrip() + f": {_BY_HAND}"
        )
    if response.content_type not in _FORMS:
        raise UnreadableError(f"it is {response.content_type}: a page of HTML or a text is needed")
    data = bytearray()
    async for part in response.content.iter_chunked(65536):
        data += part
        if len(data) > MAX_BYTES:
            raise UnreadableError(f"it is larger than {MAX_BYTES // 2**20} MiB: {_BY_HAND}")
    return Fetched(bytes(data), _FORMS[response.content_type], response.charset or "")
