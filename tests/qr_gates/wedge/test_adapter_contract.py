"""``gate_wedge`` under the suite of adapters: a pipe has all of a keyboard but the grab."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapters.qr_gates.gate_wedge import GateWedge, GateWedgeConfig
from hub.contract import Adapter, Fact
from hub.errors import DeviceUnavailable
from hub.payloads import GateDecision, Passage, Scan
from tests.conformance.adapter_contract import AdapterContract
from tests.conformance.memory_outlet import MemoryOutlet
from tests.fire.patience import until
from tests.qr_gates.wedge.keys import event, keys

NOT_STORED = ("DEGRADED", "not_stored")


def scanner(path: Path) -> GateWedgeConfig:
    made = {"id": "cong-1", "site": "khu", "kind": "gate_wedge", "direction": "in", "path": str(path)}
    return GateWedgeConfig.model_validate(made)


def told(outlet: MemoryOutlet) -> list[Fact]:
    """But for times, and what is made of them."""
    plain = []
    for fact in outlet.facts:
        payload: Any = fact.payload
        if isinstance(payload, Scan):
            payload = msgspec.structs.replace(payload, scan="", visit=None)
        elif isinstance(payload, GateDecision):
            payload = msgspec.structs.replace(payload, scan="", took_ms=0.0)
        elif isinstance(payload, Passage):
            payload = msgspec.structs.replace(payload, scan=None)
        plain.append(replace(fact, payload=payload, key="", time_ms=0))
    return plain


class TestGateWedge(AdapterContract):
    ANSWERS = False  # a keyboard hears nothing
    good = keys("075199001234")
    good_raw = b"075199001234"
    garbage = keys("no code of anybody")
    garbage_raw = b"no code of anybody"

    @pytest.fixture(autouse=True)
    def keyboard(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        self.folder = tmp_path
        monkeypatch.setattr("hub.streams.keyboard.grab", lambda _: None)
        self.typing: list[int] = []
        yield
        for each in self.typing:
            os.close(each)

    def make_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        os.mkfifo(folder / "keyboard")
        return GateWedge(scanner(folder / "keyboard"), outlet)

    def make_unavailable_adapter(self, outlet: MemoryOutlet) -> Adapter[Any]:
        return GateWedge(scanner(Path("/dev/input/by-id/nobody-event-kbd")), outlet)

    async def deliver(self, adapter: Adapter[Any], chunks: Sequence[bytes]) -> bytes:
        outlet = adapter.outlet
        assert isinstance(outlet, MemoryOutlet)
        self.typing.append(os.open(adapter.config.path, os.O_RDWR | os.O_NONBLOCK))  # and plugged in
        for chunk in (event(0, 0, 0), *chunks):
            os.write(self.typing[-1], chunk)
            await asyncio.sleep(0)
        await until(lambda: bool(outlet.committed or NOT_STORED in outlet.states), "a commit, or none")
        return b""

    def is_positive(self, answer: bytes) -> bool:
        return answer != b""

    async def test_any_cut_gives_the_same_facts(self) -> None:
        whole, _ = await self.received([self.good])
        halves, _ = await self.received([self.good[:7], self.good[7:]])
        single, _ = await self.received([self.good[at : at + 1] for at in range(len(self.good))])
        assert told(whole) == told(halves) == told(single)

    async def test_resend_is_the_same_fact(self) -> None:
        """But for its time: there, and only there, a resend may count twice."""
        first, _ = await self.received([self.good])
        second, _ = await self.received([self.good])
        assert told(first) == told(second)

    async def test_garbage_is_kept_byte_by_byte(self) -> None:
        """Together with what was decided about it."""
        outlet, _ = await self.received([self.garbage])
        (entry,) = outlet.committed
        assert [problem.raw for problem in entry.problems] == [self.garbage_raw]
        assert [type(fact.payload) for fact in entry.facts] == [Scan, GateDecision]


async def test_a_scanner_that_is_pulled_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.streams.keyboard.grab", lambda _: None)
    os.mkfifo(tmp_path / "keyboard")
    outlet = MemoryOutlet()
    task = asyncio.create_task(GateWedge(scanner(tmp_path / "keyboard"), outlet).run())
    await until(lambda: ("ONLINE", "line_open") in outlet.states, "its line")
    with (tmp_path / "keyboard").open("wb") as typing:
        typing.write(keys("075199001234"))
    with pytest.raises(DeviceUnavailable, match="the scanner is gone"):
        await task
    assert outlet.facts
