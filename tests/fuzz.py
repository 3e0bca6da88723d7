"""`make fuzz`: broken YAML through loader and checks, broken Markdown through the renderer, and broken updates.

Nothing but findings may come of it: no exception, no input that takes more than a second of CPU time, and no growth
of memory. Inputs are slips and splices in real files, nasty YAML by construction, and Markdown out of its own signs;
updates are mutants of real ones, ten times as many, through the whole Application (tests/fuzz_updates.py).
"""

import asyncio
import datetime as dt
import random
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bot.content.checking import check
from bot.content.loader import Loaded
from bot.core.language import ENGLISH
from bot.core.markdown import render
from bot.core.model import Message, Pick
from bot.core.render import digest as render_digest
from bot.sandbox.grammar import parse_html
from tests import fuzz_updates

ROOT = Path(__file__).parents[1]
WATERS = ROOT / "tests" / "waters"
SEED = 2026
EACH = 100_000
MAX_SECONDS = 1.0
MAX_GROWTH = 64 * 1024
"""KiB of resident memory beyond what the first tenth of the inputs took."""
TODAY = dt.date(2026, 6, 1)

Inputs = Callable[[int, random.Random], Iterator[tuple[str, Callable[[], bool]]]]
"""So many inputs to show, with the work on each."""
SIGNS = ":-[]{}&*!|>'\"%@`#,?~<=\\ \n\t0123456789-._/()…“”«»\u00a0\u200b\ufeff\x00\x85\u2028🌊"
SCALARS = (
    "no", "on", "22:30", "7:05", "1.10", "010", "2024-02-30", "1_000", "1e3", "~", "null", "", "''", "|", ">", "*a",
    "&a", "&a [*a]", "!!int ''", "!!timestamp x", "!!python/object:os.system x", "!!bool foo", "<<", "{a: b}", "[a, b]",
    "TODO", "- a", "? a", "%YAML 99999999999", "---", "...", '"\\UFFFFFFFF"', '"\\x00"', "9" * 5_000, "x" * 70_000,
    "\ud7ff",
    "a\u0301" * 50, "/" * 80, "/a " * 300, "“" * 300, "XIVXIV" * 50, "two hundred " * 60, "'", '"', "`", "0" * 64,
)  # fmt: skip
MARKS = (
    "*", "**", "_", "__", "`", "```\n", "~~", "[", "](", ")", "![", "<", ">", "> ", ">> ", "# ", "- ", "1. ", "---\n",
    "|", "&amp;", "&#0;", "\\", "\n", "\n\n", "    ", "\t", "<b>", "</b>", "<script>", "<!--", "http://", "https://a.b/",
    "t.me/x?start=y", "javascript:", "[a]: b\n", "/start", "@a", "🌊", "é", "\u200f", "\u0301", "\x00", "слово", "сөз",
    "a", " ", " b ", "“", "”", "1,000", "XX",
)  # fmt: skip


@dataclass
class Tally:
    """What came of the inputs so far."""

    inputs: int = 0
    accepted: int = 0
    slowest: float = 0.0
    violations: list[str] = field(default_factory=list)

    def run(self, work: Callable[[], bool], shown: str) -> None:
        """Do one input's work, which says whether the input was accepted."""
        began = time.process_time()
        try:
            self.accepted += work()
        except Exception:  # noqa: BLE001  whatever escapes is what is looked for
            self.violations.append(f"{traceback.format_exc()}\n{shown[:2_000]!r}")
        seconds = time.process_time() - began
        self.inputs += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > MAX_SECONDS:
            self.violations.append(f"{seconds:.2f} s\n{shown[:2_000]!r}")


def slipped(text: str, chance: random.Random) -> str:
    """A text with one to four slips: characters deleted, doubled, moved or typed in, lines swapped or drawn in."""
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place, length = chance.randint(0, len(text)), chance.choice((0, 0, 1, 1, 2, 5, 20, 200))
        typed = "".join(chance.choice(SIGNS) for _ in range(chance.choice((0, 1, 1, 2, 6))))
        match chance.randint(0, 5):
            case 0:
                typed = chance.choice(SCALARS)
            case 1:
                typed = text[place : place + length] * 2
            case 2:
                begin = chance.randint(0, len(text))
                typed = text[begin : begin + chance.randint(1, 300)]
            case 3:
                lines = text.split("\n")
                line = chance.randrange(len(lines))
                key = lines[line].partition(":")[0]
                lines[line] = chance.choice(
                    (f"{key}: {chance.choice(SCALARS)}", f" {lines[line]}", lines[line].strip())
                )
                text, typed, length = "\n".join(lines), "", 0
        text = text[:place] + typed + text[place + length :]
    return text


def nasty(chance: random.Random) -> str:
    """YAML that is made to hurt: depth, bombs, floods of keys, values, documents, escapes and line breaks."""
    deep, wide = chance.choice((10, 17, 400)), chance.choice((10, 1_000, 4_000))
    scalar = chance.choice(SCALARS)[:60]  # many times over it would be the generator that fills the memory
    mark = chance.choice(("[", "{a: ", "- ", "? ", "!a ", "&a ", "a: ", "'", '"', "|\n"))
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 8}]\n" for n in range(1, 12))
    return chance.choice(
        (
            mark * deep,
            f"theme: {mark * deep}{scalar}",
            "".join(f"{scalar}{n}: {scalar}\n" for n in range(wide // 10)),
            "digests:\n" + f"  - id: {scalar}\n    text: |\n     {scalar}\n" * (wide // 20),
            f"digests: [{'{id: a, title: b, text: c, paragraphs: [1]}, ' * (wide // 20)}]",
            bomb,
            bomb.replace("[", "{<<: [").replace("]", "]}"),
            f"{scalar}\n---\n" * wide,
            'a: "' + chance.choice(("\\x41", "\\", "\n\n", " \n")) * wide + '"',
            "# " * wide + "\n" * wide + scalar,
            "theme: " + "".join(chance.choice(SIGNS) for _ in range(wide)),
            "".join(chr(chance.randint(0, 0x10FFFF)) for _ in range(wide // 10)),
            "outline:\n" + "- {paragraph: 1, about: a, sha256: b}\n" * (wide // 10),
        )
    )  # fmt: skip


def markdown(chance: random.Random) -> str:
    """A text out of Markdown's own signs, or a real one with slips."""
    if chance.random() < 0.3:
        return slipped(
            "The **Blue River** crosses *three* [borders](https://example.org/a).\n\n> It does.\n", chance
        )
    if chance.random() < 0.05:
        return "".join(chance.choice(MARKS) for _ in range(2)) * chance.randint(1, 900)
    return "".join(chance.choice(MARKS) for _ in range(chance.choice((3, 10, 40, 300))))


def shows(loaded: Loaded) -> bool:
    """Render whatever can be shown; whether it would be published."""
    for theme in loaded.readable.themes:
        for item in theme.digests:
            render_digest(ENGLISH, theme, item, theme.digests, Pick(item.id, 1, 2))
    assert (loaded.library is None) == any(each.severity == "error" for each in loaded.findings)
    for each in loaded.findings:
        assert each.line >= 1
        assert each.column >= 1
        assert each.hint, each
    return loaded.library is not None


def files(count: int, chance: random.Random) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Broken folders, one broken file in each, with the work on them."""
    base = WATERS / "content" / "waters"
    originals = {
        name: (base / name).read_text() for name in ("article.yaml", "rivers.yaml", "ru/rivers.yaml")
    }
    originals["article.yaml"] = originals["article.yaml"].replace(", treaty]", "]")
    originals["rivers.yaml"] = originals["rivers.yaml"].replace("More in /treaty", "More")
    more = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "content").rglob("*.yaml"))]
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        root = Path(folder)
        (root / "waters" / "ru").mkdir(parents=True)
        for name in ("article.yaml", "rivers.yaml"):
            (root / "waters" / name).write_text(originals[name], encoding="utf-8")
        for number in range(count):
            name = chance.choice(list(originals))
            real = originals[name] if chance.random() < 0.8 else chance.choice(more)
            text = nasty(chance) if chance.random() < 0.1 else slipped(real, chance)
            data = text.encode("utf-8", "surrogatepass")
            if chance.random() < 0.02:
                data = bytes(chance.randrange(256) for _ in range(50)) + data
            (root / "waters" / name).write_bytes(data)
            sources = [WATERS / "source.txt"] * (number % 4 == 0)
            yield text, partial(_checked, root, sources)
            if name.startswith("ru/"):
                (root / "waters" / name).unlink()
            else:
                (root / "waters" / name).write_text(originals[name], encoding="utf-8")


def _checked(root: Path, sources: list[Path]) -> bool:
    return shows(check(root, TODAY, sources).loaded)


def texts(count: int, chance: random.Random) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Markdown with the work on it: what comes out is what Telegram takes, and shows the plain text."""
    for _ in range(count):
        text = markdown(chance)[:4_096]

        def work(text: str = text) -> bool:
            rendered = render(text)
            shown, _ = parse_html(rendered.html)
            assert shown == rendered.plain == Message(rendered.html).plain
            return not rendered.problems

        yield text, work


def run(inputs: Iterator[tuple[str, Callable[[], bool]]], count: int) -> tuple[Tally, int]:
    """Work through inputs; what came of them, and the growth of memory in KiB after the first tenth."""
    tally, before = Tally(), 0
    for number, (shown, work) in enumerate(inputs):
        if number == count // 10:
            before = _resident()
        tally.run(work, shown)
    return tally, _resident() - before


def _resident() -> int:
    """The most resident memory so far, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(each: int = EACH, seed: int = SEED) -> int:
    """Run all three and print a line of figures for each; 1 where something did not hold."""
    broken = False
    for name, inputs in (
        ("YAML", files(each, random.Random(seed))),  # noqa: S311  a seed makes it repeatable
        ("Markdown", texts(each, random.Random(seed))),  # noqa: S311
    ):
        began = time.monotonic()
        tally, growth = run(inputs, each)
        if growth > MAX_GROWTH:
            tally.violations.append(f"memory grew by {growth / 1024:.0f} MiB")
        for violation in tally.violations[:20]:
            print(violation, file=sys.stderr)  # noqa: T201
        print(  # noqa: T201
            f"{name}: {tally.inputs:,} inputs, {tally.accepted:,} of them good, {len(tally.violations)} violations; "
            f"slowest {tally.slowest:.2f} s, memory +{growth / 1024:.1f} MiB, "
            f"{time.monotonic() - began:.0f} s, seed {seed}",
            flush=True,
        )
        broken = broken or bool(tally.violations)
    outcome = asyncio.run(fuzz_updates.run(10 * each, seed))
    for violation in outcome.violations[:20]:
        print(violation, file=sys.stderr)  # noqa: T201
    print(f"updates: {outcome}, seed {seed}", flush=True)  # noqa: T201
    return int(broken or bool(outcome.violations or outcome.lost) or outcome.growth > MAX_GROWTH)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
