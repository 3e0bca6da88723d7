"""A document against a schema: pydantic's errors as findings, each at its place and in plain words."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeVar, get_args

import pydantic
from pydantic_core import ErrorDetails

from bot.core.findings import Finding
from bot.documents.document import MAX_FINDINGS, Document, DocumentError, Keys

_DURATION = re.compile(r"datetime\.timedelta\(seconds=(\d+)\)")
"""How pydantic tells of a limit that is a duration; a file has it as `90s`."""
Model = TypeVar("Model", bound=pydantic.BaseModel)

_WORDS = {  # pydantic's error type -> what is wrong, what to do; filled in with the error's context
    "string_type": ("must be a text", "write `key: text`, without a list or keys below it"),
    "string_too_short": ("is too short", "write at least {min_length} characters"),
    "string_too_long": ("is too long", "write at most {max_length} characters"),
    "string_pattern_mismatch": ("does not have the right form", "it must match {pattern}"),
    "too_short": ("has too few items", "write at least {min_length}, each in a line that begins with `- `"),
    "too_long": ("has too many items", "write at most {max_length}"),
    "int_type": ("must be a whole number", "write digits only"),
    "int_parsing": ("must be a whole number", "write digits only"),
    "int_parsing_size": ("is too large", "write a smaller number"),
    "float_parsing": ("must be a number", "write digits, such as 1.5"),
    "bool_type": ("must be `true` or `false`", "write `true` or `false`"),
    "bool_parsing": ("must be `true` or `false`", "write `true` or `false`"),
    "date_type": ("must be a date", "write year-month-day, such as 2026-12-01"),
    "date_parsing": ("must be a date", "write year-month-day, such as 2026-12-01"),
    "date_from_datetime_parsing": ("must be a date", "write year-month-day, such as 2026-12-01"),
    "date_from_datetime_inexact": ("must be a date", "write year-month-day, such as 2026-12-01"),
    "time_type": ("must be a time of day", "write hours and minutes, such as 08:30"),
    "time_parsing": ("must be a time of day", "write hours and minutes, such as 08:30"),
    "greater_than": ("is too small", "it must be greater than {gt}"),
    "greater_than_equal": ("is too small", "it must be at least {ge}"),
    "less_than": ("is too large", "it must be less than {lt}"),
    "less_than_equal": ("is too large", "it must be at most {le}"),
    "list_type": ("must be a list", "write each item in a line of its own that begins with `- `"),
    "tuple_type": ("must be a list", "write each item in a line of its own that begins with `- `"),
    "dict_type": ("must hold keys and values", "write `key: value` lines below it, indented"),
    "model_type": ("must hold keys and values", "write `key: value` lines below it, indented"),
    "literal_error": ("is not one of the known words", "write {expected}"),
    "enum": ("is not one of the known words", "write {expected}"),
}


def validate(document: Document, model: type[Model]) -> Model:
    """The document as an instance of `model`. Raises DocumentError with a finding for each error.

    A validator may raise PydanticCustomError with a code of its own (a type with a hyphen in it), a message,
    and a context with a `hint`. Values are never quoted: they may be secret.
    """
    try:
        return model.model_validate(document.data)
    except pydantic.ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
    findings = {
        _finding(document, model, detail) for detail in details[:MAX_FINDINGS] if not _follows(detail)
    }
    raise DocumentError(tuple(sorted(findings)))


def _follows(detail: ErrorDetails) -> bool:
    """Whether an error only follows from others: pydantic counts a list's items without the broken ones."""
    too_short = detail["type"] == "too_short"
    return too_short and len(detail["input"]) >= detail.get("ctx", {}).get("min_length", 0)


def _finding(document: Document, model: type[pydantic.BaseModel], detail: ErrorDetails) -> Finding:
    path = _path(document, detail["loc"])
    place, kind, context = document.place(path), detail["type"], detail.get("ctx", {})
    if kind == "missing":
        key = detail["loc"][-1]
        return document.finding(place, "missing-key", f"`{key}` is missing", f"add a line `{key}: …`")
    if kind == "extra_forbidden":
        place, unknown = document.place(path, key=True), str(path[-1])[:40]
        message = f"`{unknown}` is not a key that is known here"
        return document.finding(place, "unknown-key", message, _near(unknown, _fields(model, path[:-1])))
    name = next((f"`{key}`" for key in reversed(path) if isinstance(key, str)), "the file")
    if detail["input"] is None:
        return document.finding(place, "bad-value", f"{name} has no value", "write one after the colon")
    if "-" in kind:
        return document.finding(place, kind, detail["msg"], str(context.get("hint", "")))
    other = f"is not accepted: {context.get('error', detail['msg'])}", "change the value"
    said, hint = _WORDS.get(kind, other)
    item = f"item {path[-1] + 1} of {name}" if path and isinstance(path[-1], int) else name
    return document.finding(
        place, "bad-value", f"{item} {said}", _DURATION.sub(r"\1s", hint.format(**context))
    )


def _path(document: Document, loc: Keys) -> Keys:
    """The part of pydantic's path that the file holds: it also names validators and members of unions."""
    path: Keys = ()
    for part in loc:
        if (*path, part) in document.places:
            path = (*path, part)
    return path


def _near(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key, known, n=1)
    return f"did you mean `{close[0]}`?" if close else "known here: " + ", ".join(known)


def _fields(model: type[pydantic.BaseModel], path: Keys) -> tuple[str, ...]:
    """The keys that the schema knows at a path."""
    current: type[pydantic.BaseModel] | None = model
    for key in path:
        if current is not None and isinstance(key, str):
            field = current.model_fields.get(key)
            current = next(_models(field.annotation), None) if field else None
    return tuple(current.model_fields) if current else ()


def _models(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """The models that an annotation speaks of: `Model`, `list[Model]`, `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
