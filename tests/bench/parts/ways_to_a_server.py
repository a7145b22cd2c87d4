"""Ways of readings to a time-series server: ours, influxdb-client's Points, plain HTTP of lines like ours."""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import chain, islice
from typing import NamedTuple

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write.point import Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.domain.write_precision import WritePrecision

from storage.influx.cardinality import SeriesLimit
from storage.influx.lines import SeriesPrefixes
from storage.influx.measurements import readings
from storage.influx.server import Answer, Written
from storage.influx.writing import Writer, WriterV1, WriterV2
from tests.bench.parts.verdict import BenchFailed
from tests.influx.servers import VictoriaMetrics

MINUTE_MS = 60_000
A_DAY = 1440  # readings of a probe


class DayOfProbe(NamedTuple):
    """As the store gives them (storage.projections.SeriesDay); ``tags``: site, edge, device, metric, unit."""

    tags: tuple[str, str, str, str, str]
    ts: "array[int]"
    values: "array[float]"


def days_of_probes(site: str, first_ms: int, probes: int) -> list[DayOfProbe]:
    """One day of so many probes, a reading each minute."""
    ts = array("q", range(first_ms, first_ms + A_DAY * MINUTE_MS, MINUTE_MS))
    return [
        DayOfProbe(
            (site, f"edge-{probe % 8}", f"fridge-{probe:03d}", "temp.fridge", "Cel"),
            ts,
            array("d", (round(4 + (probe * 7 + minute) % 97 / 30, 2) for minute in range(A_DAY))),
        )
        for probe in range(probes)
    ]


class Way(ABC):
    """One way; ``send`` returns when the server has answered for all of them, or raises BenchFailed."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        self.server = server
        self.batch = batch

    @abstractmethod
    def send(self, days: Sequence[DayOfProbe]) -> None: ...


class OurLines(Way):
    """Lines as the projector makes them of days: of history, and of what it repairs."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._prefixes = SeriesPrefixes(readings.NAME, readings.TAGS, SeriesLimit().admit)

    def send(self, days: Sequence[DayOfProbe]) -> None:
        lines = chain.from_iterable(map(self.lines, days))
        while batch := list(islice(lines, self.batch)):
            self.request(batch)

    def lines(self, day: DayOfProbe) -> list[str]:
        return readings.lines_of_series(self._prefixes.of(day.tags), day.ts, day.values, bytes(len(day.ts)))

    @abstractmethod
    def request(self, lines: Sequence[str]) -> None: ...


class OursV2(OurLines):
    """influxdb-client with ready lines."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._writer = self.writer()

    def writer(self) -> Writer:
        return WriterV2(self.server.address, bucket="bench")

    def request(self, lines: Sequence[str]) -> None:
        answer: Answer = self._writer.write(lines)
        if answer != Written():
            raise BenchFailed(f"the server answered {answer}")


class OursV1(OursV2):
    """The other dialect."""

    def writer(self) -> Writer:
        return WriterV1(self.server.address, database="")


class OursOneByOne(OursV2):
    """A line of each reading by itself, as those of the log are made once their event is read."""

    def lines(self, day: DayOfProbe) -> list[str]:
        prefix_of, point, tags = self._prefixes.of, readings.point, day.tags
        pairs = zip(day.ts, day.values, strict=True)
        lines = (point(prefix_of(tags), ts, value, readings.GOOD) for ts, value in pairs)
        return [line for line in lines if line is not None]


class PlainHttp(OurLines):
    """The same lines, and nothing but Python's own HTTP: what there is to win at all."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._connection = HTTPConnection("127.0.0.1", server.port)

    def request(self, lines: Sequence[str]) -> None:
        self._connection.request("POST", "/write?precision=ms", "\n".join(lines).encode())
        response = self._connection.getresponse()
        response.read()
        if response.status != 204:
            raise BenchFailed(f"the server answered {response.status}")


class PointApi(Way):
    """What the client's manual shows: a Point of each reading, a list of them a request."""

    def __init__(self, server: VictoriaMetrics, batch: int) -> None:
        super().__init__(server, batch)
        self._api = InfluxDBClient(server.url, token="", org="").write_api(write_options=SYNCHRONOUS)

    def send(self, days: Sequence[DayOfProbe]) -> None:
        points = chain.from_iterable(map(_points, days))
        while batch := list(islice(points, self.batch)):
            self._api.write("bench", "", batch)


def _points(day: DayOfProbe) -> Iterator[Point]:
    site, edge, device, metric, unit = day.tags
    for ts, value in zip(day.ts, day.values, strict=True):
        yield (
            Point(readings.NAME)  # type: ignore[no-untyped-call]
            .tag("site", site)
            .tag("edge", edge)
            .tag("device", device)
            .tag("metric", metric)
            .tag("unit", unit)
            .field("value", value)
            .time(ts, WritePrecision.MS)
        )


WAYS: dict[str, type[Way]] = {
    "ours": OursV2,
    "ours-v1": OursV1,
    "ours-1-by-1": OursOneByOne,
    "point-api": PointApi,
    "plain-http": PlainHttp,
}
