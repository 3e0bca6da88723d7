"""What a call brings along: its parameters in any encoding, read as text, number, flag, object or list."""

import json
import re
from typing import Any, TypeVar

from aiohttp import web

from bot.sandbox.refusal import Json, Refusal, bad_request

Kind = TypeVar("Kind", dict[str, Any], list[Any])
_UNREADABLE = (ValueError, LookupError, TypeError, RuntimeError, AssertionError)


async def read_params(request: web.Request) -> Json:
    """Return the parameters of the query string and of a JSON, urlencoded or multipart body."""
    params: Json = dict(request.query)
    try:
        if request.content_type == "application/json":
            body = await request.read()
            params |= json.loads(body) if body else {}
        else:
            form = await request.post()
            params |= {name: value if isinstance(value, str) else "<file>" for name, value in form.items()}
        # Nesting so deep that the record of calls could not be written is unreadable too.
        _refuse_odd([[[[[params]]]]])
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "Request Entity Too Large") from None
    except UnicodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    except _UNREADABLE:
        raise bad_request("can't parse request") from None
    return params


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
