"""One user floods the real bot while others read: a small run of `python -m tests.flood_campaign`."""

from pathlib import Path

import pytest

from tests import flood_campaign
from tests.flood_campaign import FLOODER


@pytest.mark.parametrize(("press", "most"), [(False, 6), (True, 20)])
async def test_a_flooder_gets_a_few_replies_and_everybody_else_all_of_theirs(
    tmp_path: Path, most: int, *, press: bool
) -> None:
    """Five answers and one notice; for presses, which turn pages, twenty, and the notice as a toast."""
    outcome = await flood_campaign.flood(tmp_path, seconds=2, rate=300, readers=3, press=press)
    assert outcome.sent > 100
    assert 1 <= outcome.replies <= most
    assert outcome.unanswered == 0
    assert outcome.waits
    assert '"event": "update.failed"' not in outcome.log
    assert str(FLOODER) not in outcome.log
