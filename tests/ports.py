"""Loopback TCP ports for tests: free just now, which is all that can be said of them."""

import secrets
import socket
from contextlib import suppress

LOWEST_PORT, HIGHEST_PORT = 12_100, 32_700  # below those that the kernel gives to whoever dials


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports(count: int) -> list[int]:
    """All different; a listener that is killed finds its own free again."""
    found: list[int] = []
    while len(found) < count:
        port = LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in found:
                found.append(port)
    return found


def free_row(count: int) -> int:
    """The first of so many in a row."""
    while True:
        first = free_port()
        if first < 65_000 and not any(taken(first + offset) for offset in range(count)):
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
