"""The codes of findings that are warnings; all others are errors. What each means stands in docs/checks.md."""

_WORDS = (
    "article-in-future date-before-article date-far-ahead date-out-of-order dead-deep-link empty-theme "
    "id-disappeared long-label long-summary markup-in-title missing-language missing-translation name-not-in-source "
    "outline-incomplete stale-translation todo too-many-commands unlisted-theme unused-acknowledgement"
)
WARNINGS = frozenset(_WORDS.split())
