"""Mean kinetic temperature and vial monitors: against published figures and the formula done plainly."""

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exposure.held_time import HeldTime, held_time
from hub.exposure.mean_kinetic_temperature import ACTIVATION_ENERGY, GAS_CONSTANT, mean_kinetic_temperature
from hub.exposure.vial_monitor import VVM_TYPES, VvmType, life_lost
from tests.exposure.held import DAY, HOUR, MINUTE, span, stay

Q_TAG = Path(__file__).parents[3] / "shared/corpus/cold_chain/berlinger_qtag_clm_RCPJ00010_02.txt"


def steady(degrees: float, days: float) -> HeldTime:
    return held_time([stay(days * 24, degrees)], span(days * 24))


def plainly(by_value: dict[int, int]) -> float:
    """The formula as it is printed."""
    ratio = ACTIVATION_ENERGY / GAS_CONSTANT
    total = sum(ms * math.exp(-ratio / (value / 1000 + 273.15)) for value, ms in by_value.items())
    return ratio / -math.log(total / sum(by_value.values())) - 273.15


@pytest.mark.parametrize("degrees", [-80.0, -0.5, 5.0, 25.0])
def test_a_steady_temperature_is_its_own_mean(degrees: float) -> None:
    found = mean_kinetic_temperature(steady(degrees, 3))
    assert found == pytest.approx(degrees, abs=1e-9)


def test_heat_weighs_more_than_cold_by_time_held() -> None:
    day = held_time([stay(23, 4.0), stay(1, 25.0, 23)], span(24))
    found = mean_kinetic_temperature(day)
    assert found is not None
    assert found == pytest.approx(plainly(dict(day.by_value)), abs=1e-9)
    assert 4.0 + 21 / 24 < found < 25.0  # above the mean
    doubled = HeldTime({value: 2 * ms for value, ms in day.by_value.items()}, 2 * day.span_ms)
    assert mean_kinetic_temperature(doubled) == pytest.approx(found, abs=1e-12)


@given(st.dictionaries(st.integers(-90_000, 60_000), st.integers(1, DAY), min_size=1, max_size=40))
def test_it_lies_between_mean_and_greatest(by_value: dict[int, int]) -> None:
    held = HeldTime(dict(sorted(by_value.items())), sum(by_value.values()))
    found = mean_kinetic_temperature(held)
    assert found is not None
    assert found <= max(by_value) / 1000 + 1e-9
    assert found >= float(held.mean or 0) / 1000 - 1e-9


def test_extremes_neither_overflow_nor_vanish() -> None:
    assert mean_kinetic_temperature(HeldTime({-272_000: 1, 1_000_000: 1}, 2)) == pytest.approx(919, abs=40)
    assert mean_kinetic_temperature(HeldTime({}, 5)) is None
    assert mean_kinetic_temperature(HeldTime({-273_150: 1}, 1)) is None


def test_two_days_at_37_degrees_cost_a_vvm2_as_published() -> None:
    """remaining_vvm_life: 288 samples of ten minutes, 113.7811 %."""
    samples = held_time([stay(1 / 6, 37.0, place / 6) for place in range(288)], span(48))
    assert life_lost(samples, "VVM2") * 100 == pytest.approx(113.7811, abs=5e-5)


@pytest.mark.parametrize(("vvm", "days"), [("VVM2", 1.76), ("VVM7", 6.1), ("VVM14", 12.1), ("VVM30", 26)])
def test_a_monitor_at_37_degrees_lasts_a_little_less_than_its_name(vvm: VvmType, days: float) -> None:
    assert 1 / life_lost(steady(37.0, 1), vvm) == pytest.approx(days, rel=0.01)
    assert days < int(vvm.removeprefix("VVM"))


def test_in_a_fridge_a_monitor_lasts_for_years_and_the_better_type_longer() -> None:
    lost = [life_lost(steady(5.0, 365), vvm) for vvm in VVM_TYPES]
    assert lost == sorted(lost, reverse=True)
    assert lost[1] < 1
    assert life_lost(HeldTime({}, DAY), "VVM7") == 0
    assert life_lost(HeldTime({-300_000: HOUR}, DAY), "VVM7") == 0


@pytest.mark.skipif(not Q_TAG.exists(), reason="the corpus is not beside the project")
def test_a_q_tag_computes_the_same_from_its_own_rows() -> None:
    """The device says 10.5 at 83.0 kJ/mol, from one-minute data; its rows stand for ten minutes each."""
    rows: list[tuple[int, float]] = []
    for line in Q_TAG.read_text("utf-8", "replace").splitlines():
        parts = line.replace(",", " ").split()
        try:
            read = datetime.fromisoformat(" ".join(parts[:2])).replace(tzinfo=UTC)
            rows.append((int(read.timestamp()) * 1000, float(parts[2])))
        except (ValueError, IndexError):
            continue
    assert len(rows) > 100
    ends = [at for at, _ in rows[1:]] + [rows[-1][0] + 10 * MINUTE]
    by_value: dict[int, int] = {}
    for (at, degrees), end in zip(rows, ends, strict=True):
        value = round(degrees * 1000)
        by_value[value] = by_value.get(value, 0) + end - at
    found = mean_kinetic_temperature(HeldTime(dict(sorted(by_value.items())), sum(by_value.values())), 83.0)
    assert found == pytest.approx(10.5, abs=0.1)
