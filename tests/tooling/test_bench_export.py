"""``./dev bench export`` works: a small run, whose figures say nothing about speed."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tests.bench import export
from tests.bench.parts.verdict import BenchFailed
from tests.exporting.packed import A_DAY, pack_readings


@pytest.mark.slow
async def test_every_figure_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "FORMATS", ("csv",))
    await export.bench(Namespace(days=2, probes=1, folder=tmp_path))
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [run["rows"] for run in told["csv"]] == [A_DAY, 2 * A_DAY]
    assert all(min(run.values()) > 0 for run in told["csv"])


@pytest.mark.slow
async def test_a_file_without_all_rows_fails_the_bench(tmp_path: Path) -> None:
    rows = await pack_readings(tmp_path / "store.db", days=1, series=1)
    with pytest.raises(BenchFailed, match="ended with 0"):
        export.export(tmp_path, tmp_path / "a.csv", rows + 1)
