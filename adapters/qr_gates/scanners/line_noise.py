"""A line that gives nothing but garbage (a wrong baud rate, a loose plug) must not fill the disk. Pure."""

MOST_IN_A_ROW = 20  # unreadable codes without a readable one: no queue of people shows that many
MINUTE_MS = 60_000
LINE_GARBLED = "line_garbled"


class LineNoise:
    """Of one scanner. While the line is noisy, one example a minute is told; a readable code ends it."""

    def __init__(self) -> None:
        self._since: list[int] = []
        self._told_ms: int | None = None  # while it is noisy

    @property
    def is_noisy(self) -> bool:
        return self._told_ms is not None

    def tells(self, at_ms: int, *, is_readable: bool) -> bool:
        """Whether this code is told, and not only shown."""
        if is_readable:
            self._since, self._told_ms = [], None
            return True
        if self._told_ms is not None and 0 <= at_ms - self._told_ms < MINUTE_MS:
            return False
        self._since = [each for each in self._since if 0 <= at_ms - each < MINUTE_MS] + [at_ms]
        if self._told_ms is not None or len(self._since) > MOST_IN_A_ROW:
            self._told_ms = at_ms
        return True
