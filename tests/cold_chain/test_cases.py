"""Messages in folders: tests/cases/cold_mqtt/<case>/{device.toml, input.bin, expected.json}."""

import json
import tomllib
from pathlib import Path

import msgspec
import pytest

from adapters.cold_chain.cold_mqtt import ColdMqtt
from adapters.cold_chain.config import ColdMqttConfig
from hub.contract import Frame
from tests.cold_chain.recording import RecordingOutlet

CASES = sorted((Path(__file__).parents[1] / "cases" / "cold_mqtt").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    config = ColdMqttConfig.model_validate(tomllib.loads((case / "device.toml").read_text("utf-8")))
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    frame = Frame((case / "input.bin").read_bytes(), origin=expected["origin"])
    meaning = ColdMqtt(config, RecordingOutlet()).interpret(frame, expected["received_ms"])
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
