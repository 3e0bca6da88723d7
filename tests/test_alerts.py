"""deploy/: what Prometheus and Grafana load is about figures that the bot really shows, and says what to do."""

import asyncio
import json
import os
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from bot.sandbox import Sandbox
from bot.web.health import Code
from tests.conftest import TOKEN
from tests.conversation import BotProcess, free_port

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
OPERATING = ROOT / "docs" / "operating.md"
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
EXPRESSIONS = [rule["expr"] for rule in RULES] + QUERIES
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
# Where REQUIRE_PROMETHEUS is set, as in CI, a missing Prometheus is a failure and not a skip.
with_prometheus = pytest.mark.skipif(
    not (PROMETHEUS and PROMTOOL) and not os.environ.get("REQUIRE_PROMETHEUS"),
    reason="prometheus and promtool are not on PATH (Debian's package prometheus has both)",
)
_WORDS = {"or", "and", "unless", "by", "without", "on"}

Series = dict[str, str]
"""Values minute by minute, as promtool writes them: `0+1x60` goes up by 1."""
UP = 'up{job="digest-bot",instance="a"}'
AGE, LIMIT = "digestbot_last_poll_age_seconds", "digestbot_last_poll_age_limit_seconds"
UNKNOWN, SENT = (f'digestbot_deliveries_ended_total{{state="{state}"}}' for state in ("unknown", "sent"))
REFUSED, TAKEN = (f'digestbot_telegram_answers_total{{status="{status}"}}' for status in ("429", "200"))
CASES: dict[str, tuple[list[Series], list[Series]]] = {
    "BotDown": ([{UP: "0x30"}, {'up{job="another"}': "1x30"}], [{UP: "1x30"}, {UP: "1x29 0x1"}]),
    "NotReceiving": (
        [{AGE: "130x30", LIMIT: "120x30"}, {LIMIT: "120x30"}],
        [{AGE: "20x30", LIMIT: "120x30"}, {AGE: "130x30", LIMIT: "600x30"}, {AGE: "9000x30"}],
    ),
    "SecondPoller": (
        [{"digestbot_conflict_seconds": "0x20 61x10"}, {"digestbot_conflicts_total": "0+1x30"}],
        [{"digestbot_conflict_seconds": "30x30"}, {"digestbot_conflicts_total": "0x25 3x5"}],
    ),
    "UpdatesWaiting": (
        [{"digestbot_inbox_oldest_seconds": "61x30"}],
        [{"digestbot_inbox_oldest_seconds": "59x30"}],
    ),
    "DigestsLate": (
        [{"digestbot_oldest_due_seconds": "601x30"}],
        [{"digestbot_oldest_due_seconds": "600x30"}, {"digestbot_oldest_due_seconds": "0x29 700x1"}],
    ),
    "SendingStopped": ([{"digestbot_sending_stopped": "1x30"}], [{"digestbot_sending_stopped": "0x30"}]),
    "DatabaseFailing": ([{"digestbot_database_up": "0x30"}], [{"digestbot_database_up": "1x30"}]),
    "DiskNearlyFull": (
        [{"digestbot_disk_free_bytes": "268435455x30"}],
        [{"digestbot_disk_free_bytes": "268435456x30"}, {AGE: "1x30"}],
    ),
    "ManyUnknown": (
        [{UNKNOWN: "0+1x30", SENT: "0+20x30"}],
        [{UNKNOWN: "0+1x30", SENT: "0+1000x30"}, {UNKNOWN: "0x20 9x10", SENT: "0x30"}],
    ),
    "RateLimited": (
        [{"digestbot_hold_seconds": "61x30"}, {REFUSED: "0+3x30", TAKEN: "0+30x30"}],
        [
            {"digestbot_hold_seconds": "59x30"},
            {REFUSED: "0+3x30", TAKEN: "0+300x30"},
            {REFUSED: "0+1x30", TAKEN: "0+1x30"},
        ],
    ),
    "ContentBroken": (
        [{"digestbot_content_errors": "2x30"}, {"digestbot_content_digests": "0x30"}],
        [{"digestbot_content_errors": "0x20 2x10"}, {"digestbot_content_digests": "5x30"}],
    ),
}
"""For each alert what makes it fire within half an hour, and what does not."""


@pytest.fixture
async def address(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[str]:
    """Where a real bot serves its figures."""
    port = free_port()
    bot = BotProcess(sandbox.url, TOKEN, tmp_path, BOT_WEB__PORT=str(port))
    await bot.start()
    await fetched(f"http://127.0.0.1:{port}/healthz")
    yield f"127.0.0.1:{port}"
    await bot.stop()


async def fetched(url: str, **parameters: str) -> str:
    """What an address answers, once it answers with success."""
    async with aiohttp.ClientSession() as session:
        for _ in range(500):
            try:
                async with session.get(url, params=parameters) as answer:
                    if answer.status == 200:
                        return await answer.text()
                    assert answer.status != 400, await answer.text()
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.02)
    raise AssertionError(f"{url} never answered")


def names(expression: str) -> set[str]:
    """The metrics that an expression asks for."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]', "", expression.replace("$__rate_interval", "1m"))
    bare = re.sub(r"\b(by|without|on)\s*\([^)]*\)", "", bare)
    return set(re.findall(r"\b[a-zA-Z_]\w*\b(?!\s*\()", bare)) - _WORDS


async def test_alerts_and_dashboard_ask_only_for_what_the_bot_shows(address: str) -> None:
    """Every name in an expression is a figure of a running bot's /metrics, or one of Prometheus' own."""
    page = await fetched(f"http://{address}/metrics")
    shown = {re.split(r"[{ ]", line)[0] for line in page.splitlines() if not line.startswith("#")}

    assert len(EXPRESSIONS) > 40
    assert {name for each in EXPRESSIONS for name in names(each)} - shown - {"up", "ALERTS"} == set()


def test_names_are_read_out_of_an_expression() -> None:
    """What the test above rests on: functions, labels and durations are no metrics."""
    expression = 'max by (state) (rate(a_total{b="c", d=~"$e"}[5m])) > 0.5 and on (job) (x unless y_bytes)'
    assert names(expression) == {"a_total", "x", "y_bytes"}


def test_every_reason_of_the_health_check_has_its_alert() -> None:
    """By the same name; what the bot cannot tell itself, or only over time, has one besides."""
    alerts = [rule["alert"] for rule in RULES]
    named = {"".join(word.title() for word in code.split("_")) for code in Code}

    assert set(alerts) == named | {"BotDown", "ManyUnknown"}
    assert len(alerts) == len(set(alerts)) == len(CASES)


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """A summary, a description, how urgent it is, and where more stands."""
    notes = rule["annotations"]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert 10 < len(notes["summary"]) < 80
    assert len(notes["description"]) > 100
    assert notes["runbook"] == f"docs/operating.md#{rule['alert'].lower()}"


@pytest.mark.skipif(not OPERATING.exists(), reason="docs/operating.md is not written yet")
def test_the_operators_guide_explains_every_alert_and_reason() -> None:
    """A heading for each alert, where its runbook link leads; each code of /healthz is named."""
    guide = OPERATING.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ +(\w+)$", guide, re.MULTILINE)

    assert {rule["alert"] for rule in RULES} - set(headings) == set()
    assert [code for code in Code if f"`{code}`" not in guide] == []


@with_prometheus
@pytest.mark.parametrize("what", [("rules", "alerts.yaml"), ("config", "prometheus.yml")])
def test_prometheus_takes_the_files(what: tuple[str, str]) -> None:
    """Rules, and the sample configuration with them."""
    kind, name = what
    subprocess.run([str(PROMTOOL), "check", kind, DEPLOY / name], capture_output=True, check=True)


@with_prometheus
def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    """Each by what promtool makes of made-up figures."""
    tests = [
        {
            "interval": "1m",
            "name": f"{alert} {'fires' if fires else 'is quiet'} {number}",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})',
                    "eval_time": "30m",
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                }
            ],
        }
        for alert, cases in CASES.items()
        for fires, several in zip((True, False), cases, strict=True)
        for number, series in enumerate(several)
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(DEPLOY / "alerts.yaml")], "tests": tests}))
    done = subprocess.run([str(PROMTOOL), "test", "rules", file], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
async def prometheus(address: str, tmp_path: Path) -> AsyncIterator[str]:
    """A real one that asks the bot every second, by the sample configuration; its API's address."""
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(DEPLOY / "alerts.yaml")]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [address]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    listen = f"127.0.0.1:{free_port()}"
    options = {
        "config.file": tmp_path / "prometheus.yml",
        "storage.tsdb.path": tmp_path / "tsdb",
        "web.listen-address": listen,
        "log.level": "error",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    process = await asyncio.create_subprocess_exec(str(PROMETHEUS), *arguments)
    try:
        await fetched(f"http://{listen}/-/ready")
        yield f"http://{listen}/api/v1"
    finally:
        process.terminate()
        await process.wait()


@with_prometheus
async def test_a_real_prometheus_finds_every_figure(prometheus: str) -> None:
    """It scrapes a running bot, loads all alerts, none of which fires, and every panel of the dashboard has data."""
    for _ in range(200):
        rates = await queried(prometheus, "rate(digestbot_updates_received_total[10s])")
        rules = json.loads(await fetched(f"{prometheus}/rules"))["data"]["groups"][0]["rules"]
        if rates and all(rule["health"] == "ok" for rule in rules):
            break
        await asyncio.sleep(0.1)
    panels = [query for query in QUERIES if not query.endswith("> 0")]
    found = await asyncio.gather(*(queried(prometheus, query) for query in panels))
    empty = [query for query, samples in zip(panels, found, strict=True) if not samples]

    assert [(rule["name"], rule["health"]) for rule in rules] == [(rule["alert"], "ok") for rule in RULES]
    assert await queried(prometheus, 'ALERTS{alertstate="firing"}') == []
    assert empty == []


async def queried(prometheus: str, expression: str) -> list[Any]:
    """The samples that an expression of the dashboard brings."""
    filled = expression.replace("$__rate_interval", "10s").replace("$instance", ".*")
    found: list[Any] = json.loads(await fetched(f"{prometheus}/query", query=filled))["data"]["result"]
    return found


def test_the_dashboard_has_what_grafana_needs() -> None:
    """A name of its own, no number of another Grafana's, and the data source as a choice.

    https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
    """
    source, instance = DASHBOARD["templating"]["list"]

    assert DASHBOARD["id"] is None
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", DASHBOARD["uid"])
    assert DASHBOARD["schemaVersion"] >= 36
    assert {"title", "time", "refresh", "annotations", "templating", "version"} <= set(DASHBOARD)
    assert (source["type"], source["query"]) == ("datasource", "prometheus")
    assert (instance["type"], instance["datasource"]["uid"]) == ("query", "${datasource}")
    assert "__inputs" not in DASHBOARD  # only an import by hand fills those in


@pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_every_panel_can_be_drawn(panel: dict[str, Any]) -> None:
    """A place on the grid of 24 columns, a unit, and queries to the chosen data source; it says what it shows."""
    place = panel["gridPos"]

    assert place["x"] >= 0
    assert place["x"] + place["w"] <= 24
    assert min(place["w"], place["h"]) > 0
    if panel["type"] == "row":
        return
    assert panel["type"] in {"stat", "timeseries"}
    assert len(panel["description"]) > 5
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
    assert panel["targets"]
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_panels_do_not_lie_on_each_other() -> None:
    """Each has a number and a place of its own."""
    places = [
        (panel["gridPos"]["x"] + column, panel["gridPos"]["y"] + line)
        for panel in PANELS
        for column in range(panel["gridPos"]["w"])
        for line in range(panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places))
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_the_first_row_is_about_readers() -> None:
    """What an operator looks for first: are they getting their digests, and is anything heard?"""
    first = [panel["title"] for panel in PANELS if panel["gridPos"]["y"] == 1]

    assert first == [
        "Oldest unsent digest",
        "Sent per minute",
        "Failed in the last hour",
        "Heard from Telegram",
        "Sending",
        "Alerts",
    ]
