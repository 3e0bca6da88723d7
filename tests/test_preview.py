"""The preview: what it shows of content, in the terminal and as a page; and that this is what readers get."""

import base64
import datetime as dt
import hashlib
import io
import json
import re
import shutil
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console
from telegram.ext import BaseRateLimiter, ExtBot

from bot.content.checking import check
from bot.content.provenance import paragraph_hash
from bot.core.delivery import Sent
from bot.core.model import Chat
from bot.ports import Store
from bot.preview.desk import Desk, ShownDigest, desk
from bot.preview.page import page
from bot.preview.terminal import show
from bot.sandbox import Sandbox
from bot.services.reading import Reading
from bot.telegram.request import AiohttpRequest
from bot.telegram.sender import TelegramSender
from tests.conftest import TOKEN
from tests.conversation import READER, SAMPLE
from tests.fakes import NOW, FixedClock
from tests.test_cli import bot

TODAY = NOW.date()
CONTENT = Path(__file__).parents[1] / "content"
HOSTILE = "</script><img src=x onerror=alert(1)> <!-- & \"'"
RUSSIAN = """
theme: water
title: Вода
digests:
  - id: springs
    title: Родники
    text: |
      *Родник* — **начало** реки.

      > Так пишет автор.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample to write in."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "content"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace in a file of the sample's article."""
    path = folder / "rivers" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def translate(folder: Path) -> None:
    """Add a Russian translation of one digest."""
    (folder / "rivers" / "ru").mkdir()
    (folder / "rivers" / "ru" / "water.yaml").write_text(RUSSIAN, encoding="utf-8")


def look(folder: Path, today: dt.date = TODAY, language: str = "") -> Desk:
    """What there is to see."""
    return desk(check(folder, today).loaded, today, language)


def digests(shown: Desk, language: str = "en") -> dict[str, ShownDigest]:
    """Digests by id, in reading order."""
    return {
        digest.id: digest
        for each in shown.languages
        if each.code == language
        for article in each.articles
        for theme in article.themes
        for digest in theme.digests
    }


def printed(shown: Desk, width: int = 80, digest: str = "", **options: Any) -> str:
    """What the terminal shows."""
    output = io.StringIO()
    show(shown, Console(file=output, width=width, **options), digest=digest)
    return output.getvalue()


# -- what is shown -----------------------------------------------------------------------------------------


def test_every_digest_is_shown_in_reading_order() -> None:
    """With its size, its paragraphs, and the footer that somebody sees who reads it first of all."""
    shown = digests(look(SAMPLE))

    assert list(shown) == ["springs", "seas", "lakes", "dams", "fish"]
    assert shown["seas"].paragraphs == (1, 2)
    assert (shown["seas"].words, shown["seas"].units) == (
        6,
        len("💧 Seas\n\nA river ends in a sea.\n\n") + 1 + 40,
    )
    assert shown["seas"].message["text"].endswith("/water · 1/5 read")
    assert shown["seas"].position == "Digest 2 of 3 in this theme, 2 still unread."


def test_the_paragraphs_unfold_as_in_the_chat() -> None:
    """Below the same text stands the outline, and the button hides it again."""
    seas = digests(look(SAMPLE))["seas"]

    assert seas.unfolded["text"].startswith(seas.message["text"])
    assert seas.unfolded["text"].endswith("¶ 1 · Where rivers begin\n¶ 2 · Where they end")
    assert "Hide ¶ 1–2" in json.dumps(seas.unfolded["reply_markup"], ensure_ascii=False)


def test_a_digest_of_tomorrow_is_shown_as_it_will_be(folder: Path) -> None:
    """It says from when on, and stands in the row that readers will page through then."""
    edit(folder, "water.yaml", "    paragraphs: [1, 2]", "    paragraphs: [1, 2]\n    publish: 2026-12-01")
    before, after = look(folder), look(folder, dt.date(2026, 12, 1))

    assert digests(before)["seas"].publish == "1 December 2026"
    assert digests(before)["seas"].message == digests(after)["seas"].message
    assert digests(before)["springs"].message["text"].endswith("1/4 read")
    assert digests(after)["seas"].publish == ""


def test_findings_stand_at_what_they_are_about(folder: Path) -> None:
    """A digest's at the digest, a theme's at the theme, and all of them in one list with their places."""
    edit(folder, "water.yaml", "Or in a [lake]", "# A\n[lake]")
    edit(folder, "water.yaml", "text: # A\n", "text: |\n      # A\n      ")
    shown = look(folder)
    (finding,) = digests(shown)["lakes"].findings

    assert finding in shown.findings
    assert re.fullmatch(r".*/rivers/water\.yaml:\d+:\d+", finding.place)
    assert (finding.severity, finding.code) == ("error", "unsupported-markup")
    assert digests(shown)["seas"].findings == ()


def test_what_is_whole_is_shown_although_the_rest_is_broken(folder: Path) -> None:
    """A file that is no YAML takes its own digests away, and no others; nothing at all is shown as nothing."""
    edit(folder, "water.yaml", "digests:", "digests: [")
    assert list(digests(look(folder))) == ["dams", "fish"]

    shown = look(folder / "nowhere")
    assert shown.languages == ()
    assert [finding.code for finding in shown.findings] == ["folder-unreadable"]


def test_a_text_that_telegram_would_refuse_is_shown_with_its_words(folder: Path) -> None:
    """Far too long for a message: the words are there, and so is the refusal."""
    edit(folder, "water.yaml", "text: A river ends in a *sea*.", f"text: {'sea ' * 1020}")
    seas = digests(look(folder))["seas"]

    assert seas.refusal == "message is too long"
    assert seas.message["text"].startswith("💧 Seas\n\nsea sea")


def test_a_translation_is_shown_where_there_is_one(folder: Path) -> None:
    """The other digests are those that readers get instead, and say so; coverage counts what is translated."""
    translate(folder)
    shown = look(folder)
    russian = digests(shown, "ru")

    assert [each.code for each in shown.languages] == ["en", "ru"]
    assert [each.code for each in look(folder, language="ru").languages] == ["ru", "en"]
    assert russian["springs"].message["text"].startswith("💧 Родники\n\nРодник — начало реки.\n\nТак")
    assert (russian["springs"].translated, russian["seas"].translated) == (True, False)
    text = digests(shown)["seas"].message["text"]
    assert russian["seas"].message["text"] == text.replace("1/5 read", "1/5 прочитано")
    assert [one.digests for one in shown.languages[0].articles[0].paragraphs] == [
        ("springs", "seas"),
        ("seas", "lakes", "dams", "fish"),
    ]
    assert [one.digests for one in shown.languages[1].articles[0].paragraphs] == [("springs",), ()]


def test_the_findings_of_a_translation_stand_in_its_language_alone(folder: Path) -> None:
    """Who looks at the original is not told of them beside its digests."""
    translate(folder)
    edit(folder, "ru/water.yaml", "> Так", "# Так")
    shown = look(folder)

    assert "unsupported-markup" in {one.code for one in digests(shown, "ru")["springs"].findings}
    assert digests(shown)["springs"].findings == ()


# -- in the terminal ---------------------------------------------------------------------------------------


def test_the_terminal_shows_bubbles_with_their_counts() -> None:
    """Title, text, footer and buttons in the bubble; counts and outline below it."""
    text = printed(look(SAMPLE), digest="springs")

    for part in (
        "Preview: 2 themes, 5 digests, no findings.",
        "│ 💧 Springs ",
        "│ A spring is where a river begins, at 1 < 2 & 3 > 2. ",
        "│ /water · 1/5 read ",
        "[ 1/3 ]",
        "[ Next unread ▸ ]",
        "springs: 105 of 500 characters, 15 words",
        "¶ 1 Where rivers begin",
    ):
        assert part in text
    assert "seas" not in text


def test_the_terminal_has_styles_and_obeys_who_wants_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bold, italic and links as a terminal has them; without colours where NO_COLOR is set; plain in a pipe."""
    shown = look(SAMPLE)
    coloured = printed(shown, force_terminal=True, color_system="standard")
    assert "\x1b[1mspring\x1b[0m" in coloured
    assert "\x1b[3msea\x1b[0m" in coloured
    assert "https://example.org/lake\x1b\\\x1b[4;36mlake" in coloured

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1mspring\x1b[0m" in printed(shown, force_terminal=True, color_system="standard")
    assert not re.search(
        r"\x1b\[[0-9;]*3[0-7]m", printed(shown, force_terminal=True, color_system="standard")
    )
    assert "\x1b" not in printed(shown)
    assert "-> https://example.org/lake" in printed(shown)


def test_the_terminal_shows_a_quotation_behind_a_bar(folder: Path) -> None:
    """In another language, and after characters that count twice in UTF-16."""
    translate(folder)
    text = printed(look(folder, language="ru"), digest="springs")

    assert "│ ▌ Так пишет автор. " in text
    assert "│ Родник — начало реки. " in text


def test_the_terminal_shows_findings_right_below_their_digest(folder: Path) -> None:
    """After the digest and before the next one, with place, code and hint; the header counts them."""
    edit(folder, "water.yaml", "text: A river ends in a *sea*.", f"text: {'sea ' * 130}")
    text = printed(look(folder), 200)

    assert "Preview: 2 themes, 5 digests, 1 error." in text
    assert re.search(
        r"seas: \d+ of 500.*water\.yaml:\d+:\d+: error: text-too-long: .*\n.*hint: cut .*💧 Lakes",
        text,
        re.DOTALL,
    )
    assert text.count("text-too-long") == 1


def test_a_narrow_terminal_has_no_line_that_is_wider(folder: Path) -> None:
    """40 columns hold everything, findings and buttons included."""
    translate(folder)
    edit(
        folder,
        "water.yaml",
        "text: A river ends in a *sea*.",
        f"text: > {'sea ' * 130}".replace("> ", '"> ') + '"',
    )
    for language in ("en", "ru"):
        text = printed(look(folder, language=language), 40)
        assert "💧" in text
        assert [
            line
            for line in text.splitlines()
            if Console().render_str(line, markup=False, emoji=False).cell_len > 40
        ] == []


def test_markup_of_the_terminals_library_means_nothing(folder: Path) -> None:
    """A text with [brackets] is shown as it is."""
    edit(folder, "water.yaml", "title: Seas", 'title: "[red]Seas[/red] :boom:"')

    assert "💧 [red]Seas[/red] :boom:" in printed(look(folder))


# -- as a page ---------------------------------------------------------------------------------------------


def embedded(html: str) -> Any:
    """The data that the page draws."""
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


def test_the_page_allows_exactly_what_is_in_it() -> None:
    """Its policy names the hashes of its one script and its one style, and no place to load anything from."""
    html = page(look(SAMPLE))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    for kind, pattern in (
        ("script", r'<script type="module">(.*?)</script>'),
        ("style", "<style>(.*?)</style>"),
    ):
        (source,) = re.findall(pattern, html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}';" in policy[1]
    assert policy[1].startswith("default-src 'none'; ")
    assert "img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'" in policy[1]
    assert re.findall(r'(?:src|href)="(?!data:)', html) == []


def test_no_text_of_the_content_can_become_a_part_of_the_page(folder: Path) -> None:
    """However a title reads, the page's data hold it, and nothing around it changes."""
    edit(folder, "water.yaml", "title: Seas", f"title: {json.dumps(HOSTILE)}")
    html = page(look(folder))

    assert embedded(html)["languages"][0]["articles"][0]["themes"][0]["digests"][1]["title"] == HOSTILE
    assert html.count("</script>") == page(look(SAMPLE)).count("</script>")
    assert "<img src=x" not in html


# -- what readers get --------------------------------------------------------------------------------------


class WithoutPacing(BaseRateLimiter[str]):
    """Lets every call go at once: forty digests to one chat would take their time."""

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to let go of."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: str | None,
    ) -> Any:
        """The call, now."""
        del endpoint, data, rate_limit_args
        return await callback(*args, **kwargs)


@pytest.mark.parametrize("root", [CONTENT, SAMPLE], ids=["content", "sample"])
async def test_the_page_shows_what_telegram_receives(root: Path, sandbox: Sandbox, store: Store) -> None:
    """Every digest, read by a new reader and sent by the real sender over HTTP: the same text, entities, buttons.

    The same with its paragraphs unfolded.
    """
    loaded = check(root, TODAY).loaded
    assert loaded.library is not None
    data = embedded(page(desk(loaded, TODAY)))
    shown = {
        digest["id"]: (digest["message"], digest["unfolded"])
        for article in data["languages"][0]["articles"]
        for theme in article["themes"]
        for digest in theme["digests"]
    }
    assert shown.keys() == set(loaded.library.sequence((), TODAY))
    reading, chat = Reading(store, loaded.library, FixedClock()), Chat(READER)
    requests = AiohttpRequest(8), AiohttpRequest(1)
    async with aiohttp.ClientSession() as http:
        await http.post(f"{sandbox.url}/api/start", json={"user": READER, "chat": READER})
        async with ExtBot(
            TOKEN,
            base_url=f"{sandbox.url}/bot",
            request=requests[0],
            get_updates_request=requests[1],
            rate_limiter=WithoutPacing(),
        ) as telegram:
            sender = TelegramSender(telegram)
            for id_ in shown:
                for told in (await reading.digest(chat, id_), await reading.paragraphs(chat, id_)):
                    assert told is not None
                    assert isinstance(await sender.send(chat, told.message), Sent)
        async with http.get(f"{sandbox.url}/api/state") as answer:
            received = (await answer.json())["messages"][str(READER)][1:]

    assert [{key: one[key] for key in ("text", "entities", "reply_markup")} for one in received] == [
        message for pair in shown.values() for message in pair
    ]


# -- the command -------------------------------------------------------------------------------------------


def test_the_command_prints_and_ends_well(tmp_path: Path) -> None:
    """One theme in a pipe: no colours, exit code 0."""
    code, output = bot("preview", str(SAMPLE), "--theme", "water", folder=tmp_path)

    assert code == 0
    assert "💧 Springs" in output
    assert "Fewer dams" not in output
    assert "\x1b" not in output


def test_the_command_shows_broken_content_too(folder: Path, tmp_path: Path) -> None:
    """What can be read is shown with the finding, and the exit code is 1."""
    edit(folder, "water.yaml", "digests:", "digests: [")
    code, output = bot("preview", str(folder), folder=tmp_path)

    assert code == 1
    assert "Fewer dams" in output
    assert "water.yaml:6:3: error: yaml-syntax: " in re.sub(r"\n\s+", "", output)


def test_the_command_compares_with_the_source(folder: Path, tmp_path: Path) -> None:
    """As `check` does: what the text does not say stands below the digest that says it."""
    source = tmp_path / "source.txt"
    source.write_text("Rivers begin at springs.\n\nThey end in the sea.\n", encoding="utf-8")
    for number, text in enumerate(source.read_text(encoding="utf-8").split("\n\n"), 1):
        edit(folder, "article.yaml", f"{number:064}", paragraph_hash(text))
    edit(folder, "water.yaml", "text: A river ends in a *sea*.", "text: In 1999 a river ended in a *sea*.")
    arguments = ("preview", str(folder), "--digest", "seas", "--source", str(source))
    code, output = bot(*arguments, folder=tmp_path, COLUMNS="200")

    assert code == 1
    assert "error: figure-not-in-source: " in output


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    """To a file, which it names; or to the output, which then is the page and nothing else."""
    code, output = bot("preview", str(SAMPLE), "--html", "page.html", folder=tmp_path)
    assert (code, output) == (0, "Written: page.html. Open it in a browser.\n")

    code, output = bot("preview", str(SAMPLE), "--html", "-", folder=tmp_path)
    assert (code, output) == (0, (tmp_path / "page.html").read_text(encoding="utf-8"))

    code, output = bot("preview", str(SAMPLE), "--html", "no/such/page.html", folder=tmp_path)
    assert (code, output) == (1, "bot: no/such/page.html cannot be written: No such file or directory\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--theme", "watr"], "there is no watr; did you mean water?"),
        (["--digest", "dam"], "there is no dam; did you mean dams?"),
        (["--language", "ru"], "there is no ru; there is en"),
        (["--html", "x.html", "--theme", "water"], "leave out --theme and --digest"),
    ],
)
def test_a_name_that_is_not_there(arguments: list[str], told: str, tmp_path: Path) -> None:
    """Wrong use is exit code 2, with the nearest name that there is."""
    code, output = bot("preview", str(SAMPLE), *arguments, folder=tmp_path)

    assert code == 2
    assert told in re.sub(r"\s*\n\W*", " ", output)
