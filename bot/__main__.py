"""`python -m bot`."""

import signal
import sys
from pathlib import Path


def listen() -> None:
    """End well at a stop that comes before anything has begun.

    To be called before the imports, which take a second: as a container's first process it would not hear one before.
    """
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _leave)


def _leave(_signal: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    if sys.argv[1:2] in (["run"], ["demo"]):
        listen()
    from bot.starting import plain, start

    if plain(sys.argv[1:]):
        start(Path(sys.argv[3]) if sys.argv[3:] else None)
    else:
        from bot.cli import main

        main()
