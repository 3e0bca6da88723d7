"""`python -m bot draft`: from a file, standard input or a page to a folder, or one line that says why not."""

import asyncio
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from typer.testing import CliRunner

import bot as package
from bot.cli import cli
from bot.content.drafting.fetching import fetch
from bot.content.drafting.source import UnreadableError
from bot.content.loader import load_library
from tests.test_cli import bot

ARTICLES = Path(__file__).parent / "articles"
ROOT = ARTICLES.parents[1]
EXTRA = [
    re.split(r"[\[>]", requirement)[0]
    for requirement in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]["draft"]
]
BRIDGE, APPLES, PAGE = (str(ARTICLES / name) for name in ("bridge.md", "apples.txt", "well.html"))


def draft(*arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Run the command in this process, in the current folder; exit code and everything that it printed."""
    done = CliRunner().invoke(cli, ["draft", *arguments], input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_was_made_and_what_comes_next(tmp_path: Path) -> None:
    """A line for each theme, and the next steps; `check` accepts the folder."""
    code, output = bot("draft", BRIDGE, "--out", "desk", folder=tmp_path)

    assert code == 0
    assert output == (
        "Drafted “The bridge that learned to sing” (en): 11 paragraphs, 3 themes, 5 digests to write.\n"
        "\n"
        "  /accident_rust         ¶ 1–4       2 digests    An accident of rust\n"
        "  /measuring_song        ¶ 5–7       1 digest     Measuring a song\n"
        "  /town                  ¶ 8–11      2 digests    What to do with it\n"
        "\n"
        "Next, in desk/the-bridge-that-learned-to-sing:\n"
        "  1. Replace each TODO by your words, and delete the comments that quote the article.\n"
        "  2. python -m bot check desk\n"
        "  3. python -m bot preview desk\n"
        "  4. python -m bot demo --content desk\n"
    )
    assert bot("check", "desk", folder=tmp_path)[0] == 0
    assert [path.name for path in (tmp_path / "desk").iterdir()] == ["the-bridge-that-learned-to-sing"]


def test_options_say_what_the_text_does_not(folder: Path) -> None:
    """Title, author, date, language and id; and the text goes into a file that the outline fits."""
    code, output = draft(
        *(APPLES, "--out", ".", "--id", "sady", "--title", "Сады: «Апорт»", "--author", "А. Б."),
        *("--published", "2020-02-03", "--language", "tt", "--text", "source.txt"),
    )
    written = (folder / "sady" / "article.yaml").read_text(encoding="utf-8")

    assert code == 0
    assert '\nid: sady\ntitle: "Сады: «Апорт»"\nauthor: А. Б.\n' in written
    assert "\npublished: 2020-02-03\nlanguage: tt\n" in written
    assert "check . --source source.txt\n" in output
    assert (folder / "source.txt").read_text(encoding="utf-8").startswith("Каждую осень")


def test_standard_input(folder: Path) -> None:
    """`-` takes what another program writes."""
    code, output = draft("-", "--out", str(folder), stdin=(ARTICLES / "wells.txt").read_bytes())

    assert code == 0
    assert output.startswith("Drafted “Құдық қазған ауыл” (kk): 9 paragraphs, ")


def test_nothing_is_overwritten(folder: Path) -> None:
    """Neither a draft, nor an article of that id in another folder, nor a file for the text."""
    taken = folder / "desk" / "the-bridge-that-learned-to-sing"
    taken.mkdir(parents=True)
    (taken / "notes.txt").write_text("mine")
    told = "is there already, and is left as it is: move it away, or choose another name\n"
    assert draft(BRIDGE, "--out", "desk") == (1, f"bot: “{taken.relative_to(folder)}” {told}")

    assert draft(APPLES, "--out", "desk", "--id", "b")[0] == 0
    (folder / "desk" / "b").rename(folder / "desk" / "c")
    code, output = draft(BRIDGE, "--out", "desk", "--id", "b")
    assert (code, "has an article `b` already" in output) == (1, True)

    (folder / "text.txt").write_text("mine")
    assert draft(BRIDGE, "--out", "desk", "--id", "d", "--text", "text.txt")[0] == 1
    assert (folder / "text.txt").read_text() == (taken / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in (folder / "desk").iterdir()) == ["c", taken.name]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (
            ["nowhere.txt", "--out", "desk"],
            1,
            "No such file or directory: give a file, an http or https address",
        ),
        ([".", "--out", "desk"], 1, "Is a directory: give a file"),
        (["ftp://example.org/a", "--out", "desk"], 1, "give a file, an http or https address"),
        (["picture.png", "--out", "desk"], 1, "is not a text"),
        ([BRIDGE, "--out", "file"], 1, "“file” cannot be written"),
        ([BRIDGE, "--out", "article"], 1, "the folder of one article: give the folder above"),
        ([BRIDGE, "--out", "desk", "--id", "../x"], 2, "“id: ../x”: this does not have the right form"),
        ([BRIDGE, "--out", "desk", "--language", "English"], 2, "“language: English”"),
        ([BRIDGE, "--out", "desk", "--published", "tomorrow"], 2, "--published"),
        ([BRIDGE], 2, "--out"),
    ],
)
def test_what_can_be_wrong(arguments: list[str], code: int, told: str, folder: Path) -> None:
    """One line, and nothing is left behind."""
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    (folder / "file").touch()
    (folder / "article").mkdir()
    (folder / "article" / "article.yaml").touch()
    before = {path for path in folder.rglob("*") if path.name != "desk"}
    found, output = draft(*arguments)

    assert found == code
    assert told in " ".join(output.split())
    assert {path for path in folder.rglob("*") if path.name != "desk"} == before


# -- without the extra: in the image --------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXTRA)
def test_without_a_package_it_says_what_to_install(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is missing: one line, exit code 2, and nothing is written; `--help` works."""
    monkeypatch.setitem(sys.modules, name.replace("-", "_"), None)

    code, output = draft(BRIDGE, "--out", "desk")

    assert (code, output.count("\n")) == (2, 1)
    assert "are not installed: in a checkout, run `python -m pip install -r requirements-draft.txt`" in output
    assert list(folder.iterdir()) == []
    assert draft("--help")[0] == 0


def test_nothing_else_needs_the_extra() -> None:
    """Every module but those of drafting can be imported without its packages, and imports none of drafting."""
    modules = [
        module.name
        for module in pkgutil.walk_packages(package.__path__, "bot.")
        if not module.name.startswith(("bot.store.migrations", "bot.content.drafting"))
    ]
    lines = (
        "import sys",
        f"sys.modules.update(dict.fromkeys({[name.replace('-', '_') for name in EXTRA]}))",
        f"import {', '.join(modules)}",
        "print([name for name in sys.modules if 'drafting' in name])",
    )
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_lock_of_the_extra_adds_to_that_of_the_image_and_changes_nothing() -> None:
    """What the image installs, at the same versions; and the extra's packages, which the image is without."""
    texts = [(ROOT / name).read_text() for name in ("requirements.txt", "requirements-draft.txt")]
    image, whole = (
        {re.sub(r"\[.*\]", "", line) for line in re.findall(r"^\S+==\S+", text, re.MULTILINE)}
        for text in texts
    )

    assert image < whole
    assert {name.partition("==")[0] for name in whole - image} >= set(EXTRA)
    assert "://" not in "".join(texts)


# -- pages in the web -------------------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """A server with a good page and every kind of bad one."""
    page = (ARTICLES / "well.html").read_text(encoding="utf-8")
    russian = page.replace("<p>", "<p>Река несёт лёд. ").replace('<meta charset="utf-8">', "")

    def html(body: bytes) -> web.Response:
        return web.Response(body=body, content_type="text/html")

    async def loop(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"/loop?{int(request.query_string or 0) + 1}")

    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("mailto:editor@example.org")

    async def slow(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return html(b"")

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        for _ in range(11):
            await response.write(b"x" * 2**20)
        return response

    answers = {
        "/well.html": html(page.encode()),
        "/old": html(russian.encode("cp1251", "replace")),
        "/picture": web.Response(body=b"", content_type="image/png"),
        "/plain": web.Response(body=(ARTICLES / "apples.txt").read_bytes(), content_type="text/plain"),
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        special = {"/loop": loop, "/elsewhere": elsewhere, "/slow": slow, "/large": large}
        if request.path in special:
            return await special[request.path](request)
        return answers.get(request.path) or web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_page_in_the_web(server: str, tmp_path: Path) -> None:
    """The address goes into article.yaml, without a password; the folder is called after the title."""
    address = server.replace("//", "//me:secret@")
    code, output = await asyncio.to_thread(draft, f"{address}/well.html#top", "--out", str(tmp_path))
    library = load_library(tmp_path).library

    assert (code, library is not None) == (0, True), output
    assert library is not None
    assert [(article.id, article.url) for article in library.articles] == [
        ("the-well-that-nobody-dug", f"{server}/well.html")
    ]


async def test_a_page_in_an_old_encoding_that_does_not_say_so(server: str, tmp_path: Path) -> None:
    """Windows-1251 is told from the text."""
    code, _ = await asyncio.to_thread(draft, f"{server}/old", "--out", str(tmp_path))
    themes = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*/*.yaml"))

    assert code == 0
    assert "Река несёт лёд." in themes


async def test_a_text_in_the_web(server: str) -> None:
    """Plain text is taken as a file would be."""
    assert await fetch(f"{server}/plain") == ((ARTICLES / "apples.txt").read_bytes(), "")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/missing", "the server answered 404 Not Found: save the page from a browser"),
        ("/picture", "it is image/png, not a page or a text"),
        ("/loop", "it leads on more than 5 times"),
        ("/elsewhere", "it leads to something else than a page in the web"),
        ("/slow", "no whole answer came in time"),
        ("/large", "it is larger than 10 MiB"),
    ],
)
async def test_a_page_that_cannot_be_had(server: str, path: str, told: str) -> None:
    """One line says why, and what to do instead."""
    with pytest.raises(UnreadableError, match=told):
        await fetch(f"{server}{path}", seconds=0.5 if path == "/slow" else 20)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://nowhere.invalid/", "no host of that name is known"),
        ("http://[::1", "not an address that can be opened"),
        ("http://127.0.0.1:1/", "nothing answers there"),
    ],
)
async def test_an_address_that_leads_nowhere(address: str, told: str) -> None:
    """A wrong host, a wrong address, a closed port."""
    with pytest.raises(UnreadableError, match=told):
        await fetch(address)
