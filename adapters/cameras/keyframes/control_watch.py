"""What passes between libav and a camera on the control line: how far it came, and what is refused.

libav follows every redirect, sends to every ``source=`` and speaks dialects of its own with servers that call
themselves this or that. So nothing of the camera's goes to it as it came: each message is read whole, as our
own client reads it, and libav is given one that says the same in headers of ours. No reply can hide behind a
frame, a body or a line that two readers take differently. Frames of the stream pass where they are wanted.
"""

import re
from typing import Final

from adapters.cameras.reasons import REASON_OF_STATUS, Phase, Reason
from adapters.cameras.rtsp.camera_requests import MOST_REQUESTS, reply_to
from adapters.cameras.rtsp.descriptions import described_frame_seconds
from adapters.cameras.rtsp.interleaved import Interleave, Interleaved, Item, Said
from adapters.cameras.rtsp.messages import BadMessage, Message
from adapters.cameras.rtsp.transports import Accepted, read_transport

_LONGEST_LINE: Final = 1024  # of a longer one the end
_MOST_ASKED: Final = 16
_REQUEST: Final = re.compile(rb"([A-Z_]{1,32}) [^ ]+ RTSP/1\.0\r?$")
_ADDRESS: Final = re.compile(r"(?:source|destination)\s*=\s*([^;,\s]*)", re.IGNORECASE)
_LONGEST_VALUE: Final = 4000  # libav reads lines of 4095 bytes
# What a camera may tell libav. Not among them: Location, Server (by which it changes its dialect), Notice.
_HEADERS: Final = (
    *("CSeq", "Session", "Transport", "Public", "Range", "RTP-Info"),
    *("Content-Type", "Content-Base", "WWW-Authenticate"),
)
_PHASES: Final[dict[bytes, Phase]] = {
    b"OPTIONS": "options",
    b"DESCRIBE": "describe",
    b"SETUP": "setup",
    b"PLAY": "play",
}


class ControlWatch:
    """``addresses``: those that a camera may name, its own and ours. ``carries_stream``: frames come, too.

    ``failed``: why nothing may go on. ``for_camera``: what it is to be answered; whoever sends it clears it.
    """

    def __init__(self, addresses: frozenset[str], *, carries_stream: bool = False) -> None:
        self.reached: list[Phase] = []
        self.failed: Reason | None = None
        self.status = 0  # of the last reply that says how it stands; 0: none came
        self.for_camera = bytearray()
        self.frame_seconds = 0.0  # as the camera describes it; 0.0: it does not
        self._addresses = addresses
        self._carries_stream = carries_stream
        self._asked: list[bytes] = []  # methods that wait for their reply
        self._request = b""
        self._interleaved = Interleaved()
        self._rest = b""
        self._accepted: Accepted | None = None
        self._foreign = 0
        self._plays = False

    @property
    def pending_bytes(self) -> int:
        """Held until the rest of them comes; at most ``interleaved.PENDING_MAX_BYTES`` and one reading."""
        return len(self._rest) + len(self._request)

    def asked(self, data: bytes) -> None:
        """libav sends this; reports in frames may stand before a request."""
        *lines, rest = (self._request + data).split(b"\n")
        self._request = rest[-_LONGEST_LINE:]
        self._asked += [found[1] for line in lines if (found := _REQUEST.search(line))]
        del self._asked[:-_MOST_ASKED]

    def answered(self, data: bytes) -> bytes:
        """The camera sent this; what libav is told of it."""
        buffer, at, told = self._rest + data, 0, bytearray()
        try:
            while (item := self._next(buffer, at)) is not None:
                told += self._told(item, buffer, at)
                at = item.stop
        except BadMessage as error:
            self.failed = error.reason
        self._rest = buffer[at:] if self.failed is None else b""
        return bytes(told)

    def was_reset(self) -> None:
        """The camera's connection broke."""
        self.failed = self.failed or "reset"

    @property
    def reason(self) -> Reason | None:
        """What the last refusal of the camera means; None: it refused nothing."""
        if self.failed is not None or self.status < 300:
            return self.failed
        return REASON_OF_STATUS.get(self.status, "status")

    def _next(self, buffer: bytes, at: int) -> Item | None:
        return None if self.failed is not None else self._interleaved.item(buffer, at)

    def _told(self, item: Item, buffer: bytes, at: int) -> bytes:
        match item:
            case Interleave(channel, start, stop) if self._carries_stream:
                self._see(channel, buffer[start + 1 : stop])
                return buffer[at:stop]
            case Said(message):
                return self._said(message)
        return b""

    def _see(self, channel: int, behind: bytes) -> None:
        """The first packet of the stream tells how others are found again behind what is none."""
        if self._accepted is not None and channel == self._accepted.rtp and behind:
            self._interleaved.expect(self._accepted.rtp, self._accepted.rtcp, behind[0] & 0x7F)
            self._interleaved.strict = False
            self._accepted = None

    def _said(self, message: Message) -> bytes:
        if not message.status:
            self._foreign += 1
            if self._foreign > MOST_REQUESTS:
                self.failed = "too_large"
            self.for_camera += reply_to(message) or b""
            return b""
        if message.status < 200:
            return b""
        method = self._asked.pop(0) if self._asked else b""
        self._count(method, message.status)
        self.failed = self._refused(method, message)
        return b"" if self.failed else _written(message)

    def _count(self, method: bytes, status: int) -> None:
        """Of what keeps a stream alive, only that its session is gone says how it stands."""
        if (method in _PHASES and not self._plays) or status == 454:
            self.status = status
        if status == 200 and method in _PHASES:
            self.reached.append(_PHASES[method])
            self._plays = self._plays or method == b"PLAY"

    def _refused(self, method: bytes, message: Message) -> Reason | None:
        transports = message.headers.get("transport", ())
        told = {each.strip('[]"') for value in transports for each in _ADDRESS.findall(value)}
        if 300 <= message.status < 400 or not told <= self._addresses:
            return "redirect_refused"
        if method == b"DESCRIBE":
            self.frame_seconds = described_frame_seconds(message.body)
        if self._carries_stream and method == b"SETUP" and message.status == 200:
            self._accepted = read_transport(message.header("transport"))
            return None if self._accepted else "unsupported_transport"
        return None


def _written(message: Message) -> bytes:
    """The same reply in our words."""
    lines = [f"RTSP/1.0 {message.status} {'OK' if message.status == 200 else 'Refused'}"]
    for name in _HEADERS:
        values = message.headers.get(name.lower(), ())
        lines += [f"{name}: {value}" for value in values if _is_plain(value)]
    lines.append(f"Content-Length: {len(message.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + message.body


def _is_plain(value: str) -> bool:
    return len(value) <= _LONGEST_VALUE and not any(ord(each) < 32 or ord(each) == 127 for each in value)
