"""`python -m bot`."""

import signal
import sys


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
    from bot.cli import main

    main()
