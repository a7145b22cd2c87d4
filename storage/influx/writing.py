"""Lines to a server: ``v2`` by influxdb-client with ready strings, ``v1`` (``/write``) by HTTP.

Both block: they are called in a thread. One request, one answer: who tries again is the caller's business.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from storage.influx.answers import answer_of
from storage.influx.exchange import Exchange, NoReply, Reply
from storage.influx.server import Answer, Away, Refused, ServerAddress

if TYPE_CHECKING:  # 30 MB that v1 does without
    from influxdb_client.client.write_api import WriteApi

MOST_ANSWER_BYTES = 1 << 16  # it explains itself at its beginning
PRECISION = "ms"


class Writer(Protocol):
    """One keep-alive connection; not for two threads at once. Never raises for what a server does."""

    def write(self, lines: Sequence[str]) -> Answer:
        """Send ``lines`` (no newline in any; times in ms) as one request."""
        ...

    def close(self) -> None:
        """Close the connection; the next ``write`` opens another."""
        ...


class _HttpWriter(ABC):
    """What both dialects share; ``compress``: None as Exchange says."""

    def __init__(self, address: ServerAddress, compress: bool | None) -> None:
        self.address = address
        self._exchange = Exchange(address, most_bytes=MOST_ANSWER_BYTES, compress=compress)

    def write(self, lines: Sequence[str]) -> Answer:
        """As Writer says."""
        try:
            reply = self._post("\n".join(lines).encode())
        except NoReply as error:
            return Refused("ca_file") if str(error) == "ca_file" else Away(str(error))
        return answer_of(reply.status, reply.headers, reply.body)

    def close(self) -> None:
        """As Writer says."""
        self._exchange.clear()

    @abstractmethod
    def _post(self, body: bytes) -> Reply:
        """Raises NoReply."""


class WriterV2(_HttpWriter):
    """``/api/v2/write``: InfluxDB 1.8 and newer, VictoriaMetrics."""

    def __init__(
        self, address: ServerAddress, *, org: str = "", bucket: str = "", compress: bool | None = None
    ) -> None:
        super().__init__(address, compress)
        self.org = org
        self.bucket = bucket
        self._api: WriteApi | None = None

    def _post(self, body: bytes) -> Reply:
        from influxdb_client.rest import ApiException

        if self._api is None:
            self._api = self._made()
        with suppress(ApiException):  # any answer but 2xx; what it was is in ``last``
            self._api.write(self.bucket, self.org, body, PRECISION)  # type: ignore[arg-type]  # it is a str
        assert self._exchange.last is not None
        return self._exchange.last

    def _made(self) -> "WriteApi":
        from influxdb_client.client.influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS

        client = InfluxDBClient(self.address.base, token="", org=self.org, retries=False)
        for name, value in self.address.credentials.header().items():
            client.api_client.default_headers[name] = value
        rest: Any = client.api_client.rest_client
        rest.pool_manager = self._exchange  # it asks no more of it than Exchange has
        return client.write_api(write_options=SYNCHRONOUS)


class WriterV1(_HttpWriter):
    """``/write``: every InfluxDB, VictoriaMetrics."""

    def __init__(
        self,
        address: ServerAddress,
        *,
        database: str,
        retention_policy: str = "",
        compress: bool | None = None,
    ) -> None:
        super().__init__(address, compress)
        query = {"db": database, "rp": retention_policy, "precision": PRECISION}
        self._url = f"{address.base}/write?{urlencode({key: value for key, value in query.items() if value})}"

    def _post(self, body: bytes) -> Reply:
        headers = {"Content-Type": "text/plain; charset=utf-8"} | self.address.credentials.header()
        return self._exchange.request("POST", self._url, body=body, headers=headers)
