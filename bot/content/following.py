"""Whether anything has changed in a content folder, without reading it."""

import glob
import stat
from collections.abc import Hashable
from pathlib import Path

_DEPTHS = ("*", "*/*", "*/*/*")
"""Where the loader looks: a folder for each article, and in it one for each language; nothing that is hidden."""


def state_of(root: Path) -> Hashable:
    """What changes whenever a file that the loader may read is written, put in place, added, renamed or removed.

    Looking works on every file system, whether an editor writes into a file or puts a new one in its place; links
    are followed, as deployments swap folders by them. It costs what listing the folder costs.
    """
    names = sorted(name for depth in _DEPTHS for name in glob.iglob(depth, root_dir=root))  # noqa: PTH207  it follows links, and passes over what is hidden
    return tuple((name, _stamp(root / name)) for name in names)


def _stamp(path: Path) -> Hashable:
    """Of a folder only that it is there: it also changes with what is hidden in it."""
    try:
        state = path.stat()
    except (OSError, ValueError):  # gone since it was listed, or a link to nowhere
        return None
    if stat.S_ISDIR(state.st_mode):
        return stat.S_IFDIR
    return state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino
