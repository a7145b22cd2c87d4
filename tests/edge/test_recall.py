"""What an edge told is found again in its own spool: its types, its time, in its order, receipted or not."""

import asyncio
from pathlib import Path

import pytest

from hub.contract import Fact
from hub.edge.encoder import Made, Origin, encode
from hub.edge.in_common import InCommon
from hub.edge.outlet import DeviceOutlet
from hub.edge.visit_key_end import destroy_visit_keys
from hub.edge_pseudonyms import EdgePseudonyms
from hub.metrics import Histogram
from hub.payloads import Passage, Reading, Scan
from hub.spool import EventRecord, Spool
from hub.visit_keys import VisitKeys
from tests.background import background
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.spool.parts import opened

AT_MS = 1_790_000_000_000
WEEK_MS = 7 * 86_400_000


def outlet(spool: Spool, device: str, in_common: InCommon | None = None) -> DeviceOutlet:
    origin = Origin("cong", "edge-1", device)
    return DeviceOutlet(
        spool, MemoryPseudonyms(), origin, "gate_tcp", lambda *_: None, lambda _: None, Histogram(),
        in_common=in_common,
    )  # fmt: skip


def told(device: str, number: int, received_ms: int) -> EventRecord:
    payload = Scan(f"v-1:{number}", None, "cccd", "in")
    return encode(
        Origin("cong", "edge-1", device), Fact(payload, f"{number}", AT_MS + number), Made(received_ms)
    )[0]


async def test_of_all_devices_the_types_and_the_time_that_are_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        await spool.commit([told("gate-1", 1, AT_MS - 1), told("gate-2", 2, AT_MS), told("gate-1", 3, AT_MS)])
        gate = outlet(spool, "gate-1")
        await gate.emit(
            Fact(Reading("temp", 1.0, "Cel"), "t", AT_MS), Fact(Passage(None, "in", True), "p", AT_MS)
        )
        found = await gate.recall((Scan,), AT_MS)
        assert [(each.device, each.payload, each.time_ms) for each in found] == [
            ("gate-2", Scan("v-1:2", None, "cccd", "in"), AT_MS + 2),
            ("gate-1", Scan("v-1:3", None, "cccd", "in"), AT_MS + 3),
        ]
        assert [type(each.payload) for each in await gate.recall((Scan, Passage), 0)] == [Scan] * 3 + [
            Passage
        ]


async def test_more_than_a_page_and_a_clock_that_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.spool.recall.PAGE_ROWS", 3)
    late_ms = AT_MS + 1000
    async with opened(tmp_path / "spool.db") as spool:
        for number in range(10):  # the fifth and sixth while the clock stood half an hour back
            received_ms = late_ms - 1_800_000 if number in (5, 6) else late_ms
            await spool.commit([told("gate-1", number, received_ms)])
        found = await outlet(spool, "gate-1").recall((Scan,), AT_MS)
        assert [each.time_ms - AT_MS for each in found] == [0, 1, 2, 3, 4, 7, 8, 9]


async def test_devices_of_one_edge_share_what_they_make_once(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        common = InCommon()
        one, two = outlet(spool, "gate-1", common), outlet(spool, "gate-2", common)
        assert one.shared(dict) is two.shared(dict)
        assert one.shared(dict) is not outlet(spool, "gate-3", InCommon()).shared(dict)
        assert type(one.shared(list)) is list


async def test_keys_of_weeks_long_past_end_and_one_that_cannot_is_told(tmp_path: Path) -> None:
    keys = VisitKeys(tmp_path / "visits")
    for weeks in (5, 6):
        keys.visit("vnid", "1", AT_MS - weeks * WEEK_MS, AT_MS - weeks * WEEK_MS)
    first, second = sorted(keys.directory.glob("*.key"))
    second.write_text("damaged")
    edge = EdgePseudonyms(b"k" * 32, weak=False, visits=keys, now_ms=lambda: AT_MS)
    here = edge.visit("vnid", "1", AT_MS)
    alarms: asyncio.Queue[str] = asyncio.Queue()
    async with background(destroy_visit_keys(edge, lambda kind, *_: alarms.put_nowait(kind))):
        assert await alarms.get() == "visit_key.kept"
    assert not first.exists()
    assert [proof.week for proof in keys.proofs()] == [first.stem]
    assert edge.visits("vnid", "1", AT_MS) == (here,)
    assert edge.visit("vnid", "1", AT_MS - 5 * WEEK_MS) is None
