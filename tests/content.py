"""A small article that the tests of loading and checking begin with."""

from collections.abc import Callable

from bot.content.loader import Loaded
from bot.core.library import Library

ARTICLE = f"""\
id: waters
title: On waters
author: An author
publisher: A review
published: 2026-02-01
language: en
licence: The text is not part of this project.
url: https://example.org/waters
outline:
  - paragraph: 1
    about: Why rivers cross borders
    sha256: {"0" * 64}
  - paragraph: 2
    about: What could be done
    sha256: {"f" * 64}
"""
RIVERS = """\
theme: rivers
title: Rivers
emoji: "🤝"
summary: Who shares which river
digests:
  - id: first-river
    title: The first river
    text: |
      A river **crosses** a border.

      > And another.
    paragraphs: [1, 2]
  - id: second-river
    title: 22:30
    text: no
    paragraphs: [2]
    publish: 2026-12-01
"""
LAKES = RIVERS.replace("theme: rivers", "theme: lakes").replace("-river\n", "-lake\n")
FILES = {"waters/article.yaml": ARTICLE, "waters/rivers.yaml": RIVERS, "waters/lakes.yml": LAKES}
Load = Callable[..., Loaded]


def library(loaded: Loaded) -> Library:
    """The library of a run without findings."""
    assert [str(found) for found in loaded.findings] == []
    assert loaded.library is not None
    return loaded.library
