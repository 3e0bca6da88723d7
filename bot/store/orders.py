"""Orders from the command line to a running bot: files in a folder beside the database.

Whoever may write there may write into the database as well, so this door needs no password of its own.
"""

import json
import os
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import structlog

from bot.core.broadcast import Order

_log = structlog.get_logger(__name__)


class Orders:
    """The folder; it is made with the first order. Each file is one order, written whole or not at all.

    Without a `database` that is a file there is no folder, and nothing in it.
    """

    def __init__(self, database: Path | None) -> None:
        self._folder = database and database.with_name(database.name + ".orders")

    def give(self, order: Order) -> Path:
        """Leave an order; the file that is gone once the bot has taken it. Raises OSError."""
        if self._folder is None:
            raise FileNotFoundError("there is no folder for orders beside a server")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        draft = self._folder / f"{uuid4().hex}.new"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(order), file)
        return draft.replace(draft.with_suffix(".json"))

    def take(self) -> tuple[Order, ...]:
        """What was ordered, oldest first. An order is gone before it is carried out: it is never done twice."""
        taken = []
        found = self._folder.glob("*.json") if self._folder else ()
        files = sorted(found, key=lambda file: (file.stat().st_mtime_ns, file.name))
        for file in files:
            source = file.read_bytes()
            file.unlink()
            try:
                taken.append(Order(**json.loads(source)))
            except (ValueError, TypeError) as error:
                _log.warning("order.refused", reason=str(error))
        return tuple(taken)
