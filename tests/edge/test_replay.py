"""Replay: the capture is read again, and what changed is said, once (design 4)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation, MalformedFrame
from hub.edge.encoder import Origin
from hub.edge.outlet import DeviceOutlet
from hub.edge.replay import Replayed, discard, replay
from hub.errors import NotCommitted
from hub.metrics import Histogram
from hub.payloads import Code, LabResult, Reading
from hub.spool import Capture, Spool
from tests.conformance.memory_pseudonyms import MemoryPseudonyms
from tests.spool.parts import every_row, opened

AT_MS = 1_700_000_000_000


class Reader(Adapter[DeviceConfig]):
    """Reads every frame as the test says."""

    meaning = Interpretation()

    async def run(self) -> None:
        raise AssertionError("a replay needs no device")

    def interpret(self, frame: Frame, received_ms: int) -> Interpretation:
        assert (frame.raw, frame.control, frame.origin) == (b"raw", "C1", "10.1.2.3")
        return self.meaning


class Desk:
    """A device of a real spool with one capture."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        origin = Origin("lab", "edge-1", "pcr-1")
        keys = MemoryPseudonyms()
        self.outlet = DeviceOutlet(spool, keys, origin, "test", lambda *_: None, lambda _: None, Histogram())
        self.reader = Reader(DeviceConfig(id="pcr-1", kind="test"), self.outlet)
        self.seen = 0

    async def came(self, *facts: Fact, problems: tuple[MalformedFrame, ...] = ()) -> list[dict[str, Any]]:
        frame = Frame(b"raw", "C1", "10.1.2.3")
        await self.outlet.emit(*facts, frame=frame, problems=problems)
        return await self.news()

    async def capture(self) -> Capture:
        rows = await self.spool._read("SELECT id FROM capture", ())
        ((name,),) = rows
        return await self.spool.load_capture(name)

    async def replay(
        self, *facts: Fact, problems: tuple[MalformedFrame, ...] = ()
    ) -> tuple[Replayed, list[dict[str, Any]]]:
        self.reader.meaning = Interpretation(facts, problems)
        done = await replay(self.spool, self.reader, self.outlet, await self.capture())
        return done, await self.news()

    async def news(self) -> list[dict[str, Any]]:
        """Events since the last call."""
        rows = (await every_row(self.spool))[self.seen :]
        self.seen += len(rows)
        return [json.loads(row.body) for row in rows]

    async def states(self) -> list[str]:
        return [entry.state for entry in reversed(await self.spool.quarantine())]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path / "spool.db") as spool:
        yield Desk(spool)


def result(specimen: str, call: Any = "NEG", **changes: Any) -> Fact:
    payload = LabResult(specimen, Code("94500-6"), call, "F", **changes)
    return Fact(payload, f"{specimen}/94500-6", AT_MS)


def reading(value: float, at_ms: int = AT_MS) -> Fact:
    return Fact(Reading("temperature", value, "Cel"), "temperature", at_ms, "received")


PROBLEM = MalformedFrame(b"OBX|2", "hl7.unmapped", "OBX-5")


async def test_same_data_changes_nothing(desk: Desk) -> None:
    await desk.came(result("S1"), result("S2"))
    assert await desk.replay(result("S1"), result("S2")) == (Replayed(0, 0), [])
    assert await desk.replay(result("S2"), result("S1")) == (Replayed(0, 0), [])


async def test_other_data_supersedes_the_newest_version(desk: Desk) -> None:
    (first,) = await desk.came(result("S1", "UNMAPPED"))
    done, (second,) = await desk.replay(result("S1", "POS"))
    assert done == Replayed(1, 0)
    assert (second["supersedes"], second["subject"]) == (first["id"], first["subject"])
    assert (second["source"], second["capture"], second["part"]) == (first["source"], first["capture"], 0)
    assert second["received"] == first["received"], "the receive time is that of the capture"
    assert await desk.replay(result("S1", "POS")) == (Replayed(0, 0), [])
    _, (third,) = await desk.replay(result("S1", "UNMAPPED"))
    assert third["supersedes"] == second["id"]
    assert third["id"] != first["id"], "back to the first reading is a third version"


async def test_other_time_supersedes_too(desk: Desk) -> None:
    (first,) = await desk.came(reading(4.0))
    _, (second,) = await desk.replay(reading(4.0, AT_MS + 1000))
    assert second["supersedes"] == first["id"]


async def test_fact_that_is_not_read_any_more_is_said_once_with_status_x(desk: Desk) -> None:
    (first,) = await desk.came(result("S1", "POS", person="p-1:aa"))
    done, (gone,) = await desk.replay()
    assert done == Replayed(1, 0)
    assert gone["supersedes"] == first["id"]
    assert gone["data"] == first["data"] | {"status": "X"}
    assert await desk.replay() == (Replayed(0, 0), [])
    _, (back,) = await desk.replay(result("S1", "POS", person="p-1:aa"))
    assert back["supersedes"] == gone["id"]


async def test_reading_that_is_not_read_any_more_is_withdrawn(desk: Desk) -> None:
    (first,) = await desk.came(reading(4.0))
    _, (gone,) = await desk.replay()
    assert gone["data"] == first["data"] | {"value": None, "quality": "BAD", "reason": "withdrawn"}
    assert (gone["time"], gone["timesource"]) == (first["time"], "received")
    assert await desk.replay() == (Replayed(0, 0), [])


async def test_fact_that_was_not_read_before_is_new(desk: Desk) -> None:
    await desk.came(result("S1"), problems=(PROBLEM,))
    done, events = await desk.replay(result("S1"), result("S2", "POS"))
    assert done == Replayed(1, 0)
    assert [event["type"] for event in events] == ["lab.result.v1", "quarantine.v1"]
    assert "supersedes" not in events[0]
    assert events[1]["data"]["state"] == "REPLAYED"
    assert await desk.states() == ["REPLAYED"]


async def test_problem_that_stays_waits_on_and_new_events_are_counted(desk: Desk) -> None:
    await desk.came(problems=(PROBLEM, PROBLEM))
    done, events = await desk.replay(result("S1"), problems=(PROBLEM,))
    assert done == Replayed(1, 1)
    assert sorted(event["data"].get("state", "") for event in events) == ["", "REPLAYED", "WAITING"]
    assert await desk.states() == ["WAITING", "REPLAYED"]


async def test_entry_that_changes_back_is_told(desk: Desk) -> None:
    await desk.came(problems=(PROBLEM,))
    told = []
    for problems in ((), (PROBLEM,), ()):
        _, events = await desk.replay(problems=problems)
        told += [(event["subject"], event["data"]["state"]) for event in events]
    assert [state for _, state in told] == ["REPLAYED", "WAITING", "REPLAYED"]
    assert len({subject for subject, _ in told}) == 1


async def test_settled_entry_is_not_told_again(desk: Desk) -> None:
    await desk.came(problems=(PROBLEM,))
    await desk.replay()
    assert await desk.replay() == (Replayed(0, 0), [])


async def test_bytes_of_nobody_stay_the_same_entry(desk: Desk) -> None:
    await desk.outlet.quarantine(
        MalformedFrame(b"raw", "lab.no_sender", "", "C1", "10.1.2.3"), attributed=False
    )
    (entry,) = await desk.news()
    done, (found, waits) = await desk.replay(result("S1"), problems=(PROBLEM,))
    assert done == Replayed(1, 1)
    assert (waits["source"], waits["subject"]) == (entry["source"], entry["subject"])
    assert found["source"] == "/lab/edge-1/pcr-1"


async def test_discarded_is_settled_and_the_bytes_stay(desk: Desk) -> None:
    await desk.came(result("S1"), problems=(PROBLEM,))
    await discard(desk.spool, desk.outlet, await desk.capture())
    (event,) = await desk.news()
    assert event["data"]["state"] == "DISCARDED"
    assert await desk.states() == ["DISCARDED"]
    await discard(desk.spool, desk.outlet, await desk.capture())
    assert await desk.news() == []
    assert (await desk.capture()).contents.raw == b"raw"


async def test_fault_of_the_reader_is_a_problem_of_the_frame(desk: Desk) -> None:
    await desk.came(problems=(PROBLEM,))

    def fault(_frame: Frame, _received_ms: int) -> Interpretation:
        raise ZeroDivisionError

    desk.reader.interpret = fault  # type: ignore[method-assign, assignment]
    done = await replay(desk.spool, desk.reader, desk.outlet, await desk.capture())
    assert done == Replayed(0, 1)
    assert [entry.reason for entry in await desk.spool.quarantine()] == ["adapter.fault"]


async def test_refused_replay_leaves_the_account_as_it_was(desk: Desk) -> None:
    await desk.came(result("S1", "UNMAPPED"))
    before = (await desk.capture()).contents
    assert desk.spool._committer._writer is not None
    desk.spool._committer._writer.broken = "the disk"
    with pytest.raises(NotCommitted):
        await desk.replay(result("S1", "POS"))
    assert (await desk.capture()).contents == before
    assert await desk.news() == []
