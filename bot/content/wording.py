"""Quotations in a text, and what it has word for word from another."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.content.names import plain

_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
_WORD = re.compile(rf"[{_SPACELESS}]|(?:(?![{_SPACELESS}])[^\W_])+(?:['’ʼ](?:(?![{_SPACELESS}])[^\W_])+)*")
_CLOSING = {
    "“": "”",
    "„": "“”",
    "«": "»",
    "»": "«»",
    "”": "”",
    "‘": "’",
    "‚": "‘’",
    "‹": "›",
    "›": "‹",
    '"': '"',
}
_LEFT_OUT = re.compile(r"\[[^\]]*\]|\(…\)|…|\.\.\.")

LONGEST_RUN = 7
"""Words that a text may share with its source in a row, names and figures not counted.

A fixed expression (“food and energy security, the green transition”) reaches six or seven; eight are a sentence.
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text as it is compared, and where it stands; a name counts for nothing in a run."""

    text: str
    start: int
    end: int
    weight: float


def words(text: str) -> list[Word]:
    """The words of a text (NFC), without case and apostrophes; where nothing separates them, its characters."""
    return [Word(plain(match[0]), *match.span(), _weight(match[0])) for match in _WORD.finditer(text)]


def _weight(word: str) -> float:
    if word[0].isupper() or word[0].isdigit():
        return 0.0
    return 0.4 if re.match(f"[{_SPACELESS}]", word) else 1.0


def quotations(text: str) -> Iterator[str]:
    """What stands between quotation marks, also within another quotation; an apostrophe is none."""
    opened: list[int] = []
    for place, mark in enumerate(text):
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        closed = [depth for depth, start in enumerate(opened) if mark in _CLOSING[text[start]]]
        if closed and not (mark == "’" and after.isalnum()):
            yield text[opened[closed[-1]] + 1 : place]
            del opened[closed[-1] :]
        elif mark in _CLOSING and not (mark in "‘‚" and before.isalnum()):
            opened.append(place)


def is_quoted_from(quotation: str, paragraphs: Sequence[str]) -> bool:
    """Whether the words stand so in the paragraphs, in order where something is left out (`[…]`, `…`).

    Each piece stands within one paragraph. Case, punctuation and dashes do not count.
    """
    rest = "\n".join(f" {' '.join(word.text for word in words(text))} " for text in paragraphs)
    for piece in _LEFT_OUT.split(quotation):
        spoken = " ".join(word.text for word in words(piece))
        if spoken:
            place = rest.find(f" {spoken} ")
            if place < 0:
                return False
            rest = rest[place + len(spoken) + 1 :]
    return True


@dataclass(frozen=True, slots=True)
class Wording:
    """All runs of words of a text that are one word longer than what may be shared."""

    runs: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Wording":
        """The wording of some paragraphs."""
        return cls(frozenset(run for text in texts for run in _runs([word.text for word in words(text)])))

    def copied(self, text: str) -> Iterator[str]:
        """What the text has word for word from there and is too long to be so by chance."""
        found = words(text)
        runs = list(_runs([word.text for word in found]))
        start = 0
        while start < len(runs):
            end = start
            while end < len(runs) and runs[end] in self.runs:
                end += 1
            shared = found[start : end + LONGEST_RUN] if end > start else []
            if sum(word.weight for word in shared) > LONGEST_RUN:
                yield text[shared[0].start : shared[-1].end]
            start = max(end, start + 1)


def _runs(found: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return zip(*(found[start:] for start in range(LONGEST_RUN + 1)), strict=False)
