"""How many series a projection has, and no more than it may: a server's memory grows with them. Pure."""

from hashlib import blake2b

SERIES_MOST = 100_000
# Of those that were refused so many are told apart; from there on the count stands still.
MOST_REFUSED_KNOWN = 100_000


class SeriesLimit:
    """The series that were let in, at most ``most``; ``over``: how many others asked.

    A series is a measurement with its tags: VictoriaMetrics keeps one for each field of it.
    """

    def __init__(self, most: int = SERIES_MOST) -> None:
        self.most = most
        self._admitted: set[bytes] = set()
        self._refused: set[bytes] = set()

    @property
    def series(self) -> int:
        return len(self._admitted)

    @property
    def over(self) -> int:
        return len(self._refused)

    def admit(self, prefix: str) -> bool:
        """Whether lines that begin with ``prefix`` may be sent; one that was let in stays so."""
        name = blake2b(prefix.encode(), digest_size=12).digest()
        if name in self._admitted:
            return True
        if len(self._admitted) < self.most:
            self._admitted.add(name)
            return True
        if len(self._refused) < MOST_REFUSED_KNOWN:
            self._refused.add(name)
        return False
