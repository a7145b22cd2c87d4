"""The MLLP codec: VT, payload, FS, CR, without I/O. Strict in what it sends, lenient in what it takes.

What may live between the marks and what ends a block:
  hunting   VT begins a block; so does "MSH" without VT; FS ends a block that never began
  in a block  FS with CR, LF or VT ends it; FS with another byte is payload; VT means that the
              sender started anew and the block before is incomplete
  skipping  the rest of a block over the limit, up to its end
Line silence after FS ends the block as well (some senders leave out CR, some send it seconds later).

Every byte is in a Frame, in a MalformedFrame, or is framing: the marks themselves, and blanks and
NULs between blocks. The one exception is declared: of a block over the limit the bytes up to the
limit are kept. One answer goes out for each block that was sent to its end, none for bytes between
blocks or for a block its sender gave up, because a sender that does not compare MSA-2 would take
the extra answer for that of its next message and delete a result that nobody has.
Source: HL7 Transport Specification: MLLP, Release 1; the lenient cases were seen on analyzers.
"""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from adapters.lab_analyzers.acknowledge import NOT_COMMITTED, Trouble, acknowledge, trouble
from adapters.lab_analyzers.acknowledgement_mode import Outcome, answers
from adapters.lab_analyzers.er7 import MAX_CONTROL_CHARACTERS, Fault, read_header
from hub.contract import Frame, MalformedFrame

VT, FS, CR = b"\x0b", b"\x1c", b"\x0d"
FRAME_MAX_BYTES = 16 * 1024 * 1024
NOISE_MAX_BYTES = 64 * 1024
UNANSWERED = frozenset(("mllp.noise", "mllp.interrupted"))

_WHOLE_END = FS + CR
_BLANK = b" \t\r\n\f\x00"
_LEADING_BLANKS = re.compile(rb"[ \t\r\n\f\x00]+")
_START = re.compile(rb"\x0b|\x1c[\r\n\x0b]|MSH[^\w\s\x00-\x1f]")
_START_BYTES = 4  # the longest start: before so many bytes are there, "MS" may become one
_END = re.compile(rb"\x0b|\x1c[\r\n\x0b]")

Found = Frame | MalformedFrame


class _Phase(Enum):
    HUNT = auto()
    BLOCK = auto()
    SKIP = auto()


class MllpCodec:
    """One connection's MLLP; ``now_ms`` stamps the answers (MSH-7), nothing else depends on it."""

    def __init__(self, now_ms: Callable[[], int], frame_max_bytes: int = FRAME_MAX_BYTES) -> None:
        self._now_ms = now_ms
        self._frame_max = frame_max_bytes
        self._phase = _Phase.HUNT
        self._buffer = bytearray()
        self._searched = 0  # no mark begins before here, so a byte is looked at once however it is cut
        self._step = {_Phase.HUNT: self._hunt, _Phase.BLOCK: self._in_block, _Phase.SKIP: self._skip}

    @property
    def pending(self) -> bool:
        """Whether a block has begun and not ended, or other bytes wait to be told apart."""
        return self._phase is not _Phase.HUNT or bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[Found]:
        """The blocks that end in ``data``. All of ``data`` is taken, whether or not the result is read."""
        if self._is_one_block(data):
            return iter((_block(data[1:-2]),))
        self._buffer += data
        found: list[Found] = []
        while self._step[self._phase](found):
            pass
        return iter(found)

    def _is_one_block(self, data: bytes) -> bool:
        """What nearly every read is: nothing waits, and ``data`` is a block from VT to CR."""
        return (
            data.startswith(VT)
            and data.endswith(_WHOLE_END)
            and not self.pending
            and data.count(FS) == data.count(VT) == 1
            and len(data) <= self._frame_max
        )

    def flush(self) -> Iterator[Found]:
        """The line fell silent: FS alone ends a block, and noise is noise; a begun block goes on."""
        found: list[Found] = []
        if self._buffer.endswith(FS):
            self._end_block(found, len(self._buffer) - 1, 1)
        elif self._phase is _Phase.HUNT:
            self._noise(found, len(self._buffer) - _begun_start(self._buffer))
        return iter(found)

    def close(self) -> Iterator[Found]:
        """Every byte that is left: a block that lacks only its CR, an incomplete block, or noise."""
        found = list(self.flush())
        left = bytes(self._buffer)
        if self._phase is _Phase.BLOCK and left.strip(_BLANK):
            found.append(_malformed(left, "mllp.incomplete", f"byte {len(left)}"))
        elif self._phase is _Phase.HUNT:
            self._noise(found, len(left))
        self._enter(_Phase.HUNT, len(self._buffer))
        return iter(found)

    def reply(self, frame: Found, *, accepted: bool) -> bytes:
        """AA: committed and identified. AR: kept, but not identified. AE: nothing was stored, send again.

        In enhanced mode CA, CR and CE, as the sender asks for them. Empty for bytes between blocks, for a
        block given up by its sender, and where the sender wants no answer.
        """
        outcome: Outcome
        error: Trouble | None
        if isinstance(frame, Frame):
            outcome, error = ("stored", None) if accepted else ("not_stored", NOT_COMMITTED)
        elif frame.reason in UNANSWERED:
            return b""
        else:
            known = trouble(frame.reason, frame.place)
            outcome, error = ("refused", known) if accepted else ("not_stored", NOT_COMMITTED)
        return b"".join(
            VT + acknowledge(frame.raw, answer, self._now_ms(), error) + FS + CR
            for answer in answers(frame.raw, outcome)
        )

    def _hunt(self, found: list[Found]) -> bool:
        self._drop_blanks()
        match = _START.search(self._buffer, self._searched)
        begins = match.start() if match else len(self._buffer) - _START_BYTES
        if begins >= NOISE_MAX_BYTES + (match is not None):
            self._noise(found, NOISE_MAX_BYTES)
            self._searched = begins - NOISE_MAX_BYTES
            return True
        if match is None:
            self._searched = max(0, begins + 1)
            return False
        mark = match.group()
        if mark.startswith(FS):
            self._end_block(found, begins, _mark_bytes(mark))
            return True
        self._noise(found, begins)
        self._enter(_Phase.BLOCK, len(VT) if mark == VT else 0)
        return True

    def _in_block(self, found: list[Found]) -> bool:
        match = _END.search(self._buffer, self._searched)
        ends = match.start() if match else len(self._buffer) - self._buffer.endswith(FS)
        if ends > self._frame_max:
            kept = self._first(self._frame_max)
            found.append(_malformed(kept, "mllp.too_large", f"byte {self._frame_max}"))
            self._enter(_Phase.SKIP, self._frame_max)
            return True
        if match is None:
            self._searched = ends
            return False
        if match.group() == VT:
            self._interrupted(found, ends)
        else:
            self._end_block(found, ends, _mark_bytes(match.group()))
        return True

    def _skip(self, found: list[Found]) -> bool:
        match = _END.search(self._buffer)
        if match is None:
            del self._buffer[: len(self._buffer) - self._buffer.endswith(FS)]
            return False
        if match.group() == VT:
            self._enter(_Phase.BLOCK, match.end())
        else:
            self._enter(_Phase.HUNT, match.start() + _mark_bytes(match.group()))
        return True

    def _interrupted(self, found: list[Found], ends: int) -> None:
        payload = self._first(ends)
        if payload.strip(_BLANK):
            found.append(_malformed(payload, "mllp.interrupted", f"byte {ends}"))
        self._enter(_Phase.BLOCK, ends + len(VT))

    def _end_block(self, found: list[Found], ends: int, mark_bytes: int) -> None:
        """Give ``ends`` bytes as a block; blanks that FS ends are a block only if VT began it."""
        payload = self._first(ends)
        if self._phase is _Phase.BLOCK or (self._phase is _Phase.HUNT and payload.strip(_BLANK)):
            found.append(_block(payload))
        self._enter(_Phase.HUNT, ends + mark_bytes)

    def _noise(self, found: list[Found], length: int) -> None:
        noise = self._first(length)
        if noise.strip(_BLANK):
            found.append(MalformedFrame(noise, "mllp.noise", "byte 0"))
        self._enter(_Phase.HUNT, length)

    def _drop_blanks(self) -> None:
        blanks = _LEADING_BLANKS.match(self._buffer)
        if blanks:
            searched = max(0, self._searched - blanks.end())
            self._enter(_Phase.HUNT, blanks.end())
            self._searched = searched

    def _first(self, count: int) -> bytes:
        """One copy: a slice of a bytearray would be a second one, of 16 MiB where a block is so long."""
        with memoryview(self._buffer) as whole:
            return bytes(whole[:count])

    def _enter(self, phase: _Phase, consumed: int) -> None:
        del self._buffer[:consumed]
        self._phase = phase
        self._searched = 0


def _mark_bytes(mark: bytes) -> int:
    """FS and its CR or LF belong to the block; a VT behind FS begins the next one."""
    return 1 if mark.endswith(VT) else len(mark)


def _begun_start(buffer: bytearray) -> int:
    """How many bytes at the end may be the first of "MSH|"."""
    return next((size for size in (3, 2, 1) if buffer.endswith(b"MSH"[:size])), 0)


def _block(payload: bytes) -> Found:
    if not payload.strip(_BLANK):
        return MalformedFrame(payload, "mllp.empty", "byte 0")
    header = read_header(payload)
    if isinstance(header, Fault):
        return MalformedFrame(payload, header.reason, header.place, _control(header.control))
    return Frame(payload, header.control)


def _malformed(payload: bytes, reason: str, place: str) -> MalformedFrame:
    header = read_header(payload)
    control = _control(header.control) if isinstance(header, Fault) else header.control
    return MalformedFrame(payload, reason, place, control)


def _control(raw: bytes) -> str:
    return raw[:MAX_CONTROL_CHARACTERS].decode("latin-1")
