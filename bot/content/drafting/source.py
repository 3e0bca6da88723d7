"""What is drafted from: paragraphs under headings, and what the text says of itself."""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from yaml.reader import Reader

Block = tuple[int, str]
"""A heading's level from 1, or 0 for a paragraph, and its text."""


class UnreadableError(Exception):
    """Nothing can be drafted from this; the message is one line, and says what to do."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, with the heading directly above it, if there is one (level 1 and on, 0 for none)."""

    text: str
    heading: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """An article as it was read; "" and None for what it does not say of itself."""

    passages: tuple[Passage, ...]
    title: str = ""
    author: str = ""
    publisher: str = ""
    published: dt.date | None = None
    language: str = ""
    url: str = ""


def passages(blocks: Iterable[Block]) -> tuple[Passage, ...]:
    """Paragraphs with their headings; of headings in a row the highest counts, of equal ones the last."""
    found = []
    level, heading = 0, ""
    for depth, text in blocks:
        if depth and text and (not level or depth <= level):
            level, heading = depth, text
        elif not depth and any(map(str.isalnum, text)):
            found.append(Passage(text, heading, level))
            level, heading = 0, ""
    return tuple(found)


def flat(text: str) -> str:
    """A text in one line with single spaces, without the characters that YAML cannot hold."""
    return re.sub(r"\s+", " ", Reader.NON_PRINTABLE.sub(" ", text)).strip()
