"""Paragraphs -> themes -> groups for a digest each: by headings where there are any, else by what is spoken of."""

from collections.abc import Sequence
from itertools import pairwise

from bot.content.drafting.lexicon import Lexicon
from bot.content.drafting.source import Passage

MAX_THEMES = 40
_PARAGRAPHS = 4
"""Of a theme, in an article of usual length: 5 themes for 20 paragraphs, 10 for 40."""
_MANY, _MORE = 10, 25
"""Themes of an article of usual length at most, and how many paragraphs beyond that bring another one."""
_LEAST = 2
"""Paragraphs of a theme that another is split off."""
_WINDOW = 4
"""Paragraphs before and after a gap that are compared."""
_GROUP, _GROUP_WORDS = 3, 160
"""Paragraphs, and words of them, that one digest can rest on."""


def divide(passages: Sequence[Passage], lexicon: Lexicon) -> list[range]:
    """Themes as runs of paragraphs that cover all, in order: the text's sections, split and joined to a fit number."""
    usual = max(1, round(len(passages) / _PARAGRAPHS))
    beyond = _MANY + (len(passages) - _MANY * _PARAGRAPHS) // _MORE
    wanted = usual if usual <= _MANY else min(MAX_THEMES, beyond)
    themes = _sections(passages)
    seams = [_seam(index, passages, lexicon) for index in range(len(passages))]
    least = wanted if len(themes) == 1 else wanted // 2
    while len(themes) < least and len(longest := max(themes, key=len)) >= 2 * _LEAST:
        middle, place = (longest.start + longest.stop) / 2, themes.index(longest)
        fit = {gap: seams[gap] - abs(gap - middle) / len(longest) for gap in longest[_LEAST : 1 - _LEAST]}
        gap = max(fit, key=lambda gap: fit[gap])
        themes[place : place + 1] = [range(longest.start, gap), range(gap, longest.stop)]
    while len(themes) > max(wanted, min(_MANY, len(passages) // 2), 1):
        sizes = [len(one) + len(other) for one, other in pairwise(themes)]
        place = sizes.index(min(sizes))
        themes[place : place + 2] = [range(themes[place].start, themes[place + 1].stop)]
    return themes


def group(theme: range, passages: Sequence[Passage]) -> list[range]:
    """The paragraphs of a theme in runs that one digest can retell: one to three, and none across a heading."""
    groups: list[range] = []
    words = 0
    for index in theme:
        own = len(passages[index].text.split())
        fits = groups and len(groups[-1]) < _GROUP and words + own <= _GROUP_WORDS
        if fits and not passages[index].level:
            groups[-1] = range(groups[-1].start, index + 1)
            words += own
        else:
            groups.append(range(index, index + 1))
            words = own
    return groups


def _sections(passages: Sequence[Passage]) -> list[range]:
    """The text by its highest headings of which there are two; what stands before the first is a section too."""
    levels = sorted(passage.level for passage in passages if passage.level)
    level = levels[1] if len(levels) > 1 else 0
    starts = [index for index, passage in enumerate(passages) if index and 0 < passage.level <= level]
    if starts and starts[0] == 1:  # a lone paragraph is an introduction to what follows
        starts = starts[1:]
    return [range(start, stop) for start, stop in pairwise([0, *starts, len(passages)])]


def _seam(index: int, passages: Sequence[Passage], lexicon: Lexicon) -> float:
    """How well the text can be parted before a paragraph: best below a heading, or at a change of subject."""
    before = range(max(0, index - _WINDOW), index)
    after = range(index, min(len(passages), index + _WINDOW))
    return (passages[index].level > 0) - lexicon.alike(before, after)
