"""Files as plain values with places: restricted YAML that holds no surprises, checked against a schema.

Every scalar stays the text that it is (`no`, `22:30`, `1_000`); the schema converts. Anchors, aliases, merge
keys, tags and doubled keys are refused, as is what is too large or too deep. Every failure is a finding.
"""

import stat
from pathlib import Path

from bot.core.findings import Finding
from bot.documents.document import Document, DocumentError, Keys, Place
from bot.documents.restricted_yaml import MAX_BYTES, parse
from bot.documents.validation import validate

__all__ = ["Document", "DocumentError", "Keys", "Place", "parse", "read", "validate"]


def read(path: Path, name: str) -> Document:
    """The document in a file that is called `name` in findings. Raises DocumentError."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError("it is not a regular file")  # noqa: TRY301  a pipe would block for ever
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "check the path, and that the bot may read it"
        finding = Finding(name, 1, 1, "file-unreadable", f"cannot be read: {reason}", hint)
        raise DocumentError((finding,)) from error
    return parse(source, name)
