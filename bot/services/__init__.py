"""The use cases: they know the core and the ports, and nothing of Telegram or SQL."""
