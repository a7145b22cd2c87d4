"""A truth beside logs: one that has everything, and ones that each lack or add one thing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulators.gates.gate_comparison import compared, read_truth, told_of
from simulators.hub_log import CannotCompare

Event = dict[str, Any]
IN, OUT, ZONE = "cong-001", "cong-002", "diem-001"
GATES = [
    {"kind": "gate", "device": device, "site": ZONE, "zone": ZONE, "direction": direction, "way": "tcp"}
    for device, direction in ((IN, "in"), (OUT, "out"))
]
SHOWS = [
    (IN, 1, "cccd", "allow", "allowed"),
    (IN, -1, "eu-dcc", "retry", "code.unreadable"),
    (IN, 2, "eu-dcc", "deny", "certificate.expired"),
    (IN, 3, "bhyt", "allow", "allowed"),
    (OUT, 1, "cccd", "allow", "allowed"),
]


def written(path: Path, *, unsettled: int = 0) -> Path:
    """The truth; of the last ``unsettled`` shows nobody knows what became of them."""
    lines: list[dict[str, Any]] = list(GATES)
    for number, (device, person, code, decision, reason) in enumerate(SHOWS, 1):
        told = {"device": device, "person": person, "code": code, "decision": decision, "reason": reason}
        lines.append({"kind": "shown", "number": number, "again": False, "at": "x"} | told)
        if number <= len(SHOWS) - unsettled:
            lines.append({"kind": "settled", "number": number, "outcome": "sent"})
    again = {"device": IN, "person": 3, "code": "bhyt", "decision": "allow", "reason": "allowed"}
    lines.append({"kind": "shown", "number": 99, "again": True, "at": "x"} | again)
    lines.append({"kind": "zone", "zone": ZONE, "inside": 1})
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return path


def log() -> list[Event]:
    """As a hub has it that lost nothing; the one shown again is told as a duplicate."""
    found: list[Event] = []
    for number, (device, person, code, decision, reason) in enumerate(SHOWS):
        found += scan(number, device, person, code, decision, reason)
    return found + scan(9, IN, 3, "bhyt", "duplicate", "scan.repeated")


def scan(number: int, device: str, person: int, code: str, decision: str, reason: str) -> list[Event]:
    name, direction = f"s{number}", "in" if device == IN else "out"
    visit = None if person < 0 else f"{person} {code}"
    found = [
        event("gate.scan.v1", device, scan=name, visit=visit, payload_kind=code, direction=direction),
        event("gate.decision.v1", device, scan=name, decision=decision, reason=reason),
    ]
    if decision == "allow":
        found.append(event("gate.passage.v1", device, scan=name, direction=direction, confirmed=False))
    return found


def event(kind: str, device: str, **data: Any) -> Event:
    return {"type": kind, "device": device, "data": data}


def differences(path: Path, events: list[Event]) -> list[str]:
    truth = read_truth(path)
    return compared(truth, told_of(events, truth)).wrong


def test_a_hub_that_lost_nothing_and_doubled_nothing_differs_in_nothing(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path / "truth.jsonl"))
    result = compared(truth, told_of([*log(), event("lab.result.v1", "pcr-1")], truth))
    assert result.wrong == []
    assert result.told.inferred == 3
    assert list(result.lines())[-1] == "differences: 0"


def passages(events: list[Event]) -> list[Event]:
    return [each for each in events if each["type"] == "gate.passage.v1"]


def expired(events: list[Event]) -> Event:
    found: Event = next(
        each["data"] for each in events if each["data"].get("reason") == "certificate.expired"
    )
    return found


def lost(events: list[Event]) -> None:
    events.remove(passages(events)[0])


def doubled(events: list[Event]) -> None:
    events.append(passages(events)[0])


def stranger(events: list[Event]) -> None:
    events += scan(50, IN, 7, "cccd", "allow", "allowed")


def other_reason(events: list[Event]) -> None:
    expired(events)["reason"] = "proof.missing"


def other_decision(events: list[Event]) -> None:
    expired(events)["decision"] = "hold"


def one_for_two(events: list[Event]) -> None:
    for each in events:
        if each["data"].get("visit") == "3 bhyt":
            each["data"]["visit"] = "1 cccd"


def other_way(events: list[Event]) -> None:
    passages(events)[-1]["data"]["direction"] = "in"


CHANGES: dict[Callable[[list[Event]], None], str] = {
    lost: "passed, told",
    doubled: "a scan passed twice",
    stranger: "passed, told",
    other_reason: "because of proof.missing",
    other_decision: "deny 1 times",
    one_for_two: "people came",
    other_way: "are inside",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_difference_is_told(tmp_path: Path, change: Callable[[list[Event]], None]) -> None:
    events = log()
    change(events)
    wrong = differences(written(tmp_path / "truth.jsonl"), events)
    assert any(CHANGES[change] in each for each in wrong), wrong


def test_a_count_that_is_not_that_of_the_passages_is_told(tmp_path: Path) -> None:
    truth = read_truth(written(tmp_path / "truth.jsonl"))
    told = told_of(log(), truth)
    told.counted = {ZONE: 1}
    assert compared(truth, told).wrong == []
    told.counted = {ZONE: 2}
    assert compared(truth, told).wrong == [f"{ZONE}: 1 by its passages, counted 2"]


def test_what_nobody_knows_of_may_be_there_or_not(tmp_path: Path) -> None:
    path = written(tmp_path / "truth.jsonl", unsettled=1)
    assert differences(path, log()) == []
    without = [each for each in log() if each["data"].get("scan") != "s4"]
    assert differences(path, without) == []
    assert differences(written(tmp_path / "settled.jsonl"), without)


@pytest.mark.parametrize(
    "text", ["", "{", '{"kind": "shown"}\n', '{"kind": "zone", "zone": "a", "inside": 1}\n']
)
def test_what_is_no_truth_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(CannotCompare):
        read_truth(path)
