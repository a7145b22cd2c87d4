"""Libraries that others load only because they are there: a server has no use for them, and they weigh 15 MB.

Engine.IO's client side takes ``aiohttp``, ``requests`` and ``websocket`` when they are installed, uvicorn's
reloader ``watchfiles``, NiceGUI's pictures ``PIL``; without them both go another way that nobody here goes.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("PIL", "aiohttp", "requests", "websocket", "watchfiles", "tornado")


@contextmanager
def left_out() -> Iterator[None]:
    """What is imported inside finds none of them; afterwards they can be imported as ever."""
    missing = [name for name in NAMES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(missing))  # type: ignore[arg-type]  # None: "not found", by the import system
    try:
        yield
    finally:
        for name in missing:
            if sys.modules.get(name) is None:
                sys.modules.pop(name, None)
