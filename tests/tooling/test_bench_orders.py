"""``./dev bench orders`` works: a small run, whose figures say nothing about speed."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tests.bench import orders
from tests.bench.parts.verdict import BenchFailed

FIGURES = 6


@pytest.mark.slow
async def test_every_figure_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "FILLED", 2 * orders.A_LIST)
    assert await orders.bench(Namespace(times=20, folder=tmp_path))
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    figures = [figure for name, figure in told.items() if name.endswith((" us", " ms"))]
    assert len(figures) == FIGURES
    assert min(figures) > 0


async def test_an_order_that_is_not_there_fails_the_bench(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object) -> list[object]:
        return []

    monkeypatch.setattr(orders, "FILLED", orders.A_LIST)
    monkeypatch.setattr("hub.spool.orders.OrderQueue.to_measure", nothing)
    with pytest.raises(BenchFailed, match="0 orders of a specimen"):
        await orders.measure_spool(tmp_path / "spool.db", 1)
