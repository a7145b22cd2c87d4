"""What stands in the bytes of a connection: interleaved frames (RFC 2326, 10.12) and messages, told apart.

A frame is ``$``, its channel, 16 bits of length, then RTP or RTCP. Once a stream plays, bytes that are
neither are thrown away up to the next that look like a frame of *this* stream or like a message; any cut of
the same bytes gives the same items. Nothing here holds bytes: the caller keeps what is not whole, at most
``PENDING_MAX_BYTES``.
"""

import re
from typing import NamedTuple

from adapters.cameras.rtsp.messages import (
    BODY_MAX_BYTES,
    END_OF_HEAD,
    HEAD_MAX_BYTES,
    BadMessage,
    Message,
    take_message,
)

PENDING_MAX_BYTES = max(65_535 + 4, HEAD_MAX_BYTES + BODY_MAX_BYTES)
_DOLLAR = 0x24
_RTP_HEAD, _RTCP_HEAD = 12, 8
# The first bytes of a reply, and of the requests that cameras make; all of one length, so that the first to
# begin is also the first to be recognised.
_START_BYTES = 6
_STARTS = rb"RTSP/1|OPTION|GET_PA|SET_PA|ANNOUN|REDIRE|TEARDO|PLAY_N"
_IS_START = re.compile(_STARTS)


class Interleave(NamedTuple):
    """A frame: its content is ``buffer[start:stop]``."""

    channel: int
    start: int
    stop: int


class Garbage(NamedTuple):
    """Bytes that are nothing, up to ``stop``."""

    stop: int


class Said(NamedTuple):
    """A whole message, up to ``stop``."""

    message: Message
    stop: int


Item = Interleave | Garbage | Said


class Interleaved:
    """``strict``, until a stream plays: what is neither frame nor message raises BadMessage.

    ``hunting``: bytes are being thrown away; ``resyncs``: how often that began.
    """

    def __init__(self) -> None:
        self.strict = True
        self.hunting = False
        self.resyncs = 0
        self._channels: tuple[int, int] | None = None
        self._frames: re.Pattern[bytes] | None = None
        self._next: re.Pattern[bytes] = _IS_START

    def expect(self, rtp: int, rtcp: int, payload_type: int) -> None:
        """The channels of the stream and what its packets hold: how they are found again after garbage."""
        self._channels = (rtp, rtcp)
        types = _class(payload_type, payload_type | 0x80)
        video = rb"\$" + _class(rtp) + rb"..[\x80-\xbf]" + types
        # RFC 3550, 12.1: sender report to application-defined.
        control = rb"\$" + _class(rtcp) + rb"..[\x80-\xbf][\xc8-\xcc]"
        self._frames = re.compile(video + b"|" + control, re.DOTALL)
        self._next = re.compile(b"|".join((video, control, _STARTS)), re.DOTALL)

    def item(self, buffer: bytes, at: int) -> Item | None:
        """What begins at ``at``; None: too little is there to say, or it is not whole. Raises BadMessage."""
        if self.hunting:
            return self._hunt(buffer, at)
        if at >= len(buffer):
            return None
        if buffer[at] in b"\r\n":
            return Garbage(at + 1)  # RFC 2326, 4.1: empty lines before a message
        if len(buffer) - at < _START_BYTES:
            if self.strict and not _may_start(buffer[at:]):
                raise BadMessage("bad_reply")
            return None
        if buffer[at] == _DOLLAR:
            return self._frame(buffer, at)
        if _IS_START.match(buffer, at):
            return self._message(buffer, at)
        return self._lost(at)

    def _frame(self, buffer: bytes, at: int) -> Item | None:
        channel, length = buffer[at + 1], buffer[at + 2] << 8 | buffer[at + 3]
        if self._channels is not None:
            least = {self._channels[0]: _RTP_HEAD, self._channels[1]: _RTCP_HEAD}.get(channel)
            if least is None or length < least or buffer[at + 4] >> 6 != 2:
                return self._lost(at)
        stop = at + 4 + length
        return Interleave(channel, at + 4, stop) if stop <= len(buffer) else None

    def _message(self, buffer: bytes, at: int) -> Item | None:
        if intruder := self._intruder(buffer, at):
            return self._lost(at, intruder - at)
        try:
            found = take_message(buffer, at)
        except BadMessage as error:
            if self.strict:
                raise
            return self._lost(at, error.head)
        return Said(*found) if found else None

    def _intruder(self, buffer: bytes, at: int) -> int:
        """Where a frame of the stream begins within headers: then they are none, but something like it."""
        most = min(len(buffer), at + HEAD_MAX_BYTES)
        end = END_OF_HEAD.search(buffer, at, most)
        found = self._frames.search(buffer, at, end.end() if end else most) if self._frames else None
        return found.start() if found else 0

    def _lost(self, at: int, count: int = 1) -> Garbage:
        """Nothing begins in the ``count`` bytes at ``at``."""
        if self.strict:
            raise BadMessage("bad_reply")
        self.hunting = True
        self.resyncs += 1
        return Garbage(at + count)

    def _hunt(self, buffer: bytes, at: int) -> Item | None:
        found = self._next.search(buffer, at)
        if found:
            self.hunting = False
            return Garbage(found.start())
        stop = len(buffer) - _START_BYTES + 1
        return Garbage(stop) if stop > at else None


def _class(*values: int) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % value for value in values) + b"]"


def _may_start(buffer: bytes) -> bool:
    return buffer.startswith(b"$") or any(each.startswith(buffer) for each in _STARTS.split(b"|"))
