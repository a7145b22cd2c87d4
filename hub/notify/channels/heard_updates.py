"""Which updates of a bot were heard: kept in a file, so that a restart hears none of them twice.

A service numbers updates anew now and then (Telegram after a quiet week), and another bot counts for itself:
so a number is only compared with those of the last answer, never by which is larger.
"""

import json
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


class HeardUpdates:
    """The numbers that were heard since the service was last told; without ``file`` in memory only."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.numbers: set[int] = set()

    def read(self) -> None:
        """What cannot be read is as if nothing had been heard."""
        if self._file is None or not self._file.exists():
            return
        try:
            told = json.loads(self._file.read_text("ascii"))
            self.numbers = {each for each in told if type(each) is int}
        except (OSError, ValueError, TypeError) as error:
            log.warning("replies that were heard are forgotten", extra={"reason": type(error).__name__})

    def add(self, number: int) -> None:
        self.numbers.add(number)
        self._write()

    def forget(self) -> None:
        """The service knows, and will not tell them again."""
        self.numbers.clear()

    def _write(self) -> None:
        """Whole or not at all, and on the disk; raises OSError."""
        if self._file is None:
            return
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = self._file.with_suffix(".new")
        with fresh.open("w", encoding="ascii") as file:
            file.write(json.dumps(sorted(self.numbers)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._file)
