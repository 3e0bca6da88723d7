"""Logging: a line for people or JSON for machines, on standard error, with the token taken out of everything."""

import logging
import re
import sys
from types import TracebackType
from typing import Any, Literal

import structlog

_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
_CHAT = re.compile(r"(?<=New chat id: )-?\d+")
"""No line names a chat, so that one that was forgotten stands in no log. PTB's ChatMigrated would."""
_QUIET = {
    "apscheduler": logging.ERROR,
    "httpx": logging.WARNING,
    "aiosqlite": logging.INFO,
    "sqlalchemy": logging.WARNING,
    "telegram": logging.WARNING,
}
"""Loggers that say too much at lower levels: PTB and httpx write request addresses, which hold the token, and
SQLAlchemy rows, which hold the ids of chats."""


def configure(level: str, style: Literal["console", "json"], secrets: tuple[str, ...]) -> None:
    """Set up all logging of this process; `secrets` never appear in a line, tracebacks included."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
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
        return _CHAT.sub("[chat]", _TOKEN.sub("[secret]", line))
