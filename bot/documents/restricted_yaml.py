"""Restricted YAML: bytes -> a document, or findings.

The events are PyYAML's, at first those of libyaml, which is ten times as fast; values are built here, since
PyYAML's constructors resolve, merge and overwrite, die of deep files, and let foreign exceptions out.
"""

import codecs
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from bot.core.findings import Finding
from bot.documents.document import MAX_FINDINGS, Document, DocumentError, Keys, Place

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 20_000

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Control characters, line separators that editors do not show, and halves of surrogate pairs."""

_LENIENT = re.compile("[\t\ufeff]")
"""Tabs and byte order marks: libyaml takes them in more places than PyYAML's own parser."""

_SYNTAX = (  # in PyYAML's words, in ours, and what to do
    (
        "mapping values are not allowed",
        "a colon and a space where no key can stand",
        "if the colon belongs to a text, put the text in quotes; else look at the indentation here and above",
    ),
    ("'\\t'", "a tab where only spaces can stand", "indent with spaces"),
    ("cannot start any token", "an unquoted text cannot begin with this character", "put the text in quotes"),
    (
        "scanning an alias",
        "an unquoted text cannot begin with `*`",
        "put the text in quotes, or use a block: `key: |`",
    ),
    ("scanning an anchor", "an unquoted text cannot begin with `&`", "put the text in quotes"),
    (
        "quoted scalar",
        "the quotation mark is not closed, or a `\\` within stands before a wrong character",
        "close it, or write the text as a block, without quotes: `key: |` and indented lines",
    ),
    ("simple key", "a line without a colon", "write `key: value`, or indent the line below its key"),
    (
        "block scalar",
        "`|` and `>` stand alone at the end of their line",
        "begin the text in the next line, indented; a text that begins with `>` or `|` needs quotes",
    ),
    ("sequence entries", "a list cannot begin here", "begin it in the next line, indented"),
    ("'<stream end>'", "the file ends too early", "close what was opened: quotes, brackets, braces"),
    (
        "expected <block end>",
        "this does not fit the lines above",
        "align it with its neighbours; write a text with quotation marks as a block: `key: |`",
    ),
)


def parse(source: bytes, file: str) -> Document:
    """The document in `source`, which is called `file` in findings. Raises DocumentError and nothing else."""
    text = _decode(source, file)
    if yaml.__with_libyaml__ and not _LENIENT.search(text):
        with contextlib.suppress(DocumentError, yaml.YAMLError):  # its words for what is wrong are not ours
            return _built(yaml.CBaseLoader(text), text, file)
    return _built(yaml.BaseLoader(text), text, file)


def _built(loader: Any, text: str, file: str) -> Document:
    builder = _Builder(Document(file, {}, {(): (1, 1)}, {}, {}), text.splitlines())
    try:
        builder.build(_events(loader, file))
    except yaml.MarkedYAMLError as error:
        builder.findings.append(_syntax(error, file))
    if builder.findings:
        raise DocumentError(tuple(sorted(builder.findings)[:MAX_FINDINGS]))
    return builder.document


def _refuse(file: str, place: Place, code: str, message: str, hint: str) -> NoReturn:
    raise DocumentError((Finding(file, *place, code, message, hint),))


def _decode(source: bytes, file: str) -> str:
    """Text of `source` with every character that may stand in it, or DocumentError."""
    if len(source) > MAX_BYTES:
        hint = "split it into smaller files"
        _refuse(file, (1, 1), "yaml-too-large", f"larger than {MAX_BYTES // 1024} KiB", hint)
    hint = "save the file as UTF-8"
    if source.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _refuse(file, (1, 1), "yaml-encoding", "this is UTF-16", hint)
    source = source.removeprefix(codecs.BOM_UTF8)
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        place = _end(source[: error.start].decode())
        _refuse(file, place, "yaml-encoding", f"byte 0x{source[error.start]:02x} is not UTF-8", hint)
    if bad := _FORBIDDEN.search(text):
        hint = "delete the invisible character, and save the file as UTF-8"
        message = f"the character U+{ord(bad[0]):04X} is not allowed"
        _refuse(file, _end(text[: bad.start()]), "yaml-character", message, hint)
    return text


def _end(text: str) -> Place:
    """The place just after `text`."""
    lines = re.split(r"\r\n?|\n", text)
    return len(lines), len(lines[-1]) + 1


def _events(loader: Any, file: str) -> Iterator[yaml.Event]:
    """Events with limits. Raises DocumentError and yaml.YAMLError."""
    depth = nodes = 0
    try:
        while loader.check_event():
            event = loader.get_event()
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            nodes += isinstance(event, yaml.NodeEvent)
            if depth > MAX_DEPTH:
                hint = "write it flatter: fewer brackets or less indentation"
                _refuse(file, _start(event), "yaml-too-deep", f"nested deeper than {MAX_DEPTH} levels", hint)
            if nodes > MAX_NODES:
                hint = "split it into smaller files"
                _refuse(file, _start(event), "yaml-too-large", f"more than {MAX_NODES} values", hint)
            yield event
    except (ValueError, OverflowError) as error:  # "\UFFFFFFFF", or a %YAML version of thousands of digits
        place = loader.line + 1, loader.column + 1
        finding = Finding(file, *place, "yaml-syntax", "a number is out of range", "write a smaller one")
        raise DocumentError((finding,)) from error
    finally:
        loader.dispose()


def _place(mark: Any) -> Place:
    """A mark of PyYAML's, which counts from 0, or the file's beginning."""
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _start(event: yaml.Event) -> Place:
    return _place(event.start_mark)


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Finding:
    """PyYAML's error in plain words, where the words are known."""
    problem = f"{error.context or 'here'}: {error.problem}".replace(r"'\x00'", "the end")
    known = ((message, hint) for needle, message, hint in _SYNTAX if needle in problem)
    unknown = problem, "look at the indentation, colons and quotation marks here and above"
    message, hint = next(known, unknown)
    begun_earlier = "quoted scalar" in problem or "simple key" in problem
    mark = (begun_earlier and error.context_mark) or error.problem_mark or error.context_mark
    return Finding(file, *_place(mark), "yaml-syntax", message, hint)


@dataclass(frozen=True, slots=True)
class _Builder:
    """Values and places from events. What is refused is noted, and building goes on to find the rest."""

    document: Document
    lines: list[str]
    findings: list[Finding] = field(default_factory=list)

    def found(self, event: yaml.Event, code: str, message: str, hint: str) -> None:
        self.findings.append(self.document.finding(_start(event), code, message, hint))

    def build(self, events: Iterator[yaml.Event]) -> None:
        documents = 0
        for event in events:
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                hint = "remove the line `---`, or put what follows into a file of its own"
                return self.found(event, "yaml-documents", "a second document begins here", hint)
            if not isinstance(event, yaml.NodeEvent):
                continue
            data = self._value(event, events, ())
            if isinstance(data, dict):
                self.document.data.update(data)
            elif data is not None:
                self.found(event, "yaml-not-a-mapping", "this is not a key", "write `key: value` lines")
        return None

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Keys) -> Any:
        self.document.places[path] = _start(event)
        self._refuse_references(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, path)
        if not isinstance(event, yaml.ScalarEvent):
            return None
        if event.style == "|":
            self._note_indent(event, path)
        return self._text(event)

    def _refuse_references(self, event: yaml.Event) -> None:
        hint = "{}; if a text begins with this character, put the text in quotes"
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if isinstance(event, yaml.AliasEvent):
            self.found(event, "yaml-alias", f"`*{anchor}` is an alias", hint.format("write the value out"))
        elif anchor is not None:
            self.found(event, "yaml-anchor", f"`&{anchor}` is an anchor", hint.format("remove it"))
        if tag is not None:
            self.found(event, "yaml-tag", f"`{tag}` is a tag", hint.format("remove it"))

    def _mapping(self, events: Iterator[yaml.Event], path: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, path)
            if key in data:
                first = self.document.keys[*path, key][0]
                message = f"`{key}` stands here a second time (first in line {first})"
                self.found(event, "yaml-duplicate-key", message, "keep one of the two")
            self.document.keys.setdefault((*path, key), _start(event))
            value = self._value(next(events), events, (*path, key))
            data.setdefault(key, value)
        return data

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], path: Keys) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            if not isinstance(event, yaml.AliasEvent):
                self.found(event, "yaml-key", "a list or mapping cannot be a key", "write `key: value`")
            self._value(event, events, (*path, ""))
            return ""
        self._refuse_references(event)
        key = self._text(event)
        if key is None:
            self.found(event, "yaml-key", "a key is missing before the colon", "write `key: value`")
        elif key == "<<" and not event.style:
            self.found(event, "yaml-merge", "`<<` merges mappings", "write the keys out")
        return key or ""

    def _list(self, events: Iterator[yaml.Event], path: Keys) -> list[Any]:
        data: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            data.append(self._value(event, events, (*path, len(data))))
        return data

    def _text(self, event: yaml.ScalarEvent) -> str | None:
        """The scalar's text; None for an unquoted nothing or `~`."""
        if bad := _FORBIDDEN.search(event.value):  # by an escape, as in "\\0"
            message = f"the text holds the character U+{ord(bad[0]):04X}"
            self.found(event, "yaml-character", message, "write the character itself, not an escape")
        return None if not event.style and event.value in {"", "~"} else event.value

    def _note_indent(self, event: yaml.ScalarEvent, path: Keys) -> None:
        for number, line in enumerate(event.value.splitlines(), _start(event)[0]):
            if line.strip():
                spaces = len(self.lines[number]) - len(self.lines[number].lstrip(" "))
                self.document.indents[path] = spaces - (len(line) - len(line.lstrip(" ")))
                return
