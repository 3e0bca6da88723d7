"""The codes of findings that are warnings. What each code means stands in docs/checks.md."""

WARNINGS = frozenset({"missing-translation", "stale-translation"})
