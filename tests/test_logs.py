"""Logging: the token never comes out, on any way, in any style."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from telegram.error import ChatMigrated

from bot.logs import configure

SECRET = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
SHORT = "1:short-secret"
Style = Literal["console", "json"]


@pytest.fixture(params=["console", "json"])
def style(request: pytest.FixtureRequest) -> Iterator[Style]:
    """Each style; logging is put back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, sys.excepthook, logging.raiseExceptions
    names = ("apscheduler", "httpx", "aiosqlite", "telegram")
    levels = {name: logging.getLogger(name).level for name in names}
    yield request.param
    root.handlers[:], root.level, sys.excepthook, logging.raiseExceptions = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


def output(capsys: pytest.CaptureFixture[str]) -> str:
    """What was written, which must be on standard error alone."""
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def fail(secret: str) -> None:
    """Raise an error that holds a secret, with another one as its cause, deep in a long line."""
    address = f"https://api.telegram.org/{'x' * 100}/bot{secret}/getMe"
    try:
        int(address)
    except ValueError as error:
        raise RuntimeError(f"refused {secret}") from error


@pytest.mark.parametrize("secret", [SECRET, SHORT])
def test_the_token_never_comes_out(style: Style, capsys: pytest.CaptureFixture[str], secret: str) -> None:
    """In messages, arguments, extra fields, nested values, reprs and tracebacks, ours and of libraries."""
    configure("debug", style, (SHORT, ""))
    ours, theirs = structlog.get_logger("ours"), logging.getLogger("theirs")
    ours.info(
        f"event {secret}", token=secret, nested={"a": [secret, {secret: 1}]}, url=f"https://x/bot{secret}/m"
    )
    ours.bind(bound=secret).warning("bound")
    theirs.info("message %s", secret)
    theirs.info("extra", extra={"token": secret})
    structlog.contextvars.bind_contextvars(context=secret)
    theirs.warning("context")
    structlog.contextvars.clear_contextvars()
    for log in (ours, theirs):
        try:
            fail(secret)
        except RuntimeError as error:
            log.exception("failed")
            log.warning("failed too", exc_info=error)
    text = output(capsys)
    assert secret not in text
    assert text.count("[secret]") >= 10
    assert "Traceback" in text


def test_each_style_is_what_it_says(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON: one object a line with time, level and logger; console: the event and its fields to read."""
    configure("debug", style, (SHORT, ""))
    structlog.get_logger("bot.x").warning("delivery.refused", chat=5)
    (line,) = output(capsys).splitlines()
    if style == "json":
        entry = json.loads(line)
        assert entry.pop("timestamp").endswith("Z")
        assert entry == {"event": "delivery.refused", "chat": 5, "level": "warning", "logger": "bot.x"}
    else:
        assert "delivery.refused" in line
        assert "chat=5" in line


def test_a_traceback_stays_within_one_json_line(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    """Machines read line by line."""
    configure("debug", style, (SHORT, ""))
    try:
        fail(SHORT)
    except RuntimeError:
        structlog.get_logger("x").exception("failed")
    lines = output(capsys).splitlines()
    assert (len(lines) == 1) == (style == "json")


def test_libraries_that_write_addresses_are_quiet(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    """Even at debug."""
    configure("debug", style, (SHORT, ""))
    logging.getLogger("httpx").info("HTTP Request: POST https://api.telegram.org/bot…")
    logging.getLogger("telegram.Bot").debug("parameters")
    logging.getLogger("apscheduler.scheduler").warning("missed")
    logging.getLogger("sqlalchemy.engine.Engine").debug("Row (7777777771, 0)")
    assert output(capsys) == ""


def test_no_line_names_a_chat_that_has_moved(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    """PTB's error for it holds the new id, also where its traceback is logged."""
    configure("debug", style, (SHORT, ""))
    moved = ChatMigrated(-1_007_777_777_991)
    structlog.get_logger("x").error("update.failed", exc_info=moved)
    structlog.get_logger("x").warning("delivery.refused", reason=str(moved))
    text = output(capsys)
    assert "New chat id: [chat]" in text
    assert "7777777991" not in text


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_error_that_nobody_caught_is_redacted_too(style: str) -> None:
    """What would end the process with Python's own traceback is logged instead; so is a wrong log line."""
    program = f"""
from bot.logs import configure
import logging
configure("info", {style!r}, ({SHORT!r},))
logging.warning("%d is a wrong argument", "{SHORT}")
raise RuntimeError("refused {SHORT} and {SECRET}")
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert SHORT not in ended.stderr
    assert SECRET not in ended.stderr
    assert "RuntimeError: refused [secret] and [secret]" in ended.stderr
