"""All settings: one model for the file and the environment."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.config import values
from bot.core.delivery import OnAmbiguous
from bot.core.governor import in_flight
from bot.core.model import EVERY_DAY

TELEGRAM = "https://api.telegram.org"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class TelegramSettings(_Section):
    """Where the Bot API is, and what the bot listens to."""

    api_url: Annotated[str, AfterValidator(values.http)] = TELEGRAM
    token_file: Path | None = None
    webhook_url: Annotated[str, AfterValidator(values.webhook)] | None = None
    webhook_secret_file: Path | None = None
    channel_commands: bool = False
    rich_messages: bool = False
    burst: Annotated[int, Field(ge=1, le=1000)] = 5
    admins: Annotated[tuple[int, ...], BeforeValidator(values.words)] = ()


class ContentSettings(_Section):
    """Where the articles are."""

    path: Path = Path("content")


class StorageSettings(_Section):
    """Where subscriptions and progress are kept."""

    url: Annotated[str, AfterValidator(values.database)] = Field("sqlite:///data/bot.db", repr=False)
    url_file: Path | None = None

    @property
    def password(self) -> str:
        """What must not be shown of the URL; "" where it holds no password."""
        return values.password_of(self.url)


class DeliverySettings(_Section):
    """How fast, and how late."""

    rate: Annotated[float, Field(gt=0, le=1000)] = 25
    in_flight: Annotated[int, Field(ge=1, le=256)] = Field(
        default_factory=lambda data: in_flight(data.get("rate", 25))
    )
    paid_stars: Annotated[int, Field(ge=0)] = 0
    on_ambiguous: OnAmbiguous = OnAmbiguous.RETRY_ONCE
    max_lateness: Annotated[
        dt.timedelta, BeforeValidator(values.duration), Field(le=dt.timedelta(hours=12))
    ] = dt.timedelta(hours=6)


class ReaderSettings(_Section):
    """What a bare /subscribe gives, and the language where a reader's own is not one of the bot's."""

    time: Annotated[dt.time, BeforeValidator(values.time)] = dt.time(9)
    days: Annotated[int, BeforeValidator(values.days)] = EVERY_DAY
    zone: Annotated[str, AfterValidator(values.zone)] = "Asia/Almaty"
    language: Literal["en", "ru", "kk"] = "en"


class ChannelSettings(_Section):
    """A channel that the bot posts in; what it leaves out is as for readers. File only: a list has no keys to name."""

    chat: Annotated[int | str, BeforeValidator(values.channel)]
    time: Annotated[dt.time, BeforeValidator(values.time)] | None = None
    days: Annotated[int, BeforeValidator(values.days)] | None = None
    zone: Annotated[str, AfterValidator(values.zone)] | None = None
    themes: Annotated[tuple[str, ...], BeforeValidator(values.words)] = ()
    articles: Annotated[tuple[str, ...], BeforeValidator(values.words)] = ()
    language: Literal["en", "ru", "kk"] | None = None
    silent: bool = False


def _once(value: tuple[ChannelSettings, ...]) -> tuple[ChannelSettings, ...]:
    if len({each.chat for each in value}) < len(value):
        raise ValueError("a channel is named twice")
    return value


class WebSettings(_Section):
    """Where health, metrics and the webhook are served, without a port nowhere; and what silence is too long."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    silence: Annotated[
        dt.timedelta,
        BeforeValidator(values.duration),
        Field(ge=dt.timedelta(seconds=90), le=dt.timedelta(hours=1)),
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
