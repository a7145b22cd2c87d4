"""What gates know from scan to scan, whatever order it comes in, and that a restart makes it anew."""

from datetime import UTC, datetime
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.qr_gates.codes.shown_code import Birth
from adapters.qr_gates.decisions.daily_reset import DailyReset
from adapters.qr_gates.decisions.decide import Decision, Outcome
from adapters.qr_gates.gate_facts import age_band
from adapters.qr_gates.gate_memory import GateMemory, ZoneMemory
from adapters.qr_gates.gate_zones import GateZones
from adapters.qr_gates.repeated_codes import MOST_CODES, REPEAT_MS, Earlier, RepeatedCodes
from adapters.qr_gates.scanners.line_speed import line_ms, slow_for
from hub.contract import Recalled
from hub.payloads import GateDecision, Passage, Scan, ZoneCount
from tests.conformance.memory_outlet import MemoryOutlet

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
AT_MS = 1_795_400_000_000
WAYS: list[Literal["in", "out"]] = ["in", "out"]
ALLOW = Decision(Outcome.ALLOW, "allowed", "allow")
passages = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(WAYS), st.integers(0, 600_000)))


@given(passages, st.randoms(use_true_random=False))
def test_order_and_delay_change_no_count_and_hide_no_later_passage(
    went: list[tuple[str, Literal["in", "out"], int]], chance: Random
) -> None:
    mixed = list(went)
    chance.shuffle(mixed)
    zone = ZoneMemory("a")
    for visit, way, at_ms in mixed:
        zone.pass_through(visit, way, at_ms)
    assert zone.count == sum(1 if way == "in" else -1 for _, way, _ in went)
    for visit in "abcd":
        times = [at_ms for name, _, at_ms in went if name == visit]
        last = zone.went([visit])
        assert (last.at_ms if last else None) == max(times, default=None)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.sampled_from("abc"), st.sampled_from(WAYS)),
        st.tuples(st.just("deny"), st.sampled_from("abc"), st.sampled_from(WAYS)),
        st.tuples(st.just("tell"), st.just(""), st.just("in")),
        st.tuples(st.just("set"), st.just("9"), st.just("in")),
    ),
    max_size=30,
)


@given(steps)
def test_a_memory_made_anew_of_what_was_told_is_the_one_that_told_it(
    course: list[tuple[str, str, Literal["in", "out"]]],
) -> None:
    live, told = GateMemory(), list[Recalled]()
    zone = live.zone("a")

    def tell(payload: Scan | GateDecision | Passage | ZoneCount, at_ms: int) -> None:
        told.append(Recalled("cong-1", payload, at_ms, at_ms))

    for number, (what, visit, way) in enumerate(course):
        at_ms, scan = AT_MS + number, f"s{number}"
        if what in ("pass", "deny"):
            decided = GateDecision(scan, "allow" if what == "pass" else "deny", "", "", 0.0, (), 1, "a")
            tell(Scan(scan, visit, "cccd", way), at_ms)
            tell(decided, at_ms)
            zone.see("cong-1", visit, at_ms)
            live.decide(decided)
        if what == "pass":
            tell(Passage(scan, way, False, "a"), at_ms)
            zone.pass_through(visit, way, at_ms)
        if what == "set":
            zone.set_to(int(visit))
        if what in ("set", "tell"):
            tell(zone.tell("u" if what == "set" else ""), at_ms)
    anew = GateMemory()
    anew.take(told)
    again = anew.zone("a")
    assert (again.count, again.entered, again.left) == (zone.count, zone.entered, zone.left)
    for visit in "abc":
        assert again.went([visit]) == zone.went([visit])
        assert again.seen_at_ms("cong-1", [visit]) == zone.seen_at_ms("cong-1", [visit])
    assert [anew.decided(f"s{n}") for n in range(30)] == [live.decided(f"s{n}") for n in range(30)]


def test_a_night_has_two_weeks() -> None:
    zone = ZoneMemory("a")
    zone.pass_through("v-old:1", "in", AT_MS)
    zone.see("cong-1", "v-old:1", AT_MS)
    assert zone.went(("v-new:1", "v-old:1")) == ("in", AT_MS)
    assert zone.seen_at_ms("cong-1", ("v-new:1", "v-old:1")) == AT_MS


def test_what_was_known_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.qr_gates.gate_memory.MOST_VISITS", 2)
    zone = ZoneMemory("a")
    for visit in ("1", "2", "1", "3"):
        zone.pass_through(visit, "in", AT_MS)
    assert [bool(zone.went([visit])) for visit in "123"] == [True, False, True]
    assert zone.count == 4


def test_the_same_bytes_are_one_scan_for_three_seconds_and_no_longer_in_memory() -> None:
    codes = RepeatedCodes()
    codes.add(b"a", Earlier(AT_MS, "s", ALLOW))
    assert codes.find(b"a", AT_MS + REPEAT_MS - 1) is not None
    assert codes.find(b"a", AT_MS + REPEAT_MS) is None
    codes.add(b"a", Earlier(AT_MS, "s", ALLOW))
    assert codes.find(b"a", AT_MS - 1) is None, "a clock that was set back"
    for number in range(MOST_CODES + 9):
        codes.add(b"%d" % number, Earlier(AT_MS, "s", ALLOW))
    assert codes.find(b"0", AT_MS) is None
    assert codes.find(b"%d" % (MOST_CODES + 8), AT_MS) is not None


@pytest.mark.parametrize(
    ("asked", "began"),
    [("2026-11-23 02:59", "2026-11-22 03:00"), ("2026-11-23 03:00", "2026-11-23 03:00"),
     ("2026-11-24 02:00", "2026-11-23 03:00")],
)  # fmt: skip
def test_a_day_begins_where_the_gate_stands(asked: str, began: str) -> None:
    reset = DailyReset("03:00", HANOI)
    for _ in range(2):
        assert reset.day_began_ms(local_ms(asked)) == local_ms(began)


def local_ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=HANOI).timestamp() * 1000)


@pytest.mark.parametrize(
    ("birth", "band"),
    [(Birth(2008, 11, 23), "18-49"), (Birth(2008, 11, 24), "0-17"), (Birth(1976, 11, 23), "50-64"),
     (Birth(1961, 11, 23), "65+"), (Birth(2026, 11, 24), None), (Birth(1890), None), (None, None),
     (Birth(2008), "0-17")],
)  # fmt: skip
def test_age_bands_on_the_day_of_the_scan(birth: Birth | None, band: str | None) -> None:
    assert (
        age_band(birth, round(datetime(2026, 11, 22, 17, 30, tzinfo=UTC).timestamp() * 1000), HANOI) == band
    )


def test_how_long_a_code_is_on_the_line() -> None:
    assert [round(line_ms(601, baud)) for baud in (9600, 115_200)] == [626, 52]
    assert slow_for(150, 115_200) is None
    assert slow_for(150, 9600) == "certificates"
    assert slow_for(150, 9600, 8, "E", 2) == "cards"


async def test_a_count_that_cannot_be_told_is_in_the_next_one() -> None:
    outlet, zones = MemoryOutlet(refuse=True), GateZones()
    zone = zones.memory.zone("a")
    zone.pass_through("v", "in", AT_MS)
    await zones._tell(zone, outlet)
    outlet.refuse = False
    zone.pass_through("v", "out", AT_MS)
    await zones._tell(zone, outlet)
    await zones._tell(zone, outlet)
    assert [fact.payload for fact in outlet.facts] == [ZoneCount("a", 0, 1, 1), ZoneCount("a", 0, 0, 0)]
