"""A parsed file with its places, and the error that says what is wrong with one."""

from dataclasses import dataclass
from typing import Any

from bot.core.findings import Finding

Place = tuple[int, int]
"""Line and column, both from 1."""
Keys = tuple[str | int, ...]
"""The way to a value: keys of mappings and indices of lists."""

MAX_FINDINGS = 100
"""Per file: nobody reads more at once, and a file can hold thousands."""


class DocumentError(Exception):
    """A file that cannot be used, with every reason found, sorted by place."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: `data` is texts, None (an empty value), lists and mappings; an empty file is {}."""

    file: str
    data: dict[str, Any]
    places: dict[Keys, Place]
    keys: dict[Keys, Place]
    indents: dict[Keys, int]
    """Of texts in literal blocks (`|`): the spaces cut off before each line."""

    def place(self, path: Keys, *, key: bool = False) -> Place:
        """Where a value (or the key that it stands under) begins, or its nearest known ancestor."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))

    def value(self, path: Keys) -> Any:
        """What stands at a path that the file holds."""
        found: Any = self.data
        for key in path:
            found = found[key]
        return found

    def inside(self, path: Keys, line: int, column: int) -> Place:
        """Where a place within a text stands in the file: exact in a literal block, else the text's start."""
        start = self.place(path)
        if path not in self.indents:
            return start
        return start[0] + line, self.indents[path] + column

    def finding(self, place: Place, code: str, message: str, hint: str) -> Finding:
        """A finding at a place of this file."""
        return Finding(self.file, *place, code, message, hint)
