"""Two real bots on one PostgreSQL, a sandbox as Telegram: what they share is done once, and outlives either."""

from pathlib import Path

import pytest

from tests import replicas, succession
from tests.databases import Server

SEED = 11
pytestmark = pytest.mark.timeout(120)


async def test_two_share_what_is_due(tmp_path: Path, server: Server) -> None:
    """Each delivery is sent once, by one of them, and both do their part."""
    row = await replicas.shared(tmp_path, server, SEED, 200)
    assert row.broken == (), str(row)


async def test_one_takes_over_what_the_other_had(tmp_path: Path, server: Server) -> None:
    """Killed with messages on their way: nothing is lost."""
    row = await replicas.killed(tmp_path, server, SEED, 200)
    assert row.broken == (), str(row)


async def test_a_stale_owner_writes_nothing(tmp_path: Path, server: Server) -> None:
    """One is paused for longer than its lease, others are killed meanwhile; what they had is sent in time."""
    row = await succession.replaced(tmp_path, server, SEED, 60, 2, 3.5)
    assert row.broken == (), str(row)
