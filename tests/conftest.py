"""Fixtures that many tests share."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox import Sandbox, SandboxSettings

TOKEN = "1000000001:test-token"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox on a free port, stopped afterwards."""
    sandbox = Sandbox(SandboxSettings(port=0, token=TOKEN))
    await sandbox.start()
    yield sandbox
    await sandbox.stop()
