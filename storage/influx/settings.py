"""One projection as a process is told it: plain texts, secrets among them, so it goes by stdin only."""

from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from storage.influx.server import Credentials, ServerAddress

if TYPE_CHECKING:  # the libraries of a dialect are loaded by whoever writes with it
    from storage.influx.reading.read_back import ReadBack
    from storage.influx.writing import Writer


class ProjectionSettings(msgspec.Struct, frozen=True):
    """``[[projection]]``; what is empty was left out. ``ca_file`` is a path."""

    name: str
    url: str
    dialect: Literal["v2", "v1"] = "v2"
    org: str = ""
    bucket: str = ""
    database: str = ""
    retention_policy: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    read: Literal["none", "promql", "influxql"] = "none"
    read_url: str = ""
    ca_file: str = ""
    history: bool = True
    batch_points: int = 5000
    series_most: int = 100_000
    health_seconds: float = 15.0

    def __repr__(self) -> str:
        return f"ProjectionSettings({self.name})"

    @property
    def target(self) -> str:
        """A digest of where its lines go: under a name that goes elsewhere everything is sent anew."""
        place = (self.url.rstrip("/"), self.org, self.bucket, self.database, self.retention_policy)
        return blake2b("\n".join(place).encode(), digest_size=16).hexdigest()

    def address(self) -> ServerAddress:
        """Where it is written; raises ConfigError."""
        return self._address(self.url)

    def writer(self) -> "Writer":
        """Raises ConfigError."""
        from storage.influx.writing import WriterV1, WriterV2

        if self.dialect == "v2":
            return WriterV2(self.address(), org=self.org, bucket=self.bucket)
        return WriterV1(self.address(), database=self.database, retention_policy=self.retention_policy)

    def read_back(self) -> "ReadBack | None":
        """None where nothing is read back; raises ConfigError."""
        if self.read == "none":
            return None
        address = self._address(self.read_url or self.url)
        if self.read == "promql":
            from storage.influx.reading.promql import PromqlReadBack

            return PromqlReadBack(address, database=self.database)
        from storage.influx.reading.influxql import InfluxqlReadBack

        database = self.database or self.bucket  # InfluxDB 2: what DBRP maps to the bucket
        return InfluxqlReadBack(address, database=database, retention_policy=self.retention_policy)

    def _address(self, url: str) -> ServerAddress:
        who = Credentials(self.token, self.username, self.password)
        return ServerAddress(url, Path(self.ca_file) if self.ca_file else None, who)
