"""Requests of RTSP 1.0 (RFC 2326), and replies to them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LARGEST_REQUEST = 16_384
PHRASES = {
    200: "OK", 302: "Moved Temporarily", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 453: "Not Enough Bandwidth", 454: "Session Not Found", 455: "Method Not Valid",
    461: "Unsupported Transport", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """Names of ``headers`` in lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def number(self) -> str:
        return self.headers.get("cseq", "0")


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a client sent between its requests on a channel: reports of RTCP."""

    channel: int
    data: bytes


class NotRtsp(Exception):
    """These bytes are no requests; the connection is closed."""


class RequestReader:
    """Bytes in, requests and feedback out."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Feedback]:
        """Raises NotRtsp."""
        self._rest += data
        while (found := self._next()) is not None:
            yield found

    def _next(self) -> Request | Feedback | None:
        rest = self._rest
        if rest[:1] == b"$":
            return self._feedback()
        end = rest.find(b"\r\n\r\n")
        if end < 0:
            if len(rest) > LARGEST_REQUEST:
                raise NotRtsp
            return None
        request = _parsed(bytes(rest[:end]).decode("utf-8", "replace"))
        body = int(request.headers.get("content-length", "0") or 0)
        if body > LARGEST_REQUEST:
            raise NotRtsp
        if len(rest) < end + 4 + body:
            return None
        del rest[: end + 4 + body]
        return request

    def _feedback(self) -> Feedback | None:
        rest = self._rest
        length = int.from_bytes(rest[2:4], "big")
        if len(rest) < 4 or len(rest) < 4 + length:
            return None
        found = Feedback(rest[1], bytes(rest[4 : 4 + length]))
        del rest[: 4 + length]
        return found


def _parsed(text: str) -> Request:
    first, *lines = text.lstrip("\r\n").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("RTSP/"):
        raise NotRtsp
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise NotRtsp
        headers[name.strip().lower()] = value.strip()
    return Request(parts[0].upper(), parts[1], headers)


def reply(request: Request, status: int, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """``headers`` may hold several lines in one value, as ``WWW-Authenticate`` does: one a line."""
    lines = [f"RTSP/1.0 {status} {PHRASES.get(status, 'Unknown')}", f"CSeq: {request.number}"]
    for name, values in (headers or {}).items():
        lines += [f"{name}: {value}" for value in values.split("\n")]
    if body:
        lines.append(f"Content-Length: {len(body.encode())}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
