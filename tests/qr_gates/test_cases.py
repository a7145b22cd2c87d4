"""Scanners' bytes in folders: tests/cases/gates/<case>/{input.bin, expected.json}; nobody in them lives."""

import json
from pathlib import Path

import msgspec
import pytest

from adapters.qr_gates.scanners.framing import ScannerCodec
from hub.contract import MalformedFrame
from hub.payloads import GateDecision, Scan
from tests.conformance.memory_outlet import MemoryOutlet
from tests.qr_gates.visitors import gate_of

CASES = sorted((Path(__file__).parents[1] / "cases" / "gates").iterdir())
OF_THIS_ONE = ("scan", "visit", "took_ms", "rules_version", "zone")  # names and times of one scan


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_case(case: Path) -> None:
    """``kept``: why the bytes wait in quarantine, or null."""
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    assert await told_of((case / "input.bin").read_bytes(), expected["at_ms"]) == expected["scans"]


async def told_of(stream: bytes, at_ms: int) -> list[dict[str, object]]:
    """What a gate without rules tells of each code in a scanner's stream that ends with silence."""
    outlet, codec = MemoryOutlet(), ScannerCodec()
    gate = await gate_of(outlet)
    for number, frame in enumerate([*codec.feed(stream), *codec.flush()]):
        if isinstance(frame, MalformedFrame):
            await gate.garbled(frame, at_ms + number)
        else:
            await gate.scanned(frame, at_ms + number)
    found = []
    for stored in outlet.committed:
        told: dict[str, object] = {"kept": stored.problems[0].reason if stored.problems else None}
        for fact in stored.facts:
            if isinstance(fact.payload, Scan | GateDecision):
                told |= msgspec.to_builtins(fact.payload)
        found.append({name: value for name, value in told.items() if name not in OF_THIS_ONE})
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]
