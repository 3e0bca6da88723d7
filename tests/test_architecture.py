"""The house: importing does nothing, and modules and functions keep to their size."""

import ast
import io
import os
import pkgutil
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "bot").rglob("*.py"))
MODULES = [
    module.name
    for module in pkgutil.walk_packages(bot.__path__, "bot.")
    if not module.name.startswith("bot.store.migrations")
]


def test_importing_any_module_does_nothing(tmp_path: Path) -> None:
    """With an empty environment in an empty folder: no output, and the folder stays empty."""
    done = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(MODULES)}"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_modules_have_at_most_300_lines() -> None:
    """A longer one wants to be two."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}

    assert {path: lines for path, lines in lengths.items() if lines > 300} == {}


def test_functions_have_at_most_45_lines() -> None:
    """About 40: a longer one does more than one thing."""
    long = {
        f"{path.name}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= 45
        and path.parent.name != "versions"  # a migration is a list
    }

    assert long == set()


@pytest.mark.parametrize(("part", "most"), [("bot", 13_600), ("desk", 2_800), ("sandbox", 2_500)])
def test_each_part_keeps_to_its_budget(part: str, most: int) -> None:
    """Lines of code: past that, look for what to delete or to merge before adding."""
    assert sum(code_lines(path.read_text()) for path in SOURCES if part_of(path) == part) <= most


def part_of(path: Path) -> str:
    """Whose a module is: the sandbox's, the editor's desk's, or the bot's that answers and delivers."""
    inside = path.relative_to(ROOT / "bot")
    if inside.parts[0] == "sandbox":
        return "sandbox"
    desk = inside.parts[0] in {"content", "preview"} or inside.stem in {
        "commands_check",
        "commands_draft",
        "commands_preview",
    }
    return "desk" if desk else "bot"


def code_lines(source: str) -> int:
    """Lines that hold code: blank lines, comments and docstrings are not held against a module."""
    silent = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {
        line
        for token in tokens
        if token.type not in silent
        for line in range(token.start[0], token.end[0] + 1)
    }
    texts = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    return len(code - texts)
