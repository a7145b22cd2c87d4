"""Loopback TCP ports for tests: free just now, which is all that can be said of them.

All lie below those that the kernel gives to whoever dials, and each process of ``pytest -n`` has its own part
of them: nobody takes one between its being found and its being used.
"""

import os
import secrets
import socket
from contextlib import suppress

LOWEST_PORT, HIGHEST_PORT = 12_100, 32_700


def own_part(name: str, count: int) -> range:
    """The ports of the process ``name`` (gw0, gw1 …; "" where there is one alone) of ``count``."""
    each = (HIGHEST_PORT - LOWEST_PORT) // count
    first = LOWEST_PORT + each * int(name.removeprefix("gw") or 0)
    return range(first, first + each)


_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_WORKERS = os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")
OWN = own_part(_WORKER, int(_WORKERS))


def free_port() -> int:
    """One that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """All different; a listener that is killed finds its own free again."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(OWN)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in found:
                found.append(port)
    return found


def free_row(count: int) -> int:
    """The first of so many in a row."""
    while True:
        first = secrets.choice(OWN[: len(OWN) - count])
        if not any(taken(first + offset) for offset in range(count)):
            return first


def taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
