"""Restricted YAML: what comes in means what it says, and every failure is a finding with its place."""

import datetime as dt
import os
import re
from pathlib import Path

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from bot.core.findings import Finding
from bot.documents import DocumentError, parse, read, validate
from bot.documents.restricted_yaml import MAX_BYTES, MAX_DEPTH, MAX_NODES

SURPRISES = (
    "no on Yes 22:30 7:05 09:00 1.10 010 2024-03-01 2024-02-30 1_000 1e3 0x1F .inf null true = 12:30:45"
)


def findings(source: bytes) -> tuple[Finding, ...]:
    """What is found wrong in a source."""
    with pytest.raises(DocumentError) as caught:
        parse(source, "a.yaml")
    return caught.value.findings


@pytest.mark.parametrize("text", SURPRISES.split())
def test_a_scalar_stays_the_text_that_it_is(text: str) -> None:
    """No value and no key is taken for a boolean, a number, a date or a sexagesimal."""
    assert parse(f"{text}: {text}".encode(), "a.yaml").data == {text: text}


def test_nothing_after_the_colon_is_none_and_quoted_nothing_is_text() -> None:
    """An empty value and `~` are None; empty quotes are an empty text."""
    assert parse(b"a:\nb: ~\nc: ''\nd: '~'\n", "a.yaml").data == {"a": None, "b": None, "c": "", "d": "~"}


@pytest.mark.parametrize("source", [b"", b"# a comment\n", b"---\n", b"\xef\xbb\xbf", b"---\n...\n"])
def test_an_empty_file_holds_no_keys(source: bytes) -> None:
    """Nothing, comments and a byte order mark are an empty document, which the schema judges."""
    assert parse(source, "a.yaml").data == {}


TRAPS = {
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", 3, 1),
    "duplicate key deep": (b"a:\n  - b: 1\n    b: 2\n", "yaml-duplicate-key", 3, 5),
    "anchor": (b"a: &x 1\n", "yaml-anchor", 1, 4),
    "alias": (b"a: 1\nb: *x\n", "yaml-alias", 2, 4),
    "self-containing list": (b"a: &a [*a]\n", "yaml-anchor", 1, 4),
    "alias bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (i, i, b",".join([b"*%c" % (i - 1)] * 9)) for i in range(98, 106)),
        "yaml-anchor",
        1,
        4,
    ),
    "merge bomb": (b"a: &a {x: 1}\nb: {<<: [*a, *a, *a]}\n", "yaml-anchor", 1, 4),
    "merge key": (b"a: {<<: {x: 1}}\n", "yaml-merge", 1, 5),
    "timestamp tag": (b"a: !!timestamp x\n", "yaml-tag", 1, 4),
    "int tag": (b"a: !!int ''\n", "yaml-tag", 1, 4),
    "python tag": (b"a: !!python/object/apply:os.system ['true']\n", "yaml-tag", 1, 4),
    "bare tag": (b"a: ! x\n", "yaml-tag", 1, 4),
    "depth 1,000": (b"a: " + b"[" * 1_000, "yaml-too-deep", 1, 4 + MAX_DEPTH - 1),
    "depth 30,000": (b"a: " + b"[" * 30_000 + b"]" * 30_000, "yaml-too-deep", 1, 4 + MAX_DEPTH - 1),
    "depth 1,000 in blocks": (
        b"".join(b" " * i + b"a:\n" for i in range(600)),
        "yaml-too-deep",
        MAX_DEPTH + 1,
        MAX_DEPTH + 1,
    ),
    "too many values": (b"a: [" + b"x," * MAX_NODES + b"]\n", "yaml-too-large", 1, 5 + 2 * (MAX_NODES - 3)),
    "1 MB line": (b"a: " + b"x" * 1_000_000, "yaml-too-large", 1, 1),
    "NUL": (b"a: 1\nb: \0\n", "yaml-character", 2, 4),
    "escaped NUL": (b'a: "\\0"\n', "yaml-character", 1, 4),
    "half a surrogate pair": (b'a: "\\ud800"\n', "yaml-character", 1, 4),
    "line separator": ("a: x\u2028y\n".encode(), "yaml-character", 1, 5),
    "UTF-16": ("a: 1\n".encode("utf-16"), "yaml-encoding", 1, 1),
    "UTF-16 without mark": ("a: 1\n".encode("utf-16-le"), "yaml-character", 1, 2),
    "Windows-1251": ("a: 1\nb: мир\n".encode("cp1251"), "yaml-encoding", 2, 4),
    "number escape out of range": (b'a: "\\UFFFFFFFF"\n', "yaml-syntax", 1, 7),
    "5,000-digit version": (b"%YAML " + b"1" * 5_000 + b".1\n---\na: 1\n", "yaml-syntax", 1, 7),
    "two documents": (b"a: 1\n---\nb: 2\n", "yaml-documents", 2, 1),
    "a list": (b"- a\n- b\n", "yaml-not-a-mapping", 1, 1),
    "a text": (b"hello\n", "yaml-not-a-mapping", 1, 1),
    "list as key": (b"? [a]\n: b\n", "yaml-key", 1, 3),
    "empty key": (b"a: 1\n~: 2\n", "yaml-key", 2, 1),
    "colon in a text": (b"a: b: c\n", "yaml-syntax", 1, 5),
    "tab": (b"a:\n\tb: 1\n", "yaml-syntax", 2, 1),
    "open quote": (b"a: 1\nb: 'it\nc: 1\n", "yaml-syntax", 2, 4),
    "no colon": (b"a: 1\nbc\nd: 1\n", "yaml-syntax", 2, 1),
    "bold unquoted": (b"a: **b**\n", "yaml-syntax", 1, 5),
    "open bracket": (b"a: [1, 2\n", "yaml-syntax", 2, 1),
}


@pytest.mark.parametrize(("source", "code", "line", "column"), TRAPS.values(), ids=TRAPS)
def test_a_trap_is_a_finding_at_its_place(source: bytes, code: str, line: int, column: int) -> None:
    """What PyYAML resolves, merges, overwrites or falls over is refused, with a hint."""
    first = findings(source)[0]
    assert (first.code, first.line, first.column) == (code, line, column)
    assert first.hint


def test_a_file_is_read_to_its_end_for_findings() -> None:
    """Errors do not hide each other: all are found in one run, in the order of the file."""
    assert [found.code for found in findings(b"a: &x 1\na: 2\nb: !t 3\nc: d: e\n")] == [
        "yaml-anchor",
        "yaml-duplicate-key",
        "yaml-tag",
        "yaml-syntax",
    ]


def test_limits_admit_what_is_just_within_them() -> None:
    """Size, depth and number of values are refused only past the limit."""
    assert parse(b"a: " + b"x" * (MAX_BYTES - 3), "a.yaml").data
    assert parse(b"a: " + b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1), "a.yaml").data
    assert parse(b"a: [" + b"x," * (MAX_NODES - 3) + b"]", "a.yaml").data


def test_places_are_known_for_values_and_keys() -> None:
    """A value, its key, and (for what is not there) the nearest ancestor have a line and a column."""
    document = parse(b"a: 1\nb:\n  - c: x\n    d: y\n", "a.yaml")
    assert document.place(("b", 0, "d")) == (4, 8)
    assert document.place(("b", 0, "d"), key=True) == (4, 5)
    assert document.place(("b", 0, "e")) == (3, 5)
    assert document.place(("z",)) == (1, 1)


def test_a_place_within_a_literal_block_is_exact() -> None:
    """Lines and columns of a text in a block are those of the file; other texts have one place."""
    document = parse(b"a: |\n\n    one\n      two\nb: 'x y'\n", "a.yaml")
    assert document.data["a"] == "\none\n  two\n"
    assert document.inside(("a",), 3, 3) == (4, 7)
    assert document.inside(("b",), 1, 3) == (5, 4)


@given(st.binary(max_size=300) | st.text("ab:-[]{}&*!|>'\"%@`#,?~<\\ \n\t0", max_size=80).map(str.encode))
def test_any_bytes_are_a_document_or_findings_within_the_file(source: bytes) -> None:
    """Nothing else escapes, and places stand inside the file."""
    found: tuple[Finding, ...] = ()
    try:
        parse(source, "a.yaml")
    except DocumentError as error:
        found = error.findings
    lines = re.split(r"\r\n?|\n", source.decode(errors="replace"))
    assert all(1 <= item.line <= len(lines) for item in found)
    assert all(1 <= item.column <= max(map(len, lines)) + 1 for item in found)


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe (which would block) and an impossible name are told apart from content."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "none.yaml", tmp_path, tmp_path / "pipe", Path("a\0b")):
        with pytest.raises(DocumentError) as caught:
            read(path, "x.yaml")
        assert [(found.file, found.code) for found in caught.value.findings] == [
            ("x.yaml", "file-unreadable")
        ]


class Inner(pydantic.BaseModel):
    """An item of the schema below."""

    model_config = pydantic.ConfigDict(extra="forbid")
    name: str = pydantic.Field(max_length=3)
    day: dt.date | None = None


class Outer(pydantic.BaseModel):
    """A schema with a field of each common kind."""

    model_config = pydantic.ConfigDict(extra="forbid")
    count: int = 1
    items: list[Inner] = []
    flag: bool = False

    @pydantic.field_validator("count")
    @classmethod
    def _even(cls, value: int) -> int:
        if value == 13:
            raise ValueError("it is unlucky")
        if value % 2:
            raise PydanticCustomError("odd-count", "`count` is odd", {"hint": "add one"})
        return value


SCHEMA_ERRORS = {
    "missing": (b"items:\n  - day: 2026-12-01\n", "missing-key", 2, 5, "add a line `name: …`"),
    "unknown": (b"items:\n- name: a\n  dai: x\n", "unknown-key", 3, 3, "did you mean `day`?"),
    "unknown, unlike any": (b"x: 1\n", "unknown-key", 1, 1, "known here: count, items, flag"),
    "too long": (b"items:\n- name: abcd\n", "bad-value", 2, 9, "write at most 3 characters"),
    "no value": (b"items:\n- name:\n", "bad-value", 2, 8, "write one after the colon"),
    "number": (b"count: many\n", "bad-value", 1, 8, "write digits only"),
    "huge number": (b"count: " + b"1" * 5_000, "bad-value", 1, 8, "write a smaller number"),
    "date": (
        b"items: [{name: a, day: soon}]\n",
        "bad-value",
        1,
        24,
        "write year-month-day, such as 2026-12-01",
    ),
    "list": (b"items: a\n", "bad-value", 1, 8, "write each item in a line of its own that begins with `- `"),
    "mapping": (b"items: [a]\n", "bad-value", 1, 9, "write `key: value` lines below it, indented"),
    "flag": (b"flag: perhaps\n", "bad-value", 1, 7, "write `true` or `false`"),
    "own words": (b"count: 13\n", "bad-value", 1, 8, "change the value"),
    "own code": (b"count: 3\n", "odd-count", 1, 8, "add one"),
}


@pytest.mark.parametrize(
    ("source", "code", "line", "column", "hint"), SCHEMA_ERRORS.values(), ids=SCHEMA_ERRORS
)
def test_a_schema_error_is_a_finding_at_its_place(  # a row of the table
    source: bytes, code: str, line: int, column: int, hint: str
) -> None:
    """Errors of pydantic come in plain words, where they belong, with what to do."""
    with pytest.raises(DocumentError) as caught:
        validate(parse(source, "a.yaml"), Outer)
    (found,) = caught.value.findings
    assert (found.code, found.line, found.column, found.hint) == (code, line, column, hint)


def test_a_valid_document_is_converted_by_the_schema() -> None:
    """Texts become what the schema says."""
    model = validate(parse(b"count: 4\nitems:\n- {name: a, day: 2026-12-01}\nflag: yes\n", "a.yaml"), Outer)
    assert model == Outer(count=4, items=[Inner(name="a", day=dt.date(2026, 12, 1))], flag=True)


def test_a_finding_never_quotes_a_value() -> None:
    """A secret in the wrong place does not come out in the log."""
    with pytest.raises(DocumentError) as caught:
        validate(parse(b"count: hunter2\nflag: hunter2\nitems: hunter2\n", "a.yaml"), Outer)
    assert len(caught.value.findings) == 3
    assert "hunter2" not in str(caught.value)
