"""One line on standard error that says how far a long command is: rewritten on a terminal, else seldom."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

TERMINAL_SECONDS = 0.2
LOG_SECONDS = 10.0


class ProgressLine:
    """``label``: Vietnamese / English. Percent of rows; bytes and rate where the caller knows them."""

    def __init__(self, label: str, *, terminal: bool | None = None) -> None:
        self._label = label
        self._began = time.monotonic()
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._next = self._began + (0 if self._terminal else LOG_SECONDS)
        self._shown = False

    def tell(self, rows: int, total: int, size: int = 0) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (TERMINAL_SECONDS if self._terminal else LOG_SECONDS)
        self._show(_line(self._label, rows, total, size, now - self._began))

    def end(self) -> None:
        """Leave the terminal's line."""
        if self._shown and self._terminal:
            sys.stderr.write("\n")
        self._shown = False

    def _show(self, line: str) -> None:
        sys.stderr.write(f"\r{line}\x1b[K" if self._terminal else f"{line}\n")
        sys.stderr.flush()
        self._shown = True


@contextmanager
def tidy(line: ProgressLine) -> Iterator[None]:
    """SIGINT and SIGTERM end the work at once, and what was half written goes.

    asyncio's own handler would only cancel a task, and reading SQLite never waits for anything.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, _interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        line.end()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _line(label: str, rows: int, total: int, size: int, seconds: float) -> str:
    percent = min(100.0, 100.0 * rows / total) if total else 100.0
    parts = [f"{label}: {percent:5.1f} %", f"{rows} dòng / rows"]
    if size:
        parts.append(f"{size / 1e6:.1f} MB, {size / 1e6 / max(seconds, 0.001):.1f} MB/s")
    return " · ".join(parts)
