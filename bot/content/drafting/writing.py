"""A skeleton -> files that are pleasant to read and edit, and that the loader accepts."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator

from bot.content.drafting.lexicon import UNKNOWN
from bot.content.drafting.skeleton import ArticleSkeleton, DigestSkeleton, ThemeSkeleton, listed
from bot.content.provenance import paragraph_hash

NO_DATE = "1970-01-01"
"""Stands for a date that was not found: valid, and plainly wrong to whoever reads it."""

_WIDTH = 100
_LONGEST = 200
"""Characters that the schema gives a text of one line."""
_SENTENCE = 280
"""Characters of a sentence that are shown as an aid."""
_MANY = 1_000
"""Paragraphs: of more, the outline holds no key terms, since a file has a limit."""
_PLAIN = re.compile(r"[^\W\d_][\w ,.;()«»“”’…–—/%+-]*")
_LICENCE = "The article belongs to its publisher and is not a part of this project: the digests retell it."
_ABOUT_ARTICLE = """\
# A draft: each TODO wants your words, and “python -m bot check” tells where one is left.
# The files of the themes quote the article in comments, as an aid while you write.
# Delete those comments before you publish: the article's text is not part of the digests.
"""
_ABOUT_THEME = """\
# A draft: replace each TODO. The comments below quote the article, as an aid while you write:
# delete them before you publish.
"""


def files(article: ArticleSkeleton) -> dict[str, str]:
    """The files of an article's folder by their names."""
    named = {f"{theme.name}.yaml": "\n".join(_theme(theme)) + "\n" for theme in article.themes}
    return {"article.yaml": "\n".join(_article(article)) + "\n", **named}


def _article(article: ArticleSkeleton) -> Iterator[str]:
    source = article.source
    yield _ABOUT_ARTICLE
    yield f"id: {article.id}"
    yield _line("title", source.title[:_LONGEST].strip() or "TODO the title of the article")
    yield _line("author", source.author[:_LONGEST].strip() or "TODO who wrote it")
    yield _line("publisher", source.publisher[:_LONGEST].strip() or "TODO who published it")
    yield f"published: {source.published or f'{NO_DATE}  # TODO: no date was found in the text'}"
    yield f"language: {source.language}{'  # TODO: none was told' * (source.language == UNKNOWN)}"
    if source.url:
        yield _line("url", source.url)
    yield _line("licence", _LICENCE)
    yield "\n# The order in which the themes are read.\nthemes:"
    yield from (f"  - {theme.name}" for theme in article.themes)
    yield "\n# What each paragraph says, in a few words of your own. The hash ties it to the text of the source."
    yield "outline:"
    for place, theme in enumerate(article.themes):
        yield f"{chr(10) * bool(place)}  # /{theme.name}"
        for number in (number for digest in theme.digests for number in digest.paragraphs):
            terms = article.about[number - 1] if len(article.about) <= _MANY else ()
            yield f"  - paragraph: {number}"
            yield _line("about", _todo(terms), "    ")
            yield f"    sha256: {paragraph_hash(source.passages[number - 1].text)}"


def _theme(theme: ThemeSkeleton) -> Iterator[str]:
    yield _ABOUT_THEME
    yield f"theme: {theme.name}"
    yield _line("title", theme.title or "TODO the title of this theme")
    yield f'emoji: "{theme.emoji}"'
    yield _line("summary", _todo(theme.terms))
    yield "\ndigests:"
    yield "\n\n".join("\n".join(_digest(digest)) for digest in theme.digests)


def _digest(digest: DigestSkeleton) -> Iterator[str]:
    first, last = digest.paragraphs[0], digest.paragraphs[-1]
    cited = f"paragraph {first}" if first == last else f"paragraphs {first}–{last}"
    yield f"  # From {cited}:"
    for sentence in digest.sentences:
        text = sentence if len(sentence) <= _SENTENCE else f"{sentence[:_SENTENCE]} …"
        yield textwrap.fill(text, _WIDTH, initial_indent="  #   • ", subsequent_indent="  #     ")
    yield f"  - id: {digest.id}"
    yield _line("title", _todo(digest.terms), "    ")
    yield "    text: |"
    yield f"      TODO Retell {cited} in your own words, 40 to 90 of them."
    yield f"    paragraphs: [{', '.join(map(str, digest.paragraphs))}]"


def _todo(terms: Iterable[str]) -> str:
    return f"TODO {listed(terms, _WIDTH - 10)}".rstrip()


def _line(key: str, text: str, indent: str = "") -> str:
    """A key and its text: as it is, in quotes where YAML needs them, and wrapped where it is long."""
    line = f"{indent}{key}: {text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)}"
    if len(line) <= _WIDTH:
        return line
    wrapped = textwrap.wrap(text, _WIDTH - 6, break_on_hyphens=False, break_long_words=False)
    return "\n".join((f"{indent}{key}: >-", *(f"{indent}  {part}" for part in wrapped)))
