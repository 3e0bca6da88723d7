"""No secret comes out of the process, whichever way an error or a library takes; and what looks for them finds them.

That no test with a bot leaves one behind is looked for in tests/token_scan.py, at the end of each of its processes.
"""

import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.conversation import BotProcess
from tests.token_scan import search, secrets_of

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"
HOOK = "hook_0123456789-abcdefghijklmnopqrstuvwxyz"
PASSWORD = 'pass/wörd: "quoted"\\%41+'
SECRETS = (TOKEN, HOOK, PASSWORD)
PREAMBLE = f"""
import asyncio, faulthandler, logging, sys, textwrap, threading, traceback, warnings
import aiohttp, httpx, sqlalchemy, structlog
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from telegram.ext import ApplicationBuilder, ExtBot
from telegram.request import BaseRequest, HTTPXRequest
from urllib.parse import quote
from bot.logs import configure

TOKEN, HOOK, PASSWORD = SECRETS = {SECRETS!r}
ALL = " ".join(SECRETS)
configure("debug", sys.argv[1], SECRETS)
for name in tuple(logging.root.manager.loggerDict):
    logging.getLogger(name).setLevel(logging.DEBUG)
log, plain = structlog.get_logger("ours"), logging.getLogger("theirs")

class Refusing(BaseRequest):
    read_timeout = 1.0
    async def initialize(self): pass
    async def shutdown(self): pass
    async def do_request(self, url, method, *args, **options):
        return 404, b'{{"ok": false, "error_code": 404, "description": "Not Found"}}'
"""
WAYS = {
    "message": "log.info(ALL); plain.warning('%s', ALL)",
    "fields": "log.info('x', token=TOKEN, nested={'a': [HOOK, {PASSWORD: 1}]})",
    "bytes": "log.info('x', raw=ALL.encode(), text=repr(ALL.encode()))",
    "in addresses": "log.info(quote(ALL, safe='')); plain.info('bot%s', quote(TOKEN))",
    "broken over lines": "log.info(textwrap.fill(HOOK + '-' + TOKEN, 11)); sys.stderr.write(textwrap.fill(TOKEN, 20))",
    "wrong arguments": "plain.warning('%d', ALL)",
    "cause, context, notes, group": """
        try:
            try:
                int(TOKEN)
            except ValueError as error:
                error.add_note(HOOK)
                raise RuntimeError(PASSWORD) from error
        except RuntimeError as error:
            log.exception("failed")
            plain.error("failed", exc_info=ExceptionGroup(ALL, [error, OSError(2, ALL, TOKEN)]))
        """,
    "locals": """
        def inner(token):
            raise LookupError({"token": token})
        try:
            inner(ALL)
        except LookupError:
            log.exception("failed")
        """,
    "printed traceback": """
        try:
            raise RuntimeError(ALL)
        except RuntimeError:
            traceback.print_exc()
        """,
    "printed": "print(ALL, file=sys.stderr); sys.stderr.writelines([TOKEN, HOOK])",
    "warning": "warnings.warn(ALL); warnings.warn(ResourceWarning(ALL))",
    "thread": "t = threading.Thread(target=int, args=(ALL,), name=TOKEN); t.start(); t.join()",
    "clean-up": """
        class Dying:
            def __del__(self):
                raise RuntimeError(ALL)
        Dying()
        """,
    "task that nobody awaited": """
        async def failing():
            raise RuntimeError(ALL)
        async def main():
            task = asyncio.create_task(failing(), name=TOKEN)
            await asyncio.sleep(0.01)
            asyncio.get_running_loop().call_exception_handler({"message": ALL, "token": TOKEN})
        asyncio.run(main(), debug=True)
        """,
    "httpx": """
        client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)))
        client.get(f"https://api.telegram.org/bot{TOKEN}/getMe", params={"secret_token": HOOK})
        """,
    "aiohttp": """
        async def main():
            async with aiohttp.ClientSession() as session:
                try:
                    await session.get(f"http://127.0.0.1:1/bot{TOKEN}/x")
                except aiohttp.ClientError as error:
                    log.exception("failed", error=repr(error))
                try:
                    await session.get(f"gopher://bot{TOKEN}")
                except (aiohttp.ClientError, ValueError):
                    log.exception("failed")
        asyncio.run(main())
        """,
    "python-telegram-bot": """
        async def main():
            bot = ExtBot(TOKEN, request=Refusing(), get_updates_request=Refusing())
            application = ApplicationBuilder().bot(bot).build()
            log.info("x", bot=bot, application=repr(application)); plain.info("%r %s", bot, bot.base_url)
            try:
                await bot.initialize()
            except Exception:
                log.exception("refused")
            try:
                await bot.set_webhook("https://a.example", secret_token=HOOK)
            except Exception:
                log.exception("refused")
        asyncio.run(main())
        """,
    "sqlalchemy": """
        engine = sqlalchemy.create_engine("sqlite://", echo="debug")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("SELECT :a, :b"), {"a": ALL, "b": TOKEN}).all()
        url = sqlalchemy.URL.create("postgresql", "bot", PASSWORD, "db")
        log.info("x", url=url, shown=url.render_as_string(hide_password=False))
        """,
    "faulthandler": "faulthandler.dump_traceback()",
    "what ends the process": "raise SystemError(ALL)",
}
SILENT = {"faulthandler", "wrong arguments"}
"""The one shows places in files and no values, the other nothing at all."""


@pytest.fixture(scope="module", params=["console", "json"])
def told(request: pytest.FixtureRequest) -> dict[str, str]:
    """What comes out on each way, from one process that takes all of them."""
    steps = [
        f"print({f'{chr(10)}=={way}=='!r}, file=sys.__stderr__, flush=True)\n{textwrap.dedent(code)}"
        for way, code in WAYS.items()
    ]
    done = subprocess.run(
        [sys.executable, "-u", "-W", "always", "-c", "\n".join((PREAMBLE, *steps)), request.param],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stdout
    _, *parts = re.split("^==(.*)==\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_comes_out_on_this_way(told: dict[str, str], way: str) -> None:
    """Nor does a long piece of one: what is left is redacted, and not merely cut or escaped."""
    text = re.sub(r"\\n|\s", "", told[way])
    for secret in SECRETS:
        pieces = re.findall(r"[A-Za-z0-9_-]{6,}", secret)
        assert [piece for piece in pieces if piece in text and piece != "123456789"] == []
    assert ("[secret]" in text) == (way not in SILENT), told[way]


def test_a_secret_that_is_left_behind_is_found(tmp_path: Path) -> None:
    """In the output, in a file in some folder, across the pieces that a file is read in, and as in an address."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    search(SECRETS, b"nothing", tmp_path)
    for form in (TOKEN, TOKEN.replace(":", "%3A"), HOOK):
        with pytest.raises(AssertionError, match="output"):
            search(SECRETS, f"x{form}x".encode(), tmp_path)
        (folder / "bot.db-wal").write_bytes(b"." * (2**20 - 5) + form.encode())
        with pytest.raises(AssertionError, match=r"bot\.db-wal"):
            search(SECRETS, b"", tmp_path)
        search(SECRETS, b"", tmp_path, known=[str(folder / "bot.db-wal")])


async def test_it_is_looked_for_at_the_end_of_every_bot(tmp_path: Path) -> None:
    """One that leaves its token in its folder fails its test, whatever that is about."""
    bot = BotProcess("http://127.0.0.1:1", TOKEN, tmp_path)
    (tmp_path / "crash").write_text(f"token={TOKEN}")
    await bot.start()

    with pytest.raises(AssertionError, match="crash"):
        await bot.stop(signal.SIGKILL)


def test_the_secrets_of_a_bot_are_known() -> None:
    """Those that the environment gives it, the password as it is and not as the address writes it."""
    given = {
        "BOT_TOKEN": TOKEN,
        "BOT_WEBHOOK_SECRET": HOOK,
        "BOT_STORAGE__URL": "postgresql://bot:a%2Fb@db/bot",
        "BOT_LOG__LEVEL": "debug",
    }

    assert secrets_of(given) == (TOKEN, HOOK, "a/b")
    assert secrets_of({"BOT_TOKEN": TOKEN, "BOT_STORAGE__URL": "sqlite:////data/bot.db"}) == (TOKEN,)
