"""The campaign of tests/commands.py in small: the bot is killed while readers write."""

from pathlib import Path

import pytest

from tests.commands import commanded

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("webhook", [False, True], ids=["polling", "webhook"])
async def test_no_command_is_lost_or_takes_effect_twice(tmp_path: Path, *, webhook: bool) -> None:
    """Whenever the bot ends."""
    outcome = await commanded(tmp_path, 7, commands=100, kills=2, webhook=webhook)

    assert outcome.broken == (), str(outcome)
