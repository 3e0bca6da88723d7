"""The deployments hold to what they promise: hardened, one open port, secrets as files, and the guide's own commands.

That the compose files run is tried in containers, by .ci/image and .ci/replicas.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.sandbox import Sandbox
from bot.store import open_store
from tests.conftest import TOKEN
from tests.conversation import free_port

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy" / "digest-bot.service"
REPLICAS: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy" / "compose.postgres.yaml").read_text(encoding="utf-8")
)
SERVICES: dict[str, Any] = REPLICAS["services"]
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened(name: str) -> None:
    """Read-only, without capabilities and privileges, and bounded; the proxy alone may listen on low ports."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert service["mem_limit"].endswith("m")
    assert all("noexec,nosuid,nodev,size=" in mount for mount in service["tmpfs"])


def test_only_the_proxy_is_reached_from_outside() -> None:
    """On 80 and 443; the database has no way out, and the proxy none to the database."""
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "proxy": ["80:80", "443:443"]
    }
    assert REPLICAS["networks"]["inside"]["internal"] is True
    assert (SERVICES["database"]["networks"], SERVICES["proxy"]["networks"]) == (["inside"], ["outside"])


def test_secrets_are_files_and_stand_in_no_environment() -> None:
    """Each service gets those that it needs, under names that the guide makes and git ignores."""
    given = {name: service.get("secrets", []) for name, service in SERVICES.items()}
    assert given == {
        "bot": ["token", "webhook_secret", "database_url"],
        "database": ["database_password"],
        "proxy": [],
    }
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not re.search("TOKEN|SECRET|PASSWORD|URL_FILE", key) or value.startswith("/run/secrets/")
    assert {name: item["file"] for name, item in REPLICAS["secrets"].items()} == {
        name: f"secrets/{name}" for name in (*given["bot"], *given["database"])
    }
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_image_says_what_it_is() -> None:
    """Title, description, licence and version, the last two as pyproject.toml has them."""
    labels = dict(re.findall(r'image\.(\w+)="([^"]+)"', (ROOT / "Dockerfile").read_text()))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert labels["title"] == project["name"]
    assert labels["licenses"] == project["license"]
    assert labels["version"] == project["version"]
    assert labels["description"]


def unit(tmp_path: Path, replaced: dict[str, str]) -> Path:
    """The unit with other paths than those of a real machine."""
    text = UNIT.read_text(encoding="utf-8")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    copy = tmp_path / UNIT.name
    copy.write_text(text)
    return copy


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on PATH")
def test_the_unit_is_good_and_hardened(tmp_path: Path) -> None:
    """Systemd knows every line of it, and rates its exposure at most 1.5 of 10 (“OK”)."""
    copy = unit(tmp_path, {"/opt/digest-bot/.venv/bin/python": sys.executable})
    analyze = ["systemd-analyze", "--no-pager"]
    verified = subprocess.run([*analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert (verified.stderr, verified.returncode) == ("", 0)
    rated = subprocess.run(
        [*analyze, "security", "--offline=yes", "--threshold=15", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert rated.returncode == 0, rated.stdout


async def test_the_unit_starts_the_bot_and_ends_it_in_time(sandbox: Sandbox, tmp_path: Path) -> None:
    """Its own command with its own configuration; only where things lie is another place."""
    folder, port = tmp_path / "state", free_port()
    folder.mkdir()
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o640)
    config = (ROOT / "deploy" / "config.systemd.yaml").read_text()
    for old, new in {
        "/etc/digest-bot/token": f"{tmp_path}/token\n  api_url: {sandbox.url}",
        "/opt/digest-bot/content": str(ROOT / "content"),
        "/var/lib/digest-bot": str(folder),
        "8081": str(port),
    }.items():
        assert old in config
        config = config.replace(old, new)
    (tmp_path / "config.yaml").write_text(config)
    found = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if re.match(r"\w+=", line))
    command = found["ExecStart"].replace("/opt/digest-bot/.venv/bin/python", sys.executable)
    command = command.replace("/etc/digest-bot/config.yaml", str(tmp_path / "config.yaml"))

    process = await asyncio.create_subprocess_exec(
        *shlex.split(command), cwd=ROOT, stderr=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"]}
    )
    assert process.stderr is not None
    said = ""
    while "bot.started" not in said:
        line = await asyncio.wait_for(process.stderr.readline(), 30)
        assert line, said
        said += line.decode()
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), int(found["TimeoutStopSec"])) == 0
    assert (folder / "bot.db").exists()


AUDIT = ROOT / ".ci" / "audit.py"
CLEAN = {
    "dependencies": [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2", "vulns": []}]
}
FOUND = {
    "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.1"]}]}]
}
UNKNOWN = {
    "name": "b",
    "version": "2",
    "skip_reason": "Dependency not found on PyPI and could not be audited: b (2)",
}


@pytest.mark.parametrize(
    ("answer", "code", "errors", "verdict", "words"),
    [
        (CLEAN, 0, "", 0, "no known vulnerability in 2 packages"),
        (FOUND, 1, "Found 1 known vulnerability", 1, "a 1: PYSEC-1, mended in 1.1"),
        ({"dependencies": [UNKNOWN, UNKNOWN]}, 0, "", 0, "cannot be reached"),
        ({"dependencies": [*CLEAN["dependencies"], UNKNOWN]}, 0, "", 1, "b: Dependency not found"),
        ({"dependencies": [*FOUND["dependencies"], UNKNOWN]}, 1, "Max retries exceeded", 1, "PYSEC-1"),
        (None, 1, "requests.exceptions.ConnectionError: Max retries exceeded", 0, "cannot be reached"),
        (None, 1, "ERROR: requirements are not hashed", 1, "not hashed"),
        ({"dependencies": []}, 0, "", 1, "could not look up"),
    ],
)
def test_an_audit_is_left_out_only_where_nobody_can_be_asked(
    tmp_path: Path, answer: Any, code: int, errors: str, verdict: int, words: str
) -> None:
    """Findings are never let through, and neither is a part that could not be looked up."""
    asked = tmp_path / "pip-audit"
    said = "" if answer is None else json.dumps(answer)
    asked.write_text(f"import sys\nprint({said!r})\nprint({errors!r}, file=sys.stderr)\nsys.exit({code})\n")
    done = subprocess.run(
        [sys.executable, AUDIT, sys.executable, str(asked)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, words in done.stdout) == (verdict, True), done.stdout


def test_the_list_of_what_the_image_is_made_of_is_whole(tmp_path: Path) -> None:
    """`make sbom`: valid CycloneDX with every locked package, its version and its hashes, and nothing else."""
    make = subprocess.run(
        ["make", "-n", "--no-print-directory", "sbom"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    command = (
        make.replace("\\\n", " ").strip().splitlines()[-1].replace("sbom.json", str(tmp_path / "sbom.json"))
    )
    subprocess.run(
        shlex.split(command), cwd=ROOT, capture_output=True, check=True
    )  # it validates what it writes
    sbom = json.loads((tmp_path / "sbom.json").read_text())
    locked = re.findall(
        r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )

    assert (sbom["bomFormat"], sbom["metadata"]["component"]["name"]) == ("CycloneDX", "digest-bot")
    assert sorted((each["name"], each["version"]) for each in sbom["components"]) == sorted(locked)
    assert all(each["externalReferences"][0]["hashes"] for each in sbom["components"])


def test_the_guides_compose_commands_are_those_of_ci() -> None:
    """What makes the secrets stands in .ci/replicas as it does in the guide; the files that it names are there."""
    script = (ROOT / ".ci" / "replicas").read_text()
    made = [
        line
        for line in COMMANDS
        if "deploy/secrets" in line and not line.startswith(("chown", "install -m 600"))
    ]

    assert len(made) >= 5
    assert [line for line in made if line not in script] == []
    for file in re.findall(r"(?<![\w/])deploy/[\w.-]+\w", GUIDE):
        assert (ROOT / file).exists() or file in {"deploy/secrets", "deploy/.env"}, file
    assert all(f"--{key}" in GUIDE for key in ("keep", "check"))


def test_the_guides_own_commands_tell_a_story_that_ends_well(tmp_path: Path) -> None:
    """Backed up, looked at before an upgrade, restored: each as it is written, one after another.

    Beside these the guide has the commands of .ci/replicas, those of the machine, and a transfer to PostgreSQL.
    """
    mine = [line for line in COMMANDS if re.match("python -m bot|mkdir", line) and " transfer " not in line]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "BOT_STORAGE__URL": f"sqlite:///{tmp_path}/bot.db",
        "BOT_CONTENT__PATH": str(ROOT / "content"),
    }
    asyncio.run(open_store(environment["BOT_STORAGE__URL"]).close())
    for line in mine:
        command = line.replace("python", sys.executable, 1)
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), (
            f"{line}\n{done.stdout}{done.stderr}"
        )

    assert [line.split()[3] for line in mine if "bot" in line] == [
        "backup",
        "migrate",
        "backup",
        "backup",
        "restore",
    ]
    assert len(list((tmp_path / "backups").glob("bot-*.db"))) == 1
    others = "docker compose|install|openssl|printf|chmod|chown|echo|cd|make|useradd|systemctl|python -m bot transfer"
    assert [line for line in COMMANDS if line not in mine and not re.match(others, line)] == []
