"""A message on its way out: cut into frames, each sent until it is acknowledged or given up."""

import re

from adapters.lab_analyzers.astm import frames
from adapters.lab_analyzers.astm.policy import Policy

_RECORD = re.compile(rb"\r*[^\r]+\r*")  # empty ones behind it go with it: what is passed on is not changed


class Outgoing:
    """``records``: text with CR behind each record; ``token`` names it in its Outcome."""

    def __init__(self, records: bytes, token: object, policy: Policy) -> None:
        self.token = token
        self._policy = policy
        pieces = [records] if policy.send_frames == "message" else _RECORD.findall(records)
        self._parts = [part for piece in pieces if piece for part in _parts(piece, policy.send_frame_bytes)]
        self._at = 0
        self._tries = 0

    @property
    def is_first(self) -> bool:
        """Whether the frame that was sent is the first one: nothing of what it is about has been said yet."""
        return self._at == 0

    @property
    def is_last(self) -> bool:
        """Whether the frame that was sent is the last one."""
        return self._at == len(self._parts) - 1

    def first(self) -> bytes | None:
        """The first frame; None when there is nothing to send."""
        self._at = -1
        return self.next()

    def next(self) -> bytes | None:
        """The frame behind the one that was acknowledged; None behind the last."""
        self._at += 1
        self._tries = 0
        return self._frame() if self._at < len(self._parts) else None

    def again(self) -> bytes | None:
        """The same frame under the same number; None after the sixth try (6.5.1.2)."""
        return self._frame() if self._tries < self._policy.tries else None

    def _frame(self) -> bytes:
        self._tries += 1
        text, last = self._parts[self._at]
        number = (self._at + 1) % 8
        return frames.encode(number, text, last=last, with_checksum=self._policy.checksum)


def _parts(whole: bytes, size: int) -> list[tuple[bytes, bool]]:
    """A frame that ETX ends; what is too long for one is cut, and ETB ends all but its last part."""
    whole = whole if whole.endswith(b"\r") else whole + b"\r"
    starts = range(0, len(whole), size)
    return [(whole[start : start + size], start + size >= len(whole)) for start in starts]
