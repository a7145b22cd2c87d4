"""Lines to a server: ``v2`` by influxdb-client with ready strings, ``v1`` (``/write``) by HTTP.

Both block: they are called in a thread. One request, one answer: who tries again is the caller's business.
"""

from collections.abc import Sequence
from typing import Protocol

from storage.influx.server import Answer, ServerAddress


class Writer(Protocol):
    """One keep-alive connection; not for two threads at once. Never raises for what a server does."""

    def write(self, lines: Sequence[str]) -> Answer:
        """Send ``lines`` (no newline in any; times in ms) as one request."""
        ...

    def close(self) -> None:
        """Close the connection; the next ``write`` opens another."""
        ...


class WriterV2:
    """``/api/v2/write``: InfluxDB 1.8 and newer, VictoriaMetrics."""

    def __init__(self, address: ServerAddress, *, org: str = "", bucket: str = "") -> None:
        raise NotImplementedError


class WriterV1:
    """``/write``: every InfluxDB, VictoriaMetrics."""

    def __init__(self, address: ServerAddress, *, database: str, retention_policy: str = "") -> None:
        raise NotImplementedError
