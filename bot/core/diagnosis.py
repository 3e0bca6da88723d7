"""What the doctor found: one line for each thing that was looked at."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """From well to ill; a note is worth knowing and asks for nothing."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at. `name` is stable, for machines; `hint` says what to do."""

    name: str
    status: Status
    message: str
    hint: str = ""
