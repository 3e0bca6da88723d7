"""Logging: a line for people or JSON for machines, on standard error, without a secret and without anybody's id."""

import functools
import hashlib
import hmac
import json
import logging
import re
import secrets as chance
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Literal, TextIO, cast
from urllib.parse import quote, quote_plus

import structlog

_log = structlog.get_logger(__name__)
_TOKEN = re.compile(r"\d{6,}(?::|%3A)[A-Za-z0-9_-]{30,}")
_LONG = 16
"""Letters from which on half a token is one to keep."""
_NEW_CHAT = re.compile(r"(?<=New chat id: )-?\d+")
"""PTB's error for a group that has become a supergroup names it."""
_QUIET = {
    "aiohttp": logging.WARNING,
    "apscheduler": logging.ERROR,
    "httpcore": logging.INFO,
    "httpx": logging.WARNING,
    "markdown_it": logging.INFO,
    "sqlalchemy": logging.WARNING,
    "telegram": logging.WARNING,
}
"""Loggers that say too much at lower levels: request addresses, which hold the token, whole updates, and the values
of SQL statements."""
_PEOPLE = ("admin", "chat", "chat_id", "user", "user_id")
"""Fields that hold the id of a person or a chat."""


def configure(level: str, style: Literal["console", "json"], secrets: tuple[str, ...]) -> None:
    """Set up all logging of this process; `secrets` never come out on standard output and error, whoever writes there.

    Warnings, and errors that nobody caught in any thread, are logged; what is printed past logging is redacted, too.
    Nor do ids of people and chats: each is a name of eight hex digits, the same in all lines of this process, so that
    they can be told together. Its key is forgotten with the process, so that no line leads back to anybody.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        functools.partial(_without_ids, chance.token_bytes(16)),
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                # A pretty traceback wraps its lines, and would break a secret in two.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    )
    sys.stdout, sys.stderr = (cast("TextIO", _Redacted(each, secrets)) for each in (sys.stdout, sys.stderr))
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    _take_over()


def _take_over() -> None:
    """Log what Python would print with all that it holds."""
    logging.raiseExceptions = False  # it would print the arguments of a wrong line as they are
    logging.captureWarnings(capture=True)
    sys.excepthook = _crashed
    sys.unraisablehook = lambda told: _uncaught(told.exc_value, told.err_msg or "a clean-up")
    threading.excepthook = _died


def _without_ids(key: bytes, _logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor: ids become names. Words stay, such as “all”."""
    for field in _PEOPLE:
        value = event.get(field)
        if value is not None and not (isinstance(value, str) and value.isalpha()):
            event[field] = hmac.digest(key, str(value).encode(), hashlib.sha256).hex()[:8]
    return event


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught is logged: Python would print it with all that it holds."""
    _log.critical("crashed", exc_info=(kind, error, trace))


def _died(told: threading.ExceptHookArgs) -> None:
    if told.exc_type is not SystemExit:
        _uncaught(told.exc_value, f"the thread {told.thread.name if told.thread else ''}")


def _uncaught(error: BaseException | None, where: str) -> None:
    """The same for what does not end the process."""
    _log.error("uncaught", where=where, exc_info=error)


class _Redacted:
    """A stream through which no secret passes: not in a log line, a traceback, or what a library prints.

    A secret is known as it is, as it stands in addresses, in JSON and in a `repr`, and broken over lines.
    """

    def __init__(self, stream: TextIO, secrets: Iterable[str]) -> None:
        self.stream: TextIO = stream.stream if isinstance(stream, _Redacted) else stream
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(_broken, longest_first)) or "(?!)")

    def write(self, text: str) -> int:
        """Write it without secrets; how much was asked for."""
        clean = _TOKEN.sub("[secret]", self._known.sub("[secret]", text))
        self.stream.write(_NEW_CHAT.sub("[chat]", clean))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


_WRITINGS: tuple[Callable[[str], str], ...] = (
    functools.partial(quote, safe=""),
    functools.partial(quote, safe=" +"),  # as SQLAlchemy writes a password
    quote_plus,
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
)


def _forms(secret: str) -> set[str]:
    """A secret as it is, and as one or two of the writings leave it: a `repr` in a line of JSON, say.

    Of a token also what follows its colon: an address that is taken apart may tell that alone.
    """
    forms = {secret, *([half] if len(half := secret.partition(":")[2]) >= _LONG else [])}
    for _ in range(2):
        forms |= {write(form) for form in forms for write in _WRITINGS}
    return forms


def _broken(form: str) -> str:
    """A pattern for a text that may be broken over lines at any place, also where JSON writes them as one."""
    return r"(?:\s*(?:\n|\\n)\s*)?".join(map(re.escape, form))
