"""config.yaml and the environment -> frozen settings, with all errors at once."""

import datetime as dt
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from bot.core.delivery import OnAmbiguous
from bot.core.findings import Finding
from bot.core.governor import in_flight
from bot.core.model import EVERY_DAY
from bot.core.preferences import parse
from bot.documents import Document, DocumentError, Keys, Place, read, validate

DEFAULT_FILE = Path("config.yaml")
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")


def _duration(value: object) -> object:
    match = re.fullmatch(r"(\d{1,6})\s*([smh])", str(value))
    if match is None:
        raise ValueError("write a number and a unit, as in 90m or 6h")
    return dt.timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours"}[match[2]]: int(match[1])})


def _days(value: object) -> object:
    understood = parse(str(value).split(), (), ())
    if understood.problems or understood.days is None:
        raise ValueError("write daily, weekdays, weekends or days as in Mon,Wed,Fri")
    return understood.days


def _time(value: object) -> object:
    understood = parse([str(value)], (), ())
    if understood.time is None:  # pydantic's own would take seconds, which no reader's clock shows
        raise ValueError("write hours and minutes, as in 08:30")
    return understood.time


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("write an IANA name, as in Asia/Almaty")
    return value


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _channel(value: object) -> object:
    name = str(value)
    if re.fullmatch(r"-100\d{5,15}", name):
        return int(name)
    if not re.fullmatch(r"@[A-Za-z][A-Za-z0-9_]{3,31}", name):
        raise ValueError("write the channel's @name in quotes, or its id, which begins with -100")
    return name.casefold()


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
    rich_messages: bool = False
    burst: Annotated[int, Field(ge=1, le=1000)] = 5
    admins: Annotated[tuple[int, ...], BeforeValidator(_words)] = ()


class ContentSettings(_Section):
    """Where the articles are."""

    path: Path = Path("content")


class StorageSettings(_Section):
    """Where subscriptions and progress are kept."""

    url: str = "sqlite:///data/bot.db"


class DeliverySettings(_Section):
    """How fast, and how late."""

    rate: Annotated[float, Field(gt=0, le=1000)] = 25
    in_flight: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=lambda data: in_flight(data.get("rate", 25))
    )
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE
    max_lateness: Annotated[dt.timedelta, BeforeValidator(_duration), Field(le=dt.timedelta(hours=12))] = (
        dt.timedelta(hours=6)
    )


class ReaderSettings(_Section):
    """What a bare /subscribe gives, and the language where a reader's own is not one of the bot's."""

    time: Annotated[dt.time, BeforeValidator(_time)] = dt.time(9)
    days: Annotated[int, BeforeValidator(_days)] = EVERY_DAY
    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Almaty"
    language: Literal["en", "ru", "kk"] = "en"


class ChannelSettings(_Section):
    """A channel that the bot posts in; what it leaves out is as for readers. File only: a list has no keys to name."""

    chat: Annotated[int | str, BeforeValidator(_channel)]
    time: Annotated[dt.time, BeforeValidator(_time)] | None = None
    days: Annotated[int, BeforeValidator(_days)] | None = None
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    themes: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    articles: Annotated[tuple[str, ...], BeforeValidator(_words)] = ()
    language: Literal["en", "ru", "kk"] | None = None
    silent: bool = False


def _once(value: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
    if len({each.chat for each in value}) < len(value):
        raise ValueError("a channel is named twice")
    return value


class WebSettings(_Section):
    """The health check's address, without a port it is off; and how long nothing may come from Telegram."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    silence: Annotated[
        dt.timedelta,
        BeforeValidator(_duration),
        Field(ge=dt.timedelta(seconds=30), le=dt.timedelta(hours=1)),
    ] = dt.timedelta(minutes=2)


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
    channels: Annotated[tuple[ChannelSettings, ...], AfterValidator(_once)] = ()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()
    clock: ClockSettings = ClockSettings()

    @model_validator(mode="before")
    @classmethod
    def _empty_sections(cls, data: dict[str, object]) -> dict[str, object]:
        """A section whose keys are all commented out holds the defaults."""
        return {section: keys for section, keys in data.items() if keys is not None}


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
    documents = _from_environment(environment)
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
    if findings:
        raise ConfigError("\n".join(map(str, findings)))
    for section, keys in (
        item for document in documents for item in document.data.items() if item[1] is not None
    ):
        merged[section] = {**merged.get(section, {}), **keys} if isinstance(keys, dict) else keys
    return Settings.model_validate(merged)


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


def _from_environment(environment: Mapping[str, str]) -> list[Document]:
    """Each BOT_SECTION__KEY=value as the document that a file with this key alone would give."""
    documents = []
    for name, value in sorted(environment.items()):
        section, separator, key = name.removeprefix("BOT_").casefold().partition("__")
        if name.startswith("BOT_") and separator:
            places: dict[Keys, Place] = dict.fromkeys(((), (section,), (section, key)), (1, 1))
            documents.append(Document(name, {section: {key: value}}, places, places, {}))
    return documents
