"""Incidents in words, and what people fill in about them: pure."""

from collections.abc import Iterable
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console import incident_chart
from api.console.alarm_dialog import ICONS
from api.console.alarm_form import BODIES, FAULTS, FORM, checked, offered, refused
from api.console.alarm_words import (
    DISPOSITIONS,
    MARKS,
    entry_words,
    how_long,
    lasting,
    limit_told,
    marks,
    measured,
    sign,
    state_means,
)
from api.console.daily_checks import ROUNDS, Rounds, round_of
from api.console.standing_alarms import OPEN_STATES, SEVERITIES, need
from api.console.wording import Wording, texts
from hub.alarms.incidents.actions import Decision
from hub.alarms.incidents.states import Kind, State
from hub.alarms.profiles import load_profile, names
from hub.alarms.rules import SEVERITIES as RANKS
from storage.incidents import EntryRow

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
VI, EN = Wording("vi", ZONE), Wording("en", ZONE)
NOON_MS = 1_795_323_600_000  # 2026-11-22T05:00:00Z, noon in Đồng Nai
HOUR_MS = 3_600_000
ROW: dict[str, Any] = {
    "id": "a",
    "site": "kho-vac-xin",
    "device": "tu-lanh-01",
    "time": "2026-11-22T05:00:00.000Z",
    "kind": "HEAT",
    "metric": "temp.vaccine",
    "severity": "critical",
    "state": "UNACK",
    "cleared": None,
    "inferred": False,
    "retro": False,
    "latch": False,
    "acknowledged": False,
    "withdrawn": False,
    "merged_into": None,
    "shelved_until": None,
    "disposition": None,
}
RULES = [rule for name in names() for rule in load_profile(name).rules]


def test_every_code_has_its_words() -> None:
    wanted = {f"severity.{name}" for name in RANKS} | {f"disposition.{name}" for name in DISPOSITIONS}
    wanted |= {f"incident.{state}{part}" for state in State for part in ("", "_means")}
    wanted |= {f"rule.{rule.code}" for rule in RULES} | {f"ledger.{kind}" for kind in Kind}
    wanted |= {f"alarm.{mark}{part}" for mark in MARKS for part in ("", "_means")}
    wanted |= {f"act.{action}{part}" for action in BODIES for part in ("", "_title", "_note", "_done")}
    wanted |= {f"act.field_{field}" for body in BODIES.values() for field in body.model_fields}
    wanted |= {f"act.fault_{fault}" for fault in (*FAULTS, "forbidden", "not_entered", "away", "refused")}
    wanted |= {f"act.round_{name}" for name in ROUNDS} | {f"cold.round_{name}" for name in ROUNDS}
    assert wanted <= set(texts("vi"))
    assert set(get_args(Decision)) == set(DISPOSITIONS)
    assert (set(SEVERITIES), set(ICONS)) == (set(RANKS), set(BODIES))


@pytest.mark.parametrize(
    ("length_ms", "told"),
    [
        (0, "0 giây"),
        (-5, "0 giây"),
        (59_999, "59 giây"),
        (90 * 60_000, "1 giờ 30 phút"),
        (36_000_000, "10 giờ"),
        (26 * HOUR_MS + 59_000, "1 ngày 2 giờ"),
        (24 * HOUR_MS + 60_000, "1 ngày"),
    ],
)
def test_how_long_in_two_units(length_ms: int, told: str) -> None:
    assert lasting(VI, length_ms) == told


@pytest.mark.parametrize(
    ("metric", "value", "told"),
    [
        ("temp.vaccine", 9.0, "9,0 °C"),
        ("temp.vaccine", 8.04, "8,04 °C"),
        ("temp.vaccine", -0.5, "−0,5 °C"),
        ("door.open_now_s", 301, "5 phút 1 giây"),
        ("battery.percent", 12, "12,0 %"),
        ("battery.days", 3, "3,0 ngày"),
        ("alarm.heat", 1, ""),
        ("door.open", 1, ""),
        ("temp.vaccine", None, ""),
    ],
)
def test_a_value_has_its_unit(metric: str, value: float | None, told: str) -> None:
    assert measured(VI, metric, value) == told


def test_rules_in_words() -> None:
    told = {rule.code: limit_told(EN, rule) for rule in load_profile("fridge").rules}
    assert told["HEAT"] == "above 8.0 °C for 10 h"
    assert told["FRZE"] == "−0.5 °C or below for 1 h"
    assert told["NODATA"] == "no reading for 45 min"
    assert told["PROBE"] == "the probe measures nothing for 10 min"
    assert told["DOOR"] == "for 5 min"
    assert told["DEVICE_HEAT"] == ""
    assert limit_told(EN, None) == ""


def test_what_is_over_no_longer_goes_on() -> None:
    assert how_long(EN, ROW, NOON_MS + HOUR_MS) == "going on for 1 h"
    over = ROW | {"cleared": "2026-11-22T05:30:00.000Z"}
    assert how_long(EN, over, NOON_MS + HOUR_MS) == "went on for 30 min, over"


def test_marks_and_signs() -> None:
    assert (marks(ROW), sign(ROW)) == ([], "✕")
    assert marks(ROW | {"retro": True}) == ["retro", "latch"]  # critical and too late: it latches
    assert marks(ROW | {"retro": True, "severity": "warning"}) == ["retro"]
    assert marks(ROW | {"latch": True, "disposition": "use"}) == []
    assert sign(ROW | {"state": "SHELVED"}) == "•"
    gone = ROW | {"state": "CLOSED", "withdrawn": True}
    assert (marks(gone), sign(gone), state_means(EN, gone)) == (["withdrawn"], "✓", "")
    assert state_means(EN, ROW | {"state": "CLOSED"}) == "It is over, acknowledged, and decided."


def test_the_neediest_first() -> None:
    def of(severity: str, state: str, hour: int) -> dict[str, Any]:
        return ROW | {"severity": severity, "state": state, "time": f"2026-11-22T{hour:02d}:00:00.000Z"}

    wanted = [
        of("critical", "UNACK", 3),
        of("critical", "UNACK", 4),
        of("critical", "LATCHED", 1),
        of("critical", "SHELVED", 0),
        of("warning", "UNACK", 0),
        of("unheard", "UNHEARD", 0),
    ]
    mixed = [*wanted[3:], *wanted[:3]]
    assert sorted(mixed, key=need) == wanted
    assert "CLOSED" not in OPEN_STATES
    assert len(OPEN_STATES) == len(State) - 1


def entry(kind: str, **more: Any) -> dict[str, Any]:
    told = {"kind": kind, "severity": "critical", "start": ROW["time"], "cleared": None, "worst": 9.1}
    return told | {"detail": {}} | more


def test_entries_in_words() -> None:
    assert (
        entry_words(EN, entry("RAISED"), "temp.vaccine")
        == "Critical · 22/11 12:00 → still going on · worst 9.1 °C"
    )
    assert entry_words(EN, entry("ACKED"), "temp.vaccine") == ""
    shelved = entry("SHELVED", detail={"until": NOON_MS + HOUR_MS})
    assert entry_words(VI, shelved, "temp.vaccine") == "đến 22/11 13:00"
    sent = entry("NOTIFIED", detail={"channel": "zalo", "outcome": "sent", "to": "b2"})
    assert entry_words(VI, sent, "temp.vaccine") == "cho b2 · zalo: sent"
    assert entry_words(VI, entry("DISPOSITION", detail={"disposition": "discard"}), "x") == "Hủy bỏ"
    noted = entry("AT_EDGE", detail={"change": "RAISED", "edge": "kho-1", "at": NOON_MS})
    assert entry_words(VI, noted, "x") == "tại trạm biên kho-1, 22/11 12:00"


@pytest.mark.parametrize(
    ("action", "filled", "faults"),
    [
        ("shelve", {"minutes": 30, "reason": ""}, {"reason": "missing"}),
        ("shelve", {"minutes": 30, "reason": " ab "}, {"reason": "short"}),
        ("shelve", {"minutes": 721, "reason": "thợ đến"}, {"minutes": "range"}),
        ("comment", {"text": "  "}, {"text": "missing"}),
        ("comment", {"text": "x" * 1001}, {"text": "long"}),
        ("assign", {"to": "", "note": ""}, {"to": "missing"}),
        ("disposition", {"disposition": "", "note": ""}, {"disposition": "missing"}),
        ("disposition", {"disposition": "eat", "note": ""}, {"disposition": "missing"}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    action: str, filled: dict[str, Any], faults: dict[str, str]
) -> None:
    assert checked(action, filled, 0) == (None, faults)


@pytest.mark.parametrize(
    ("action", "filled", "note", "details"),
    [
        ("ack", {"note": " đã xem "}, "đã xem", {}),
        ("ack", {"note": ""}, "", {}),
        ("shelve", {"minutes": 30, "reason": "thợ đến"}, "thợ đến", {"until_ms": 5 + 1_800_000}),
        ("assign", {"to": "b2", "note": ""}, "", {"to": "b2"}),
        ("disposition", {"disposition": "use", "note": "x"}, "x", {"decision": "use"}),
        ("check", {"round": "AM", "note": ""}, "", {"round": "AM"}),
        ("take_out", {"reason": "rã đông"}, "rã đông", {}),
        ("take_out", {"reason": "rã đông", "minutes": ""}, "rã đông", {}),
        ("take_out", {"reason": "lau kính", "minutes": 60}, "lau kính", {"until_ms": 5 + 3_600_000}),
    ],
)
def test_what_is_right_is_what_the_hub_takes(
    action: str, filled: dict[str, Any], note: str, details: dict[str, Any]
) -> None:
    assert checked(action, filled, 5) == ((note, details), {})


def test_what_the_ledger_refuses_is_told_where_it_belongs() -> None:
    assert refused("shelve", "alarm.shelf_too_long_for_latching") == {
        "minutes": "alarm.shelf_too_long_for_latching"
    }
    assert refused("comment", "alarm.bad_text") == {"text": "alarm.bad_text"}
    assert refused("disposition", "alarm.use_while_active") == {"disposition": "alarm.use_while_active"}
    assert refused("ack", "alarm.closed") == {FORM: "alarm.closed"}
    assert refused("ack", "alarm.bad_name") == {FORM: "alarm.bad_name"}


def test_what_is_offered_follows_the_state() -> None:
    assert offered(ROW) == ["ack", "comment", "shelve", "assign", "disposition"]
    latched = ROW | {"state": "LATCHED", "acknowledged": True}
    assert offered(latched) == ["disposition", "comment", "shelve", "assign"]
    assert "unshelve" in offered(ROW | {"state": "SHELVED", "shelved_until": ROW["time"]})
    assert offered(ROW | {"state": "CLOSED"}) == ["comment", "disposition"]
    assert offered(ROW | {"state": "CLOSED", "merged_into": "b"}) == []


def test_gaps_are_what_no_reading_speaks_for() -> None:
    assert incident_chart.gaps([], (0, 100), 10) == [(0, 100)]
    assert incident_chart.gaps([0, 10, 20, 50, 95], (0, 100), 10) == [(30, 50), (60, 95)]
    assert incident_chart.gaps([30, 40], (0, 100), 10) == [(0, 30), (50, 100)]


@given(st.sets(st.integers(0, 999)), st.integers(1, 200))
def test_a_moment_is_a_gap_or_a_reading_speaks(times: set[int], hold: int) -> None:
    ordered = sorted(times)
    found = incident_chart.gaps(ordered, (0, 1000), hold)
    assert all(begin < end for begin, end in found)
    hatched = {moment for begin, end in found for moment in range(begin, end)}
    spoken = {moment for time in ordered for moment in range(time, min(1000, time + hold))}
    assert not hatched & spoken
    first = ordered[0] if ordered else 1000
    # Before the first reading nothing is hatched as long as one before the picture might still speak.
    assert set(range(first if first <= hold else 0, 1000)) <= hatched | spoken


@given(st.integers(0, 10**13), st.integers(0, 10**11), st.integers(0, 10**11))
def test_the_chart_holds_the_episode_in_few_points(start: int, length: int, later: int) -> None:
    span = incident_chart.span_of(start, start + length, start + length + later)
    assert span[0] < start
    assert start + length <= span[1] or span[1] > start
    assert (span[1] - span[0]) // incident_chart.step_of(span) < incident_chart.MOST_POINTS


class Ledger:
    """What ``Rounds`` asks of a store; ``asked`` counts entries read."""

    def __init__(self, rows: Iterable[EntryRow]) -> None:
        self.rows = list(rows)
        self.asked = 0

    async def alarm_standing(self, _: int) -> Any:
        return type("Standing", (), {"number": len(self.rows)})()

    async def incident_entries(self, after: int, *, limit: int) -> list[EntryRow]:
        found = self.rows[after : after + limit]
        self.asked += len(found)
        return found


def look(number: int, at_ms: int, kind: str = "CHECKED", name: str = "AM") -> EntryRow:
    body = f'{{"actor":"b2","detail":{{"round":"{name}"}}}}'.encode()
    return EntryRow(number, "", "tu-lanh-01", kind, at_ms, body, b"")


async def test_rounds_are_those_of_today_and_found_without_reading_the_whole_ledger() -> None:
    midnight = NOON_MS - 12 * HOUR_MS
    old = [look(n + 1, midnight - (3000 - n) * 1000) for n in range(3000)]
    ledger = Ledger(
        [*old, look(3001, midnight), look(3002, midnight + 1, "ACKED"), look(3003, NOON_MS, name="PM")]
    )
    rounds: Any = Rounds(ledger, ZONE)  # type: ignore[arg-type]
    seen = await rounds.seen(NOON_MS + 1)
    assert {key: told.at_ms for key, told in seen.items()} == {
        ("tu-lanh-01", "AM"): midnight,
        ("tu-lanh-01", "PM"): NOON_MS,
    }
    assert ledger.asked < 50
    ledger.rows.append(look(3004, NOON_MS + 5, name="PM"))
    assert (await rounds.seen(NOON_MS + 10))["tu-lanh-01", "PM"].at_ms == NOON_MS + 5
    assert await rounds.seen(NOON_MS + 13 * HOUR_MS) == {}


def test_which_round_is_due() -> None:
    assert (round_of(NOON_MS - 1, ZONE), round_of(NOON_MS, ZONE)) == ("AM", "PM")
