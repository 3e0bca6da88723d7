"""A small run of `make fuzz`: broken YAML and Markdown give findings, and nothing else."""

import random

import pytest

from tests import fuzz


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
