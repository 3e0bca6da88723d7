"""A Telegram bot that delivers digests of articles: on request by theme, and daily at each reader's own hour."""

__version__ = "0.1.0"
