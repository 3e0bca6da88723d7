"""The text of an article beside its outline: which paragraph is which, and what changed.

A source is plain text, with a paragraph in each line or with blank lines between paragraphs: whichever fits the
outline's hashes better. Short lines before the first paragraph are its title, date and author.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path

from bot.content.paragraphs import divisions
from bot.content.provenance import paragraph_hash
from bot.content.schema import ArticleFile
from bot.content.sheets import Folder, Sheet, typed
from bot.core.findings import Finding

MAX_BYTES = 8 * 1024 * 1024
HEADING = 15
"""Words of a line before the first paragraph that is taken for a title, a date or an author."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of a source, with the line where it begins."""

    line: int
    text: str
    sha256: str


@dataclass(frozen=True)
class Source:
    """A source as it was read: its blocks by lines, and by blank lines."""

    file: str
    text: str

    @cached_property
    def divisions(self) -> tuple[tuple[Block, ...], ...]:
        """Both ways to divide the text."""
        return tuple(
            tuple(Block(line, text, paragraph_hash(text)) for line, text in pieces)
            for pieces in divisions(self.text)
        )

    def fitting(self, outline: Sequence[str]) -> tuple[int, tuple[Block, ...]]:
        """How many of an outline's hashes the source has, and the division that has so many."""
        hashes = set(outline)
        found = [(len({block.sha256 for block in blocks} & hashes), blocks) for blocks in self.divisions]
        return max(found, key=lambda pair: pair[0])


def read_source(path: Path) -> Source | Finding:
    """The source in a file, or why it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ValueError(f"larger than {MAX_BYTES >> 20} MiB")  # noqa: TRY301  one place says what to do
        return Source(typed(path), data.decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        hint = "give a plain text in UTF-8 with the article's paragraphs"
        return Finding(typed(path), 1, 1, "file-unreadable", f"cannot be read: {error}", hint)


def compare(sheet: Sheet[ArticleFile], source: Source) -> tuple[dict[int, str], list[Finding]]:
    """The source's text of each paragraph of the outline, by number, and where the two differ."""
    outline = [item.sha256 for item in sheet.content.outline]
    blocks = source.fitting(outline)[1]
    texts, found, first = {}, list[Finding](), True
    matcher = SequenceMatcher(None, outline, [block.sha256 for block in blocks], autojunk=False)
    for kind, low, high, begin, end in matcher.get_opcodes():
        pairs, more = (
            list(zip(range(low, high), blocks[begin:end], strict=False)),
            blocks[begin + high - low : end],
        )
        if first and len(blocks[begin:end]) > high - low:  # what is too much there, stands before
            skip = end - begin - (high - low)
            pairs, more = (
                list(zip(range(low, high), blocks[begin + skip : end], strict=False)),
                blocks[begin : begin + skip],
            )
            more = tuple(block for block in more if len(block.text.split()) >= HEADING)
        first = False
        for index, block in pairs:
            texts[sheet.content.outline[index].paragraph] = block.text
            if kind != "equal":
                found.append(_differs(sheet, index, block, source))
        found += [_missing(sheet, index, source) for index in range(low + len(pairs), high)]
        found += [_unlisted(block, source) for block in more]
    return texts, found


def _differs(sheet: Sheet[ArticleFile], index: int, block: Block, source: Source) -> Finding:
    number = sheet.content.outline[index].paragraph
    message = f"paragraph {number} is not what it was: see {source.file}:{block.line}"
    hint = f"read it and the digests that rest on it again, then write `sha256: {block.sha256}`"
    return sheet.finding(("outline", index, "sha256"), "outline-differs", message, hint)


def _missing(sheet: Sheet[ArticleFile], index: int, source: Source) -> Finding:
    message = f"{source.file} has nothing for paragraph {sheet.content.outline[index].paragraph}"
    hint = "is it the whole text? If the paragraph was taken out, take it out here, and from the digests"
    return sheet.finding(("outline", index, "paragraph"), "outline-differs", message, hint)


def _unlisted(block: Block, source: Source) -> Finding:
    message = "the outline has no such paragraph"
    hint = f"add it to the outline in article.yaml with `sha256: {block.sha256}`"
    return Finding(source.file, block.line, 1, "outline-incomplete", message, hint)


def best_fit(source: Source, folders: Sequence[Folder]) -> Folder | None:
    """The folder with the most paragraphs of a source in its outline, if any has one."""
    fits = {
        index: source.fitting([item.sha256 for item in folder.article.content.outline])[0]
        for index, folder in enumerate(folders)
        if folder.article
    }
    best = max(fits, key=fits.__getitem__, default=None)
    return folders[best] if best is not None and fits[best] else None
