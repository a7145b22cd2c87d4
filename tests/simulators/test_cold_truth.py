"""A small run of the soak's own machinery: real hub, real broker, every kind of fault and of talker."""

from pathlib import Path

import pytest

from simulators.cold_chain.unit_faults import KINDS
from tests.soak.cold_chain import report, soak
from tests.soak.parts.cold_units import World

RULES = {"HEAT", "HEAT_EARLY", "LOW", "NODATA", "PROBE", "DOOR", "DEVICE_DOOR", "POWER", "BATTERY", "FRZE"}


@pytest.mark.slow
async def test_the_alarms_know_what_fridges_went_through(tmp_path: Path) -> None:
    outcome = await soak(
        tmp_path / "hub", World(units=20, sites=4, days=2, every_minutes=18, seed=1), kills=0
    )
    assert outcome.truth.faults.keys() == set(KINDS)
    assert {rule for rule, count in outcome.comparison.same.items() if count} == RULES
    assert outcome.counts["kept"] > 0
    assert outcome.counts["twice"] > 0
    assert "| missed, false, different | 0, 0, 0 |" in report(1000, outcome)
