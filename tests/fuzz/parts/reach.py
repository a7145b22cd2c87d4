"""Which lines of the codecs inputs have reached, and in which order: what is worth mutating further."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import adapters.lab_analyzers

PARTS = tuple(str(Path(folder).resolve()) for folder in adapters.lab_analyzers.__path__)


class Reach:
    """Steps from a line to the next one of the same function; as coverage-guided fuzzers count them."""

    def __init__(self) -> None:
        self._known: set[tuple[str, int, int]] = set()

    @property
    def steps(self) -> int:
        return len(self._known)

    def grows_by(self, work: Callable[[], object]) -> bool:
        """Whether ``work`` took a step that none before it has taken."""
        taken: set[tuple[str, int, int]] = set()

        def entered(frame: FrameType, _event: str, _arg: object) -> Any:
            if not frame.f_code.co_filename.startswith(PARTS):
                return None
            name, last = frame.f_code.co_filename, 0

            def stepped(inner: FrameType, _event: str, _arg: object) -> Any:
                nonlocal last
                taken.add((name, last, inner.f_lineno))
                last = inner.f_lineno
                return stepped

            return stepped

        before = sys.gettrace()
        sys.settrace(entered)
        try:
            work()
        finally:
            sys.settrace(before)
        new = taken - self._known
        self._known |= new
        return bool(new)
