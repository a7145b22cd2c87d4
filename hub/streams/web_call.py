"""One HTTP/1.1 call by the standard library, for a worker thread: bounded, no redirect, TLS verified."""

import http.client
import ssl
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult

MOST_ANSWER_BYTES = 64 * 1024
_PIECE_BYTES = 8 * 1024
# RFC 9110 and 6585: timed out, too early, too many; all others of 4xx are the same tomorrow.
LATER = frozenset({408, 425, 429})


class WebAnswer(NamedTuple):
    """``body`` is cut after ``most_bytes``; ``challenges``: of a 401, what it wants of a user."""

    status: int
    body: bytes
    challenges: tuple[str, ...] = ()


def call_web(
    url: SplitResult,
    *,
    method: str = "POST",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    seconds: float,
    ca_file: str = "",
    most_bytes: int = MOST_ANSWER_BYTES,
) -> WebAnswer:
    """Raises OSError or ValueError. ``ca_file``: who may have signed its certificate, not the system's."""
    end = time.monotonic() + seconds
    connection = _connection(url, seconds, ca_file)
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.request(method, target, body or None, {"User-Agent": "epihub", **(headers or {})})
        answer = connection.getresponse()
        wanted = tuple(answer.headers.get_all("WWW-Authenticate") or ())
        return WebAnswer(answer.status, _bounded(answer, end, most_bytes), wanted)
    except http.client.HTTPException as error:
        raise ConnectionError(type(error).__name__) from error
    finally:
        connection.close()


def _bounded(answer: http.client.HTTPResponse, end: float, most_bytes: int) -> bytes:
    """A server that sends a byte now and then does not hold us longer than the deadline."""
    body = b""
    while len(body) < most_bytes and (piece := answer.read1(min(_PIECE_BYTES, most_bytes - len(body)))):
        body += piece
        if time.monotonic() > end:
            raise TimeoutError
    return body


def _connection(url: SplitResult, seconds: float, ca_file: str) -> http.client.HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file or None)
        return http.client.HTTPSConnection(host, url.port, timeout=seconds, context=context)
    return http.client.HTTPConnection(host, url.port, timeout=seconds)
