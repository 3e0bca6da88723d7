"""Several bots behind one webhook: whichever of them an update comes to, it is answered once, in the chat's order."""

import itertools
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import hdrs, web

from tests.campaign import Bot
from tests.conversation import free_port
from tests.databases import Server
from tests.invariants import Row
from tests.replicas import Replica, Replicas, replicas

SECRET = "a-secret-for-the-campaign-of-replicas"
PATIENCE = 120.0


@asynccontextmanager
async def _in_turn(ports: list[int]) -> AsyncIterator[str]:
    """A proxy that brings each request to the next bot; its address."""
    turns = itertools.cycle(ports)
    async with aiohttp.ClientSession() as session:

        async def forward(request: web.Request) -> web.Response:
            body, secret = await request.read(), "X-Telegram-Bot-Api-Secret-Token"
            head = {hdrs.CONTENT_TYPE: "application/json", secret: request.headers.get(secret, "")}
            try:
                async with session.post(
                    f"http://127.0.0.1:{next(turns)}/telegram", data=body, headers=head
                ) as answer:
                    return web.Response(status=answer.status, body=await answer.read())
            except aiohttp.ClientError:
                return web.Response(status=502)

        application = web.Application()
        application.router.add_post("/telegram", forward)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://127.0.0.1:{port}/telegram"
        finally:
            await runner.cleanup()


async def served(  # noqa: PLR0913  how many, and of what
    folder: Path,
    server: Server,
    seed: int,
    commands: int,
    each: int,
    *,
    bots: int = 3,
    kind: type[Bot] = Replica,
) -> Row:
    """So many commands, `each` of one reader without waiting for answers: every answer names what was asked."""
    ports = [free_port() for _ in range(bots)]
    settings = {
        "BOT_WEBHOOK_SECRET": SECRET,
        "BOT_DELIVERY__RATE": "1000",
        "BOT_DELIVERY__PAID_STARS": "1000000",
    }
    async with (
        replicas(folder, server, seed, bots, kind, **settings) as rig,
        _in_turn(ports) as address,
    ):
        for port in ports:
            await rig.start(BOT_WEB__PORT=str(port), BOT_TELEGRAM__WEBHOOK_URL=address)
        assert await rig.alive(bots), "they did not start"
        began = time.monotonic()
        readers = [rig.telegram.says("/subscribe 21:00 UTC") for _ in range(commands // each)]
        for minute, reader in itertools.product(range(1, each), readers):
            rig.telegram.says(f"/subscribe 21:{minute:02} UTC", reader)

        async def all_answered() -> bool:
            return len(rig.telegram.sent) >= commands

        answered = await rig.until(all_answered, PATIENCE)
        seconds = time.monotonic() - began
        await rig.settled(0, 3)
        shares = rig.rows("SELECT writer, count(*) FROM audit WHERE relation = 'inbox' GROUP BY 1")
        for bot in rig.lives:
            await rig.end(bot)
        return _judged(rig, commands, each, seconds, shares=len(shares), answered=answered)


def _judged(rig: Replicas, commands: int, each: int, seconds: float, *, shares: int, answered: bool) -> Row:
    got: dict[int, list[str]] = defaultdict(list)
    for message in rig.telegram.sent:
        got[message.chat].append(message.text)
    asked = [f"21:{minute:02}" for minute in range(each)]
    in_order = [
        all(time_ in text for time_, text in zip(asked, texts, strict=False)) for texts in got.values()
    ]
    left = rig.rows("SELECT count(*) FROM inbox WHERE payload <> ''")
    rules = {
        "every command is answered once": answered and {len(texts) for texts in got.values()} == {each},
        "in its order": all(in_order),
        "all took effect": rig.rows("SELECT DISTINCT time FROM subscriptions") == [(asked[-1],)],
        f"each of them did its part ({shares})": shares == len(rig.lives),
        "nothing is left in the inbox": left == [(0,)],
        "clean exits": all(code == 0 for code, _ in rig.exits),
    }
    return Row(
        f"{len(rig.lives)} behind a webhook",
        f"{commands:,} commands of {len(got)} readers, in turn to each replica",
        0,
        {},
        0,
        1,
        0,
        f"{len(rig.telegram.sent):,} answers in {seconds:.1f} s ({commands / seconds:.0f} a second)",
        tuple(rule for rule, held in rules.items() if not held),
        time.monotonic() - rig.began,
    )
