"""The fuzzing of `./dev fuzz lab`: earlier finds stay mended, a short run finds nothing, and it can find."""

import re
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import lab
from tests.fuzz.parts.cost import require_bounded_memory, require_even_growth
from tests.fuzz.parts.mutation import Stock, mutated, smaller
from tests.fuzz.parts.reach import Reach
from tests.fuzz.parts.target import Found, Target, require
from tests.fuzz.parts.targets import TARGETS
from tests.fuzz.parts.trial import SEEDS, tried

FINDS = sorted(SEEDS.glob("*/*.bin"))
OTHER_PROFILES = re.compile(
    r"\w+_results\.(?!genexpert|generic|quantstudio)"
)  # `./dev fuzz lab` has them all
GROWING = [
    (name, shape)
    for name, target in TARGETS.items()
    for shape in target.grows
    if not OTHER_PROFILES.match(name)
]
ENDLESS = [(name, shape) for name, target in TARGETS.items() for shape in target.endless]


@pytest.mark.parametrize("path", FINDS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_was_found_once_stays_mended(path: Path) -> None:
    assert tried(TARGETS[path.parent.name], path.read_bytes(), counted=True) is None


@pytest.mark.parametrize("name", TARGETS)
def test_well_formed_inputs_keep_every_promise(name: str) -> None:
    for data in TARGETS[name].inputs():
        TARGETS[name].check(data)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(random=st.randoms(use_true_random=False), garbage=st.binary(max_size=200))
def test_any_bytes_keep_every_promise(name: str, random: Random, garbage: bytes) -> None:
    target = TARGETS[name]
    target.check(garbage)
    target.check(mutated(random, Stock(target.inputs(), target.words)))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shape"), GROWING)
def test_work_grows_as_its_input(name: str, shape: str) -> None:
    require_even_growth(TARGETS[name], shape)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "shape"), ENDLESS)
def test_memory_of_a_connection_is_bounded(name: str, shape: str) -> None:
    require_bounded_memory(TARGETS[name], shape)


@pytest.mark.slow
def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    """What costs grow by has tests of its own."""
    targets = [Target(each.name, each.check, each.work, each.inputs, each.words) for each in TARGETS.values()]
    assert lab.fuzz(targets, 6.0, 1, tmp_path) == 0


def planted(data: bytes) -> None:
    """A codec that cannot bear a certain word, and forgets that there is an end."""
    require(b"XY" not in data, "the word is borne")
    for at in range(len(data)):
        if data[at:] == b"never":
            return


def test_a_find_is_shortened_and_kept_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = Target("planted", planted, planted, lambda: [b"all is well " * 20], [b"X", b"Y"])
    monkeypatch.setitem(TARGETS, "planted", target)
    command = ["lab", "--seconds", "20", "--seed", "7", "--target", "planted", "--folder", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", command)
    assert lab.main() == 1
    (path,) = (tmp_path / "planted").iterdir()
    assert path.read_bytes() == b"XY"
    assert path.stem.endswith("-seed7")
    assert "FOUND  planted: Found: the word is borne" in capsys.readouterr().out
    assert isinstance(tried(target, b"..XY"), Found)


def test_a_target_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lab", "--target", "nothing"])
    assert lab.main() == 2


def test_work_that_grows_too_fast_is_found() -> None:
    def quadratic(data: bytes) -> None:
        for at in range(0, len(data), 500):
            for _ in range(at):
                len(data)

    target = Target("quadratic", quadratic, quadratic, lambda: [b"x"], grows={"x": lambda size: b"x" * size})
    with pytest.raises(Found, match="x: "):
        require_even_growth(target, "x")


def test_memory_that_is_not_given_back_is_found() -> None:
    def hoard(size: int, _: int) -> object:
        kept = bytearray()
        while len(kept) < size:
            kept += bytes(4096)
            yield

    target = Target("hoard", planted, planted, lambda: [b"x"], endless={"x": hoard})  # type: ignore[dict-item]
    with pytest.raises(Found, match="x: "):
        require_bounded_memory(target, "x", 64 * 1024)


def test_the_same_seed_gives_the_same_inputs() -> None:
    stock = Stock([b"MSH|^~\\&|A\rOBX|1", b"H|\\^&"], [b"|", b"^"])
    first, second = Random(5), Random(5)
    assert [mutated(first, stock) for _ in range(200)] == [mutated(second, stock) for _ in range(200)]


def test_shortening_keeps_what_fails() -> None:
    assert smaller(b"0123456789" * 30, lambda data: b"7" in data and b"3" in data) in {b"37", b"73"}


def test_reach_tells_new_steps_from_known_ones() -> None:
    reach, mllp = Reach(), TARGETS["mllp"]
    assert reach.grows_by(lambda: mllp.work(b"\x0b\x1c\r"))
    assert not reach.grows_by(lambda: mllp.work(b"\x0b\x1c\r"))
    assert reach.grows_by(lambda: mllp.work(mllp.inputs()[0]))
