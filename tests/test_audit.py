"""The judge of the campaign with replicas: it finds what a stale owner would do."""

import pytest

from tests.audit import Audit

LEASES = [(100.0, "one", "a", 130_000), (100.0, "two", "b", 900_000)]
CLAIM = (101.0, "one", "7", "due", None, "0", "sending", "a", 1)
RESCUE = (131.0, "two", "7", "sending", "a", "1", "due", None, 1)
TAKEN = (132.0, "two", "7", "due", None, "1", "sending", "b", 2)


def test_taking_over_from_the_dead_is_right() -> None:
    """And it is known how long that took, and what was in hand."""
    audit = Audit.of([CLAIM, RESCUE, TAKEN], LEASES)
    assert audit.wrong() == []
    assert audit.in_hand("one", 110) == {7}
    assert audit.given_back("one", 110) == 21


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((133.0, "one", "7", "sending", "b", "2", "sent", "b", 2), "wrote to another one's row"),
        ((133.0, "one", "8", "due", None, "0", "sending", "a", 1), "claimed without a lease"),
        ((133.0, "two", "8", "due", None, "0", "sending", "a", 1), "claimed in another one's name"),
        ((133.0, "one", "8", "sent", "b", "1", "unknown", "a", 1), "changed what was settled"),
        ((133.0, "one", "7", "sending", "b", "2", "due", None, 2), "took from a living one"),
    ],
)
def test_what_nobody_may_do_is_found(change: tuple[object, ...], words: str) -> None:
    """A write by an owner whose lease has run out, or to what is another one's."""
    (wrong,) = Audit.of([CLAIM, RESCUE, TAKEN, change], LEASES).wrong()
    assert words in wrong
