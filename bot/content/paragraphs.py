"""Plain text -> its paragraphs, as drafting numbers them; `sources` finds them again by the outline's hashes."""

import itertools

WRAPPED_AT = 120
"""Characters: nobody wraps text by hand at more; a longer line is a whole paragraph."""


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a plain text in order, each in one line with single spaces.

    Paragraphs stand between blank lines, with their own lines wrapped or not. Two other forms are told from that:
    a text of which the greater part stands in lines longer than `WRAPPED_AT` has a paragraph in each line, with
    blank lines or without; so has a text without any blank line, unless its lines are filled to one width, as those
    of a single wrapped paragraph are. What holds no letter and no digit, such as `* * *`, is no paragraph.
    """
    lines = [" ".join(line.split()) for line in text.removeprefix("\ufeff").splitlines()]
    blocks = [list(block) for filled, block in itertools.groupby(lines, bool) if filled]
    long = sum(len(line) for line in lines if len(line) > WRAPPED_AT)
    if 2 * long > sum(map(len, lines)) or (len(blocks) == 1 and not _is_wrapped(blocks[0])):
        blocks = [[line] for line in lines]
    found = (" ".join(block) for block in blocks)
    return tuple(item for item in found if any(map(str.isalnum, item)))


def _is_wrapped(lines: list[str]) -> bool:
    """Whether no line but the last had room for the first word of the next one."""
    width = max(map(len, lines))
    return all(
        len(line) + 1 + len(after.split(" ", 1)[0]) > width for line, after in itertools.pairwise(lines)
    )
