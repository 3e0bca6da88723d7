"""A text -> skeleton digests: what is read out of it, how it is divided and named, and what is written."""

import contextlib
import datetime as dt
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content.drafting.dividing import MAX_THEMES, divide, group
from bot.content.drafting.lexicon import detect, sentences, weigh
from bot.content.drafting.reading import read_source
from bot.content.drafting.skeleton import ArticleSkeleton, skeleton
from bot.content.drafting.source import Passage, Source, UnreadableError
from bot.content.drafting.writing import NO_DATE, files
from bot.content.loader import Loaded, load_library
from bot.content.paragraphs import paragraphs
from bot.content.provenance import paragraph_hash
from bot.core.library import RESERVED_COMMANDS, Library

ARTICLES = Path(__file__).parent / "articles"
ENGLISH, RUSSIAN, KAZAKH, PAGE = "bridge.md", "apples.txt", "wells.txt", "well.html"
EVERY = pytest.mark.parametrize("name", [ENGLISH, RUSSIAN, KAZAKH, PAGE])
RIVER = "The river carries ice, and below the ice swims a fish that no river biologist has counted."
CLOCK = "A clock needs a spring, and no spring keeps a clock right for longer than a watchmaker lives."


def source_of(name: str) -> Source:
    """The source in one of the sample articles."""
    return read_source((ARTICLES / name).read_bytes(), Path(name).suffix)


def drafted(source: Source, id_: str = "", stem: str = "", library: Library | None = None) -> ArticleSkeleton:
    """The skeleton of a source, in the language of its text."""
    language = detect([passage.text for passage in source.passages], source.language)
    said = (source.title, source.author, source.publisher, source.published, language, source.url)
    return skeleton(Source(source.passages, *said), id_, stem, library)


def plain(text: str) -> Source:
    """The source in a plain text."""
    return read_source(text.encode(), ".txt")


def loaded(made: ArticleSkeleton, folder: Path) -> Loaded:
    """What the loader makes of a draft."""
    inside = folder / made.id
    inside.mkdir()
    for name, content in files(made).items():
        (inside / name).write_text(content, encoding="utf-8")
    return load_library(folder)


def texts(source: Source) -> list[str]:
    """The paragraphs of a source."""
    return [passage.text for passage in source.passages]


# -- reading ----------------------------------------------------------------------------------------------


def test_a_markdown_file_says_what_it_is() -> None:
    """Title, author and date come from the front matter; the title's heading is no section."""
    source = source_of(ENGLISH)

    assert (source.title, source.author) == ("The bridge that learned to sing", "Dana Orazbek")
    assert source.published == dt.date(2025, 3, 4)
    assert [passage.heading for passage in source.passages if passage.heading] == [
        "An accident of rust",
        "Measuring a song",
        "What to do with it",
    ]


@pytest.mark.parametrize(
    "front",
    ["By Nora Field, 3 March 2025", "By Nora Field\n\n3 March 2025", "*By Nora Field*\n\n*3 March 2025*"],
)
def test_a_markdown_file_may_say_it_below_its_title(front: str) -> None:
    """Author and date are no paragraphs then."""
    source = source_of_markdown(f"# A ferry\n\n{front}\n\n{RIVER}\n\n## Costs\n\n{RIVER}\n")

    assert (source.title, source.author, source.published) == ("A ferry", "Nora Field", dt.date(2025, 3, 3))
    assert len(source.passages) == 2


def test_lists_quotes_and_tables_are_paragraphs_and_code_and_footnotes_are_not() -> None:
    """What can be retold is kept."""
    text = (
        "# Things\n\nOne[^1] `two` **three**\nfour.\n\n- a\n- b\n  - c\n\n> Said *so*.\n\n|x|y|\n|-|-|\n|1|2|\n\n"
        "```\ncode()\n```\n\n<script>alert(1)</script>\n\n[^1]: A note,\n    in two lines.\n"
    )

    assert texts(read_source(text.encode())) == ["One two three four.", "a b c", "Said so.", "x, y; 1, 2"]


def test_a_long_list_has_a_paragraph_for_each_item() -> None:
    """So that a digest can rest on one of them."""
    text = "# T\n\n" + "\n".join(f"- {number} {RIVER}" for number in range(9))

    assert len(source_of_markdown(text).passages) == 9


def source_of_markdown(text: str) -> Source:
    """The source in a Markdown text."""
    return read_source(text.encode(), ".md")


def test_a_plain_text_begins_with_title_author_and_date() -> None:
    """Short lines without a full stop are headings."""
    source = source_of(RUSSIAN)

    assert (source.title, source.author) == ("Яблоки, которые помнят горы", "Сауле Бекмуханова")
    assert source.published == dt.date(2024, 9, 14)
    assert [passage.heading for passage in source.passages if passage.level] == [
        "Старые сады",
        "Что пошло не так",
        "Возвращение",
    ]


@pytest.mark.parametrize(
    ("lines", "author", "published"),
    [
        ("May 28, 2024", "", dt.date(2024, 5, 28)),
        ("By Dana Orazbek, 4 March 2025", "Dana Orazbek", dt.date(2025, 3, 4)),
        ("Автор: Асан Серик\n\n12.05.2024", "Асан Серик", dt.date(2024, 5, 12)),
        ("Dana Orazbek\n\n2025-03-04", "Dana Orazbek", dt.date(2025, 3, 4)),
        ("Дана Оразбек\n\n2024 жылғы 12 мамыр", "Дана Оразбек", dt.date(2024, 5, 12)),
        ("Old Gardens", "", None),
        ("yesterday", "", None),
        ("March 2024", "", None),
    ],
)
def test_what_stands_below_the_title(lines: str, author: str, published: dt.date | None) -> None:
    """Dates in each language, whole ones only; a name counts as the author where a date stands by it."""
    source = plain(f"A title\n\n{lines}\n\n{RIVER}\n\n{RIVER} {CLOCK}")

    assert (source.author, source.published) == (author, published)


def test_a_page_gives_its_article_and_what_it_says_of_itself() -> None:
    """Menus, the cookie banner, related links and the footer stay out."""
    source = source_of(PAGE)

    assert (source.title, source.author, source.publisher) == (
        "The well that nobody dug",
        "Aigul Serik",
        "Steppe Review",
    )
    assert source.published == dt.date(2025, 3, 4)
    assert [passage.heading for passage in source.passages if passage.level] == ["Water first", "Owners"]
    assert texts(source)[0].startswith("In the village of Karasu")
    assert not re.search("cookie|Subscribe|Ten lakes|All rights", " ".join(texts(source)))


def test_breaks_part_paragraphs_in_a_page_without_any() -> None:
    """Two `<br>` in a row are as good as a `<p>`."""
    page = f"<html><body><article>{RIVER} {RIVER}<br><br>{CLOCK}<br>{CLOCK}<br><br>{RIVER}</article></body></html>"

    assert texts(read_source(page.encode())) == [f"{RIVER} {RIVER}", f"{CLOCK} {CLOCK}", RIVER]


def test_a_page_that_is_made_by_scripts_is_refused() -> None:
    """With what to do instead."""
    page = b"<!doctype html><html><body><noscript>Enable JavaScript.</noscript><script>go()</script></body></html>"

    with pytest.raises(UnreadableError, match=r"made by scripts: save it from a browser"):
        read_source(page)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251", "koi8-r", "cp866"]
)
def test_russian_in_every_encoding(encoding: str) -> None:
    """Nobody has to know in which one a file was saved."""
    text = (ARTICLES / RUSSIAN).read_text(encoding="utf-8").replace("\n", "\r\n")

    assert read_source(text.encode(encoding, "replace")) == source_of(RUSSIAN)


@pytest.mark.parametrize("encoding", ["kz1048", "ptcp154"])
def test_kazakh_in_the_encodings_that_have_its_letters(encoding: str) -> None:
    """Older files from Kazakhstan."""
    assert read_source((ARTICLES / KAZAKH).read_text(encoding="utf-8").encode(encoding)) == source_of(KAZAKH)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n\n \r\n",
        b"# A\n\n## B\n\n### C\n",
        b"<html><body></body></html>",
        b"%PDF-1.4 text",
        b"PK\x03\x04\x00\x00",
        bytes(range(256)) * 9,
    ],
    ids=["empty", "blank", "headings only", "empty page", "PDF", "archive", "binary"],
)
def test_nothing_to_draft_from(data: bytes) -> None:
    """One line says why."""
    with pytest.raises(UnreadableError, match=r"^[^\n]+$"):
        read_source(data)


@given(st.binary(max_size=300), st.sampled_from(["", ".md", ".html"]))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, suffix: str) -> None:
    """Nothing else gets out."""
    with contextlib.suppress(UnreadableError):
        assert read_source(data, suffix).passages


# -- words ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (RIVER, "en"),
        ("Река несёт лёд, и подо льдом плывёт рыба, которую ещё никто не посчитал. Қазақстан.", "ru"),
        ("Өзен мұз ағызады, ал мұздың астында ешкім санамаған балық жүзеді.", "kk"),
        ("Өзен мұз ағызады, ал мұздың астында балық жүзеді. Река несёт лёд, и это видно.", "kk"),
        ("Der Fluss trägt Eis, und darin schwimmt ein Fisch, den noch niemand gezählt hat.", "de"),
        ("Річка несе лід, а під кригою пливе риба, якої ще ніхто не рахував.", "uk"),
        ("河流带着冰，冰下游着一条鱼。", "und"),
        ("Zyx qvo.", "und"),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    """Kazakh by its letters, others by their small words."""
    assert detect([text]) == language


def test_what_a_page_declares_counts_where_the_text_does_not_tell() -> None:
    """A Chinese page says that it is one."""
    assert detect(["河流带着冰，冰下游着一条鱼。"], "zh") == "zh"


@pytest.mark.parametrize(
    ("language", "text", "number"),
    [
        ("en", "Dr. Smith met Mr. J. R. Brown at 5 p.m. on Monday. He said: “Go!” Then he left.", 3),
        ("ru", "В 2024 г. А. С. Иванов приехал в г. Алматы. Он сказал: «Да!» И ушёл.", 3),
        ("kk", "Ауылда мал, егін, т.б. шаруашылық бар. Құдық та бар.", 2),
    ],
)
def test_abbreviations_end_no_sentence(language: str, text: str, number: int) -> None:
    """Titles, initials, years and cities."""
    assert len(sentences(text, language)) == number


@pytest.mark.parametrize(
    ("name", "term"), [(ENGLISH, "bridge"), (RUSSIAN, "апорт"), (KAZAKH, "құдық"), (PAGE, "ground")]
)
def test_key_terms_bring_the_forms_of_a_word_together(name: str, term: str) -> None:
    """What an article is about stands among its first terms."""
    source = source_of(name)
    lexicon = weigh(texts(source), detect(texts(source)))

    assert term in lexicon.terms(range(len(source.passages)), 8)


# -- dividing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "least", "most"),
    [(1, 1, 1), (3, 1, 1), (8, 2, 2), (20, 5, 5), (40, 10, 10), (400, 20, 40)],
)
def test_how_many_themes_a_text_without_headings_has(number: int, least: int, most: int) -> None:
    """Few for a short one, five to ten for an article, at most forty for a book."""
    passages = [Passage(f"{RIVER} {index}") for index in range(number)]

    assert least <= len(divide(passages, weigh([passage.text for passage in passages], "en"))) <= most


def test_a_text_without_headings_parts_where_its_subject_changes() -> None:
    """Four paragraphs of a river, five of clocks."""
    passages = [Passage(RIVER)] * 4 + [Passage(CLOCK)] * 5

    assert divide(passages, weigh([passage.text for passage in passages], "en")) == [range(4), range(4, 9)]


def test_headings_make_the_themes() -> None:
    """A lone paragraph before the first heading belongs to the first theme."""
    source = source_of(ENGLISH)

    assert divide(source.passages, weigh(texts(source), "en")) == [range(4), range(4, 7), range(7, 11)]


passages_of_any_kind = st.lists(
    st.builds(
        Passage,
        st.sampled_from([RIVER, CLOCK, "Short."]),
        st.just("Head"),
        st.sampled_from([0, 0, 0, 1, 2, 3]),
    ),
    min_size=1,
    max_size=120,
)


@given(passages_of_any_kind)
@settings(max_examples=60, deadline=None)
def test_every_paragraph_is_in_one_theme_and_one_digest(passages: list[Passage]) -> None:
    """Whatever the headings; and a digest rests on three paragraphs at most."""
    themes = divide(passages, weigh([passage.text for passage in passages], "en"))
    groups = [span for theme in themes for span in group(theme, passages)]

    assert [index for theme in themes for index in theme] == list(range(len(passages)))
    assert [index for span in groups for index in span] == list(range(len(passages)))
    assert all(1 <= len(span) <= 3 for span in groups)
    assert all(before.stop == after.start for before, after in pairwise(groups))
    assert len(themes) <= MAX_THEMES


# -- names ------------------------------------------------------------------------------------------------


def titled(*headings: str) -> ArticleSkeleton:
    """An article with a section under each of these headings."""
    body = (
        Passage(f"{RIVER} {CLOCK}", heading if number == 0 else "", 2 * (number == 0))
        for heading in headings
        for number in range(4)
    )
    return skeleton(Source(tuple(body), language="en"), "", "", None)


@EVERY
def test_commands_can_be_typed(name: str) -> None:
    """Small letters, digits and _; a letter first; short; none is taken twice or a word of the bot's own."""
    names = [theme.name for theme in drafted(source_of(name)).themes]

    assert all(re.fullmatch("[a-z][a-z0-9_]{0,31}", command) for command in names)
    assert len(set(names)) == len(names)


def test_commands_are_words_of_the_headings_in_latin_letters() -> None:
    """Kazakh and Russian letters are transliterated."""
    assert [theme.name for theme in drafted(source_of(KAZAKH)).themes] == [
        "eski_qudyqtar",
        "burghynyng_kelui",
        "umit",
    ]
    assert [theme.title for theme in drafted(source_of(KAZAKH)).themes] == [
        "Ескі құдықтар",
        "Бұрғының келуі",
        "Жаңа үміт",
    ]


def test_no_command_is_reserved_doubled_or_without_a_letter() -> None:
    """`Help`, two headings alike, a year, and a heading of signs."""
    made = titled("Help", "Ice", "Ice", "2024", "***")
    names = [theme.name for theme in made.themes]

    assert len(set(names)) == 5
    assert not set(names) & RESERVED_COMMANDS
    assert all(re.fullmatch("[a-z][a-z0-9_]*", name) for name in names)
    assert len({theme.title for theme in made.themes}) >= 4


def test_a_heading_that_is_a_sentence_is_no_title() -> None:
    """Key terms stand in for it: the article's sentences are not to be published."""
    heading = "How the town found out what its river had been hiding all those years"

    assert heading not in [theme.title for theme in titled(heading, "Ice").themes]


def test_names_of_other_articles_are_avoided(tmp_path: Path) -> None:
    """The same article a second time gets other commands and ids, so that both load together."""
    source = source_of(RUSSIAN)
    first = loaded(drafted(source, "first"), tmp_path).library
    assert first is not None

    both = loaded(drafted(source, "second", library=first), tmp_path)

    assert both.findings == ()


def test_the_id_follows_the_title_or_the_file() -> None:
    """Cut between words at 40 characters."""
    long = "A title of the kind that goes on and on until nobody listens"

    assert drafted(plain(f"{long}\n\n{RIVER}")).id == "a-title-of-the-kind-that-goes-on-and-on"
    assert drafted(plain(RIVER), stem="my notes").id == "my-notes"
    assert drafted(plain(RIVER), stem="河").id == "he"
    assert drafted(plain(RIVER)).id == "article"
    assert drafted(plain(f"{long}\n\n{RIVER}"), "chosen").id == "chosen"


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("河流与桥", "自从建城以来，河流已经改道两次，而桥每次都留在原地。没有人问过河流为什么。"),
        ("النهر والجسر", "لقد غير النهر مجراه مرتين منذ بناء المدينة، وفي كل مرة بقي الجسر في مكانه."),
        ("Γέφυρα", "Το ποτάμι άλλαξε κοίτη δύο φορές από τότε που χτίστηκε η πόλη."),
        ("แม่น้ำ", "แม่น้ำเปลี่ยนทางสองครั้งนับตั้งแต่เมืองถูกสร้างขึ้น"),
    ],
)
def test_other_scripts_get_a_draft_as_well(title: str, body: str, tmp_path: Path) -> None:
    """Where no word can be spoken, themes are numbered; a clause without spaces is never a term."""
    made = drafted(plain("\n\n".join([title, *(f"{body} {number}" for number in range(9))])))
    values = "\n".join(
        line for content in files(made).values() for line in content.splitlines() if "#" not in line
    )

    assert loaded(made, tmp_path).findings == ()
    assert body[:25] not in values


# -- what is written --------------------------------------------------------------------------------------


@EVERY
def test_the_loader_accepts_the_draft_as_it_is(name: str, tmp_path: Path) -> None:
    """Without a finding; every paragraph is in the outline with its hash, and rests under one digest."""
    source = source_of(name)
    library = loaded(drafted(source), tmp_path).library
    assert library is not None
    (article,) = library.articles

    assert [item.sha256 for item in article.outline] == [paragraph_hash(text) for text in texts(source)]
    assert [
        number for theme in article.themes for digest in theme.digests for number in digest.paragraphs
    ] == list(range(1, len(source.passages) + 1))


@EVERY
def test_what_is_to_be_written_says_todo(name: str, tmp_path: Path) -> None:
    """Digests, summaries and the outline; `check` tells where one is left."""
    library = loaded(drafted(source_of(name)), tmp_path).library
    assert library is not None
    (article,) = library.articles
    digests = [digest for theme in article.themes for digest in theme.digests]
    waiting = [
        *(item.about for item in article.outline),
        *(theme.summary for theme in article.themes),
        *(text for digest in digests for text in (digest.title, digest.text)),
    ]

    assert [text for text in waiting if not text.startswith("TODO")] == []


@EVERY
def test_the_articles_sentences_stand_in_comments_alone(name: str) -> None:
    """As an aid, beside the digest that they are for; no value shares five words in a row with the article."""
    source = source_of(name)
    taken = " ".join(" ".join(texts(source)).lower().split())
    contents = "\n".join(files(drafted(source)).values())
    values = re.sub(r"#.*", "", contents).lower().split("\n")
    runs = {
        " ".join(run)
        for line in values
        for run in zip(*(re.findall(r"\w+", line)[start:] for start in range(5)), strict=False)
    }

    assert not {run for run in runs if run in taken}
    assert contents.count("# From paragraph") == contents.count("  - id: ")
    assert sum(line.startswith("  #   • ") for line in contents.splitlines()) >= contents.count(
        "# From paragraph"
    )
    assert "Delete those comments before you publish" in contents


@EVERY
def test_the_files_are_pleasant_to_read(name: str) -> None:
    """At most 100 columns, no trailing space, one final line end."""
    for content in files(drafted(source_of(name))).values():
        assert [line for line in content.splitlines() if len(line) > 100 or line != line.rstrip()] == []
        assert content.endswith("\n")
        assert not content.endswith("\n\n")


def test_a_theme_as_it_is_written() -> None:
    """The whole of a file."""
    made = drafted(plain(f"Ice\n\n{RIVER}"))

    assert files(made)["river.yaml"] == (
        "# A draft: replace each TODO. The comments below quote the article, as an aid while you write:\n"
        "# delete them before you publish.\n"
        "\n"
        "theme: river\n"
        "title: River, ice, carries\n"
        'emoji: "💧"\n'
        "summary: TODO river, ice, carries, swims\n"
        "\n"
        "digests:\n"
        "  # From paragraph 1:\n"
        "  #   • The river carries ice, and below the ice swims a fish that no river biologist has counted.\n"
        "  - id: river-ice\n"
        "    title: TODO river, ice, carries\n"
        "    text: |\n"
        "      TODO Retell paragraph 1 in your own words, 40 to 90 of them.\n"
        "    paragraphs: [1]\n"
    )


def test_what_was_not_found_is_to_be_filled_in() -> None:
    """A date cannot be a TODO, so it is one that is plainly wrong, with a comment."""
    content = files(drafted(plain(RIVER)))["article.yaml"]

    assert "\ntitle: TODO the title of the article\n" in content
    assert "\nauthor: TODO who wrote it\n" in content
    assert f"\npublished: {NO_DATE}  # TODO: no date was found in the text\n" in content


@pytest.mark.parametrize(
    "title",
    [
        "\"Quoted\": 'and' {more} — #1 🤝",
        "- a list, or: not?",
        "*Stars* & [brackets] | pipes > all",
        'Ends with a colon and a quote:"',
        "yes",
        "null",
        "2024",
        "C:\\new\\table",
        "very " * 39 + "long",
        "w" * 199,
    ],
)
def test_any_title_survives(title: str, tmp_path: Path) -> None:
    """Whatever YAML thinks of its signs."""
    source = Source((Passage(RIVER, title, 2),), title, title, title, language="en")
    library = loaded(skeleton(source, "a", "", None), tmp_path).library
    assert library is not None

    assert (library.articles[0].title, library.articles[0].author) == (title, title)


@given(st.lists(st.text(), max_size=6), st.sampled_from([".txt", ".md", ".html"]))
@settings(max_examples=60, deadline=None)
def test_any_text_becomes_a_draft_that_loads(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str], suffix: str
) -> None:
    """Or there is nothing to draft from."""
    try:
        source = read_source("\n\n".join([*parts, RIVER]).encode("utf-8", "replace"), suffix)
    except UnreadableError:
        return

    assert loaded(drafted(source), tmp_path_factory.mktemp("draft")).findings == ()


def test_a_paragraph_can_be_huge() -> None:
    """As long as a book, with and without spaces; the aid stays short."""
    for text in (f"{RIVER} " * 5000, "x" * 400_000, "“" * 50_000 + "a"):
        contents = files(drafted(plain(f"A title\n\n{text}")))

        assert sum(map(len, contents.values())) < 4_000


def test_too_many_paragraphs_for_one_article() -> None:
    """More than a content file can hold hashes of."""
    with pytest.raises(UnreadableError, match="part by part"):
        drafted(Source((Passage(RIVER),) * 2001))


def test_a_long_book_still_fits_the_limits_of_content_files(tmp_path: Path) -> None:
    """Two thousand paragraphs."""
    source = Source(
        tuple(Passage(f"{RIVER} {CLOCK} Нұра {number}") for number in range(2000)), "Book", language="en"
    )

    assert loaded(skeleton(source, "", "", None), tmp_path).findings == ()


def test_the_same_text_gives_the_same_bytes() -> None:
    """In every process, whatever order Python gives to sets."""
    program = (
        "import sys; from tests.test_content_drafting import *\n"
        "for name in (ENGLISH, RUSSIAN, KAZAKH, PAGE): sys.stdout.write(str(files(drafted(source_of(name)))))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[1],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1
    assert len(outputs.pop()) > 5000


def test_paragraphs_are_numbered_as_in_a_comparison_with_the_source() -> None:
    """A plain text's paragraphs in the outline are those that it is compared by, in order."""
    known = paragraphs((ARTICLES / KAZAKH).read_text(encoding="utf-8"))
    found = texts(source_of(KAZAKH))

    assert [text for text in known if text in found] == found


def test_the_shipped_outline_is_what_a_draft_of_its_source_has() -> None:
    """The same paragraphs with the same hashes, though a draft counts from 1."""
    source = Path(__file__).parents[2] / "shared" / "article-middle-powers.txt"
    if not source.exists():
        pytest.skip("the source text is not shipped; it is not beside the project to compare with")
    library = load_library(Path(__file__).parents[1] / "content").library
    shipped = library.article("middle-powers") if library else None
    assert shipped is not None
    made = read_source(source.read_bytes(), source.suffix)

    assert (made.title, made.published) == (shipped.title, shipped.published)
    assert [paragraph_hash(text) for text in texts(made)] == [item.sha256 for item in shipped.outline]
