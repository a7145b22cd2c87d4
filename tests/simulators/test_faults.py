"""Plans of faults: every mistake told, shares kept, and what a fault does to bytes."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.lab.astm_sender import frames
from simulators.lab.faults import ON_ASTM, ON_FILES, ON_MLLP, FaultPlan, Faults, PlanError, read_plan

FRAME = frames(b"R|1|^^^94500-6|NEGATIVE^|||||F\r")[0]


def test_every_mistake_of_a_plan_is_told_at_once(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('corupt = 0.1\nsplit = 2\ncut_at_byte = 0\nresent = "often"\n', "utf-8")
    with pytest.raises(PlanError) as refusal:
        read_plan(plan)
    told = str(refusal.value).splitlines()
    assert len(told) == 4
    assert all(line.startswith(str(plan)) for line in told)
    assert any("corupt" in line and "corrupt" in line for line in told)


@pytest.mark.parametrize("text", ["corrupt = ", "corrupt = 0.6\nresent = 0.6", "corrupt = nan"])
def test_a_plan_that_cannot_be_is_refused(tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(text, "utf-8")
    with pytest.raises(PlanError):
        read_plan(plan)


def test_a_plan_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("corrupt = 0.2\nwrong_checksum = 0.1\n", "utf-8")
    faults = Faults(read_plan(path), random.Random(1))
    drawn = [faults.draw() for _ in range(10_000)]
    assert 1800 < drawn.count("corrupt") < 2200
    assert 850 < drawn.count("wrong_checksum") < 1150
    assert set(drawn) == {None, "corrupt", "wrong_checksum"}
    assert faults.injected == {fault: drawn.count(fault) for fault in ("corrupt", "wrong_checksum")}


@pytest.mark.parametrize("possible", [ON_MLLP, ON_FILES])
def test_a_fault_that_a_line_does_not_have_happens_to_nothing_else(possible: tuple[str, ...]) -> None:
    faults = Faults(FaultPlan(wrong_checksum=1.0), random.Random(1))
    assert faults.draw(possible) is None  # type: ignore[arg-type]
    assert not faults.injected


def test_an_even_plan_has_all_of_them() -> None:
    faults = Faults(FaultPlan.even(1.0), random.Random(2))
    assert {faults.draw() for _ in range(500)} == set(ON_ASTM)


@given(st.integers())
def test_a_corrupted_frame_has_its_old_checksum_and_another_text(seed: int) -> None:
    frame = Faults(rng=random.Random(seed)).corrupted(FRAME)
    assert len(frame) == len(FRAME)
    assert sum(a != b for a, b in zip(frame, FRAME, strict=True)) == 1
    assert f"{sum(frame[1:-4]) & 255:02X}".encode() != frame[-4:-2]


@given(st.integers(), st.integers(0, 20_000))
def test_pieces_are_the_whole(seed: int, size: int) -> None:
    data = bytes(random.Random(seed).randbytes(size))
    pieces = Faults(rng=random.Random(seed)).pieces(data)
    assert b"".join(pieces) == data
    assert len(pieces) <= size
    assert all(pieces)


@pytest.mark.parametrize(("at", "left"), [(1, 1), (7, 7), (10_000, len(FRAME) - 6)])
def test_a_cut_is_where_the_plan_says(at: int, left: int) -> None:
    assert Faults(FaultPlan(cut_at_byte=at)).cut(FRAME) == FRAME[:left]
