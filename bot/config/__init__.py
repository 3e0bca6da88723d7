"""config.yaml and the environment -> frozen settings, with all errors at once; secrets that leave no trace."""

from bot.config.loading import DEFAULT_FILE, config_file, load_all, load_settings
from bot.config.secrets import ConfigError, take_token, take_webhook_secret
from bot.config.settings import (
    ChannelSettings,
    DeliverySettings,
    ReaderSettings,
    Settings,
    StorageSettings,
    TelegramSettings,
    WebSettings,
)

__all__ = [
    "DEFAULT_FILE",
    "ChannelSettings",
    "ConfigError",
    "DeliverySettings",
    "ReaderSettings",
    "Settings",
    "StorageSettings",
    "TelegramSettings",
    "WebSettings",
    "config_file",
    "load_all",
    "load_settings",
    "take_token",
    "take_webhook_secret",
]
