"""One broker for a store, one listener for a port: told to the operator before anything starts."""

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.errors import OperatorError

# The kernel may still be ending the broker of an epihub that was killed a moment ago.
_ATTEMPTS = 40
_PAUSE_SECONDS = 0.05


@asynccontextmanager
async def locked(store: Path) -> AsyncIterator[int]:
    """The store for us alone: gives the lock's descriptor. Raises OperatorError.

    A child that inherits the descriptor holds the lock too, so it is free only when both are gone.
    """
    lock = _open_lock(store)
    try:
        for _ in range(_ATTEMPTS):
            if _lock_now(lock):
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        else:
            raise OperatorError(f"{store}: another epihub is running with this data directory")
        yield lock
    finally:
        os.close(lock)


def _open_lock(store: Path) -> int:
    try:
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(store / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OperatorError(f"{store}: {error.strerror}") from error


def _lock_now(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def check_port(host: str, port: int, who: str = "the bus", remedy: str = "see [bus] port") -> None:
    """Raises OperatorError naming host and port when nobody could listen there just now."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise OperatorError(f"{who} cannot listen on {host}: {error.strerror}") from error
    family, _, _, _, address = found[0]
    attempts = _ATTEMPTS
    while (problem := _bind_error(family, address)) is not None:
        attempts -= 1
        if not attempts or problem.errno != errno.EADDRINUSE:
            raise OperatorError(f"{who} cannot listen on {host} port {port}: {problem.strerror}; {remedy}")
        await asyncio.sleep(_PAUSE_SECONDS)


def _bind_error(family: int, address: tuple[str | int | bytes, ...]) -> OSError | None:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server does: a connection in TIME_WAIT is no obstacle, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error
    return None
