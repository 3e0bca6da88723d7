"""The machine: files and their modes, file systems, the disk, time zones."""

import datetime as dt
import os
import shlex
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from bot.core.diagnosis import Diagnosis, Status

_REMOTE = {
    "9p",
    "afs",
    "ceph",
    "cifs",
    "drvfs",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "prl_fs",
    "smb3",
    "smbfs",
}
_REMOTE |= {"vboxsf", "virtiofs"}
"""File systems without shared memory between machines, which SQLite's WAL needs (https://sqlite.org/wal.html)."""
_LITTLE = 200 * 1024 * 1024
_YEAR = dt.timedelta(days=366)


def files(database: Path, config: Path | None) -> Iterator[Diagnosis]:
    """Who may read and change the database and the configuration; that of secrets is looked at where they are read."""
    faults = []
    if config and config.stat().st_mode & 0o002:
        faults.append((Status.BAD, f"everybody may change {config}", f"chmod o-w {_quoted(config)}"))
    folder = database.parent
    if folder.exists():
        mode = folder.stat().st_mode
        if mode & 0o002 and not mode & 0o1000:
            faults.append((Status.BAD, f"everybody may change {folder}", f"chmod o= {_quoted(folder)}"))
        elif mode & 0o001 and database.exists() and database.stat().st_mode & 0o004:
            who = f"everybody may read {database}, where it stands who reads what"
            faults.append((Status.WARNING, who, f"chmod o= {_quoted(folder)}"))
    for status, message, command in faults:
        yield Diagnosis("files", status, message, f"run “{command}”")
    if not faults:
        yield Diagnosis("files", Status.OK, "nobody else may change or read what is the bot's")


def disk(database: Path, mounts: str) -> Iterator[Diagnosis]:
    """Whether the database can live where it is. `mounts` is the text of /proc/self/mountinfo, or nothing."""
    folder = next(each for each in database.absolute().parents if each.exists())
    kind = file_system(folder.resolve(), mounts)
    if kind in _REMOTE or (kind.startswith("fuse") and kind != "fuseblk"):
        message = f"{folder} is on {kind}, where SQLite can lock up or lose data"
        hint = "move the database to a local disk or a volume, or use PostgreSQL (storage.url)"
        yield Diagnosis("disk", Status.BAD, message, hint)
    elif kind in {"tmpfs", "ramfs"}:
        message = f"{folder} is in memory ({kind}): what is in it ends with the machine or container"
        yield Diagnosis("disk", Status.WARNING, message, "move the database to a disk or a volume")
    locked = database.exists() and not (database.stat().st_mode & 0o222 and os.access(database, os.W_OK))
    if locked or not os.access(folder, os.W_OK | os.X_OK):
        command = (
            f"chown -R {os.geteuid()}:{os.getegid()} {_quoted(folder)} && chmod -R u+rwX {_quoted(folder)}"
        )
        message = f"{database if locked else folder} cannot be written by user {os.geteuid()}"
        yield Diagnosis("disk", Status.BAD, message, f"if the bot runs as this user: “{command}”")
    free = shutil.disk_usage(folder).free
    status, hint = (
        (Status.OK, "") if free > _LITTLE else (Status.WARNING, "free some: a full disk stops all sending")
    )
    yield Diagnosis(
        "disk", status, f"{free / 1024**3:,.1f} GiB free in {folder}{f' ({kind})' * bool(kind)}", hint
    )


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system that holds a folder; "" where that cannot be told.

    Of two mounts at one place the later one counts (proc_pid_mountinfo(5)).
    """
    best, found = -1, ""
    for line in mounts.splitlines():
        mount, _, rest = line.partition(" - ")
        fields = mount.split(" ")
        if not rest or len(fields) < 5:  # noqa: PLR2004  the fifth is the place
            continue
        place = Path(fields[4].encode().decode("unicode_escape").encode("latin-1").decode(errors="replace"))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), rest.split(" ")[0]
    return found


def zones(now: dt.datetime, packaged: str | None = None, path: str = "") -> Diagnosis:
    """How old the rules of time zones are: `packaged` is tzdata's version, whose first number is a year.

    `path` is PYTHONTZPATH.
    """
    packaged = packaged or version("tzdata")
    year = int(packaged.partition(".")[0])
    middle = dt.datetime(year, 7, 1, tzinfo=dt.UTC)  # a version names no day
    ignored = "; PYTHONTZPATH is set, and the bot ignores it" if path else ""
    if now - middle > _YEAR:
        message = f"tzdata {packaged} is more than a year old: clocks may have changed since{ignored}"
        hint = "upgrade the bot, or “pip install --upgrade tzdata”, and restart it"
        return Diagnosis("zones", Status.WARNING, message, hint)
    return Diagnosis("zones", Status.OK, f"tzdata {packaged}{ignored}")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
