"""HTTP/1.1 requests on connections that stay open, each address checked before it is connected to.

As much of RFC 9112 as a request with a body and an answer of bounded size need; no redirect, no proxy.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult

from hub.feeds.addresses import resolve

MOST_HEAD_BYTES = 16 * 1024
MOST_BODY_BYTES = 256 * 1024
MOST_HEADERS = 100
_CONTINUED = 5  # 1xx answers before the one that counts
PORTS = {"http": 80, "https": 443}


class BrokenAnswer(OSError):
    """What came is no answer of HTTP/1.1, or too large."""


class HttpAnswer(NamedTuple):
    """``headers`` by lower-case name, the last of each; ``body`` whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class HttpLine:
    """One receiver. ``private``: whether it may be on this machine or in a private network."""

    def __init__(self, url: SplitResult, *, private: bool, seconds: float, ca_file: str = "") -> None:
        self._url = url
        self._private = private
        self._seconds = seconds
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None
        self._idle: list[_Connection] = []

    async def request(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Raises OSError (of TLS, of names, TimeoutError, BrokenAnswer), bounded in time."""
        sent = self._head(method, target, headers, len(body)) + body
        async with asyncio.timeout(self._seconds):
            while self._idle:  # one that its server has closed meanwhile is no failure
                connection = self._idle.pop()
                if not connection.reader.at_eof():
                    try:
                        return await self._exchange(connection, sent)
                    except (ConnectionError, asyncio.IncompleteReadError):
                        continue
            return await self._fresh(sent)

    async def close(self) -> None:
        """Let go of what is idle."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.writer.close()

    async def _fresh(self, sent: bytes) -> HttpAnswer:
        try:
            return await self._exchange(await self._connect(), sent)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise BrokenAnswer("broken_answer") from error

    async def _connect(self) -> _Connection:
        host = self._url.hostname or ""
        port = self._url.port or PORTS[self._url.scheme]
        failed: OSError = BrokenAnswer("no_address")
        for address in await resolve(host, port, private=self._private):
            try:
                return _Connection(*await self._dial(address, port, host))
            except ssl.SSLError:
                raise
            except OSError as error:
                failed = error
        raise failed

    async def _dial(
        self, address: str, port: int, host: str
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._url.scheme == "http":
            return await asyncio.open_connection(address, port, limit=MOST_HEAD_BYTES)
        if self._tls is None:
            self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=self._ca_file or None)
        return await asyncio.open_connection(
            address, port, ssl=self._tls, server_hostname=host, limit=MOST_HEAD_BYTES
        )

    async def _exchange(self, connection: _Connection, sent: bytes) -> HttpAnswer:
        kept = False
        try:
            connection.writer.write(sent)
            await connection.writer.drain()
            answer, kept = await _read(connection.reader)
            return answer
        finally:
            if kept:
                self._idle.append(connection)
            else:
                connection.writer.close()

    def _head(self, method: str, target: str, headers: Mapping[str, str], size: int) -> bytes:
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self._url.netloc}", "User-Agent: epihub"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {size}", "", ""]
        if any("\r" in line or "\n" in line for line in lines):
            raise BrokenAnswer("bad_header")
        return "\r\n".join(lines).encode("latin-1", "replace")


async def _read(reader: asyncio.StreamReader) -> tuple[HttpAnswer, bool]:
    """The answer, and whether the connection may serve again."""
    for _ in range(_CONTINUED):
        version, status, headers = _parsed(await reader.readuntil(b"\r\n\r\n"))
        if status >= 200:
            break
    else:
        raise BrokenAnswer("broken_answer")
    body, whole = await _body(reader, status, headers)
    keeps = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return HttpAnswer(status, headers, body), keeps and whole


def _parsed(head: bytes) -> tuple[str, int, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")[:-2]
    version, _, told = first.partition(" ")
    code = told[:3]
    if (
        not version.startswith("HTTP/1.")
        or not (code.isascii() and code.isdigit())
        or len(rest) > MOST_HEADERS
    ):
        raise BrokenAnswer("broken_answer")
    pairs = (line.partition(":") for line in rest)
    return version, int(code), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, status: int, headers: Mapping[str, str]) -> tuple[bytes, bool]:
    """The body, and whether the connection is at its end."""
    if status in (204, 304):
        return b"", True
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _chunks(reader), True
    length = headers.get("content-length")
    if length is None:
        return await _rest(reader), False
    if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MOST_BODY_BYTES:
        raise BrokenAnswer("too_large")
    return await reader.readexactly(int(length)), True


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        line = (await reader.readuntil(b"\r\n"))[:-2].partition(b";")[0].strip()
        try:
            size = int(line, 16) if len(line) <= 8 else MOST_BODY_BYTES + 1
        except ValueError as error:
            raise BrokenAnswer("broken_answer") from error
        if size < 0 or len(body) + size > MOST_BODY_BYTES:
            raise BrokenAnswer("too_large")
        if size == 0:
            break
        body += (await reader.readexactly(size + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":  # trailers
        pass
    return body


async def _rest(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while piece := await reader.read(8192):
        body += piece
        if len(body) > MOST_BODY_BYTES:
            raise BrokenAnswer("too_large")
    return body
