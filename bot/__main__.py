"""`python -m bot`."""

import signal
import sys


def _leave(_signal: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    if sys.argv[1:2] in (["run"], ["demo"]):
        # Before the imports, which take a second: as a container's first process it would not hear a stop until then.
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, _leave)
    from bot.cli import main

    main()
