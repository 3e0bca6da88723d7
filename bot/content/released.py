"""The names that readers know: a list beside the articles, so that a name that disappears does not do so unseen."""

import datetime as dt
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from bot.content.sheets import typed
from bot.core.findings import Finding
from bot.core.library import Library

FILE = "released.txt"
_FEW = 50
"""Names that may be gone for their likely new names to be looked for: that takes a while."""
_HEAD = """\
# What readers know: /commands, and ids of digests with the day from which they are shown.
# Written by “python -m bot check --release”; do not edit it by hand.
"""


def listing(library: Library) -> str:
    """The text of the list: all commands, and all digests in reading order."""
    lines = [f"/{theme.name}" for theme in library.themes]
    for theme in library.themes:
        lines += [f"{item.id} {item.publish or ''}".rstrip() for item in theme.digests]
    return _HEAD + "".join(f"{line}\n" for line in lines)


def disappeared(root: Path, library: Library, today: dt.date) -> Iterator[Finding]:
    """Names of the list that the library lacks, at their lines; without a list there is nothing to say."""
    path = root / FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        hint = "write it anew with “python -m bot check --release”"
        yield Finding(typed(path), 1, 1, "file-unreadable", f"cannot be read: {error}", hint)
        return
    names = {f"/{theme.name}" for theme in library.themes}
    names |= {item.id for theme in library.themes for item in theme.digests}
    gone = []
    for number, line in enumerate(lines, 1):
        name, _, day = line.partition(" ")
        if name and name not in names and not name.startswith("#") and day <= today.isoformat():
            gone.append((number, name))
    near = names if len(gone) <= _FEW else set[str]()
    yield from (_gone(typed(path), number, name, near) for number, name in gone)


def _gone(file: str, line: int, name: str, names: set[str]) -> Finding:
    if name.startswith("/"):
        told = "links to it are dead, and readers who chose it get all themes"
    else:
        told = "whoever read it gets it again under another id, and its buttons in old messages are dead"
    close = get_close_matches(name, names, n=1)
    renamed = f"if it is called `{close[0]}` now, give it its old name back" if close else "bring it back"
    hint = f"{renamed}; if it is meant to be gone, run “python -m bot check --release”"
    return Finding(
        file, line, 1, "id-disappeared", f"`{name}` is gone: {told}", hint, subject=name.strip("/")
    )
