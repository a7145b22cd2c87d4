"""Codes that nobody understood go after their hours: told first, and nothing else with them."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub.contract import Frame, MalformedFrame
from hub.edge.capture_commands import CaptureCommands
from hub.edge.encoder import Origin
from hub.edge.outlet import DeviceOutlet
from hub.edge.short_captures import HOUR_MS, end_captures, end_short_captures
from hub.errors import OperatorError
from hub.metrics import Histogram
from hub.spool import Spool
from hub.streams import now_ms
from tests.background import background
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.fire.patience import until_told
from tests.spool.parts import every_row, opened

BYTES = b"0751990\xff"


def outlet(spool: Spool, device: str, kind: str) -> DeviceOutlet:
    origin = Origin("khu-a", "edge-1", device)
    return DeviceOutlet(spool, MemoryPseudonyms(), origin, kind, lambda *_: None, lambda _: None, Histogram())


async def states(spool: Spool) -> list[tuple[str, str]]:
    """Of each quarantine.v1, in order: whose, and what it says."""
    events = [json.loads(row.body) for row in await every_row(spool)]
    return [(each["data"]["adapter"], each["data"]["state"]) for each in events]


async def test_what_waited_is_told_and_gone_and_others_stay(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        outlets = {"cong-1": outlet(spool, "cong-1", "gate_tcp"), "pcr-1": outlet(spool, "pcr-1", "hl7_mllp")}
        for each in outlets.values():
            await each.emit(frame=Frame(BYTES), problems=[MalformedFrame(BYTES, "code.unknown")])
        captures = CaptureCommands(spool, {}, outlets)
        (gate, lab) = (bytes.fromhex(entry.capture) for entry in reversed(await spool.quarantine()))
        await end_captures(spool, captures, ("gate_tcp",), now_ms() - 1000)
        assert len(await spool.quarantine()) == 2, "younger than that"
        await end_captures(spool, captures, ("gate_tcp",), now_ms() + 1000)
        assert await states(spool) == [
            ("gate_tcp", "WAITING"),
            ("hl7_mllp", "WAITING"),
            ("gate_tcp", "DISCARDED"),
        ]
        with pytest.raises(OperatorError, match="its time is over"):
            await spool.load_capture(gate)
        assert (await spool.load_capture(lab)).contents.raw == BYTES


async def test_an_edge_looks_at_its_start_by_the_hours_of_its_adapters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        outlets = {"cong-1": outlet(spool, "cong-1", "gate_tcp")}
        await outlets["cong-1"].quarantine(MalformedFrame(BYTES, "scan.cut"))
        adapters: dict[str, Any] = {
            "cong-1": SimpleNamespace(CAPTURE_HOURS=24, config=SimpleNamespace(kind="gate_tcp")),
            "pcr-1": SimpleNamespace(CAPTURE_HOURS=None, config=SimpleNamespace(kind="hl7_mllp")),
        }
        tomorrow_ms = now_ms() + 25 * HOUR_MS
        monkeypatch.setattr("hub.edge.short_captures.now_ms", lambda: tomorrow_ms)

        async def is_gone() -> bool:
            return not await spool.quarantine()

        async with background(end_short_captures(spool, adapters, CaptureCommands(spool, {}, outlets))):
            await until_told(is_gone, "the capture is gone")
        assert await states(spool) == [("gate_tcp", "WAITING"), ("gate_tcp", "DISCARDED")]
