"""What a call brings along: its parameters in any encoding, read as text, number, flag, object or list."""

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox.refusal import Json, Refusal, bad_request

Kind = TypeVar("Kind", dict[str, Any], list[Any])
LARGEST = 2**53
_REQUIRED: Any = object()
Keep = Callable[[str, str, bytes], str]
"""Keeps an uploaded file, given its name, media type and bytes; returns the text that stands for it."""
_UNREADABLE = (ValueError, LookupError, TypeError, RuntimeError, AssertionError)


async def read_params(request: web.Request, keep: Keep = lambda *_: "<file>") -> Json:
    """Return the parameters of the query string and of a JSON, urlencoded or multipart body.

    A file is handed to `keep`, and stands there as its answer; so does a parameter that names one by `attach://`.
    """
    params: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            body = await request.read()
            params |= json.loads(body) if body else {}
        else:
            form = await request.post()
            params |= {name: _kept(value, keep) for name, value in form.items()}
            for name, value in params.items():
                if value.startswith("attach://"):
                    params[name] = params.get(value.removeprefix("attach://"), value)
        # Nesting so deep that the record of calls could not be written is unreadable too.
        _refuse_odd([[[[[params]]]]])
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "Request Entity Too Large") from None
    except UnicodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except _UNREADABLE:
        raise bad_request("can't parse request") from None
    return params


def _kept(value: Any, keep: Keep) -> str:
    if isinstance(value, web.FileField):
        return keep(value.filename, value.content_type, value.file.read())
    return value if isinstance(value, str) else "<file>"


def _refuse_odd(value: Any) -> None:
    """Raise ValueError or RecursionError for what could not be written as JSON: NaN, half surrogates."""
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def string(params: Json, name: str) -> str:
    """Return a parameter as text; a number or a flag in a JSON body counts as its text."""
    value = params.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def number(params: Json, name: str, default: int = 0) -> int:
    """Return a whole number, or the default where the parameter is missing or no number."""
    text = string(params, name).strip()
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else default


def flag(params: Json, name: str) -> bool:
    """Return a flag: true, yes, t and 1 mean yes, as in Telegram."""
    return string(params, name).strip().lower() in {"true", "yes", "t", "1"}


def structure(params: Json, name: str, kind: type[Kind]) -> Kind | None:
    """Return an object (dict) or a list, given as such or as JSON text; None where it is missing."""
    value, title = params.get(name), name.replace("_", " ")
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
            _refuse_odd(value)
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {title} JSON object") from None
    if value is None or isinstance(value, str):
        return None
    if not isinstance(value, kind):
        raise bad_request(f"{'object' if kind is dict else 'array'} expected as {title}")
    return value


def field(body: Json, name: str, *kinds: type, default: Any = _REQUIRED) -> Any:
    """Return a field of a request of the page's. Raises Refusal with a sentence where it is not of these kinds."""
    value = body.get(name)
    if value is None and default is not _REQUIRED:
        return default
    if type(value) not in kinds:  # not isinstance: true is no number
        raise Refusal(400, f'Field "{name}" is missing or of the wrong type.')
    if isinstance(value, int | float) and not abs(value) <= LARGEST:
        raise Refusal(400, f'Field "{name}" is too large.')
    return value
