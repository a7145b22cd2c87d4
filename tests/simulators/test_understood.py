"""The hub takes the province's configuration, and its adapters read what the simulators really meant."""

from datetime import datetime, timedelta, timezone

import pytest

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from hub.config.loader import parse
from hub.config.models import Config
from hub.contract import Frame
from hub.payloads import LabResult
from simulators.lab.analyzer import Run, RunSource, build
from simulators.lab.er7 import escape
from simulators.province import MQTT_PASSWORD_ENV, AnalyzerPlan, demo_config, load_province
from tests.conformance.memory_outlet import MemoryOutlet

PROVINCE = load_province()
AT = datetime(2021, 8, 5, 14, 30, tzinfo=timezone(timedelta(hours=7)))
RECEIVED_MS = round(AT.timestamp() * 1000) + 500


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setenv(MQTT_PASSWORD_ENV, "sensor-password-1")
    return parse(demo_config(), "demo")


def adapter(config: Config, plan: AnalyzerPlan) -> Hl7Mllp:
    (device,) = (device for device in config.devices if device.id == plan.id)
    assert isinstance(device, Hl7MllpConfig)
    return Hl7Mllp(device, MemoryOutlet())


def as_truth(result: LabResult) -> dict[str, object]:
    return {
        "specimen": result.specimen,
        "test": result.test.code,
        "call": result.call,
        "ct": [target.ct for target in result.targets if target.ct is not None],
        "titer": next((target.value for target in result.targets if target.value is not None), None),
        "control": result.control,
    }


def test_the_hub_takes_the_configuration(config: Config) -> None:
    assert [site.id for site in config.sites] == [site.id for site in PROVINCE.sites]
    assert len(config.devices) == len(PROVINCE.analyzers) + len(PROVINCE.fridges)


@pytest.mark.parametrize("plan", PROVINCE.analyzers, ids=lambda plan: plan.id)
def test_every_result_is_read_as_it_was_meant(config: Config, plan: AnalyzerPlan) -> None:
    reader = adapter(config, plan)
    runs: list[Run] = [run for run, _ in zip(RunSource(plan, 3).runs(), range(60), strict=False)]
    for run in runs:
        meaning = reader.interpret(Frame(build(plan, run, AT)), RECEIVED_MS)
        results = [fact.payload for fact in meaning.facts]
        assert not meaning.problems
        assert [as_truth(result) for result in results if isinstance(result, LabResult)] == [
            outcome.truth() for outcome in run.outcomes
        ]
        assert {fact.time_ms for fact in meaning.facts} == {round(AT.timestamp() * 1000)}


def test_nothing_of_a_patient_leaves(config: Config) -> None:
    plan = PROVINCE.analyzers[0]
    reader = adapter(config, plan)
    for run, _ in zip(RunSource(plan, 3, canary=True).runs(), range(60), strict=False):
        meaning = reader.interpret(Frame(build(plan, run, AT, canary=True)), RECEIVED_MS)
        patient = run.outcomes[0].patient
        assert patient is not None
        assert len(meaning.facts) == 1
        told = repr(meaning.facts)
        names = (patient.family, patient.given, patient.national_id, patient.phone, patient.hospital_number)
        assert not [name for name in names if escape(name) in told or name in told]
