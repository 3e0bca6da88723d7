"""The only place with SQL: tables, queries and migrations, one text for every database."""

from bot.store.opening import open_outbox, open_store

__all__ = ["open_outbox", "open_store"]
