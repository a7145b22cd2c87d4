"""What a check found."""

from typing import NamedTuple

MOST_NAMED = 3  # examples in one line: numbers and ids of ours, never a content


class Finding(NamedTuple):
    """``what`` was looked at (Vietnamese / English), whether it holds, and what was counted or is wrong."""

    good: bool
    what: str
    detail: str


class Wrongs:
    """Counts what is wrong and remembers the first of it."""

    def __init__(self) -> None:
        self.count = 0
        self._named: list[str] = []

    def add(self, name: object) -> None:
        self.count += 1
        if len(self._named) < MOST_NAMED:
            self._named.append(str(name))

    def finding(self, what: str, looked_at: str) -> Finding:
        """``looked_at``: how many of what were right."""
        if not self.count:
            return Finding(True, what, looked_at)
        return Finding(
            False, what, f"{self.count}: {', '.join(self._named)}{'…' * (self.count > MOST_NAMED)}"
        )
