"""Logging: a line for people or JSON for machines, on standard error, without the token and without anybody's id."""

import functools
import hashlib
import hmac
import logging
import re
import secrets as chance
import sys
from types import TracebackType
from typing import Any, Literal

import structlog

_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_NEW_CHAT = re.compile(r"(?<=New chat id: )-?\d+")
"""PTB's error for a group that has become a supergroup names it."""
_QUIET = {
    "aiohttp": logging.WARNING,
    "aiosqlite": logging.INFO,
    "apscheduler": logging.ERROR,
    "httpx": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "telegram": logging.WARNING,
}
"""Loggers that say too much at lower levels: request addresses, which hold the token, whole updates, and the values
of SQL statements."""
_PEOPLE = ("admin", "chat", "chat_id", "user", "user_id")
"""Fields that hold the id of a person or a chat."""


def configure(level: str, style: Literal["console", "json"], secrets: tuple[str, ...]) -> None:
    """Set up all logging of this process; `secrets` never appear in a line, tracebacks included.

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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Redacting(
            secrets,
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    logging.raiseExceptions = False  # it would print the arguments of a wrong line as they are
    sys.excepthook = _told


def _without_ids(key: bytes, _logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor: ids become names. Words stay, such as “all”."""
    for field in _PEOPLE:
        value = event.get(field)
        if value is not None and not (isinstance(value, str) and value.isalpha()):
            event[field] = hmac.digest(key, str(value).encode(), hashlib.sha256).hex()[:8]
    return event


def _told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody caught is logged: Python would print it with all that it holds."""
    logging.getLogger(__name__).critical("crashed", exc_info=(kind, error, trace))


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """Redacts the finished line, so that nothing on the way can bring a secret back."""

    def __init__(self, secrets: tuple[str, ...], **options: Any) -> None:
        super().__init__(**options)
        self._secrets = tuple(secret for secret in secrets if secret)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "[secret]")
        return _NEW_CHAT.sub("[chat]", _TOKEN.sub("[secret]", line))
