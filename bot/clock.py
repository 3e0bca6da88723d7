"""The time: the only caller of datetime.now."""

import contextlib
import datetime as dt
from pathlib import Path


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        """The present moment, aware, in UTC."""
        return dt.datetime.now(dt.UTC)


class ShiftedClock:
    """The machine's clock moved by the seconds that a file holds; read at every look, so it can move at any time.

    For demonstrations and rehearsals. A missing, unreadable or senseless file means no shift.
    """

    def __init__(self, offset_file: Path) -> None:
        self._offset_file = offset_file

    def now(self) -> dt.datetime:
        """The shifted moment, aware, in UTC."""
        now = dt.datetime.now(dt.UTC)
        with contextlib.suppress(OSError, ValueError, OverflowError):
            return now + dt.timedelta(seconds=float(self._offset_file.read_text()))
        return now
