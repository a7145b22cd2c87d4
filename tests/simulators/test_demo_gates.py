"""The demo's gates: a hub takes their settings, and what it is given of their people is true of them."""

import csv
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from adapters.qr_gates.certificates.trust_list import trust_list_of
from hub.cli.demo import demo_config, simulator_arguments
from simulators.gates.certificate_issuer import Issuer, trust_list
from simulators.gates.demo_gates import (
    BORN_BY,
    HOSPITAL,
    PEOPLE,
    SEED,
    demo_plans,
    demo_tables,
    demo_trust_list,
)
from simulators.gates.gate_judge import ZoneJudge
from simulators.gates.zone_people import World, zones_of

NOW = datetime.now(UTC)
WORLD = World(PEOPLE, SEED, NOW, born_by=BORN_BY)


def test_the_file_that_is_shipped_trusts_the_simulated_issuer() -> None:
    name, text = demo_trust_list()
    assert text == trust_list([Issuer()])
    (key, *_) = trust_list_of(text.encode()).named("dcc", Issuer().key_id)
    assert key.issuer == "VN"
    assert name.endswith(".json")


def test_a_hub_takes_the_gates_on_the_fifth_port(tmp_path: Path) -> None:
    config = demo_config(tmp_path / "data", 20_000)
    gates = [device for device in config.devices if device.kind == "gate_tcp"]
    assert [gate.id for gate in gates] == [plan.id for plan in demo_plans()]
    assert {gate.model_dump()["port"] for gate in gates} == {20_004}
    arguments = simulator_arguments(config)
    assert arguments[arguments.index("--gates") + 1] == "127.0.0.1:20004"


def test_somebody_whom_the_hospital_looks_for_comes_there() -> None:
    hospital, clinic = zones_of(demo_plans(), WORLD).values()
    judge = ZoneJudge(HOSPITAL)
    told = [judge.judge(each.code, each.history, "in", NOW).decision for each in hospital.visitors]
    assert told.count("alert") == 2
    assert len(hospital.visitors) + len(clinic.visitors) == PEOPLE


@pytest.mark.parametrize("name", ["watch", "doses"])
def test_the_tables_name_the_people_who_come(name: str) -> None:
    rows = list(csv.DictReader(StringIO(dict(demo_tables())[name])))
    numbers = {person.citizen_number for person, _ in WORLD.people()}
    assert rows
    assert {row["vnid"] for row in rows} <= numbers
