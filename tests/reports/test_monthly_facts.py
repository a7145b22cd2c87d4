"""What the monthly report tells: which days, which entries of the ledger, which checks."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.reports.cold_chain_monthly.incident_ledger import checks, incidents
from api.reports.cold_chain_monthly.month import Month, month_of
from hub.alarms.episodes import Episode
from hub.alarms.incidents.entries import Entry
from hub.alarms.incidents.states import Kind
from hub.events import parse_time

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = 3_600_000


def ms(local: str) -> int:
    """Of 2026-10-05T08:00 in Đồng Nai."""
    return parse_time(f"{local}:00.000Z") - 7 * HOUR


def month(now: str = "2026-12-01T00:00", text: str = "2026-10") -> Month:
    found = month_of(text, ms(now), ZONE)
    assert found is not None
    return found


def entry(
    kind: Kind, at: str, incident: str = "inc-1", begin: str = "2026-10-05T08:00", **more: Any
) -> Entry:
    cleared = more.pop("cleared", None)
    episode = Episode(
        "tu-01", "temp.vaccine", "HEAT", "fridge@1", ms(begin), ms(begin) + HOUR,
        None if cleared is None else ms(cleared), "warning", False, 9125,
    )  # fmt: skip
    return Entry(0, ms(at), kind, "kho", "tu-01", incident, episode if incident else None, **more)


@pytest.mark.parametrize(
    ("now", "to", "cutoff", "final"),
    [
        ("2026-10-01T01:00", "2026-10-01T01:00", "2026-10-01T01:00", False),
        ("2026-10-20T15:59", "2026-10-20T15:00", "2026-10-20T15:00", False),
        ("2026-11-01T00:30", "2026-11-01T00:00", "2026-11-01T00:00", False),
        ("2026-11-05T23:59", "2026-11-01T00:00", "2026-11-05T23:00", False),
        ("2026-11-06T00:00", "2026-11-01T00:00", "2026-11-06T00:00", True),
        ("2027-05-01T12:00", "2026-11-01T00:00", "2026-11-06T00:00", True),
    ],
)
def test_a_month_is_told_by_whole_hours_and_closed_after_five_days(
    now: str, to: str, cutoff: str, *, final: bool
) -> None:
    found = month(now)
    assert (found.from_ms, found.to_ms, found.cutoff_ms) == (ms("2026-10-01T00:00"), ms(to), ms(cutoff))
    assert found.final is final


def test_nothing_is_told_before_the_first_hour_is_over() -> None:
    assert month_of("2026-10", ms("2026-10-01T00:59"), ZONE) is None
    assert month("2027-02-01T00:00", "2026-12").to_ms == ms("2027-01-01T00:00")


def test_an_incident_tells_who_saw_it_when_and_what_was_decided() -> None:
    told = incidents(
        [
            entry(Kind.RETRO_RAISED, "2026-10-05T09:00"),
            entry(Kind.COMMENTED, "2026-10-05T09:01", actor="b", note="tủ hở"),
            entry(Kind.ACKED, "2026-10-05T09:25", actor="a", note="đã xem"),
            entry(Kind.RETURNED, "2026-10-05T11:00", cleared="2026-10-05T10:45"),
            entry(Kind.DISPOSITION, "2026-10-06T09:00", actor="c", detail={"disposition": "quarantine"}),
            entry(
                Kind.DISPOSITION,
                "2026-10-07T09:00",
                actor="d",
                detail={"disposition": "use"},
                cleared="2026-10-05T10:45",
            ),
        ],
        month(),
    )
    (one,) = told
    assert (one["acknowledged_by"], one["minutes_to_acknowledge"], one["late"]) == ("a", 25, True)
    assert (one["disposition"], one["disposition_by"], one["worst"]) == ("use", "d", 9.125)
    assert (one["to"], one["withdrawn"]) == ("2026-10-05T03:45:00.000Z", False)
    assert "tủ hở" not in str(one)


def test_incidents_that_reach_into_the_month_are_its_own_and_merged_ones_are_not() -> None:
    entries = [
        entry(Kind.RAISED, "2026-09-30T09:00", "before", "2026-09-30T08:00", cleared="2026-10-01T00:00"),
        entry(Kind.RAISED, "2026-09-30T09:00", "into", "2026-09-30T08:00", cleared="2026-10-01T00:01"),
        entry(Kind.RAISED, "2026-10-31T23:59", "open", "2026-10-31T22:59"),
        entry(Kind.RAISED, "2026-11-01T01:00", "after", "2026-11-01T00:00"),
        entry(Kind.RAISED, "2026-10-05T09:00", "gone"),
        entry(Kind.WITHDRAWN_BY_DATA, "2026-10-06T09:00", "gone"),
        entry(Kind.RAISED, "2026-10-07T09:00", "alias"),
        entry(Kind.MERGED, "2026-10-07T10:00", "alias", detail={"into": "open"}),
    ]
    told = incidents(entries, month())
    assert [(one["id"], one["withdrawn"]) for one in told] == [
        ("into", False),
        ("gone", True),
        ("open", False),
    ]
    assert told[-1]["to"] is None


def test_checks_are_counted_by_local_day_and_round() -> None:
    looks = [
        ("2026-10-01T00:10", "AM", "a"),
        ("2026-10-01T16:00", "PM", "b"),
        ("2026-10-01T16:30", "PM", "c"),
        ("2026-10-02T23:59", "PM", "a"),
        ("2026-10-03T00:00", "AM", "a"),
        ("2026-09-30T23:59", "PM", "a"),
    ]
    entries = [entry(Kind.CHECKED, at, "", actor=by, detail={"round": name}) for at, name, by in looks]
    told = checks(entries, month("2026-10-03T11:00"), ZONE)
    assert (told["expected"], told["done"]) == (4, 3)
    assert told["missed"] == [{"day": "2026-10-02", "round": "AM"}]
    assert checks([], month("2026-10-03T12:00"), ZONE)["expected"] == 5
    assert [(look["day"], look["round"], look["by"]) for look in told["looks"]] == [
        ("2026-10-01", "AM", "a"),
        ("2026-10-01", "PM", "b"),
        ("2026-10-02", "PM", "a"),
        ("2026-10-03", "AM", "a"),  # made before it was due
    ]
