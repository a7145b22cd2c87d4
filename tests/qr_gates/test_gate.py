"""One gate from code to opening: what is told, when it moves, what it knows afterwards."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from adapters.qr_gates.gate import NOT_STORED
from hub.contract import Frame, MalformedFrame
from hub.errors import NotCommitted, StoreUnavailable
from hub.payloads import GateDecision, Passage, Scan
from hub.streams import now_ms
from tests.conformance.memory_outlet import MemoryOutlet
from tests.qr_gates.visitors import NOON_MS, HandBarrier, card, decisions, gate_of, told

SECOND, MINUTE = 1000, 60_000


async def test_a_card_becomes_scan_decision_and_passage_in_one_transaction() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, zone="khu-a-trong")
    decision = await gate.scanned(Frame(card()), NOON_MS)
    assert decision.opens
    (stored,) = outlet.committed
    assert stored.frame is None, "what was understood is kept nowhere"
    scan, decided, passage = (fact.payload for fact in stored.facts)
    assert isinstance(scan, Scan)
    assert (scan.payload_kind, scan.age_band, scan.sex, scan.district) == ("cccd", "18-49", "F", "731")
    assert isinstance(decided, GateDecision)
    assert (decided.decision, decided.rules_version, decided.zone) == ("allow", 1, "khu-a-trong")
    assert passage == Passage(scan.scan, "in", False, "khu-a-trong")
    assert scan.scan == decided.scan != scan.visit
    assert gate.zone.count == 1


async def test_nothing_of_a_card_is_told_but_under_the_weeks_key() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    await gate.scanned(Frame(card()), NOON_MS)
    said = repr([(fact.key, fact.payload) for fact in outlet.facts])
    for mark in ("075199", "Nguyễn", "Tuyết", "02091999", "Trảng", "1999"):
        assert mark not in said
    assert {fact.key for fact in outlet.facts} == {f"{NOON_MS}|{told(outlet, Scan)[0].scan}"}


async def test_composed_and_decomposed_letters_are_one_visit() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    for at, name in ((0, "Nguyễn Thị Ánh"), (MINUTE, "Nguyễn Thị Ánh")):
        await gate.scanned(Frame(card(name=name)), NOON_MS + at)
    assert len({scan.visit for scan in told(outlet, Scan)}) == 1


async def test_it_opens_only_after_the_commit() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier()
    gate = await gate_of(outlet, barrier)
    outlet.hold()
    scanned = asyncio.ensure_future(gate.scanned(Frame(card()), NOON_MS))
    await outlet.queued.get()
    await asyncio.wait([scanned], timeout=0.02)
    assert (barrier.opened, outlet.screens) == (0, [])
    outlet.release()
    await scanned
    assert barrier.stored_before == [1]
    assert [screen.decision for screen in outlet.screens] == ["allow"]
    assert (outlet.screens[0].initials, outlet.screens[0].birth_year) == ("NTÁT", 1999)


async def test_a_phone_left_on_the_scanner_is_one_scan_for_three_seconds() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier()
    gate = await gate_of(outlet, barrier)
    for at in (0, 1000, 2999):
        assert (await gate.scanned(Frame(card()), NOON_MS + at)).opens
    assert (len(outlet.committed), barrier.opened, gate.zone.count) == (1, 1, 1)
    assert [(screen.decision, screen.at_ms - NOON_MS) for screen in outlet.screens] == [
        ("allow", 0), ("allow", 1000), ("allow", 2999)
    ]  # fmt: skip
    await gate.scanned(Frame(card()), NOON_MS + 3000)
    assert decisions(outlet) == ["allow", "duplicate"]
    assert (barrier.opened, gate.zone.count) == (1, 1)


async def test_who_repeats_a_scan_that_is_not_stored_yet_waits_for_it_too() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    outlet.hold()
    first = asyncio.ensure_future(gate.scanned(Frame(card()), NOON_MS))
    second = asyncio.ensure_future(gate.scanned(Frame(card()), NOON_MS + 1))
    done, _ = await asyncio.wait([first, second], timeout=0.02)
    assert not done
    outlet.release()
    assert (await first, len(outlet.committed)) == (await second, 1)


async def test_a_scan_that_a_device_sends_again_is_known_by_its_time() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier()
    gate = await gate_of(outlet, barrier)
    for at in (0, MINUTE, 60 * MINUTE):
        assert (await gate.scanned(Frame(card()), NOON_MS + at, NOON_MS - SECOND)).opens
    assert (len(outlet.committed), barrier.opened, gate.zone.count) == (1, 1, 1)
    again = await gate_of(restarted(outlet), barrier)
    assert (await again.scanned(Frame(card()), NOON_MS + 90 * MINUTE, NOON_MS - SECOND)).opens
    assert (barrier.opened, again.zone.count) == (1, 1)
    assert {(fact.time_ms, fact.timesource) for fact in outlet.facts} == {(NOON_MS - SECOND, "observation")}


async def test_what_a_terminal_kept_while_it_was_cut_off_is_counted_and_opens_nothing() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier()
    gate = await gate_of(outlet, barrier)
    assert (await gate.scanned(Frame(card()), NOON_MS, NOON_MS - 20 * MINUTE)).opens
    assert (barrier.opened, outlet.screens, gate.zone.count) == (0, [], 1)


async def test_after_a_restart_it_knows_who_is_in_and_which_way_they_went() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, rules={"anti_passback": {"mode": "hard"}})
    await gate.scanned(Frame(card(1)), NOON_MS)
    await gate.scanned(Frame(card(2)), NOON_MS)
    again = await gate_of(restarted(outlet), rules={"anti_passback": {"mode": "hard"}})
    assert again.zone.count == 2
    assert (await again.scanned(Frame(card(1)), NOON_MS + 2 * SECOND)).reason == "scan.repeated"
    assert (await again.scanned(Frame(card(2)), NOON_MS + MINUTE)).reason == "passage.same_direction"
    assert again.zone.count == 2


async def test_gates_of_one_zone_count_together_and_of_another_apart() -> None:
    outlet = MemoryOutlet()
    inner = replace_common(MemoryOutlet(), outlet)
    first, last = (
        await gate_of(outlet, zone="a"),
        await gate_of(inner, id="cong-2", zone="a", direction="out"),
    )
    other = await gate_of(replace_common(MemoryOutlet(), outlet), id="cong-3", zone="b")
    await first.scanned(Frame(card(1)), NOON_MS)
    await first.scanned(Frame(card(2)), NOON_MS)
    await last.scanned(Frame(card(1)), NOON_MS + MINUTE)
    assert (first.zone.count, last.zone.count, other.zone.count) == (1, 1, 0)


async def test_a_full_zone_makes_wait_until_somebody_leaves() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, rules={"occupancy_limit": 1})
    out = await gate_of(replace_common(MemoryOutlet(), outlet), id="cong-2", direction="out")
    await gate.scanned(Frame(card(1)), NOON_MS)
    assert (await gate.scanned(Frame(card(2)), NOON_MS)).reason == "zone.full"
    await out.scanned(Frame(card(1)), NOON_MS + MINUTE)
    assert (await gate.scanned(Frame(card(2)), NOON_MS + MINUTE)).opens


async def test_a_code_that_comes_in_parts_is_asked_for_further_ones() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    await gate.scanned(Frame(b"shc:/1/2/5676"), NOON_MS)
    assert [(each.decision, each.reason) for each in told(outlet, GateDecision)] == [
        ("retry", "code.further_parts")
    ]
    assert (told(outlet, Scan)[0].payload_kind, outlet.committed[0].frame) == ("shc", None)


async def test_half_a_card_at_the_end_of_a_line_is_nobodys_and_kept() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier()
    gate = await gate_of(outlet, barrier)
    decision = await gate.garbled(MalformedFrame(card(), "scan.cut"), NOON_MS)
    assert (decision.reason, barrier.opened) == ("code.unreadable", 0)
    (stored,) = outlet.committed
    assert [(problem.raw, problem.reason) for problem in stored.problems] == [(card(), "scan.cut")]
    assert told(outlet, Scan)[0].visit is None


@pytest.mark.parametrize(("unstored", "opened"), [("show", 0), ("open", 1)])
async def test_what_cannot_be_stored_is_decided_shown_and_said_so(unstored: str, opened: int) -> None:
    outlet, barrier = MemoryOutlet(refuse=True), HandBarrier()
    gate = await gate_of(outlet, barrier, unstored=unstored)
    with pytest.raises(NotCommitted):
        await gate.scanned(Frame(card()), NOON_MS)
    assert outlet.screens[-1].remarks == (NOT_STORED,)
    assert (barrier.opened, gate.zone.count, outlet.states) == (opened, opened, [("DEGRADED", NOT_STORED)])
    outlet.refuse = False
    assert (await gate.scanned(Frame(card(2)), NOON_MS + 1)).opens
    assert outlet.states[-1] == ("ONLINE", "stores_again")


async def test_a_spool_that_is_full_refuses_at_once_and_is_told_alike() -> None:
    class FullOutlet(MemoryOutlet):
        def emit(self, *facts: Any, **how: Any) -> Any:
            raise StoreUnavailable("full")

    outlet = FullOutlet()
    gate = await gate_of(outlet)
    with pytest.raises(NotCommitted):
        await gate.scanned(Frame(card()), NOON_MS)
    assert (outlet.screens[-1].remarks, gate.zone.count) == ((NOT_STORED,), 0)


async def test_a_sensor_confirms_each_passage_once_and_names_its_scan() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier(confirms=True)
    gate = await gate_of(outlet, barrier, passage=SENSOR)
    await gate.scanned(Frame(card()), NOON_MS)
    assert (told(outlet, Passage), gate.zone.count) == ([], 0)
    (scan,) = told(outlet, Scan)
    await gate.passages.passed(soon_ms(), "beam")
    await gate.passages.passed(soon_ms() + 1, "beam")
    assert told(outlet, Passage) == [
        Passage(scan.scan, "in", True, "khu-a"), Passage(None, "in", True, "khu-a")
    ]  # fmt: skip
    assert gate.zone.count == 2


async def test_a_passage_that_is_not_stored_is_told_again_and_counted_once() -> None:
    outlet, barrier = MemoryOutlet(), HandBarrier(confirms=True)
    gate = await gate_of(outlet, barrier, passage=SENSOR)
    await gate.scanned(Frame(card()), NOON_MS)
    outlet.refuse = True
    with pytest.raises(NotCommitted):
        await gate.passages.passed(soon_ms(), "beam")
    assert gate.zone.count == 0
    outlet.refuse = False
    await gate.passages.passed(soon_ms(), "beam")
    assert (gate.zone.count, told(outlet, Passage)[0].scan) == (1, told(outlet, Scan)[0].scan)


async def test_a_relay_that_does_not_answer_stops_no_scan() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, HandBarrier(fault="relay.no_answer"))
    assert (await gate.scanned(Frame(card()), NOON_MS)).opens


async def test_a_clock_that_is_known_to_be_off_is_told_and_refuses_nobody() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    gate.clock(-700.0)
    await gate.scanned(Frame(card()), NOON_MS)
    assert (outlet.clock_offsets, told(outlet, GateDecision)[0].remarks) == ([-700.0], ("clock.off",))


async def test_lists_are_asked_by_the_person_and_a_missing_one_says_nothing_of_anybody() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet, rules={"declaration_hours": 24})
    assert (await gate.scanned(Frame(card(1)), NOON_MS)).remarks == ("list.none",)
    person = outlet.pseudonyms.person("vnid", "075199000002")
    outlet.people("declared").version = outlet.people("watch").version = "0123456789abcdef"
    outlet.people("declared").said[person] = NOON_MS
    assert (await gate.scanned(Frame(card(2)), NOON_MS)).opens
    assert (await gate.scanned(Frame(card(3)), NOON_MS)).reason == "declaration.missing"
    outlet.people("watch").said[person] = 1
    assert (await gate.scanned(Frame(card(2)), NOON_MS + MINUTE)).outcome == "alert"


async def test_a_poisoned_code_is_kept_and_the_next_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)

    def poisoned(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr("adapters.qr_gates.codes.dispatcher.Dispatcher.read", poisoned)
        assert (await gate.scanned(Frame(card(1)), NOON_MS)).reason == "code.unreadable"
    assert [each.reason for each in outlet.committed[0].problems] == ["code.reader_fault"]
    assert (await gate.scanned(Frame(card(2)), NOON_MS)).opens


async def test_a_line_of_garbage_is_told_as_such_with_an_example_a_minute() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    for number in range(60):
        await gate.scanned(Frame(b"\xff%d" % number), NOON_MS + number * SECOND)
    assert decisions(outlet) == ["retry"] * 21
    assert outlet.states[-1] == ("DEGRADED", "line_garbled")
    assert [screen.decision for screen in outlet.screens] == ["retry"] * 60
    await gate.scanned(Frame(b"\xffa"), NOON_MS + 80 * SECOND)
    assert len(decisions(outlet)) == 22, "one example a minute"
    await gate.scanned(Frame(card()), NOON_MS + 81 * SECOND)
    assert (decisions(outlet)[-1], outlet.states[-1]) == ("allow", ("ONLINE", "reads_again"))
    await gate.scanned(Frame(b"\xffb"), NOON_MS + 82 * SECOND)
    assert decisions(outlet)[-1] == "retry"


async def test_people_with_posters_are_no_garbage() -> None:
    outlet = MemoryOutlet()
    gate = await gate_of(outlet)
    for number in range(30):
        await gate.scanned(Frame(b"https://qr.tokhaiyte.vn/%d" % number), NOON_MS + number)
    assert len(decisions(outlet)) == 30


SENSOR = {"by": "modbus", "host": "10.1.2.3", "input": 0, "passage_seconds": 300}


def soon_ms() -> int:
    """A sensor has our clock."""
    return now_ms() + SECOND


def restarted(before: MemoryOutlet) -> MemoryOutlet:
    """The outlet of the same edge after its process ended: nothing but what is on disk."""
    after = MemoryOutlet(device="cong-1")
    after.committed = before.committed
    return after


def replace_common(outlet: MemoryOutlet, of: MemoryOutlet) -> MemoryOutlet:
    """Of another device of the same edge."""
    return replace(outlet, in_common=of.in_common)
