"""How many bytes must wait in the system before a stream wakes us: most of what a stream costs is waking up.

Linux counts for each socket (SO_RCVLOWAT); elsewhere every packet wakes us. The end of a connection always
does.
"""

import socket
import sys
from contextlib import suppress

# At 25 pictures a second, five of them at once.
GATHER_SECONDS = 0.2
# A stream that became thin must not look as if it stood still: after so long without a byte, any wakes us.
# Longer than a keyframe's burst takes from the rest of its group, or all of them would be raised in vain.
SILENT_SECONDS = 0.6
MOST_BYTES = 64 * 1024


class LowWater:
    """Of one connection; ``is_raised``: more than a byte is waited for."""

    def __init__(self, line: socket.socket | None) -> None:
        self._line = line if sys.platform == "linux" else None
        self._bytes = 1

    @property
    def is_raised(self) -> bool:
        return self._bytes > 1

    def follow(self, bytes_a_second: float) -> None:
        """Wait for what comes in ``GATHER_SECONDS`` at this rate."""
        self._set(max(1, min(MOST_BYTES, int(bytes_a_second * GATHER_SECONDS))))

    def lower(self) -> None:
        """Any byte is waited for; those that are there already wake us at once."""
        self._set(1)

    def _set(self, count: int) -> None:
        if self._line is None or count == self._bytes:
            return
        with suppress(OSError):  # the connection has ended meanwhile, which we are told elsewhere
            self._line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)
            self._bytes = count
