"""Connections whose answers end in time: a timeout of urllib3 counts from each byte to the next only."""

import io
from http.client import HTTPResponse
from socket import SocketIO, socket
from time import monotonic
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

# From the end of a request to the last byte of its answer.
ANSWER_SECONDS = 180.0


class _Timed(io.RawIOBase):
    """What a socket says, until it is too late; raises TimeoutError then."""

    def __init__(self, line: SocketIO, seconds: float) -> None:
        self._line = line
        self._until = monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if monotonic() > self._until:
            raise TimeoutError
        return self._line.readinto(buffer)

    def close(self) -> None:
        self._line.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock.makefile("rb", buffering=0), ANSWER_SECONDS))


class _Plain(HTTPConnection):
    response_class = _Answer


class _Encrypted(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _EncryptedPool}
