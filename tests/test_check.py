"""`python -m bot check`: its rules where the page of checks does not show them, its formats and its exit codes."""

import datetime as dt
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios
from fcntl import ioctl
from pathlib import Path

import pytest

from bot import reports
from bot.content.checking import check
from bot.content.provenance import paragraph_hash
from bot.core.coverage import coverage
from bot.core.findings import Finding, Severity
from tests.test_cli import bot

ROOT = Path(__file__).parents[1]
TODAY = dt.date(2026, 6, 1)
ERROR = Finding("content/a, b/x:y.yaml", 3, 5, "bad-link", "100% of it\nis wrong", "mend it")
WARNING = Finding("content/ж.yaml", 1, 1, "todo", "to be written", "write it", Severity.WARNING, "one")


@pytest.fixture
def waters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a small good article with its source; the folder above the content is the working folder."""
    shutil.copytree(ROOT / "tests" / "waters", tmp_path / "waters")
    monkeypatch.chdir(tmp_path / "waters")
    return tmp_path / "waters"


def edit(name: str, *changes: tuple[str, str]) -> None:
    """Replace parts of a file of the article."""
    path = Path("content/waters") / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def remove_translations() -> None:
    """Leave the article in its own language."""
    for language in ("ru", "kk"):
        shutil.rmtree(f"content/waters/{language}")


def told(source: str | None = "source.txt", today: dt.date = TODAY) -> list[tuple[str, int, int, str]]:
    """Where each finding stands (within the article's folder), and its code."""
    found = check(Path("content"), today, [Path(source)] if source else []).loaded.findings
    return [(each.file.removeprefix("content/waters/"), each.line, each.column, each.code) for each in found]


# -- what else the rules say -------------------------------------------------------------------------------


def test_a_skeleton_gives_todos_and_nothing_else(waters: Path) -> None:
    """A draft's title and text are still to be written, and are not compared with anything."""
    assert waters.exists()
    edit(
        "rivers.yaml",
        ("title: Who lives there", 'title: "TODO Name People of Westland in 1234"'),
        ("Some 2 million people have their homes beside the water.", "TODO Westland 1234"),
        ("summary: Who", "summary: TODO Who"),
    )
    remove_translations()
    assert told() == [
        ("rivers.yaml", 4, 10, "todo"),
        ("rivers.yaml", 13, 12, "todo"),
        ("rivers.yaml", 14, 11, "todo"),
    ]


def test_findings_about_words_stand_where_the_words_are(waters: Path) -> None:
    """Line and column of the word, also in the second line of a block, after markup, and in a title."""
    assert waters.exists()
    edit(
        "rivers.yaml",
        ("The **Blue River**", "The **Red River**"),
        ("      in [the atlas]", "      in /seas and [the atlas]"),
        ("A river with three borders", "A river of 1999"),
    )
    remove_translations()
    assert told() == [
        ("rivers.yaml", 7, 12, "figure-not-in-source"),
        ("rivers.yaml", 9, 13, "name-not-in-source"),
        ("rivers.yaml", 10, 10, "dead-command"),
    ]


def test_a_finding_says_where_else_in_the_article_it_is_true(waters: Path) -> None:
    """A year of another paragraph: the hint is to add that one."""
    assert waters.exists()
    edit("rivers.yaml", ("Some 2 million people", "Since 1992, 2 million people"))
    remove_translations()
    (found,) = check(Path("content"), TODAY, [Path("source.txt")]).loaded.findings
    assert found.hint.startswith("add paragraph 2, where it is")
    assert found.subject == "along-the-banks"


def test_summaries_and_outlines_are_compared_as_well(waters: Path) -> None:
    """A figure in a theme's summary, and words of the article in its outline."""
    assert waters.exists()
    edit("treaty.yaml", ("What was signed,", "What Westland signed in 1993,"))
    edit(
        "article.yaml",
        (
            "Two countries, one river, three borders",
            "share the river, which crosses three borders on its way to it",
        ),
    )
    codes = [(file, line, code) for file, line, _, code in told()]
    assert codes == [
        ("article.yaml", 12, "copied-words"),
        ("treaty.yaml", 4, "figure-not-in-source"),
        ("treaty.yaml", 4, "name-not-in-source"),
    ]


def test_a_translation_is_compared_in_its_figures(waters: Path) -> None:
    """A wrong year is found; names and quotations, which are written otherwise, are not asked for."""
    assert waters.exists()
    edit(
        "ru/treaty.yaml",
        ("С 1992 года", "С 1993 года в Вестландии «так»"),
        ("тридцать пять лет", "сорок лет"),
    )
    assert told() == [
        ("ru/treaty.yaml", 8, 9, "figure-not-in-source"),
        ("ru/treaty.yaml", 13, 34, "figure-not-in-source"),
    ]


def test_a_russian_article_is_compared_in_russian(waters: Path) -> None:
    """Declined names and number words are recognised, another name and another number are not."""
    text = "В 1992 году Северландия и Югландия подписали договор.\n\nУ реки живут два миллиона человек."
    (waters / "source.txt").write_text(text, encoding="utf-8")
    remove_translations()
    Path("content/waters/treaty.yaml").unlink()
    one, two = map(paragraph_hash, text.split("\n\n"))
    article = Path("content/waters/article.yaml").read_text(encoding="utf-8")
    head = article.partition("outline:")[0].replace("language: en", "language: ru").replace(", treaty", "")
    outline = f"outline:\n- paragraph: 1\n  about: А\n  sha256: {one}\n- paragraph: 2\n  about: Б\n  sha256: {two}\n"
    Path("content/waters/article.yaml").write_text(head + outline, encoding="utf-8")
    Path("content/released.txt").unlink()
    digest = """\
theme: rivers
title: Реки
emoji: "🌊"
summary: О реках
digests:
  - id: blue-river
    title: Что связывает Северландию с Югландией
    text: |
      Подписи под бумагой стоят с 1992 года: так решили в Северландии и с Югландией. На берегах живёт
      2 млн человек.
    paragraphs: [1, 2]
"""
    Path("content/waters/rivers.yaml").write_text(digest, encoding="utf-8")
    assert told() == []
    edit("rivers.yaml", ("в Северландии", "в Вестландии"), ("2 млн", "двадцать миллионов"))
    assert told() == [
        ("rivers.yaml", 9, 59, "name-not-in-source"),
        ("rivers.yaml", 10, 7, "figure-not-in-source"),
    ]


def test_a_source_may_have_its_paragraphs_in_lines(waters: Path) -> None:
    """With title, date and empty lines before; and wrapped by hand, with blank lines between paragraphs."""
    text = (waters / "source.txt").read_text(encoding="utf-8")
    (waters / "lines.txt").write_text(text.replace("\n\n", "\n"), encoding="utf-8")
    (waters / "wrapped.txt").write_text(re.sub(r"(.{40}\S*) ", r"\1\n", text), encoding="utf-8")
    assert told("lines.txt") == told("wrapped.txt") == []


def test_ornaments_of_a_source_are_no_paragraphs(waters: Path) -> None:
    """A line of asterisks between two paragraphs is missed in no outline."""
    text = (waters / "source.txt").read_text(encoding="utf-8")
    (waters / "stars.txt").write_text(text.replace("\n\nIn 1992", "\n\n* * *\n\nIn 1992"), encoding="utf-8")
    assert "* * *" in (waters / "stars.txt").read_text(encoding="utf-8")
    assert told("stars.txt") == []


def test_a_changed_source_is_told_paragraph_by_paragraph(waters: Path) -> None:
    """One changed, one gone, one new: each at its place, and the others are still compared."""
    text = (waters / "source.txt").read_text(encoding="utf-8")
    (waters / "new.txt").write_text(
        text.replace("takes half", "take a third").replace("1992", "1993"), encoding="utf-8"
    )
    assert told("new.txt") == [
        ("article.yaml", 16, 13, "outline-differs"),
        ("kk/treaty.yaml", 8, 7, "figure-not-in-source"),
        ("ru/treaty.yaml", 8, 9, "figure-not-in-source"),
        ("treaty.yaml", 9, 13, "figure-not-in-source"),
    ]
    (waters / "gone.txt").write_text(re.sub("In 1992.*\n", "", text), encoding="utf-8")
    assert told("gone.txt") == [("article.yaml", 14, 16, "outline-differs")]
    (waters / "more.txt").write_text(f"{text}\nA word at the end.\n", encoding="utf-8")
    assert told("more.txt") == [("more.txt", 10, 1, "outline-incomplete")]


def test_the_hint_about_an_outline_is_what_mends_it(waters: Path) -> None:
    """The hash that it names is that of the source."""
    assert waters.exists()
    right = re.findall("sha256: (.*)", Path("content/waters/article.yaml").read_text(encoding="utf-8"))[2]
    edit("article.yaml", (right, "0" * 64))
    (found,) = check(Path("content"), TODAY, [Path("source.txt")]).loaded.findings
    assert (found.line, f"`sha256: {right}`" in found.hint) == (19, True)


def test_renamed_ids_are_told_with_their_new_names(waters: Path) -> None:
    """A digest that nobody has seen yet may be renamed; one that was shown, and a command, may not."""
    assert waters.exists()
    remove_translations()
    edit("treaty.yaml", ("id: dry-years", "id: dry-year"), ("theme: treaty", "theme: treaties"))
    edit("article.yaml", ("rivers, treaty", "rivers, treaties"))
    edit("rivers.yaml", ("/treaty", "/treaties"))
    assert told(today=dt.date(2026, 2, 20))[-1][3] != "id-disappeared"
    assert told() == [
        ("content/released.txt", 4, 1, "id-disappeared"),
        ("content/released.txt", 7, 1, "id-disappeared"),
    ]
    (command, digest) = check(Path("content"), TODAY).loaded.findings
    assert "`/treaties`" in command.hint
    assert "`dry-year`" in digest.hint
    assert (command.subject, digest.subject) == ("treaty", "dry-years")


def test_a_broken_theme_file_makes_no_ids_disappear(waters: Path) -> None:
    """One mistake gives one finding; so does a broken list of what is known."""
    assert waters.exists()
    remove_translations()
    edit("rivers.yaml", ("title: Rivers", "title: Rivers: all"))
    assert [code for *_, code in told()] == ["yaml-syntax"]
    edit("rivers.yaml", ("title: Rivers: all", "title: Rivers"))
    Path("content/released.txt").write_bytes(b"\xff\xfe")
    assert [code for *_, code in told()] == ["file-unreadable"]


@pytest.mark.parametrize(
    "text", ["and/or", "1/2", "https://example.org/lakes", "/next", "/Treaty", "/lakes@other_bot", "a</b"]
)
def test_not_every_slash_is_a_dead_command(waters: Path, text: str) -> None:
    """Only what Telegram makes a command of, and nobody answers to."""
    assert waters.exists()
    edit("rivers.yaml", ("Some 2 million", f"{text} Some 2 million"))
    assert "dead-command" not in [code for *_, code in told(None)]


def test_an_acknowledgement_must_be_of_a_known_code_and_have_a_reason(waters: Path) -> None:
    """Nothing else can be switched off."""
    assert waters.exists()
    edit(
        "rivers.yaml",
        ("    paragraphs: [3]", "    paragraphs: [3]\n    acknowledged: [{code: bad-link, about: x}]"),
    )
    assert told(None) == [("rivers.yaml", 17, 20, "missing-key"), ("rivers.yaml", 17, 27, "bad-value")]


# -- the command -------------------------------------------------------------------------------------------


def test_exit_codes(waters: Path) -> None:
    """Warnings pass unless --strict; errors do not; a source that is not there is a wrong use."""
    assert bot("check", "--strict", "--source", "source.txt", folder=waters)[0] == 0
    edit("rivers.yaml", ("title: Rivers", "title: Rivers of the countries that are on both sides"))
    code, output = bot("check", folder=waters)
    assert code == 0
    assert output.splitlines()[-1] == "Good: 1 article, 2 themes, 4 digests. 1 warning."
    code, output = bot("check", "--strict", folder=waters)
    assert (code, output.splitlines()[-1]) == (1, "1 warning: --strict accepts none.")
    edit("treaty.yaml", ("title: The", "titel: The"))
    code, output = bot("check", folder=waters)
    assert (code, output.splitlines()[-1]) == (1, "2 errors, 1 warning: nothing would be published.")
    for wrong in (("--source", "nowhere.txt"), ("--format", "xml"), ("--source", "content")):
        assert bot("check", *wrong, folder=waters)[0] == 2


def test_a_release_notes_what_readers_know(waters: Path) -> None:
    """It is written unless there are errors; what was missing from it is forgotten with that."""
    listed = waters / "content/released.txt"
    before = listed.read_text(encoding="utf-8")
    listed.write_text("gone\n", encoding="utf-8")
    assert "id-disappeared" in bot("check", folder=waters)[1]
    code, output = bot("check", "--release", folder=waters)
    assert (code, "content/released.txt notes" in output) == (0, True)
    assert listed.read_text(encoding="utf-8") == before
    edit("treaty.yaml", ("title: The", "titel: The"))
    listed.write_text("gone\n", encoding="utf-8")
    assert bot("check", "--release", folder=waters)[0] == 1
    assert listed.read_text(encoding="utf-8") == "gone\n"


def test_coverage_shows_every_paragraph(waters: Path) -> None:
    """By language, with the themes, and the share of words where the source is at hand."""
    assert waters.exists()
    edit("treaty.yaml", ("[2, 3]", "[2]"))
    edit("rivers.yaml", ("[3]", "[1]"))
    _, output = bot("check", "--coverage", "--source", "source.txt", folder=waters)
    table = output[output.index("waters, en:") :].splitlines()
    assert table[0] == "waters, en: 2 of 3 paragraphs covered (67%), 56% of the words"
    assert table[2] == "waters, ru: 2 of 3 paragraphs covered (67%), 56% of the words"
    assert table[4:8] == [
        "  ¶   en   kk   ru  themes",
        "  1    2    2    2  rivers",
        "  2    2    2    2  treaty",
        "  3    ·    ·    ·  nothing rests on it",
    ]


# -- formats -----------------------------------------------------------------------------------------------


def test_json_is_all_that_is_printed(waters: Path) -> None:
    """Findings with every field, and the coverage by article and language."""
    edit("treaty.yaml", ("title: The treaty", "title: The treaty of the countries on both sides"))
    code, output = bot("check", "--format", "json", folder=waters)
    told = json.loads(output)
    assert code == 0
    assert [(each["code"], each["severity"], each["line"], each["subject"]) for each in told["findings"]] == [
        ("long-label", "warning", 2, "treaty")
    ]
    assert told["coverage"]["waters"]["ru"]["2"][0] == {
        "theme": "treaty",
        "digest": "dry-years",
    }


def test_github_gets_one_escaped_command_for_each_finding() -> None:
    """`%`, line breaks, and in properties `:` and `,`; warnings are warnings."""
    assert reports.as_github([ERROR, WARNING]) == (
        "::error file=content/a%2C b/x%3Ay.yaml,line=3,col=5,title=bad-link::100%25 of it%0Ais wrong; mend it\n"
        "::warning file=content/ж.yaml,line=1,col=1,title=todo::to be written; write it\n"
    )


def test_sarif_has_rules_results_and_places() -> None:
    """As version 2.1.0 asks; every rule leads to the page of checks, and every result to its rule."""
    log = json.loads(reports.as_sarif([ERROR, WARNING, ERROR]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["bad-link", "todo"]
    assert rules[1]["defaultConfiguration"] == {"level": "warning"}
    assert rules[0]["help"]["text"] == "docs/checks.md#bad-link"
    first, second, _ = run["results"]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("bad-link", 0, "error")
    assert first["message"]["text"].endswith("mend it")
    place = second["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "content/%D0%B6.yaml"},
        "region": {"startLine": 1, "startColumn": 1},
    }


def test_no_finding_is_a_good_answer_in_every_format(waters: Path) -> None:
    """Empty lists for machines, nothing for GitHub."""
    assert json.loads(bot("check", "--format", "sarif", folder=waters)[1])["runs"][0]["results"] == []
    assert bot("check", "--format", "github", folder=waters) == (0, "")
    assert json.loads(bot("check", "--format", "json", folder=waters)[1])["findings"] == []


def test_errors_stand_last_and_lines_can_be_clicked() -> None:
    """Warnings first, each group under a heading; a path begins its line, and is never broken."""
    text = reports.as_text([ERROR, WARNING], 30)
    lines = text.splitlines()
    assert lines[0].startswith("Warnings")
    assert text.index("todo") < text.index("Errors") < text.index("bad-link")
    assert "content/ж.yaml:1:1: todo: to" in lines
    assert max(len(line) for line in lines if not line.startswith(("Warnings", "Errors"))) <= 31
    assert "content/ж.yaml:1:1: todo: to be written\n    hint: write it\n" in reports.as_text([WARNING])


def test_a_narrow_terminal_gets_lines_that_fit(waters: Path) -> None:
    """The real program on a terminal of 40 columns: nothing is wider, but what cannot be broken."""
    edit("treaty.yaml", ("title: The", "titel: The"))
    main, other = pty.openpty()
    ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    done = subprocess.Popen(
        [sys.executable, "-m", "bot", "check", "--coverage"],
        cwd=waters,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdout=other,
    )
    os.close(other)
    output = b""
    while chunk := _read(main):
        output += chunk
    assert done.wait(30) == 1
    assert [line for line in output.decode().splitlines() if len(line) > 40] == []
    assert "¶" in output.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_the_coverage_of_the_projects_own_content_is_complete() -> None:
    """Every paragraph of every article that comes with the project has a digest."""
    for article in check(ROOT / "content", TODAY).loaded.readable.articles:
        assert coverage(article)[0].uncovered == ()


def test_the_projects_own_content_is_faithful() -> None:
    """Strictly, and without a single acknowledgement."""
    source = ROOT.parent / "shared" / "article-middle-powers.txt"
    if not source.exists():
        pytest.skip("the source text is not shipped; it is not beside the project to compare with")
    checked = check(ROOT / "content", TODAY, [source])
    assert [str(found) for found in checked.loaded.findings] == []
    assert len(checked.sources["middle-powers"]) == 23
    assert "acknowledged" not in "".join(path.read_text() for path in ROOT.glob("content/*/*.yaml"))
