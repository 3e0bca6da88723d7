"""Fixtures that many tests share."""

import zoneinfo
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.content.loader import Loaded, load_library
from bot.ports import Store
from bot.sandbox import Sandbox, SandboxSettings
from bot.store import open_store
from tests.content import FILES, Load

pytest_plugins = ("tests.token_scan",)
TOKEN = "1000000001:test-token"

settings.register_profile("tests", deadline=None)  # a busy machine is no finding
settings.load_profile("tests")


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


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store on a file of its own."""
    store = open_store(f"sqlite:///{tmp_path}/bot.db")
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
