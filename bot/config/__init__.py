"""config.yaml and the environment -> frozen settings, with all errors at once; secrets that leave no trace."""

from bot.config.loading import config_file, load_all, load_settings
from bot.config.secrets import ConfigError, take_token, take_webhook_secret
from bot.config.settings import ChannelSettings, Settings, StorageSettings, TelegramSettings

__all__ = [
    "ChannelSettings",
    "ConfigError",
    "Settings",
    "StorageSettings",
    "TelegramSettings",
    "config_file",
    "load_all",
    "load_settings",
    "take_token",
    "take_webhook_secret",
]
