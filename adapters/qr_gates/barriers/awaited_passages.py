"""Which scan a passage belongs to: the last one that was allowed and has not gone yet. Pure."""

MOST_AWAITED = 16  # allowed within passage_seconds at one gate; more are no queue of people any more


class AwaitedPassages:
    """Of one gate, so of one direction. Times are Unix ms by one clock."""

    def __init__(self, passage_seconds: float) -> None:
        self._longest_ms = round(passage_seconds * 1000)
        self._awaited: list[tuple[str | None, int]] = []

    def allowed(self, scan: str | None, at_ms: int) -> None:
        """``scan`` None: opened by hand, for somebody without a scan."""
        self._awaited = [*self._awaited[1 - MOST_AWAITED :], (scan, at_ms)]

    def passed(self, at_ms: int) -> str | None:
        """The scan whose passage this is, each once; None: nobody's.

        A passage may be told late: a scan that came after it is not its own.
        """
        for index in reversed(range(len(self._awaited))):
            scan, allowed_ms = self._awaited[index]
            if allowed_ms > at_ms:
                continue
            if at_ms - allowed_ms > self._longest_ms:
                del self._awaited[: index + 1]
                return None
            del self._awaited[index]
            return scan
        return None
