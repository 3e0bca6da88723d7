"""The only place with SQL: tables, queries and migrations, one text for every database."""

from bot.store.opening import Onlooker, open_outbox, open_store, orders_of
from bot.store.schema import SCHEMA

__all__ = ["SCHEMA", "Onlooker", "open_outbox", "open_store", "orders_of"]
