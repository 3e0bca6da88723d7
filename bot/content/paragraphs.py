"""Plain text -> its paragraphs, as drafting numbers them; `sources` finds them again by the outline's hashes."""

import itertools
from collections.abc import Iterable

WRAPPED_AT = 120
"""Characters: nobody wraps text by hand at more; a longer line is a whole paragraph."""

Pieces = tuple[tuple[int, str], ...]
"""Parts of a text, each in one line with single spaces, with the numbers of the lines where they begin."""


def divisions(text: str) -> tuple[Pieces, Pieces]:
    """Both ways to divide a plain text: by lines, and by blank lines.

    What holds no letter and no digit, such as `* * *`, is no piece.
    """
    flat = (" ".join(line.split()) for line in text.removeprefix("\ufeff").splitlines())
    grouped = itertools.groupby(enumerate(flat, 1), key=lambda line: bool(line[1]))
    blocks = [list(lines) for filled, lines in grouped if filled]
    joined = ((lines[0][0], " ".join(line for _, line in lines)) for lines in blocks)
    return _worded(itertools.chain.from_iterable(blocks)), _worded(joined)


def _worded(pieces: Iterable[tuple[int, str]]) -> Pieces:
    return tuple((number, text) for number, text in pieces if any(map(str.isalnum, text)))


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text in order.

    Paragraphs stand between blank lines, with their own lines wrapped or not. Two other forms are told from that:
    a text of which the greater part stands in lines longer than `WRAPPED_AT` has a paragraph in each line, with
    blank lines or without; so has a text without any blank line, unless its lines are filled to one width, as those
    of a single wrapped paragraph are.
    """
    lines, blocks = divisions(text)
    long = sum(len(line) for _, line in lines if len(line) > WRAPPED_AT)
    in_lines = 2 * long > sum(len(line) for _, line in lines)
    found = lines if in_lines or (len(blocks) == 1 and not _is_wrapped(lines)) else blocks
    return tuple(text for _, text in found)


def _is_wrapped(lines: Pieces) -> bool:
    """Whether no line but the last had room for the first word of the next one."""
    width = max(len(line) for _, line in lines)
    return all(
        len(line) + 1 + len(after.split(" ", 1)[0]) > width
        for (_, line), (_, after) in itertools.pairwise(lines)
    )
