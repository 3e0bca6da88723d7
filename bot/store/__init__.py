"""The only place with SQL: tables, queries and migrations, one text for every database."""

from bot.store.opening import Onlooker, open_outbox, open_store, orders_of

__all__ = ["Onlooker", "open_outbox", "open_store", "orders_of"]
