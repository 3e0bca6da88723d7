"""A small run of `make fuzz`: broken YAML and Markdown give findings, broken updates are skipped, and nothing else."""

import random

import pytest

from bot.telegram.handlers import Handlers
from tests import fuzz, fuzz_updates


@pytest.mark.parametrize(("inputs", "count"), [(fuzz.files, 500), (fuzz.texts, 2_000)])
def test_broken_inputs_give_findings_and_nothing_else(inputs: fuzz.Inputs, count: int) -> None:
    """No exception, and no hang; and not all inputs are bad, or nothing much would be tried."""
    tally, growth = fuzz.run(inputs(count, random.Random(1)), count)  # noqa: S311  a seed makes it repeatable
    assert tally.violations == []
    assert growth < fuzz.MAX_GROWTH
    assert count / 20 < tally.accepted < count


def test_the_fuzzer_notices_an_exception() -> None:
    """A fuzzer that cannot fail would be of no use."""

    def work() -> bool:
        raise KeyError("what is looked for")

    tally, _ = fuzz.run(iter([("an input", work)]), 1)
    assert "what is looked for" in tally.violations[0]
    assert "an input" in tally.violations[0]


@pytest.mark.parametrize("seed", range(1, 6))
async def test_no_update_breaks_the_bot_and_every_good_one_is_answered(seed: int) -> None:
    """50,000 updates, nearly all of them mutants, in five parts that can run side by side."""
    outcome = await fuzz_updates.run(10_000, seed)
    assert outcome.violations == []
    assert outcome.good == 250
    assert outcome.lost == set()
    assert 4_000 < outcome.malformed < 9_000, "all alike would try little"
    assert outcome.calls.total() > 500


async def test_the_fuzzer_notices_an_update_that_breaks_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    """And that its readers get no answer."""

    async def broken(*_: object) -> None:
        raise KeyError("what is looked for")

    monkeypatch.setattr(Handlers, "themes", broken)
    outcome = await fuzz_updates.run(400, 1)
    assert any("what is looked for" in violation for violation in outcome.violations)
