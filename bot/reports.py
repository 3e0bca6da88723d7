"""Findings and coverage as people and machines read them: text, JSON, GitHub's workflow commands, SARIF."""

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import quote

from bot import __version__
from bot.core.coverage import Coverage
from bot.core.findings import Finding, Severity
from bot.core.operator_texts import count

PAGE = "docs/checks.md"
"""Where every code is explained, under a heading of its own."""
_HEADINGS = {
    Severity.WARNING: "Warnings: these do not keep anything from being published.",
    Severity.ERROR: "Errors: nothing is published before these are mended.",
}


def as_text(findings: Sequence[Finding], width: int = 0) -> str:
    """Findings for people: warnings, then errors, so that these stand last; wrapped at `width`, if that is not 0."""
    parts = []
    for severity, heading in _HEADINGS.items():
        chosen = [finding for finding in findings if finding.severity is severity]
        if chosen:
            parts += [wrapped(heading, width), "", *(wrapped(str(finding), width) for finding in chosen), ""]
    return "\n".join(parts)


def wrapped(text: str, width: int) -> str:
    """The lines of a text, each drawn in where it goes on; paths are never broken. Width 0: as they are."""
    if not width:
        return text
    lines = (
        textwrap.fill(
            line,
            max(width, 20),
            subsequent_indent="    " if line[0] != " " else " " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.splitlines()
    )
    return "\n".join(lines)


def counts(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`, or nothing."""
    numbers = ((each, sum(finding.severity is each for finding in findings)) for each in Severity)
    return ", ".join(count(number, severity) for severity, number in numbers if number)


def as_json(findings: Sequence[Finding], coverages: Mapping[str, Sequence[Coverage]]) -> str:
    """One JSON object: findings, and by article and language what rests on each paragraph."""
    covered = {
        article: {each.language: asdict(each)["paragraphs"] for each in languages}
        for article, languages in coverages.items()
    }
    return _json({"findings": [asdict(finding) for finding in findings], "coverage": covered})


def as_github(findings: Iterable[Finding]) -> str:
    """Workflow commands, which GitHub shows beside the lines of a pull request.

    The escapes are those of actions/toolkit, packages/core/src/command.ts.
    """
    return "".join(
        f"::{finding.severity} file={_property(finding.file)},line={finding.line},col={finding.column},"
        f"title={_property(finding.code)}::{_data(f'{finding.message}; {finding.hint}')}\n"
        for finding in findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: Sequence[Finding]) -> str:
    """A SARIF 2.1.0 log with one run (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""
    codes = sorted({finding.code for finding in findings})
    levels = {finding.code: finding.severity for finding in findings}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": code.replace("-", " ").capitalize()},
            "help": {"text": f"{PAGE}#{code}", "markdown": f"[{code}]({PAGE}#{code})"},
            "defaultConfiguration": {"level": levels[code]},
        }
        for code in codes
    ]
    results = [
        {
            "ruleId": finding.code,
            "ruleIndex": codes.index(finding.code),
            "level": finding.severity,
            "message": {"text": f"{finding.message}\n{finding.hint}".strip()},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": quote(finding.file)},
                        "region": {"startLine": finding.line, "startColumn": finding.column},
                    }
                }
            ],
        }
        for finding in findings
    ]
    driver = {"name": "bot check", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return _json(
        {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def coverage_table(
    title: str, languages: Sequence[Coverage], words: Mapping[int, int], width: int = 0
) -> str:
    """What rests on each paragraph of an article: digests by language, and their themes; `words` of the source."""
    lines = []
    for each in languages:
        total = len(each.paragraphs)
        share = f"{total - len(each.uncovered)} of {count(total, 'paragraph')} covered ({each.share:.0%})"
        of_words = f", {each.share_of_words(words):.0%} of the words" if words else ""
        lines.append(wrapped(f"{title}, {each.language}: {share}{of_words}", width))
    codes = "  ".join(f"{each.language:>3}" for each in languages)
    rows = [f"  ¶  {codes}  themes"]
    for number, resting in languages[0].paragraphs.items():
        digests = "  ".join(f"{len(each.paragraphs[number]) or '·':>3}" for each in languages)
        themes = ", ".join(dict.fromkeys(one.theme for one in resting)) or "nothing rests on it"
        row, indent = f"{number:>3}  {digests}  {themes}", " " * (7 + len(codes))
        rows.append(
            textwrap.fill(row, max(width, len(indent) + 20), subsequent_indent=indent) if width else row
        )
    return "\n".join([*lines, "", *rows, ""])
