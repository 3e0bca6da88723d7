"""What is wrong with a file, and where."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Errors keep the library from being published; warnings are for the editor alone."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault at a place in a file. Lines and columns count from 1; `hint` says what to do.

    Findings sort by file and place, whatever their severity. `subject` is the digest (its id) or the theme (its
    name) that the place belongs to, "" where it is neither.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    subject: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}"
        return f"{place}\n    hint: {self.hint}" if self.hint else place
