"""Logging: the token never comes out, on any way, in any style; and the events are those that docs/logs.md explains."""

import ast
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
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
    hooks = sys.stdout, sys.stderr, sys.unraisablehook, threading.excepthook
    names = (
        "aiohttp",
        "apscheduler",
        "httpcore",
        "httpx",
        "markdown_it",
        "sqlalchemy",
        "telegram",
    )
    levels = {name: logging.getLogger(name).level for name in names}
    yield request.param
    root.handlers[:], root.level, sys.excepthook, logging.raiseExceptions = before
    sys.stdout, sys.stderr, sys.unraisablehook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
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
    structlog.get_logger("bot.x").warning("delivery.refused", digest="a", outcome="Refused")
    (line,) = output(capsys).splitlines()
    if style == "json":
        entry = json.loads(line)
        assert entry.pop("timestamp").endswith("Z")
        assert entry == {
            "event": "delivery.refused",
            "digest": "a",
            "outcome": "Refused",
            "level": "warning",
            "logger": "bot.x",
        }
    else:
        assert "delivery.refused" in line
        assert "digest=a" in line


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
    logging.getLogger("telegram.ext.Application").info("Processing update")
    logging.getLogger("sqlalchemy.engine.Engine").info("INSERT INTO subscriptions")
    logging.getLogger("aiohttp.access").info("GET /healthz")
    logging.getLogger("apscheduler.scheduler").warning("missed")
    assert output(capsys) == ""


def test_no_line_holds_the_id_of_a_person_or_chat(style: Style, capsys: pytest.CaptureFixture[str]) -> None:
    """As a number, as text, bound, of a context, or in PTB's words; what is said beside it stays."""
    configure("debug", style, (SHORT,))
    log = structlog.get_logger("bot.x")
    for name in ("admin", "chat", "chat_id", "user", "user_id"):
        log.warning("refused", **{name: 987654321})
        log.bind(**{name: "-987654321"}).info("bound")
    structlog.contextvars.bind_contextvars(chat=(987654321, 0))
    logging.getLogger("theirs").warning("context")
    structlog.contextvars.clear_contextvars()
    log.warning("refused", reason=str(ChatMigrated(-987654321)))
    log.warning("held", chat="all")
    text = output(capsys)
    assert "987654321" not in text
    assert text.count("refused") == 6
    assert "New chat id: [chat]" in text
    assert "all" in text.splitlines()[-1]


def test_lines_of_one_run_can_be_told_together_and_those_of_two_cannot(
    style: Style, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same id has the same name until the process ends, and another one in the next."""

    def names() -> list[str]:
        configure("info", style, (SHORT,))
        for chat in (5, 5, 6):
            structlog.get_logger("x").info("refused", chat=chat)
        return re.findall(r"chat[\W_]+([0-9a-f]{8})\b", output(capsys))

    first, second = names(), names()
    assert first[0] == first[1] != first[2]
    assert set(first).isdisjoint(second)


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


ROOT = Path(__file__).parents[1]
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")


def logged() -> dict[str, tuple[set[str], set[str]]]:
    """Every event that the code logs: its levels, and its fields."""
    events: dict[str, tuple[set[str], set[str]]] = {}
    for file in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="_log"), attr=level),
                    args=[ast.Constant(value=str(event))],
                    keywords=given,
                ) if level in LEVELS:
                    levels, fields = events.setdefault(event, (set(), set()))
                    levels.add("error" if level == "exception" else level)
                    fields |= {each.arg for each in given if each.arg and each.arg != "exc_info"}
                case ast.Call(func=ast.Name(id="Refusals"), args=[ast.Constant(value=str(event))]):
                    events[event] = (
                        {"warning"},
                        {"reason", "count"},
                    )  # told by bot/web/server.py as self.event
    return events


def test_the_table_of_events_is_true() -> None:
    """Each event, its levels and its fields stand in docs/logs.md, and no other; all have a meaning and an advice."""
    table = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8").split("|---|---|---|---|---|\n")[1]
    written = {}
    for line in table.splitlines():
        _, event, levels, fields, meaning, advice, _ = (cell.strip() for cell in line.split("|"))
        written[event.strip("`")] = set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields))
        assert meaning
        assert advice

    assert written == logged()
    assert list(written) == sorted(written)


def test_every_log_line_of_the_code_is_an_event() -> None:
    """A call that the scan does not see, such as one with a made-up event, would be missing in the table."""
    calls = re.findall(
        rf"\b_?log\w*\.(?:{'|'.join(LEVELS)})\(\s*([^)\s]+)",
        "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "bot").rglob("*.py")),
    )

    assert len(calls) > 40
    assert [first for first in calls if not re.match(r'"[a-z_]+(\.[a-z_]+)?"', first)] == ["self.event,"]
