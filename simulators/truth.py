"""Ground truth: what the simulated devices really measured, to compare with what a hub stored."""

import json
import threading
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO


class TruthFile:
    """JSON lines, each flushed as it is written, so that a killed simulator leaves whole lines.

    Without a path it writes nothing. Raises OSError when the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: TextIO | None = None
        self._lock = threading.Lock()  # paho's thread writes too

    def __enter__(self) -> Self:
        if self.path is not None:
            self._file = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def write(self, record: dict[str, object]) -> None:
        """Append one line; nothing when there is no file."""
        with self._lock:
            if self._file is not None:
                self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
                self._file.flush()
