"""What a demo shows first: its cabinets' past and first minutes, judged by the standard rules."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.cli.demo import PAST_MINUTES, demo_config, simulator_arguments
from simulators.cold_chain.bridge_life import Pace, past
from simulators.cold_chain.excursion_rules import standard_rules
from simulators.cold_chain.excursions import excursions
from simulators.cold_chain.fridge import Sample, SimulatedFridge
from simulators.province import FridgePlan, load_province

BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)
PACE = Pace()
MINUTES = 20
Told = dict[str, dict[int, list[int | None]]]


def told_by(plan: FridgePlan, seed: int) -> Told:
    """All readings that a hub has of it ``MINUTES`` after the beginning."""
    fridge = SimulatedFridge(plan, seed)
    found: Told = defaultdict(dict)
    for at, sample in past(fridge, PAST_MINUTES, BEGAN):
        if plan.last_seen:
            _note(found, at, sample)
    for number in range(int(MINUTES * 60 / PACE.every_seconds)):
        sample = fridge.advance(PACE.world_minutes)
        if not fridge.silent:
            _note(found, BEGAN + timedelta(seconds=number * PACE.every_seconds), sample)
    return found


def _note(found: Told, at: datetime, sample: Sample) -> None:
    time_ms = round(at.timestamp() * 1000)
    found["temp.vaccine"][time_ms] = [round(sample.temperature * 1000)]
    if sample.contact is not None:
        found["door.open"][time_ms] = [1000 * (not sample.contact)]
    if sample.mains_s is not None:
        found["power.available_s"][time_ms] = [1000 * sample.mains_s]


@pytest.mark.parametrize("seed", range(5))
def test_incidents_come_one_after_the_other_in_the_first_minutes(seed: int) -> None:
    began_ms = round(BEGAN.timestamp() * 1000)
    raised = {}
    for plan in load_province().fridges:
        told = told_by(plan, seed)
        for rule in standard_rules(plan.cabinet.replace("_", "-")):
            for one in excursions(rule, told[rule.metric], began_ms + MINUTES * 60_000):
                raised[plan.id, rule.code] = (one.raised_ms - began_ms) / 60_000
    assert raised.keys() == {
        ("tu-lanh-bvdn-01", "HEAT_EARLY"),
        ("tu-lanh-cdc-02", "DOOR"),
        ("tu-lanh-long-thanh-01", "POWER"),
    }
    assert 0 <= raised["tu-lanh-bvdn-01", "HEAT_EARLY"] <= 4
    assert 6 <= raised["tu-lanh-cdc-02", "DOOR"] <= 8
    assert 10 <= raised["tu-lanh-long-thanh-01", "POWER"] <= 14


def test_only_a_hub_without_a_store_is_told_the_past(tmp_path: Path) -> None:
    config = demo_config(tmp_path, 20_000)
    assert "--past-minutes" in simulator_arguments(config)
    (tmp_path / "store.db").touch()
    assert "--past-minutes" not in simulator_arguments(config)
