"""Whether a server was one process all the while: what it answered is on its disk half a minute later."""

from collections.abc import Callable
from time import monotonic

from storage.influx.server import ServerAddress

PING_SECONDS = 5.0


class RestartWatch:
    """One connection that is kept open and pinged: if it ends unannounced, the server may have restarted.

    All instants are ``clock``'s, in seconds.
    """

    def __init__(
        self,
        address: ServerAddress,
        *,
        ping_seconds: float = PING_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.address = address
        self.ping_seconds = ping_seconds
        self.clock = clock
        self.breaks = 0  # how often it may have restarted
        self.since: float | None = None  # since when it is the same process; None: no connection now
        self.seen_at: float | None = None  # when it last answered on it

    async def run(self) -> None:
        """Watch until cancelled; connects again by itself, once a ``ping_seconds``."""
        raise NotImplementedError

    def same(self, begin: float, end: float) -> bool:
        """Whether the process that was there at ``begin`` still answered at, or after, ``end``."""
        raise NotImplementedError

    async def broke(self, breaks: int) -> None:
        """Return once ``self.breaks`` is more than ``breaks``."""
        raise NotImplementedError
