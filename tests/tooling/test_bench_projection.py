"""The bench of projections counts what the server has: lost points are no speed."""

import argparse
from pathlib import Path

import pytest

from tests.bench import projection
from tests.bench.parts.verdict import BenchFailed
from tests.bench.parts.ways_to_a_server import A_DAY, WAYS, PointApi, days_of_probes
from tests.influx.servers import VictoriaMetrics

pytestmark = pytest.mark.slow


async def test_a_small_one(
    tmp_path: Path, victoria_metrics_server: VictoriaMetrics, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = argparse.Namespace(folder=tmp_path, probes=1, rounds=1, batch=500, events=600)
    await projection.bench(asked)
    told = capsys.readouterr().out
    assert all(f" {way} " in told for way in WAYS)
    assert "ours to the Point API" in told


async def test_a_way_that_loses_points_is_no_figure(victoria_metrics_server: VictoriaMetrics) -> None:
    server, site = victoria_metrics_server, victoria_metrics_server.new_database()
    (day,) = days_of_probes(site, projection.FIRST_DAY * projection.DAY_MS, 1)
    days = range(projection.FIRST_DAY, projection.FIRST_DAY + 1)
    PointApi(server, 500).send([day])
    projection.require_all(server, [site], A_DAY, days)
    with pytest.raises(BenchFailed, match="the server has"):
        projection.require_all(server, [site], A_DAY + 1, days)


def test_every_way_sends_the_same(victoria_metrics_server: VictoriaMetrics) -> None:
    server = victoria_metrics_server
    sites = {name: f"{server.new_database()}-{name}" for name in WAYS}
    for name, way in WAYS.items():
        way(server, 500).send(days_of_probes(sites[name], projection.FIRST_DAY * projection.DAY_MS, 2))
    server.show()
    first, tags = projection.FIRST_DAY, ("site", "edge", "device", "metric", "unit")
    read = server.read_back("").days("epihub_reading", "value", tags, first, first + 1)
    found = {name: [(key[1:], read[key]) for key in read if key[0] == site] for name, site in sites.items()}
    assert len(found["ours"]) == 2
    assert all(each == found["ours"] for each in found.values())
