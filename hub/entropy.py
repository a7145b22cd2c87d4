"""Random bytes of the operating system, fetched a page at a time: a call for each message costs a syscall."""

import os

PAGE_BYTES = 4096


class Entropy:
    """Not to be shared between threads; every byte is given once."""

    def __init__(self) -> None:
        self._page = b""
        self._used = 0

    def take(self, count: int) -> bytes:
        """``count`` bytes, at most a page."""
        if self._used + count > len(self._page):
            self._page, self._used = os.urandom(PAGE_BYTES), 0
        self._used += count
        return self._page[self._used - count : self._used]
