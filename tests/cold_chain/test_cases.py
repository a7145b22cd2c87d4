"""Messages in folders: tests/cases/<kind>/<case>/{device.toml, input.bin, expected.json}."""

import json
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.cold_chain.cold_file import ColdFile
from adapters.cold_chain.cold_http import ColdHttp
from adapters.cold_chain.cold_modbus import ColdModbus
from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.cold_serial import ColdSerial
from hub.contract import Adapter, Frame
from tests.cold_chain.recording import RecordingOutlet

FOLDER = Path(__file__).parents[1] / "cases"
KINDS: dict[str, type[Adapter[Any]]] = {
    "cold_file": ColdFile,
    "cold_http": ColdHttp,
    "cold_modbus": ColdModbus,
    "cold_mqtt": ColdMqtt,
    "cold_serial": ColdSerial,
}
CASES = [case for kind in KINDS for case in sorted((FOLDER / kind).iterdir())]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_case(case: Path) -> None:
    adapter = KINDS[case.parent.name]
    config = adapter.Config.model_validate(tomllib.loads((case / "device.toml").read_text("utf-8")))
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    frame = Frame((case / "input.bin").read_bytes(), origin=expected["origin"])
    meaning = adapter(config, RecordingOutlet()).interpret(frame, expected["received_ms"])
    facts = [
        {"key": fact.key, "time_ms": fact.time_ms, "timesource": fact.timesource}
        | msgspec.to_builtins(fact.payload)
        for fact in meaning.facts
    ]
    problems = [{"reason": problem.reason, "place": problem.place} for problem in meaning.problems]
    assert {"facts": facts, "problems": problems} == {
        "facts": expected["facts"],
        "problems": expected["problems"],
    }
