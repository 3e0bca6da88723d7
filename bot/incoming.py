"""How updates come in, brought to the webhook or fetched, and the one HTTP server beside it."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.config.settings import WebSettings
from bot.ports import StartError
from bot.scheduler import Tick
from bot.telegram.polling import Polling, polling
from bot.telegram.receiving import Receiving
from bot.telegram.registering import Registration, unregister
from bot.web.health import Health
from bot.wiring import Parts

if TYPE_CHECKING:
    from aiohttp.web import RouteDef

    from bot.web.metrics import Metrics
    from bot.web.webhook import Webhook


@contextlib.asynccontextmanager
async def incoming(
    parts: Parts, receiving: Receiving, health: Health, metrics: "Metrics | None", secret: SecretStr | None
) -> AsyncIterator[Mapping[str, tuple[Tick, float]]]:
    """Updates come in: brought to the webhook where it has a secret, else fetched. What is to be done by the clock.

    `metrics` are there where a port serves them. Raises StartError if nothing can come in.
    """
    wiring, settings = parts.wiring, parts.wiring.settings
    bot, url = wiring.application.bot, settings.telegram.webhook_url
    health.polled()  # Telegram has just answered; the first long poll may take its time
    pages = (*health.routes(), *metrics.routes(health)) if metrics else ()

    async def turn() -> None:
        if not wiring.leading.leads:
            await wiring.leading.wait()
            health.polled()  # its silence begins here

    if secret is None or url is None:
        health.receives = lambda: wiring.leading.leads
        poller = Polling(
            wiring.application,
            receiving.take,
            parts.alerts,
            health.polled,
            health.conflict,
            turn=turn,
        )
        async with _served(pages, settings.web):
            await unregister(bot)  # what an earlier configuration has set would keep updates away
            async with polling(poller):
                yield {}
        return
    hook = _hook(secret, receiving, health, metrics)
    registration = Registration(
        bot, url, secret, wiring.clock, received=health.polled, conflict=health.conflict
    )
    async with _served((*pages, *hook.routes()), settings.web):
        await registration.begin()
        try:
            yield {"webhook": (registration.tick, 60)}
        finally:
            hook.is_open = False  # the address stays registered: Telegram keeps updates for the next start


def _hook(secret: SecretStr, receiving: Receiving, health: Health, metrics: "Metrics | None") -> "Webhook":
    from bot.web.webhook import Webhook  # noqa: PLC0415  2 MB of a server, for those who have one

    hook = Webhook(secret, receiving.take, health.polled)
    if metrics:
        metrics.refused = hook.refusals.counts.total
    return hook


@contextlib.asynccontextmanager
async def _served(routes: "Iterable[RouteDef]", where: WebSettings) -> AsyncIterator[None]:
    if where.port is None:
        yield
        return
    from bot.web.server import serve  # noqa: PLC0415

    try:
        runner = await serve(routes, where.host, where.port)
    except OSError as error:
        raise StartError(
            f"port {where.port} on {where.host} is taken ({error.strerror}): set web.port to a free one"
        ) from error
    try:
        yield
    finally:
        await runner.cleanup()
