"""``./dev bench store`` works: a small run, whose figures say nothing about speed."""

import json
from pathlib import Path

import apsw
import pytest

from tests.bench.parts.history import FIRST, PLACES, fill_readings, fill_results
from tests.bench.parts.ingest import measure, require_readings
from tests.bench.parts.lookups import ask
from tests.bench.parts.sensors import samples
from tests.bench.parts.verdict import BenchFailed
from tests.bench.store import arguments, bench
from tests.postgres.server import PostgresServer

SMALL = "--runs 2 --rows 3000 --events 1000 --sensors 20 --readings 6000 --results 3000 --times 5"


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.slow
async def test_every_figure_is_there(
    postgres_server: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = arguments().parse_args([*SMALL.split(), "--folder", str(tmp_path)])
    met = await bench(asked, postgres_server)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["met"] == met
    assert len(told["ingest"]) == len(told["postgres"]) == 2
    assert all(rate > 0 for run in (*told["ingest"], *told["postgres"]) for rate in run.values())
    assert [target["at_least"] for target in told["targets"]] == [True] * 3 + [False] * 4
    items = {lookup["question"]: lookup["items"] for lookup in told["history"]["lookups"]}
    assert items["day of one sensor"] == 10
    assert items["month of one sensor"] == 300
    assert items["latest of all"] == 20
    assert names_in(tmp_path) == []


async def test_history_is_what_it_claims(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    await fill_readings(path, 2000, 10)
    await fill_results(path, 4000)
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    hot, chunked = (
        connection.execute(sql).get
        for sql in ("SELECT count(*) FROM reading", "SELECT sum(readings) FROM reading_chunk")
    )
    assert chunked >= 1900
    assert hot <= 100
    counted = "SELECT sum(pos + neg + invalid + error + no_result + indeterminate + unmapped) FROM lab_day"
    assert connection.execute(counted).get == 3900  # one in forty is a control
    assert connection.execute("SELECT count(DISTINCT site) FROM lab_day").get == len(PLACES)


@pytest.mark.slow
async def test_a_lost_reading_and_an_empty_answer_fail_the_bench(tmp_path: Path) -> None:
    await measure(tmp_path, list(samples(10, 5, 1000, FIRST)), 10)
    with pytest.raises(BenchFailed, match="10 of 11 readings in text"):
        require_readings(tmp_path / "text.db", 11)

    async def nothing() -> int:
        return 0

    with pytest.raises(BenchFailed, match="nothing found"):
        await ask("nothing", nothing, 2)
