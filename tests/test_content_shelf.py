"""A library of three articles in up to three languages: apples and bridges, which share /care, and wells."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from bot.content.checking import check
from bot.content.released import disappeared, listing
from bot.core.library import Library, version, wording
from bot.core.model import Digest
from bot.preview.desk import desk

SHELF = Path(__file__).parent / "shelf"
TODAY = dt.date(2026, 11, 23)
FROST = dt.date(2027, 3, 1)
"""The day from which `apple-frost` is shown."""
CARE = ("apple-pruning", "apple-frost", "bridge-paint", "bridge-bolts")


@pytest.fixture(scope="module")
def library() -> Library:
    """The three articles, which have no finding."""
    loaded = check(SHELF, TODAY).loaded
    assert loaded.findings == ()
    assert loaded.library is not None
    return loaded.library


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A copy to write in."""
    return Path(shutil.copytree(SHELF, tmp_path / "shelf"))


def edit(path: Path, old: str, new: str) -> None:
    """Replace in a file what it has once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def codes(shelf: Path) -> list[tuple[str, str]]:
    """What is found, with the file within the shelf."""
    found = check(shelf, TODAY).loaded.findings
    return [(str(Path(each.file).relative_to(shelf)), each.code) for each in found]


def digest(library: Library, id_: str) -> Digest:
    """A digest that is there."""
    found = library.digest(id_)
    assert found is not None
    return found[1]


def test_the_newest_article_is_read_first(library: Library) -> None:
    """Its themes in its own order, then the next article's: not all of one command at a stretch."""
    assert [article.id for article in library.articles] == ["apples", "bridges", "wells"]
    assert [theme.name for theme in library.themes] == ["orchard", "care", "arches", "digging"]
    read = "apple-rows apple-colours apple-pruning bridge-arch bridge-keystone bridge-paint bridge-bolts"
    assert library.sequence((), TODAY) == (*read.split(), "well-depth", "well-stones")
    assert "apple-frost" in library.sequence((), FROST)


def test_a_shared_command_pages_over_both_articles(library: Library) -> None:
    """It is called as in the newest, and each digest knows its own article."""
    care = library.theme("care")
    assert care is not None
    assert (care.title, care.emoji) == ("Looking after trees", "✂️")
    assert tuple(item.id for item in care.digests) == CARE
    assert tuple(item.id for item in library.visible(care, TODAY)) == (CARE[0], *CARE[2:])
    assert [item.article for item in care.digests] == ["apples", "apples", "bridges", "bridges"]


@pytest.mark.parametrize(
    ("articles", "themes", "read"),
    [
        (("bridges",), (), "bridge-arch bridge-keystone bridge-paint bridge-bolts"),
        (("wells", "apples"), (), "apple-rows apple-colours apple-pruning well-depth well-stones"),
        ((), ("care",), "apple-pruning bridge-paint bridge-bolts"),
        (("bridges",), ("care",), "bridge-paint bridge-bolts"),
        (("bridges", "pears"), ("care", "harvest"), "bridge-paint bridge-bolts"),
    ],
)
def test_readers_follow_what_they_chose(
    library: Library, articles: tuple[str, ...], themes: tuple[str, ...], read: str
) -> None:
    """One article, some themes, or some themes of one article; names that are gone are passed over."""
    assert " ".join(library.sequence(themes, TODAY, articles)) == read


def test_each_language_holds_the_same_digests(library: Library) -> None:
    """Two articles read in it, the third as it was written; progress goes over from one to the other."""
    for code, title, care in (
        ("ru", "Яблоки севера", "Уход за деревьями"),
        ("kk", "Солтүстік алмалары", "Ағаш күтімі"),
    ):
        read = library.in_language(code)
        assert read.sequence((), FROST) == library.sequence((), FROST)
        assert [article.title for article in read.articles][::2] == [title, "Wells"]
        assert [theme.title for theme in read.themes][1] == care
        for id_ in library.sequence((), FROST):
            original, here = digest(library, id_), digest(read, id_)
            assert version(here) == version(original)
            assert (wording(here) == wording(original)) == id_.startswith("well")
            assert (here.article, here.publish, here.paragraphs) == (
                original.article,
                original.publish,
                original.paragraphs,
            )
            assert bool(here.correction) == bool(original.correction)


def test_an_article_that_is_added_changes_no_other_readings(shelf: Path, library: Library) -> None:
    """What was there stands in the same order, whether the new article is older or newer."""
    shutil.rmtree(shelf / "bridges")
    fewer = check(shelf, TODAY).loaded.library
    assert fewer is not None
    before = fewer.sequence((), TODAY)
    assert [id_ for id_ in library.sequence((), TODAY) if id_ in before] == list(before)


def test_an_id_stands_for_one_digest_of_all_articles(shelf: Path) -> None:
    """Only the command may be shared; the finding stands at the second one."""
    edit(shelf / "wells/digging.yaml", "id: well-depth", "id: apple-rows")
    assert codes(shelf) == [("wells/digging.yaml", "doubled-digest-id")]


def test_within_an_article_a_command_stands_once(shelf: Path) -> None:
    """Two files of one theme are a slip."""
    (shelf / "wells/more.yaml").write_text(
        (shelf / "wells/digging.yaml").read_text(encoding="utf-8").replace("id: well", "id: more"),
        encoding="utf-8",
    )
    assert codes(shelf) == [("wells/more.yaml", "doubled-command")]


def test_a_reserved_name_is_refused_in_every_article(shelf: Path) -> None:
    """The bot's own commands are not for sharing."""
    edit(shelf / "wells/digging.yaml", "theme: digging", "theme: settings")
    assert codes(shelf) == [("wells/digging.yaml", "reserved-command")]


def test_each_article_has_its_own_languages(shelf: Path) -> None:
    """Wells are in English alone, which is fine; bridges lack Kazakh once that is taken away."""
    shutil.rmtree(shelf / "bridges/kk")
    assert codes(shelf) == [("bridges/article.yaml", "missing-language")]
    shutil.rmtree(shelf / "bridges/ru")
    assert codes(shelf) == []


def test_what_a_shared_theme_lacks_is_told_where_it_lacks(shelf: Path) -> None:
    """The translation of one article's theme is no translation of the other's."""
    (shelf / "bridges/ru/care.yaml").unlink()
    assert codes(shelf) == [("bridges/ru", "missing-translation")]


def test_a_command_is_known_as_long_as_one_article_has_it(shelf: Path, library: Library) -> None:
    """The list of released names has it once, and misses it only when the last one is gone."""
    (shelf / "released.txt").write_text(listing(library), encoding="utf-8")
    lines = (shelf / "released.txt").read_text(encoding="utf-8").splitlines()
    assert lines.count("/care") == 1
    assert {line.partition(" ")[0] for line in lines if line[0] not in "#/"} == set(
        library.sequence((), FROST)
    )
    one = Library(library.articles[:1])
    gone = {found.subject for found in disappeared(shelf, one, TODAY)}
    assert "care" not in gone
    assert {"arches", "digging", "bridge-paint"} <= gone


def test_an_editor_sees_the_shared_command_as_readers_do(shelf: Path) -> None:
    """Each digest stands with its article, and in the row of both; a finding stands at its own article's theme."""
    edit(shelf / "bridges/care.yaml", "title: Looking after bridges", "title: Looking after **bridges**")
    seen = desk(check(shelf, TODAY).loaded, TODAY)
    assert [
        (article.id, [theme.name for theme in article.themes]) for article in seen.languages[0].articles
    ] == [
        ("apples", ["orchard", "care"]),
        ("bridges", ["arches", "care"]),
        ("wells", ["digging"]),
    ]
    (_, apples), (_, bridges) = seen.languages[0].articles[0].themes, seen.languages[0].articles[1].themes
    assert ([one.code for one in apples.findings], [one.code for one in bridges.findings]) == (
        [],
        ["markup-in-title"],
    )
    assert "'2/3'" in str(bridges.digests[0].message["reply_markup"])
    assert "'2/4'" in str(apples.digests[1].message["reply_markup"]), "on its first day"
