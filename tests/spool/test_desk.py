"""What people may ask of a spool while it works."""

import pytest

from hub.errors import OperatorError
from hub.spool import ProblemRecord, Spool
from hub.spool import desk as desk_module
from hub.spool.desk import CaptureFilter, SpoolDesk
from tests.spool.parts import RECEIVED_MS, capture, event, receipt


async def test_captures_page_through_the_newest_first(spool: Spool, desk: SpoolDesk) -> None:
    made = [capture(b"raw %d" % n) for n in range(5)]
    for one in made:
        await spool.commit([], one)
    first = await desk.captures(CaptureFilter(), 3)
    rest = await desk.captures(CaptureFilter(before=(first[-1].received_ms, first[-1].n)), 3)
    assert [entry.capture for entry in first + rest] == [one.id.hex() for one in reversed(made)]
    assert [entry.bytes for entry in first] == [5, 5, 5]


async def test_captures_by_device_and_time(spool: Spool, desk: SpoolDesk) -> None:
    await spool.commit([], capture(b"raw"), (ProblemRecord(0, "hl7.no_test", "OBR-4"),))
    (entry,) = await desk.captures(CaptureFilter(device="fridge-1"), 10)
    assert (entry.problems, entry.waiting) == (1, 1)
    assert await desk.captures(CaptureFilter(device="fridge-2"), 10) == []
    assert len(await desk.captures(CaptureFilter(from_ms=RECEIVED_MS, to_ms=RECEIVED_MS + 1), 10)) == 1
    assert await desk.captures(CaptureFilter(from_ms=RECEIVED_MS + 1), 10) == []
    assert await desk.captures(CaptureFilter(to_ms=RECEIVED_MS), 10) == []


async def test_quarantine_pages_through_the_newest_first(spool: Spool, desk: SpoolDesk) -> None:
    for n in range(3):
        await spool.commit([], capture(b"raw"), (ProblemRecord(0, f"r{n}", ""),))
    (newest,) = await desk.quarantine("WAITING", 1)
    older = await desk.quarantine("WAITING", 10, newest[0])
    assert [entry.reason for _, entry in [newest, *older]] == ["r2", "r1", "r0"]
    assert await desk.quarantine("REPLAYED", 10) == []


async def test_oldest_waiting_is_the_first_without_receipt(spool: Spool, desk: SpoolDesk) -> None:
    assert (await desk.standing()).oldest_waiting_ms is None
    events = [event(n, received_ms=RECEIVED_MS + n) for n in range(3)]
    await spool.commit(events)
    assert (await desk.standing()).oldest_waiting_ms == RECEIVED_MS
    await spool.receive(receipt(spool, 2, events[1]))
    assert (await desk.standing()).oldest_waiting_ms == RECEIVED_MS + 2
    await spool.receive(receipt(spool, 3, events[2], at="2026-01-01T00:00:02.000Z"))
    assert (await desk.standing()).oldest_waiting_ms is None


async def test_rows_that_the_bus_could_not_carry_are_seen(spool: Spool, desk: SpoolDesk) -> None:
    await spool.commit([event(1), event(2)])
    assert await spool.quarantine_unsendable(spool.books.epoch_number, 2)
    (row,) = await desk.unsendable(10)
    assert (row.epoch, row.seq, row.received_ms) == (spool.books.epoch, 2, RECEIVED_MS)
    assert row.bytes > 100
    assert (await desk.standing()).unsendable == 1


async def test_a_question_that_takes_too_long_is_refused(
    spool: Spool, desk: SpoolDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_module, "PATIENCE_SECONDS", -1.0)
    monkeypatch.setattr(desk_module, "_STEPS", 1)
    await spool.commit([], capture(b"raw"))
    with pytest.raises(OperatorError, match="shorter time"):
        await desk.captures(CaptureFilter(), 10)
