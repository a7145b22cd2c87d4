"""Lines on real servers: each reads every line as the parser of these tests does, hard tags and numbers."""

from collections.abc import Iterator
from string import printable

import pytest

from storage.influx.lines import line_of, series_prefix
from storage.influx.measurements.readings import NAME
from storage.influx.pages import Line
from storage.influx.server import Written
from tests.fire.patience import until
from tests.influx.kept_by_servers import kept_by_influxd, kept_by_victoria_metrics
from tests.influx.page_cases import CASES, lines_of_case
from tests.influx.pages_in_parts import KeptPoints, Key
from tests.influx.servers import TimeSeriesServer, influxd, victoria_metrics

pytestmark = pytest.mark.slow

TIME_MS = 1_700_000_000_000
NUMBERS = (0.1 + 0.2, 1 / 3, -0.0, 1e-9, 5e-10, 123456.789, 1e15, 2.0**53, 1e22, 1.5e300, -273.15)
# VictoriaMetrics keeps decimals: some 17 digits, of a whole block of values behind one exponent.
DIGITS = 1e-12


def hard_lines() -> Iterator[str]:
    """Every character that can be printed, alone, inside, twice; then numbers."""
    characters = [each for each in printable if each.isprintable() and each != "\\"]
    for number, each in enumerate([*characters, "ộ", "°", "µ", "🌡"]):
        for metric in (each, f"a{each}b", f"{each}{each}", f"a{each}"):
            prefix = series_prefix(NAME, [("metric", metric), ("device", str(number))])
            yield line_of(prefix, {"value": float(number), "quality": 1}, TIME_MS) or ""
    for number, value in enumerate(NUMBERS):
        prefix = series_prefix(NAME, [("metric", "numbers"), ("device", str(number))])
        yield line_of(prefix, {"value": value}, TIME_MS) or ""


def all_lines() -> list[str]:
    return [line.text for name in CASES for line in lines_of_case(name).lines] + list(hard_lines())


def send(server: TimeSeriesServer, database: str) -> dict[Key, dict[str, float]]:
    """All lines, twice; what a server should have then."""
    lines, model = all_lines(), KeptPoints()
    writer = server.writer(database)
    try:
        for _ in range(2):
            assert isinstance(writer.write(lines), Written)
            model.write(Line(line, 0) for line in lines)
    finally:
        writer.close()
    return model.points


async def test_victoria_metrics_reads_every_line_as_we_do() -> None:
    with victoria_metrics() as server:
        wanted = send(server, server.new_database())
        await until(lambda: kept_by_victoria_metrics(server).keys() >= wanted.keys(), "all lines are shown")
        kept = kept_by_victoria_metrics(server)
    assert kept.keys() == wanted.keys()
    assert {key: pytest.approx(fields, rel=DIGITS, abs=0) for key, fields in wanted.items()} == kept


async def test_influxdb_reads_every_line_as_we_do() -> None:
    with influxd() as server:
        database = server.new_database()
        wanted = send(server, database)
        await until(lambda: kept_by_influxd(server, database).keys() >= wanted.keys(), "all lines are shown")
        kept = kept_by_influxd(server, database)
    assert kept.keys() == wanted.keys()
    assert kept == wanted
