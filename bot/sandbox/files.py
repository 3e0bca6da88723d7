"""Files that the bot uploads: the last of them in memory, for the page to show."""

import struct
from dataclasses import dataclass

from bot.sandbox.refusal import Json, bad_request

FILES_KEPT = 64
"""Each comes in a body of at most 1 MiB."""
_PNG = b"\x89PNG\r\n\x1a\n"
_HEAD_BYTES = 24
_LONGEST_SIDES = 10_000
_STEEPEST = 20


@dataclass(frozen=True, slots=True)
class File:
    """An upload. `size` is width and height in pixels of a PNG, None for anything else."""

    id: str
    name: str
    type: str
    data: bytes
    size: tuple[int, int] | None

    def _for_bot(self) -> Json:
        return {"file_id": self.id, "file_unique_id": f"u{self.id}", "file_size": len(self.data)}

    def as_photo(self) -> Json:
        """Return it as a message's content. Raises Refusal for no PNG, and for odd sizes."""
        if self.size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        width, height = self.size
        if width + height > _LONGEST_SIDES or max(self.size) > _STEEPEST * min(self.size):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return {"photo": [self._for_bot() | {"width": width, "height": height}]}

    def as_document(self) -> Json:
        """Return it as a message's content."""
        return {"document": self._for_bot() | {"file_name": self.name, "mime_type": self.type}}


class Files:
    """The last uploads, by their `file_id`."""

    def __init__(self) -> None:
        self._kept: dict[str, File] = {}
        self._count = 0

    def add(self, name: str, kind: str, data: bytes) -> str:
        """Keep an upload; return its id."""
        self._count += 1
        file = File(f"file{self._count}", name, kind, data, _size(data))
        self._kept[file.id] = file
        if len(self._kept) > FILES_KEPT:
            del self._kept[next(iter(self._kept))]
        return file.id

    def get(self, id_: str) -> File | None:
        """Return a kept file."""
        return self._kept.get(id_)


def _size(data: bytes) -> tuple[int, int] | None:
    """Return the width and height of bytes that begin as a PNG."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or len(data) < _HEAD_BYTES:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return (width, height) if width and height else None
