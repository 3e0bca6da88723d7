"""The machine: files and their modes, file systems, the disk, time zones."""

import datetime as dt
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from bot.core.diagnosis import Diagnosis, Status

_REMOTE = re.compile(
    r"9p|afs|ceph|cifs|drvfs|fuse(\..+)?|glusterfs|lustre|nfs4?|prl_fs|smb3|smbfs|vboxsf|virtiofs"
)
"""File systems without shared memory between machines, which SQLite's WAL needs (https://sqlite.org/wal.html)."""
_LITTLE = 200 * 1024 * 1024
_YEAR = dt.timedelta(days=366)


def files(database: Path | None, config: Path | None) -> Iterator[Diagnosis]:
    """Who may read and change the database and the configuration; that of secrets is looked at where they are read."""
    good, own = True, (config, database.parent if database else None)
    for path in (path for path in own if path and path.exists()):
        mode = path.stat().st_mode
        if mode & 0o002 and not mode & 0o1000:
            good = False
            message, hint = f"everybody may change {path}", f"run “chmod o-w {_quoted(path)}”"
            yield Diagnosis("files", Status.BAD, message, hint)
    if database and database.exists():
        folder = database.parent
        if folder.stat().st_mode & 0o001 and database.stat().st_mode & 0o004:
            good = False
            message, hint = f"everybody may read {database}", f"run “chmod o= {_quoted(folder)}”"
            yield Diagnosis("files", Status.WARNING, f"{message}, and so who reads what", hint)
    if good:
        yield Diagnosis("files", Status.OK, "nobody else may change or read what is the bot's")


def disk(database: Path, mounts: str) -> Iterator[Diagnosis]:
    """Whether the database can live where it is. `mounts` is the text of /proc/self/mountinfo, or nothing."""
    folder = next(each for each in database.absolute().parents if each.exists())
    kind = file_system(folder.resolve(), mounts)
    if _REMOTE.fullmatch(kind):
        hint = "move the database to a local disk or a volume, or use PostgreSQL (storage.url)"
        message = f"{folder} is on {kind}, where SQLite can lock up or lose data"
        yield Diagnosis("disk", Status.BAD, message, hint)
    elif kind in {"tmpfs", "ramfs"}:
        message = f"{folder} is in memory ({kind}), and ends with the machine or container"
        yield Diagnosis("disk", Status.WARNING, message, "move the database to a disk or a volume")
    for path in (
        database,
        folder,
    ):  # root may write anywhere; a file marked read-only is still not the bot's to change
        if path.exists() and not (path.stat().st_mode & 0o222 and os.access(path, os.W_OK)):
            user, name = f"{os.geteuid()}:{os.getegid()}", _quoted(folder)
            hint = f"if the bot runs as this user: “chown -R {user} {name} && chmod -R u+rwX {name}”"
            yield Diagnosis("disk", Status.BAD, f"{path} cannot be written by user {os.geteuid()}", hint)
            break
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
        place = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
        if folder.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), rest.split(" ")[0]
    return found


def zones(now: dt.datetime, packaged: str, path: str) -> Diagnosis:
    """How old the rules of time zones are: `packaged` is tzdata's version, `path` is PYTHONTZPATH."""
    middle = dt.datetime(
        int(packaged.partition(".")[0]), 7, 1, tzinfo=dt.UTC
    )  # a version names a year and no day
    ignored = "; PYTHONTZPATH is set, and the bot ignores it" if path else ""
    if now - middle > _YEAR:
        message = f"tzdata {packaged} is more than a year old: clocks may have changed since{ignored}"
        return Diagnosis("zones", Status.WARNING, message, "upgrade the bot, and start it again")
    return Diagnosis("zones", Status.OK, f"tzdata {packaged}{ignored}")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
