"""docs/checks.md: every code that there is, with an example that fails at the line it shows and one that is good."""

import ast
import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.content.checking import check
from bot.content.codes import WARNINGS
from bot.core.findings import Finding

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
TODAY = dt.date(2026, 6, 1)
SOURCES = [*ROOT.glob("bot/content/*.py"), *ROOT.glob("bot/documents/*.py"), ROOT / "bot/core/markdown.py"]
NO_CODES = {"utf-8", "utf-8-sig", "utf-16-le"}


@pytest.fixture
def waters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page's article and its source, which is the working folder."""
    shutil.copytree(ROOT / "tests" / "waters", tmp_path / "waters")
    monkeypatch.chdir(tmp_path / "waters")
    return tmp_path / "waters"


def findings() -> list[Finding]:
    """What `check` says of the working folder's content."""
    return list(check(Path("content"), TODAY, [Path("source.txt")]).loaded.findings)


def hunks(section: str) -> tuple[str, str, str, str]:
    """Of a diff: the file that it changes, the one with the finding, and the lines before and after mending."""
    (block,) = re.findall(r"```diff\n(.*?)```", section, re.DOTALL)
    head, *lines = block.splitlines()
    found, _, changed = head.removeprefix("# ").partition(", because of ")
    failing = "".join(f"{line[1:]}\n" for line in lines if line[:1] in "- ")
    mended = "".join(f"{line[1:]}\n" for line in lines if line[:1] in "+ ")
    return changed or found, found, failing, mended


def test_the_article_of_the_page_is_good(waters: Path) -> None:
    """So whatever an example finds comes from the example."""
    assert waters.exists()
    assert findings() == []


@pytest.mark.parametrize("code", [code for code, section in SECTIONS.items() if "```diff" in section])
def test_a_line_is_found_and_mended(waters: Path, code: str) -> None:
    """The line with a minus is where the finding stands; with the plus in its place all is good (see above)."""
    changed, found, failing, mended = hunks(SECTIONS[code])
    path = waters / "content" / changed
    text = path.read_text(encoding="utf-8")
    assert text.count(mended) == 1, "the mended lines are the article's own"
    path.write_text(text.replace(mended, failing), encoding="utf-8")
    begin = text[: text.index(mended)].count("\n") + 1
    lines = range(begin, begin + failing.count("\n"))
    there = [each for each in findings() if each.code == code]
    where = {(Path(each.file).resolve(), each.line in lines or found != changed) for each in there}
    assert where == {((waters / "content" / found).resolve(), True)}
    assert all(each.hint for each in there)


@pytest.mark.parametrize("code", [code for code, section in SECTIONS.items() if "```sh" in section])
def test_commands_break_and_mend(waters: Path, code: str) -> None:
    """The first block of commands brings the finding, and the second takes it away."""
    failing, mended = re.findall(r"```sh\n(.*?)```", SECTIONS[code], re.DOTALL)
    subprocess.run(["bash", "-ec", failing], cwd=waters, check=True)
    there = [each for each in findings() if each.code == code]
    assert there
    assert all(each.hint for each in there)
    subprocess.run(["bash", "-ec", mended], cwd=waters, check=True)
    assert findings() == []


def test_every_code_has_its_place_on_the_page() -> None:
    """Whatever looks like a code in the sources that make findings, and nothing else, has a section."""
    texts = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    codes = {text for text in texts if re.fullmatch("[a-z]+(-[a-z0-9]+)+", text)} - NO_CODES
    assert SECTIONS.keys() == codes | {"todo"}


def test_every_code_has_an_example() -> None:
    """A diff, or two blocks of commands."""
    assert [
        code for code, section in SECTIONS.items() if "```diff" not in section and "```sh" not in section
    ] == []


def test_the_page_says_which_codes_are_warnings() -> None:
    """As the code has it; every one of them exists."""
    assert {
        code for code, section in SECTIONS.items() if section.strip().startswith("*Warning.*")
    } == WARNINGS


def test_a_false_alarm_is_acknowledged_as_the_page_shows_it(waters: Path) -> None:
    """It is not told again; when there is nothing to acknowledge, that is told, unless nothing was compared."""
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = waters / "content/waters/rivers.yaml"
    text = path.read_text(encoding="utf-8").replace("    paragraphs: [3]\n", block)
    path.write_text(text, encoding="utf-8")
    assert [each.code for each in findings()] == ["unused-acknowledgement"]
    assert check(Path("content"), TODAY).loaded.findings == ()
    path.write_text(text.replace("Some 2 million people", "Some 24 people"), encoding="utf-8")
    assert [each.code for each in findings() if each.code != "stale-translation"] == []
