"""Ways of readings to a time-series server: ours, influxdb-client's Points, plain HTTP of lines like ours."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from http.client import HTTPConnection
from typing import NamedTuple

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision

from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements import readings
from storage.influx.server import Answer, ServerAddress, Written
from storage.influx.writing import Writer, WriterV1, WriterV2
from tests.bench.parts.verdict import BenchFailed
from tests.influx.servers import VictoriaMetrics

DEVICES = 200
METRICS = (("temp.fridge", "Cel"), ("hum.room", "%"))
A_MINUTE = DEVICES * len(METRICS)


class Reading(NamedTuple):
    """As a store has it: ``tags`` are site, edge, device, metric, unit."""

    tags: tuple[str, str, str, str, str]
    ts: int
    value: float


def made(site: str, first_ms: int, count: int) -> list[Reading]:
    """Readings as they arrive: every device in turn, each metric, then a minute later again."""
    found: list[Reading] = []
    at_ms = first_ms
    while len(found) < count:
        for device in range(DEVICES):
            for metric, unit in METRICS:
                tags = (site, f"edge-{device % 8}", f"fridge-{device:03d}", metric, unit)
                found.append(Reading(tags, at_ms, round(4 + (device * 7 + at_ms // 60_000) % 97 / 30, 2)))
        at_ms += 60_000
    return found[:count]


class Way(ABC):
    """One way; ``send`` returns when the server has answered for all of them, or raises BenchFailed."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        self.batch = batch

    def send(self, found: Sequence[Reading]) -> None:
        for at in range(0, len(found), self.batch):
            self.request(found[at : at + self.batch])

    @abstractmethod
    def request(self, found: Sequence[Reading]) -> None: ...


class OurLines:
    """Lines as the projector makes them of readings."""

    def __init__(self) -> None:
        self._prefixes = SeriesPrefixes(readings.NAME, readings.TAGS, SeriesLimit().admit)

    def of(self, found: Sequence[Reading]) -> list[str]:
        prefix_of, point = self._prefixes.of, readings.point
        lines = [point(prefix_of(tags), ts, value, readings.GOOD) for tags, ts, value in found]
        return [line for line in lines if line is not None]


class OurWay(Way):
    """What the projector does with readings."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._lines = OurLines()
        self._writer = self.writer(server.address)

    def writer(self, address: ServerAddress) -> Writer:
        return WriterV2(address, bucket="bench")

    def request(self, found: Sequence[Reading]) -> None:
        answer: Answer = self._writer.write(self._lines.of(found))
        if answer != Written():
            raise BenchFailed(f"the server answered {answer}")


class OurV1(OurWay):
    """The other dialect."""

    def writer(self, address: ServerAddress) -> Writer:
        return WriterV1(address, database="")


class PointApi(Way):
    """What the client's manual shows: a Point of each reading, a list of them a request."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._api = InfluxDBClient(server.url, token="", org="").write_api(write_options=SYNCHRONOUS)

    def request(self, found: Sequence[Reading]) -> None:
        points = [
            Point(readings.NAME)  # type: ignore[no-untyped-call]
            .tag("site", tags[0])
            .tag("edge", tags[1])
            .tag("device", tags[2])
            .tag("metric", tags[3])
            .tag("unit", tags[4])
            .field("value", value)
            .time(ts, WritePrecision.MS)
            for tags, ts, value in found
        ]
        self._api.write("bench", "", points)


class PlainHttp(Way):
    """The same lines, and nothing but Python's own HTTP: what there is to win at all."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._lines = OurLines()
        self._connection = HTTPConnection("127.0.0.1", server.port)

    def request(self, found: Sequence[Reading]) -> None:
        body = "\n".join(self._lines.of(found)).encode()
        self._connection.request("POST", "/write?precision=ms", body)
        response = self._connection.getresponse()
        response.read()
        if response.status != 204:
            raise BenchFailed(f"the server answered {response.status}")


WAYS: dict[str, type[Way]] = {
    "ours": OurWay,
    "ours-v1": OurV1,
    "point-api": PointApi,
    "plain-http": PlainHttp,
}
