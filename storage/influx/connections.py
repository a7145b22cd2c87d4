"""Connections whose answers begin in time: a timeout of urllib3 counts from each byte to the next only."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import SHUT_RDWR, socket
from threading import Event, Timer

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# From the end of a request to the end of an answer's head, and from its beginning to the answer's last byte.
ANSWER_SECONDS = 180.0


class _Plain(HTTPConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        with _cut_after(ANSWER_SECONDS, self.sock):
            return super().getresponse()


class _Encrypted(HTTPSConnection):
    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
        with _cut_after(ANSWER_SECONDS, self.sock):
            return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _EncryptedPool}


@contextmanager
def _cut_after(seconds: float, line: socket | None) -> Iterator[None]:
    """Raises TimeoutError: http.client takes a head that ends in its middle for a whole one."""
    late = Event()
    timer = Timer(seconds, _cut, [line, late])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError


def _cut(line: socket | None, late: Event) -> None:
    late.set()
    with suppress(OSError):
        if line is not None:
            line.shutdown(SHUT_RDWR)  # wakes whoever reads
