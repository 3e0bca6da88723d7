"""The sandbox's clock: real time plus an offset that a person moves forward to see tomorrow's delivery."""

import os
import time
from pathlib import Path

from bot.sandbox.refusal import Refusal

FURTHEST = 10 * 366 * 86_400.0
"""Seconds: ten years ahead is enough for any demonstration, and far from where dates overflow."""


class SandboxClock:
    """Seconds since 1970, UTC. With `file`, the offset is also written there, for the bot to read."""

    def __init__(self, file: Path | None = None) -> None:
        self.offset = 0.0
        self._file = file

    def now(self) -> float:
        """Return the time as shifted."""
        return time.time() + self.offset  # noqa: TID251 (this is the sandbox's clock module)

    def advance(self, seconds: float) -> None:
        """Move forward by seconds. Raises Refusal for a step back, or beyond ten years."""
        if seconds < 0:
            raise Refusal(400, "The clock moves only forward; an offset of 0 brings back real time.")
        if self.offset + seconds > FURTHEST:
            raise Refusal(400, "The clock goes at most ten years ahead of real time.")
        self._set(self.offset + seconds)

    def reset(self) -> None:
        """Go back to real time."""
        self._set(0.0)

    def _set(self, offset: float) -> None:
        self.offset = offset
        if self._file is None:
            return
        draft = self._file.with_name(self._file.name + ".new")
        draft.write_text(f"{offset!r}\n", encoding="ascii")
        os.replace(draft, self._file)  # noqa: PTH105 (atomic: a reader sees the old or the new offset)
