"""The campaign of docs/reliability.md in small: the real bot is killed, cut off and misled, and nothing is lost.

`make reliability` runs it in full.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests import full_campaign, rehearsals, scenarios, times
from tests.invariants import Row

SEED = 7
Scenario = Callable[..., Awaitable[Row | str]]
pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize(
    ("scenario", "size"),
    [
        (scenarios.killed, {"kills": 6, "due": 300}),
        (scenarios.killed_at_most_once, {"kills": 2, "due": 100}),
        (scenarios.stopped, {"stops": 2, "due": 200}),
        (scenarios.storm, {"due": 150, "longest": 3, "compare": False}),
        (scenarios.broken, {"due": 200, "compare": False}),
        (rehearsals.poisoned, {"due": 200, "compare": False}),
        (rehearsals.refused_text, {"due": 60}),
        (rehearsals.migrated, {}),
        (times.zones, {"every": 100}),
        (times.downtime, {"hours": 73, "due": 60}),
        (times.jumps, {"due": 200, "trembles": 100}),
        (times.other_rules, {}),
    ],
    ids=lambda value: getattr(value, "__name__", None) or str(next(iter(value.values()), "")),
)
async def test_invariants_hold(scenario: Scenario, size: dict[str, int], tmp_path: Path) -> None:
    """Whatever happens to the bot."""
    row = await scenario(tmp_path, SEED, **size)

    assert isinstance(row, Row)
    assert row.broken == (), str(row)


def test_the_table_stands_between_its_markers() -> None:
    """What `make reliability` writes replaces what it wrote before, and nothing else."""
    text = full_campaign.PAGE.read_text()

    assert text.count(full_campaign.BEGIN) == text.count(full_campaign.END) == 1
    assert text.index(full_campaign.BEGIN) < text.index(full_campaign.END)
