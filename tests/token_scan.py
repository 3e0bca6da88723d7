"""Whatever a bot of the tests leaves behind is searched for its secrets: its output, and every file in its folder.

Each process that tests/conversation.py starts logs at DEBUG and is searched when it has ended, so every test with a
bot is one of this promise, too. How much was searched stands at the end of pytest's report.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

PIECE = 1 << 20
_found = {"ends": 0, "files": 0, "bytes": 0}


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The token, the webhook's secret and the database's password that a bot is started with."""
    password = urlsplit(environment.get("BOT_STORAGE__URL", "")).password
    given = (
        environment.get("BOT_TOKEN"),
        environment.get("BOT_WEBHOOK_SECRET"),
        password and unquote(password),
    )
    return tuple(secret for secret in given if secret)


def search(secrets: Collection[str], output: bytes, folder: Path, known: Collection[str] = ()) -> None:
    """Fail where a secret, as it is or as in an address, stands in the output or in a file below `folder`.

    `known` are files that the test itself put a secret into.
    """
    forms = [form.encode() for secret in secrets for form in {secret, quote(secret, safe="")}]
    assert not any(form in output for form in forms), "a secret stands in the output"
    _found["ends"] += 1
    _found["bytes"] += len(output)
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink() and str(file) not in known:
            assert not _holds(file, forms), f"a secret stands in {file}"
            _found["files"] += 1


def _holds(file: Path, forms: list[bytes]) -> bool:
    return any(form in piece for piece in _pieces(file, max(map(len, forms), default=1)) for form in forms)


def _pieces(file: Path, overlap: int) -> Iterator[bytes]:
    """The file in pieces that overlap by as much as is looked for; one that has just gone has none."""
    try:
        with file.open("rb") as stream:
            before = b""
            while piece := stream.read(PIECE):
                _found["bytes"] += len(piece)
                yield before + piece
                before = piece[-overlap:]
    except FileNotFoundError:
        return


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker of pytest-xdist has counted to the process that reports."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["token_scan"] = _found


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker has counted."""
    for name, count in getattr(node, "workeroutput", {}).get("token_scan", {}).items():
        _found[name] += count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was searched."""
    if _found["ends"]:
        terminalreporter.write_line(
            f"0 secrets in what bots left behind: {_found['ends']} ends of processes, {_found['files']} files, "
            f"{_found['bytes']:,} bytes"
        )
