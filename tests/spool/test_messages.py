"""Messages as people look for them: bounded, opened one by one, and told where their events are."""

from dataclasses import replace

import pytest

from hub.contract import Fact
from hub.edge.encoder import Made, encode
from hub.payloads import Code, LabResult
from hub.spool import CaptureRecord, Contents, Emitted, EventRecord, ProblemRecord, Spool
from hub.spool import messages as module
from hub.spool.desk import SpoolDesk
from hub.spool.messages import MessageFilter
from hub.vault import Sealer
from tests.spool.parts import ORIGIN, RECEIVED_MS, SEALER, capture, receipt


def result(specimen: str, raw: bytes = b"raw") -> tuple[EventRecord, Emitted, CaptureRecord]:
    """A capture of one result, as an outlet makes it."""
    kept = capture(raw)
    fact = Fact(LabResult(specimen, Code("T"), "NEG", "F"), f"{specimen}|T|", RECEIVED_MS)
    record, emitted = encode(ORIGIN, fact, Made(RECEIVED_MS, kept.id.hex(), 0))
    contents = Contents(raw, "control", "10.1.2.3", b"ACK", [emitted])
    return record, emitted, replace(kept, contents=contents)


async def test_named_ones_by_state_newest_first(spool: Spool, desk: SpoolDesk) -> None:
    names = []
    for n in range(4):
        record, _, kept = result(f"S-{n}")
        problems = (ProblemRecord(0, "hl7.no_test", "OBR-4"),) if n == 2 else ()
        await spool.commit([record], kept, problems)
        names.append(kept.id)
    found = await desk.messages(SEALER, MessageFilter(named=(names[0], names[2], b"?" * 16)), 10)
    assert [message.capture for message in found.found] == [names[2], names[0]]
    assert found.looked_to is None
    waiting = await desk.messages(SEALER, MessageFilter(state="quarantined"), 10)
    assert [message.capture for message in waiting.found] == [names[2]]
    assert waiting.found[0].parts[0].reason == "hl7.no_test"
    fine = await desk.messages(SEALER, MessageFilter(state="understood"), 2)
    assert [message.capture for message in fine.found] == [names[3], names[1]]
    rest = await desk.messages(SEALER, MessageFilter(state="understood", before=fine.looked_to or (0, 0)), 2)
    assert [message.capture for message in rest.found] == [names[0]]


async def test_a_large_message_is_listed_unopened_and_a_page_ends_before_it_is_heavy(
    spool: Spool, desk: SpoolDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_OPENED_BYTES", 50)
    monkeypatch.setattr(module, "MOST_OPENED_BYTES", 60)
    for n, size in enumerate((40, 51, 40, 10)):
        record, _, kept = result(f"S-{n}", b"x" * size)
        await spool.commit([record], kept)
    first = await desk.messages(SEALER, MessageFilter(), 10)
    assert [message.emitted is None for message in first.found] == [False, False, True, False]
    monkeypatch.setattr(module, "MOST_OPENED_BYTES", 45)
    page = await desk.messages(SEALER, MessageFilter(), 10)
    assert len(page.found) == 2
    assert page.looked_to is not None
    rest = await desk.messages(SEALER, MessageFilter(before=page.looked_to), 10)
    assert [message.bytes for message in page.found + rest.found] == [10, 40, 51, 40]


async def test_a_message_of_another_key_is_listed_unopened(spool: Spool, desk: SpoolDesk) -> None:
    record, _, kept = result("S-1")
    await spool.commit([record], kept)
    (message,) = (await desk.messages(Sealer(bytes(32)), MessageFilter(), 10)).found
    assert message.emitted is None


async def test_where_an_event_is_on_its_way(spool: Spool, desk: SpoolDesk) -> None:
    made = [result(f"S-{n}") for n in range(3)]
    for record, _, kept in made:
        await spool.commit([record], kept)
    ids = [emitted.id for _, emitted, _ in made]
    await spool.receive(receipt(spool, 1, made[0][0]))
    assert await spool.quarantine_unsendable(spool.books.epoch_number, 2)
    ways = await desk.ways([*ids, result("S-9")[1].id])
    assert [ways[name].way for name in ids] == ["receipted", "unsendable", "waiting"]
    assert ways[ids[2]].seq == 3
    assert len(ways) == 4


async def test_specimens_are_found_whole_and_only_in_results(spool: Spool, desk: SpoolDesk) -> None:
    names = {}
    for specimen in ("S-1", "S-10", 'S"1\\', "h:0"):
        record, _, kept = result(specimen)
        await spool.commit([record], kept)
        names[specimen] = kept.id
    for specimen, name in names.items():
        found = await desk.mentioned(specimen)
        assert (found.captures, found.since_ms) == ([name], RECEIVED_MS)
    assert (await desk.mentioned("S-")).captures == []
    assert (await desk.mentioned("fridge-1")).captures == []
