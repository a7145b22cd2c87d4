"""How ``./dev check`` reports its steps."""

import sys

import pytest

from tools.checks import Check, fast_tests, run_all
from tools.tree import ROOT

PASSES = Check("passes", (sys.executable, "-c", "print('quiet')"))
FAILS = Check("fails", (sys.executable, "-c", "print('the reason'); raise SystemExit(3)"))


def test_a_line_for_each_and_the_output_of_what_failed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_all([PASSES, FAILS]) == ["fails"]
    said = capfd.readouterr().err
    assert "ok     passes" in said
    assert "FAILED fails" in said
    assert "the reason" in said
    assert "quiet" not in said


def test_nothing_failed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_all([PASSES]) == []
    assert "FAILED" not in capfd.readouterr().err


def test_every_fast_test_is_in_one_part() -> None:
    *parts, last = [check.command for check in fast_tests()]
    shared = next(index for index, word in enumerate(last) if word == "tests")
    assert {part[:shared] for part in parts} == {last[:shared]}
    *parts, last = [check.command[shared:] for check in fast_tests()]
    named = [path for part in parts for path in part]
    assert len(named) == len(set(named))
    assert all((ROOT / path).is_dir() for path in named)
    assert last == ("tests", *(f"--ignore={path}" for path in named))
