"""RTSP requests and replies (RFC 2326), as bytes: bounded, and without reading more than the status says.

A reply ends with an empty line and the Content-Length that it names. Cameras end lines with LF alone, repeat
headers and write names in any case.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

HEAD_MAX_BYTES = 16 * 1024
BODY_MAX_BYTES = 64 * 1024
MOST_HEADERS = 64
_USER_AGENT = "epihub"
END_OF_HEAD = re.compile(rb"\n\r?\n")


class BadMessage(Exception):
    """What is no message, or none that a camera sends; repeats nothing of it. ``head``: how long it was."""

    def __init__(self, reason: Literal["bad_reply", "too_large"], head: int = 1) -> None:
        super().__init__(reason)
        self.reason: Final = reason
        self.head = head


@dataclass(frozen=True, slots=True)
class Message:
    """``status`` of a reply; 0 for a request of the camera's, whose method is ``method``.

    Header names in lower case; a header that stands twice has both values, in order. None of it may be shown.
    """

    status: int = 0
    method: str = ""
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str:
        """The first value, empty where there is none."""
        return self.headers.get(name, ("",))[0]

    @property
    def cseq(self) -> int | None:
        return number(self.header("cseq"))


def request(method: str, url: str, cseq: int, headers: Mapping[str, str]) -> bytes:
    """A request without a body; values hold no line break (places and challenges are checked)."""
    lines = [f"{method} {url} RTSP/1.0", f"CSeq: {cseq}", f"User-Agent: {_USER_AGENT}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer(status: int, phrase: str, cseq: int) -> bytes:
    """To a request that the camera makes."""
    return f"RTSP/1.0 {status} {phrase}\r\nCSeq: {cseq}\r\n\r\n".encode()


def take_message(buffer: bytes, at: int) -> tuple[Message, int] | None:
    """The message that begins at ``at`` and where it ends; None: it is not whole yet. Raises BadMessage."""
    ends = _end_of_head(buffer, at)
    if ends is None:
        return None
    try:
        message = _read_head(buffer[at:ends])
        length = _content_length(message)
    except BadMessage as error:
        raise BadMessage(error.reason, ends - at) from None
    if len(buffer) < ends + length:
        return None
    body = bytes(buffer[ends : ends + length])
    return Message(message.status, message.method, message.headers, body), ends + length


def number(text: str) -> int | None:
    """A count as headers have it, at most ten digits."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _end_of_head(buffer: bytes, at: int) -> int | None:
    most = at + HEAD_MAX_BYTES
    found = END_OF_HEAD.search(buffer, at, most)
    if found is None and len(buffer) >= most:
        raise BadMessage("too_large", HEAD_MAX_BYTES)
    return found.end() if found else None


def _read_head(raw: bytes) -> Message:
    first, *lines = raw.decode("latin-1").replace("\r\n", "\n").strip("\n").split("\n")
    if len(lines) > MOST_HEADERS:
        raise BadMessage("too_large")
    headers: dict[str, tuple[str, ...]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            key = name.strip().lower()
            headers[key] = (*headers.get(key, ()), value.strip())
    words = first.split(None, 2)
    if len(words) >= 2 and words[0].startswith("RTSP/1."):
        status = number(words[1])
        if status is not None and 100 <= status <= 599:
            return Message(status, "", headers)
    if len(words) == 3 and words[2].startswith("RTSP/1.") and words[0].isalpha():
        return Message(0, words[0].upper(), headers)
    raise BadMessage("bad_reply")


def _content_length(message: Message) -> int:
    values = message.headers.get("content-length")
    if values is None:
        return 0
    length = number(values[0])
    if length is None or len(set(values)) > 1:
        raise BadMessage("bad_reply")
    if length > BODY_MAX_BYTES:
        raise BadMessage("too_large")
    return length
