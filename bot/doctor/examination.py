"""Everything that the doctor looks at, in the order in which one would."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from importlib.metadata import version
from pathlib import Path

from bot.clock import SystemClock
from bot.config import ConfigError, Settings, config_file, load_settings, take_token, take_webhook_secret
from bot.content import checking
from bot.core.diagnosis import Diagnosis, Status
from bot.core.operator_texts import count
from bot.doctor import machine, network
from bot.ports import Clock
from bot.reports import counts
from bot.store.inspecting import engine, inspect
from bot.telegram.examining import examine

_MOST = 50
"""Groups and channels that are asked about: ten seconds' worth."""
_MOUNTS = Path("/proc/self/mountinfo")


async def examination(file: Path | None, environment: MutableMapping[str, str]) -> AsyncIterator[Diagnosis]:
    """What is found, as it is found; nothing is written anywhere."""
    clock, path = SystemClock(), config_file(file, environment)
    try:
        settings = load_settings(file, environment)
    except ConfigError as error:
        message = f"{path or 'the environment'} cannot be used, so nothing else was looked at"
        yield Diagnosis("config", Status.BAD, message, str(error))
        return
    message = f"{path} is in order" if path else "no config.yaml: the defaults hold"
    yield Diagnosis("config", Status.OK, message)
    token = None
    for name, take in (("secret", take_webhook_secret), ("token", take_token)):
        try:
            token = take(settings, environment)
        except ConfigError as error:
            message, _, hint = str(error).partition(": ")
            token = None
            yield Diagnosis(name, Status.BAD, message, hint)
    inspection = await asyncio.to_thread(inspect, settings.storage.url, _MOST)
    if token:
        chats = [*(each.chat for each in settings.channels), *inspection.chats]
        secret, telegram = token.get_secret_value(), settings.telegram
        async for each in examine(secret, telegram.api_url, telegram.webhook_url, chats, clock.now()):
            yield each
        if inspection.total > len(inspection.chats):
            message = f"the first {len(inspection.chats)} of {inspection.total:,} groups and channels were looked at"
            yield Diagnosis("chats", Status.NOTE, message)
    yield await network.running(settings.web.host, settings.web.port)
    yield await network.clock(settings.telegram.api_url, clock)
    yield inspection.diagnosis
    for each in _here(settings, path, clock, environment.get("PYTHONTZPATH", "")):
        yield each


def _here(settings: Settings, path: Path | None, clock: Clock, zones: str) -> Iterator[Diagnosis]:
    """What this machine holds."""
    scheme, _, file = settings.storage.url.partition(":///")
    database = Path(file) if scheme == "sqlite" else None
    yield from machine.files(database, path)
    if database:
        yield from machine.disk(database, _MOUNTS.read_text() if _MOUNTS.exists() else "")
        yield engine()
    yield content(settings.content.path, clock)
    yield machine.zones(clock.now(), version("tzdata"), zones)
    if settings.clock.offset_file:
        hint = "leave clock.offset_file out, except for demonstrations"
        yield Diagnosis("offset", Status.WARNING, "the bot's clock is shifted by clock.offset_file", hint)


def content(folder: Path, clock: Clock) -> Diagnosis:
    """What “python -m bot check” would say, in one line."""
    loaded = checking.check(folder, clock.now().date()).loaded
    library, found = loaded.library, counts(loaded.findings)
    hint = f"“python -m bot check {folder}” lists them"
    if library is None:
        return Diagnosis("content", Status.BAD, f"{found} in {folder}: the bot does not start with it", hint)
    there = f"{count(len(library.articles), 'article')}, {count(len(library.ids), 'digest')} in {folder}"
    if loaded.findings:
        return Diagnosis("content", Status.WARNING, f"{there}; {found}", hint)
    return Diagnosis("content", Status.OK, there)
