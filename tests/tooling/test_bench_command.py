"""How every bench ends: by its verdict where that is asked for, never well when its figures mean nothing."""

import json

import pytest

from tests.bench.parts.command import options_of, status_of
from tests.bench.parts.verdict import BenchFailed, Target, conclude

HELD = Target("messages a second", 4.0, 3.0, at_least=True)
MISSED = Target("latency", 11.0, 10.0, at_least=False)


def test_a_missed_limit_is_a_status_only_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    async def bench(*targets: Target) -> bool:
        return conclude(targets, {"runs": 1})

    assert status_of(lambda: bench(HELD), check=True) == 0
    assert status_of(lambda: bench(HELD, MISSED), check=True) == 1
    assert status_of(lambda: bench(HELD, MISSED), check=False) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in told if not line.startswith("{")] == ["met"] + ["met", "MISSED"] * 2
    assert [json.loads(line)["met"] for line in told if line.startswith("{")] == [True, False, False]


@pytest.mark.parametrize("check", [True, False])
def test_figures_that_mean_nothing_are_told_always(check: bool, capsys: pytest.CaptureFixture[str]) -> None:
    async def bench() -> bool:
        raise BenchFailed("3 lost")

    assert status_of(bench, check=check) == 2
    assert "3 lost" in capsys.readouterr().err


def test_every_bench_takes_folder_and_check() -> None:
    asked = options_of("a bench").parse_args(["--check", "--folder", "here"])
    assert (asked.check, asked.folder.name) == (True, "here")
