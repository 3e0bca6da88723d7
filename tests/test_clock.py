"""The time, and the time moved for demonstrations."""

import datetime as dt
from pathlib import Path

import pytest

from bot.clock import ShiftedClock, SystemClock

HOUR = dt.timedelta(hours=1)


def test_the_time_is_aware_and_in_utc() -> None:
    """So that no zone of the machine's gets in, and it does not run back."""
    first, second = SystemClock().now(), SystemClock().now()
    assert first.tzinfo is dt.UTC
    assert first <= second


def test_the_shift_is_read_at_every_look(tmp_path: Path) -> None:
    """A file that is written while the bot runs moves its clock, forwards and back."""
    file = tmp_path / "offset"
    clock = ShiftedClock(file)
    for text, hours in (("7200", 2), ("-3600.5\n", -1), ("0", 0)):
        file.write_text(text)
        assert abs(clock.now() - SystemClock().now() - hours * HOUR) < HOUR / 2


@pytest.mark.parametrize("content", [None, b"", b"soon", b"nan", b"inf", b"1e300", b"\xff"])
def test_what_is_not_a_shift_shifts_nothing(tmp_path: Path, content: bytes | None) -> None:
    """A missing, unreadable or senseless file never stops the clock."""
    file = tmp_path / "offset"
    if content is not None:
        file.write_bytes(content)
    assert abs(ShiftedClock(file).now() - SystemClock().now()) < HOUR
