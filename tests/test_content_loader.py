import datetime as dt
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.content.loader import load_library
from bot.content.provenance import paragraph_hash
from tests.content import ARTICLE, FILES, LAKES, RIVERS, Load, library


def test_files_become_the_library(load: Load) -> None:
    """Every value arrives as what it is, and texts that look like something else stay texts."""
    loaded = library(load())
    (article,) = loaded.articles
    assert (article.id, article.published, article.url) == (
        "waters",
        dt.date(2026, 2, 1),
        "https://example.org/waters",
    )
    assert [(item.number, item.sha256[0]) for item in article.outline] == [(1, "0"), (2, "f")]
    theme = loaded.theme("rivers")
    assert theme is not None
    assert (theme.title, theme.emoji, theme.digests[0].article) == ("Rivers", "🤝", "waters")
    first, second = theme.digests
    assert (first.paragraphs, first.publish) == ((1, 2), None)
    assert (second.title, second.text, second.publish) == ("22:30", "no", dt.date(2026, 12, 1))


@pytest.mark.parametrize(
    ("listed", "order"),
    [
        ("", ["lakes", "rivers", "seas"]),
        ("themes: [seas, rivers]\n", ["seas", "rivers", "lakes"]),
        ("themes:\n- rivers\n", ["rivers", "lakes", "seas"]),
    ],
)
def test_listed_themes_come_first_and_others_by_file_name(load: Load, listed: str, order: list[str]) -> None:
    """`themes` of the article gives the reading order."""
    seas = RIVERS.replace("theme: rivers", "theme: seas").replace("-river\n", "-sea\n")
    loaded = library(load({"waters/article.yaml": ARTICLE + listed, "waters/seas.yaml": seas}))
    assert [theme.name for theme in loaded.themes] == order


def test_stray_files_are_passed_over(load: Load) -> None:
    """Hidden files, and what is not YAML, do not matter."""
    strays: dict[str, str | None] = {
        "waters/img/river.png": "x",
        "schema/theme.json": "{}",
        "waters/notes.txt": "a: b: c",
        "waters/.rivers.yaml.swp": "x",
        "waters/.hidden.yaml": "x",
        "pictures/river.png": "x",
        "README.md": "x",
    }
    assert len(library(load(strays)).themes) == 2


def test_an_article_needs_no_address(load: Load) -> None:
    """`url` may be left out or empty."""
    line = "url: https://example.org/waters\n"
    for url in ("", "url:\n"):
        assert library(load({"waters/article.yaml": ARTICLE.replace(line, url)})).articles[0].url is None


LONG = "word " * 92
BROKEN: dict[str, tuple[str, str, str, str, int, int]] = {
    # code: file, what is replaced, by what, and where the finding stands
    "reserved-command": ("rivers.yaml", "theme: rivers", "theme: subscribe", "reserved-command", 1, 8),
    "reserved word": ("rivers.yaml", "theme: rivers", "theme: mon", "reserved-command", 1, 8),
    "command form": ("rivers.yaml", "theme: rivers", "theme: Big Rivers", "bad-value", 1, 8),
    "doubled-command": ("rivers.yaml", "theme: rivers", "theme: lakes", "doubled-command", 1, 8),
    "doubled-digest-id": ("rivers.yaml", "id: second-river", "id: first-river", "doubled-digest-id", 13, 9),
    "id of another file": ("rivers.yaml", "id: first-river", "id: first-lake", "doubled-digest-id", 6, 9),
    "unknown-paragraph": ("rivers.yaml", "[1, 2]", "[1, 3]", "unknown-paragraph", 12, 21),
    "paragraph named twice": ("rivers.yaml", "[1, 2]", "[1, 1]", "doubled-paragraph", 12, 21),
    "doubled-paragraph": ("article.yaml", "- paragraph: 2", "- paragraph: 1", "doubled-paragraph", 13, 16),
    "text-too-long": ("rivers.yaml", "A river", LONG, "text-too-long", 8, 11),
    "text far too long": ("rivers.yaml", "A river", LONG * 10, "text-too-long", 8, 11),
    "unsupported-markup": ("rivers.yaml", "A river", "A `river`", "unsupported-markup", 9, 9),
    "list": ("rivers.yaml", "> And", "- And", "unsupported-markup", 11, 7),
    "bad-link": ("rivers.yaml", "A river", "A [river](/rivers)", "bad-link", 9, 9),
    "article's link": ("article.yaml", "https://example.org/waters", "example.org", "bad-link", 8, 6),
    "empty text": ("rivers.yaml", "text: no", "text: ''", "bad-value", 15, 11),
    "no text": ("rivers.yaml", "text: no", "text:", "bad-value", 15, 10),
    "missing-key": ("rivers.yaml", "summary: Who shares which river\n", "", "missing-key", 1, 1),
    "unknown-key": ("rivers.yaml", "summary:", "sumary:", "unknown-key", 4, 1),
    "date": ("rivers.yaml", "2026-12-01", "2026-02-30", "bad-value", 17, 14),
    "date by seconds": ("rivers.yaml", "2026-12-01", "1350", "bad-value", 17, 14),
    "number with _": ("rivers.yaml", "[1, 2]", "[1, 1_000]", "bad-value", 12, 21),
    "huge number": ("rivers.yaml", "[1, 2]", f"[1, {'1' * 5_000}]", "bad-value", 12, 21),
    "no paragraphs": ("rivers.yaml", "[1, 2]", "[]", "bad-value", 12, 17),
    "one paragraph unlisted": ("rivers.yaml", "[1, 2]", "1", "bad-value", 12, 17),
    "title in lines": ("rivers.yaml", "title: Rivers", 'title: "a\\nb"', "bad-value", 2, 8),
    "long title": ("rivers.yaml", "title: Rivers", f"title: {'a' * 65}", "bad-value", 2, 8),
    "emoji in words": ("rivers.yaml", '"🤝"', "handshake", "bad-value", 3, 8),
    "hash": ("article.yaml", "f" * 64, "f" * 63, "bad-value", 15, 13),
    "doubled-theme": (
        "article.yaml",
        "id: waters",
        "themes: [rivers, rivers]\nid: waters",
        "doubled-theme",
        1,
        18,
    ),
    "theme-file-missing": (
        "article.yaml",
        "id: waters",
        "themes: [seas]\nid: waters",
        "theme-file-missing",
        1,
        10,
    ),
    "yaml": ("rivers.yaml", "title: Rivers", "title: Rivers: all", "yaml-syntax", 2, 14),
}


@pytest.mark.parametrize(("file", "old", "new", "code", "line", "column"), BROKEN.values(), ids=BROKEN)
def test_an_error_is_found_and_mended(  # noqa: PLR0913, PLR0917  a row of the table
    load: Load, file: str, old: str, new: str, code: str, line: int, column: int
) -> None:
    """Each mistake is named at its place with what to do; when it is put right, the library loads."""
    text = FILES[f"waters/{file}"]
    loaded = load({f"waters/{file}": text.replace(old, new, 1)})
    assert loaded.library is None
    assert [found for found in loaded.findings if not found.hint] == []
    places = [(found.file, found.code, found.line, found.column) for found in loaded.findings]
    assert (f"content/waters/{file}", code, line, column) in places
    library(load())


@pytest.mark.parametrize(
    ("changes", "file", "code"),
    [
        ({"waters/rivers.yaml": None, "waters/lakes.yml": None}, "content/waters/article.yaml", "no-themes"),
        (dict.fromkeys(FILES), "content", "no-articles"),
        ({"waters/article.yaml": None}, "content/waters", "article-file-missing"),
        ({"rivers.yaml": RIVERS}, "content/rivers.yaml", "stray-file"),
        ({"waters/Drafts/new.yaml": RIVERS}, "content/waters/Drafts", "stray-folder"),
        ({"waters/empty.yaml": ""}, "content/waters/empty.yaml", "missing-key"),
    ],
)
def test_files_in_the_wrong_place_are_found(
    load: Load, changes: dict[str, str | None], file: str, code: str
) -> None:
    """What would be left out silently is a finding, and putting it right helps."""
    findings = load(changes).findings
    assert {(found.file, found.code, found.line, bool(found.hint)) for found in findings} == {
        (file, code, 1, True)
    }
    library(load(dict.fromkeys(changes.keys() - FILES.keys())))


def test_two_articles_cannot_have_one_id(load: Load) -> None:
    """The second folder's article is told where the first stands."""
    theme = RIVERS.replace("theme: rivers", "theme: seas").replace("-river\n", "-sea\n")
    (found,) = load({"zwaters/article.yaml": ARTICLE, "zwaters/seas.yaml": theme}).findings
    assert (found.file, found.line, found.code) == ("content/zwaters/article.yaml", 1, "doubled-article-id")
    assert "content/waters/article.yaml:1" in found.message
    mended = {"zwaters/article.yaml": ARTICLE.replace("id: waters", "id: seas")}
    assert len(library(load(mended)).articles) == 2


def test_two_articles_may_share_a_command_but_no_digest(load: Load) -> None:
    """The command pages over both; an id stands for one digest whatever the article."""
    other = {"lakes/article.yaml": ARTICLE.replace("id: waters", "id: lakes", 1)}
    shared = load(other | {"lakes/rivers.yaml": RIVERS.replace("-river\n", "-stream\n")})
    rivers = library(shared).theme("rivers")
    assert rivers is not None
    assert [(item.id, item.article) for item in rivers.digests] == [
        ("first-stream", "lakes"),
        ("second-stream", "lakes"),
        ("first-river", "waters"),
        ("second-river", "waters"),
    ]
    findings = load(other | {"lakes/rivers.yaml": RIVERS}).findings
    assert {found.code for found in findings} == {"doubled-digest-id"}


def test_names_doubled_within_one_line_are_found(load: Load) -> None:
    """Two digests in one line of flow style are told apart by their columns."""
    head = RIVERS.partition("digests:")[0]
    one = "{id: a, title: A, text: a, paragraphs: [1]}"
    (found,) = load({"waters/rivers.yaml": f"{head}digests: [{one}, {one}]\n"}).findings
    assert found.code == "doubled-digest-id"


def test_all_errors_of_all_files_come_in_one_run(load: Load) -> None:
    """Findings are sorted by file and line, whatever is broken."""
    findings = load(
        {
            "waters/article.yaml": ARTICLE.replace("id: waters", "id: W"),
            "waters/rivers.yaml": RIVERS.replace("[2]", "[x]").replace('"🤝"', "[]"),
            "waters/lakes.yml": "a: b: c",
        }
    ).findings
    assert [(found.file.rpartition("/")[2], found.line) for found in findings] == [
        ("article.yaml", 1),
        ("lakes.yml", 1),
        ("rivers.yaml", 3),
        ("rivers.yaml", 16),
    ]


def test_a_broken_theme_file_is_not_called_missing(load: Load) -> None:
    """One mistake gives one finding: the listed theme is there, if in a broken file."""
    listed = ARTICLE + "themes: [rivers, lakes]\n"
    broken = {"waters/rivers.yaml": "a: b: c", "waters/lakes.yml": LAKES.replace("emoji:", "emojy:")}
    codes = [found.code for found in load({"waters/article.yaml": listed} | broken).findings]
    assert codes == ["missing-key", "unknown-key", "yaml-syntax"]


def test_a_digest_that_just_fits_is_accepted(load: Load) -> None:
    """500 units with emoji, title, blank lines and 40 for the footer; one more is too long by one."""
    fits = "x" * (500 - 40 - len("🤝 22:30\n\n\n\n") - 1)
    library(load({"waters/rivers.yaml": RIVERS.replace("text: no", f"text: {fits}")}))
    (found,) = load({"waters/rivers.yaml": RIVERS.replace("text: no", f"text: {fits}x")}).findings
    assert "cut 1 of them" in found.hint


def test_a_link_out_of_the_content_folder_is_refused(load: Load, tmp_path: Path) -> None:
    """Content is what the folder holds; a link within it is fine, a link to itself is unreadable."""
    (tmp_path / "secret.yaml").write_text(RIVERS)
    library(load())
    inside = tmp_path / "content/waters/seas.yaml"
    inside.symlink_to(tmp_path / "secret.yaml")
    (found,) = load().findings
    assert (found.file, found.code) == ("content/waters/seas.yaml", "outside-root")
    inside.unlink()
    inside.symlink_to(inside)
    (found,) = load().findings
    assert found.code == "file-unreadable"


@pytest.mark.parametrize("root", ["nowhere", "file.txt", "a\0b"])
def test_a_root_that_cannot_be_read_is_a_finding(load: Load, tmp_path: Path, root: str) -> None:
    """A missing folder, a file and an impossible name say what to give instead."""
    library(load())
    (tmp_path / "file.txt").write_text("x")
    loaded = load_library(Path(root))
    assert [found.code for found in loaded.findings] == ["folder-unreadable"]
    assert loaded.findings[0].hint


def test_the_folder_of_an_article_is_told_from_the_library(load: Load) -> None:
    """Loading one article's folder says to load the folder above."""
    library(load())
    findings = load_library(Path("content/waters")).findings
    assert {found.code for found in findings} == {"stray-file"}
    assert "load the folder above" in findings[0].hint


def test_an_editor_can_look_at_what_is_whole(load: Load) -> None:
    """Of a file with one broken digest the others can be read; texts with faults are there as well."""
    loaded = load({"waters/rivers.yaml": RIVERS.replace("[2]", "[]").replace("A river", "# A river")})
    assert loaded.library is None
    assert loaded.readable.digest("second-river") is None
    found = loaded.readable.digest("first-river")
    assert found is not None
    assert found[1].text.startswith("# A river")
    assert [theme.name for theme in loaded.readable.themes] == ["lakes", "rivers"]


def test_a_broken_article_file_hides_no_digest(load: Load) -> None:
    """The article is called after its folder; paragraphs that nobody can look up are left out."""
    (article,) = load(
        {"waters/article.yaml": ARTICLE.replace("published: 2", "published: ")}
    ).readable.articles
    assert (article.id, len(article.themes)) == ("waters", 2)
    assert {digest.paragraphs for theme in article.themes for digest in theme.digests} == {()}


def test_of_doubled_names_an_editor_sees_the_first(load: Load) -> None:
    """Two themes, digests and articles with one name: whatever comes first by file name."""
    loaded = load(
        {
            "waters/rivers.yaml": RIVERS.replace("second-river", "first-river"),
            "waters/seas.yaml": RIVERS.replace("theme: rivers", "theme: lakes"),
            "zwaters/article.yaml": ARTICLE,
            "zwaters/rivers.yaml": RIVERS,
        }
    )
    (article,) = loaded.readable.articles
    titles = {theme.name: [digest.title for digest in theme.digests] for theme in article.themes}
    assert titles == {"lakes": ["The first river", "22:30"], "rivers": ["The first river"]}


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        ("title: 22:30", "title:", "second-river"),
        ("A river", "A `river`", "first-river"),
        ("title: Rivers", "title:", "rivers"),
        ("id: first-river", "id: first river", "first river"),
        ("theme: rivers", "theme: [rivers]", ""),
        ("title: Rivers", "title: Rivers: all", ""),
    ],
)
def test_a_finding_says_to_which_digest_it_belongs(load: Load, old: str, new: str, subject: str) -> None:
    """So that it can be shown beside it: the digest's id, the theme's name outside digests, else nothing."""
    loaded = load({"waters/rivers.yaml": RIVERS.replace(old, new, 1)})
    assert {found.subject for found in loaded.findings} == {subject}


EDITS = st.tuples(
    st.sampled_from(sorted(FILES)),
    st.integers(0, 700),
    st.integers(0, 12),
    st.text("ab:-[]{}&*!|>'\"%@`#,?~<\\ \n\t01", max_size=6) | st.text(max_size=3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=3))
def test_any_slip_of_the_keyboard_gives_a_library_or_findings(
    load: Load, edits: list[tuple[str, int, int, str]]
) -> None:
    """Whatever is deleted or typed in, nothing else escapes, and places stand within their files."""
    files = {name: text.encode() for name, text in FILES.items()}
    for name, start, length, typed in edits:
        source = files[name]
        files[name] = source[:start] + typed.encode() + source[start + length :]
    load()
    for name, source in files.items():
        (Path("content") / name).write_bytes(source)
    loaded = load_library(Path("content"))
    assert (loaded.library is None) == bool(loaded.findings)
    assert list(loaded.findings) == sorted(loaded.findings)
    for found in loaded.findings:
        lines = re.split(r"\r\n?|\n", Path(found.file).read_bytes().decode(errors="replace"))
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= max(map(len, lines)) + 1
        assert found.hint


def test_copies_of_a_paragraph_have_one_hash() -> None:
    """Quotation marks, dashes, spaces, ligatures and invisible characters differ between copies; words do not."""
    plain = paragraph_hash('The "middle powers" - it\'s said - of 2026 find')
    assert paragraph_hash("  The “middle\u00a0powers” — it’s\nsaid – of  2\u200b026 \ufb01nd\n") == plain
    assert paragraph_hash("The middle powers - its said - of 2026 find") == plain
    assert paragraph_hash("The middle power - its said - of 2026 find") != plain
    assert paragraph_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
