"""Fixtures that many tests share."""

import tempfile
import zoneinfo
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.content.loader import Loaded, load_library
from bot.ports import Store
from bot.sandbox import Sandbox, SandboxSettings
from bot.store import open_store
from tests.content import FILES, Load
from tests.databases import Database, File, OnServer, Server, started, with_tables

pytest_plugins = ("tests.token_scan",)
TOKEN = "1000000001:test-token"

settings.register_profile("tests", deadline=None)  # a busy machine is no finding
settings.load_profile("tests")


_ON_BOTH = {
    f"tests.test_{name}"
    for name in (
        "services_correcting",
        "services_delivering",
        "services_privacy",
        "services_reading",
        "services_subscribing",
        "stats",
    )
}
"""Tests that say what the store does for the use cases, and so are asked of both databases."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run these on both databases, as tests of the store alone are by `on_both`."""
    if "database" in metafunc.fixturenames and metafunc.module.__name__ in _ON_BOTH:
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox on a free port, stopped afterwards."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture(autouse=True, scope="session")
def _locked_zones() -> None:
    """The time zones of the locked tzdata, not those of the machine."""
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture(scope="session")
def server(testrun_uid: str) -> Iterator[Server]:
    """A server of PostgreSQL, one for all workers of a run."""
    with started(Path(tempfile.gettempdir()) / f"digest-bot-{testrun_uid[:12]}") as server:
        yield server


@pytest.fixture(scope="session")
def _on_server(server: Server, worker_id: str) -> OnServer:
    return with_tables(server, f"tests_{worker_id}")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """An empty database: a file, unless the test is `on_both`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return File(tmp_path / "bot.db")
    found: OnServer = request.getfixturevalue("_on_server")
    found.empty()
    return found


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """A store on a database of its own."""
    store = open_store(database.url)
    yield store
    await store.close()


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Writes files (None: leaves one out) below content/, and loads content/."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(changes: dict[str, str | None] | None = None) -> Loaded:
        for name, text in (FILES | (changes or {})).items():
            path = Path("content") / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
        return load_library(Path("content"))

    return write_and_load
