"""The hub takes the configuration of the simulators, and its adapters read what they really meant."""

from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.lab_analyzers.astm_serial import AstmSerial
from adapters.lab_analyzers.astm_tcp import AstmTcp
from adapters.lab_analyzers.file_drop import FileDrop
from adapters.lab_analyzers.hl7_mllp import Hl7Mllp
from hub.config.loader import parse
from hub.config.models import Config
from hub.contract import Adapter, Frame
from hub.payloads import LabResult
from simulators.lab.analyzer import Run, RunSource, build
from simulators.lab.er7 import escape
from simulators.lab.fleet import Lines, devices_toml, fleet, sites_toml
from simulators.lab.truth_records import told
from simulators.province import MQTT_PASSWORD_ENV, AnalyzerPlan, demo_config, load_province
from tests.conformance.memory_outlet import MemoryOutlet
from tests.simulators.comparable_results import of_result, of_truth

PROVINCE = load_province()
AT = datetime(2021, 8, 5, 14, 30, tzinfo=timezone(timedelta(hours=7)))
RECEIVED_MS = round(AT.timestamp() * 1000) + 500
LINES = Lines(("127.0.0.1", 2575), ("127.0.0.1", 12001), "/dev/ttyUSB0", Path("results"))
FLEET = fleet(40, LINES.links)
MODELS = tuple({(plan.message, plan.link): plan for plan in FLEET}.values())
KINDS: dict[str, type[Adapter[Any]]] = {
    "mllp": Hl7Mllp, "astm": AstmTcp, "serial": AstmSerial, "file": FileDrop,
}  # fmt: skip


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv(MQTT_PASSWORD_ENV, "sensor-password-1")
    return parse(demo_config(), "demo")


def fleet_config() -> Config:
    head = '[hub]\nname = "fleet"\ndata_dir = "data"\n'
    return parse(head + sites_toml(FLEET) + devices_toml(FLEET, LINES), "fleet")


def adapter(config: Config, plan: AnalyzerPlan) -> Adapter[Any]:
    (device,) = (device for device in config.devices if device.id == plan.id)
    return KINDS[plan.link](device, MemoryOutlet())


def check(plan: AnalyzerPlan, reader: Adapter[Any], runs: list[Run]) -> None:
    for run in runs:
        meaning = reader.interpret(Frame(build(plan, run, AT)), RECEIVED_MS)
        results = [fact.payload for fact in meaning.facts]
        assert not meaning.problems
        assert [
            of_result(plan.id, msgspec.to_builtins(result))
            for result in results
            if isinstance(result, LabResult)
        ] == [
            of_truth({"device": plan.id, **each}) for outcome in run.outcomes for each in told(plan, outcome)
        ]
        assert {fact.time_ms for fact in meaning.facts} == {round(AT.timestamp() * 1000)}


def first_runs(plan: AnalyzerPlan, count: int) -> list[Run]:
    return [run for run, _ in zip(RunSource(plan, 3).runs(), range(count), strict=False)]


def test_the_hub_takes_the_configuration(config: Config) -> None:
    assert [site.id for site in config.sites] == [site.id for site in PROVINCE.sites]
    assert len(config.devices) == len(PROVINCE.analyzers) + len(PROVINCE.fridges)


@pytest.mark.parametrize("plan", PROVINCE.analyzers, ids=lambda plan: plan.id)
def test_every_result_is_read_as_it_was_meant(config: Config, plan: AnalyzerPlan) -> None:
    check(plan, adapter(config, plan), first_runs(plan, 60))


@pytest.mark.parametrize("plan", MODELS, ids=lambda plan: plan.id)
def test_every_model_of_the_fleet_is_read_as_it_was_meant(plan: AnalyzerPlan) -> None:
    runs = first_runs(plan, 80 if plan.specimens_per_run == (1, 1) else 3)
    outcomes = [outcome for run in runs for outcome in run.outcomes]
    assert {outcome.call for outcome in outcomes} >= {"POS", "NEG", *outcomes[0].assay.failures[:1]}
    assert any(outcome.control for outcome in outcomes)
    check(plan, adapter(fleet_config(), plan), runs)


def test_the_fleet_is_of_every_model_and_no_two_machines_are_one() -> None:
    assert len(FLEET) == 40
    assert {plan.link for plan in FLEET} == {"mllp", "astm", "serial", "file"}
    assert sum(plan.link == "serial" for plan in FLEET) == 1
    assert len({plan.id for plan in FLEET}) == len({plan.serial for plan in FLEET}) == 40
    matches = [
        plan.address or plan.application or plan.sender for plan in FLEET if plan.link in {"mllp", "astm"}
    ]
    assert len(set(matches)) == len(matches)
    assert all(plan.message == "genexpert-astm" for plan in fleet(3, {"serial"}))
    assert len(fleet(3, {"serial"})) == 1


def test_nothing_of_a_patient_leaves(config: Config) -> None:
    plan = PROVINCE.analyzers[0]
    reader = adapter(config, plan)
    runs = list(islice(RunSource(plan, 3, canary=True).runs(), 60))
    assert len(runs) == 60
    for run in runs:
        meaning = reader.interpret(Frame(build(plan, run, AT, canary=True)), RECEIVED_MS)
        patient = run.outcomes[0].patient
        assert patient is not None
        assert len(meaning.facts) == 1
        told = repr(meaning.facts)
        names = (patient.family, patient.given, patient.national_id, patient.phone, patient.hospital_number)
        assert not [name for name in names if escape(name) in told or name in told]
