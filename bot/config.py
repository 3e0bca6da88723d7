"""config.yaml and the environment -> frozen settings, with all errors at once."""

import datetime as dt
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from bot.core.findings import Finding
from bot.core.model import EVERY_DAY
from bot.core.preferences import parse
from bot.documents import Document, DocumentError, read, validate

DEFAULT_FILE = Path("config.yaml")
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_OWN_NAMES = {"BOT_TOKEN", "BOT_TOKEN_FILE", "BOT_CONFIG"}


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d+)\s*([smh])", str(value))
    if match is None:
        raise ValueError("write a number and a unit, as in 90m or 6h")
    return dt.timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours"}[match[2]]: int(match[1])})


def _days(value: object) -> object:
    understood = parse(str(value).split(), (), ())
    if understood.problems or understood.days is None:
        raise ValueError("write daily, weekdays, weekends or days as in Mon,Wed,Fri")
    return understood.days


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("write an IANA name, as in Asia/Almaty")
    return value


def _http(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", value):
        raise ValueError("write an address that begins with http:// or https://")
    return value.rstrip("/")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TelegramSettings(_Section):
    """Where the Bot API is, and what the bot listens to."""

    api_url: Annotated[str, AfterValidator(_http)] = "https://api.telegram.org"
    token_file: Path | None = None
    channel_commands: bool = False


class ContentSettings(_Section):
    """Where the articles are."""

    path: Path = Path("content")


class StorageSettings(_Section):
    """Where subscriptions and progress are kept."""

    url: str = "sqlite:///data/bot.db"


class DeliverySettings(_Section):
    """How fast, and how late."""

    rate: Annotated[float, Field(gt=0, le=1000)] = 25
    max_lateness: Annotated[dt.timedelta, BeforeValidator(_duration), Field(le=dt.timedelta(hours=12))] = (
        dt.timedelta(hours=6)
    )


class ReaderSettings(_Section):
    """What a bare /subscribe gives."""

    time: dt.time = dt.time(9)
    days: Annotated[int, BeforeValidator(_days)] = EVERY_DAY
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Almaty"


class WebSettings(_Section):
    """The health check's address; without a port it is off."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None


class LogSettings(_Section):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class ClockSettings(_Section):
    """A shift of the clock, for demonstrations."""

    offset_file: Path | None = None


class Settings(_Section):
    """All settings; each key is also BOT_SECTION__KEY in the environment."""

    telegram: TelegramSettings = TelegramSettings()
    content: ContentSettings = ContentSettings()
    storage: StorageSettings = StorageSettings()
    delivery: DeliverySettings = DeliverySettings()
    reader: ReaderSettings = ReaderSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    clock: ClockSettings = ClockSettings()


class ConfigError(Exception):
    """The configuration cannot be used; the message lists everything that is wrong and what to do."""


def load_settings(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from a file and the environment, which wins.

    `file` None means BOT_CONFIG, or config.yaml where there is one.

    Raises:
        ConfigError: With every error of both.
    """
    named = file or (Path(environment["BOT_CONFIG"]) if environment.get("BOT_CONFIG") else None)
    findings: list[Finding] = []
    merged: dict[str, Any] = {}
    documents = [_from_environment(environment)]
    try:
        if named or DEFAULT_FILE.exists():
            documents.insert(0, read(named or DEFAULT_FILE, str(named or DEFAULT_FILE)))
    except DocumentError as error:
        findings.extend(error.findings)
    for document in documents:
        try:
            validate(document, Settings)
        except DocumentError as error:
            findings.extend(error.findings)
        for section, keys in document.data.items():
            merged[section] = {**merged.get(section, {}), **keys} if isinstance(keys, dict) else keys
    if findings:
        raise ConfigError("\n".join(map(str, findings)))
    return Settings.model_validate({section: keys or {} for section, keys in merged.items()})


def take_token(settings: Settings, environment: MutableMapping[str, str]) -> SecretStr:
    """The bot's token, from BOT_TOKEN, BOT_TOKEN_FILE or telegram.token_file; it is taken out of the environment.

    Raises:
        ConfigError: There is none, or it is not one.
    """
    token = environment.pop("BOT_TOKEN", "").strip()
    source = "BOT_TOKEN"
    path = environment.get("BOT_TOKEN_FILE") or settings.telegram.token_file
    if not token and path:
        source = str(path)
        try:
            token = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"the token file {path} cannot be read ({error}): check the path and its mode"
            ) from error
    if not token:
        raise ConfigError(
            "no token: get one from @BotFather in Telegram, then set BOT_TOKEN or BOT_TOKEN_FILE. To try the bot "
            "without a token, run “make demo”"
        )
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{source} does not hold a token: @BotFather's look like 123456789:AbC… (digits, a colon, 35 characters)"
        )
    return SecretStr(token)


def _from_environment(environment: Mapping[str, str]) -> Document:
    """BOT_SECTION__KEY=value as the document that a file with the same keys would give."""
    data: dict[str, Any] = {}
    for name, value in environment.items():
        section, separator, key = name.removeprefix("BOT_").casefold().partition("__")
        if name.startswith("BOT_") and separator and name not in _OWN_NAMES:
            data.setdefault(section, {})[key] = value
    return Document("environment", data, {(): (1, 1)}, {}, {})
