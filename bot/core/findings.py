"""What is wrong with a file, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One error at a place in a file. Lines and columns count from 1; `hint` says what to do."""

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: {self.code}: {self.message}"
        return f"{place}\n    hint: {self.hint}" if self.hint else place
