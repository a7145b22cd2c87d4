"""A message on its way out: cut into frames, each sent until it is acknowledged or given up."""

from adapters.lab_analyzers.astm import frames
from adapters.lab_analyzers.astm.policy import Policy


class Outgoing:
    """``records``: text with CR behind each record; ``token`` names it in its Outcome."""

    def __init__(self, records: bytes, token: object, policy: Policy) -> None:
        self.token = token
        self._policy = policy
        self._parts = _parts(records, policy.send_frame_bytes)
        self._at = 0
        self._tries = 0

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


def _parts(records: bytes, size: int) -> list[tuple[bytes, bool]]:
    """A record to a frame that ETX ends; one that is too long is cut, and ETB ends all but its last part."""
    parts: list[tuple[bytes, bool]] = []
    for record in records.split(b"\r"):
        if record:
            whole = record + b"\r"
            starts = range(0, len(whole), size)
            parts += [(whole[start : start + size], start + size >= len(whole)) for start in starts]
    return parts
