"""After a restart: who was let in and had not gone through yet is whose passage comes next."""

from adapters.qr_gates.barriers.awaited_before import AllowedScan, awaited_before
from adapters.qr_gates.barriers.awaited_passages import MOST_AWAITED
from hub.contract import Frame, Recalled
from hub.payloads import GateDecision, Passage, Payload, Scan
from tests.conformance.memory_outlet import MemoryOutlet
from tests.qr_gates.visitors import NOON_MS, HandBarrier, card, gate_of, told

SENSOR = {"by": "modbus", "host": "10.1.2.3", "input": 0}


def heard(*payloads: Payload, device: str = "cong-1") -> list[Recalled]:
    return [Recalled(device, payload, at, at) for at, payload in enumerate(payloads)]


def scan(name: str) -> Scan:
    return Scan(name, f"v-{name}", "cccd", "in")


def decided(name: str, decision: str = "allow") -> GateDecision:
    return GateDecision(name, decision, "allowed", "allow", 0.1)  # type: ignore[arg-type]


def test_only_those_who_were_let_in_and_have_not_gone() -> None:
    told_before = [
        *heard(scan("a"), decided("a"), Passage("a", "in", True)),
        *heard(scan("b"), decided("b", "deny")),
        *heard(scan("c"), decided("c")),
        *heard(decided("by-hand", "manual"), Passage(None, "in", True)),
        *heard(scan("d"), decided("d"), device="cong-2"),
    ]
    assert awaited_before(told_before) == {
        "cong-1": [AllowedScan("c", "v-c", 1)],
        "cong-2": [AllowedScan("d", "v-d", 1)],
    }


def test_a_gate_without_a_sensor_awaits_nobody_and_a_long_day_is_bounded() -> None:
    inferred = [
        each for name in "abc" for each in heard(scan(name), decided(name), Passage(name, "in", False))
    ]
    assert awaited_before(inferred) == {}
    names = [f"s{number}" for number in range(MOST_AWAITED + 5)]
    (kept,) = awaited_before([each for name in names for each in heard(scan(name), decided(name))]).values()
    assert [each.scan for each in kept] == names[5:]


async def test_the_sensor_names_a_scan_of_before_the_restart() -> None:
    outlet = MemoryOutlet(device="cong-1")
    gate = await gate_of(outlet, HandBarrier(confirms=True), passage=SENSOR)
    await gate.scanned(Frame(card()), NOON_MS)
    after = MemoryOutlet(device="cong-1")
    after.committed = outlet.committed
    again = await gate_of(after, HandBarrier(confirms=True), passage=SENSOR)
    await again.passages.passed(NOON_MS + 2000, "")
    await again.passages.passed(NOON_MS + 3000, "")
    (made,) = told(after, Scan)
    assert [passage.scan for passage in told(after, Passage)] == [made.scan, None]
    assert again.zone.count == 2
