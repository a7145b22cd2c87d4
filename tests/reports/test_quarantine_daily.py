"""The daily report of quarantine sites (system 3 of the plan)."""

from datetime import date
from typing import Any

from api.reports.facility_days.building import build
from api.reports.facility_days.reading import Inputs
from api.reports.frame.content import Content
from api.reports.quarantine_daily.fields import QUARANTINE
from hub.reported import FacilityRegistered, QuarantineDay, ReportRow, ReportRowsSet
from storage.gates import COUNTED
from storage.reporting import GateDayCount
from tests.reports.people_facts import DAY, as_of, asked, facility, flags, stored, table, values

FIGURES = {
    "in_care": 45, "entered": 20, "workers": 12, "children": 3, "pregnant_women": 1, "foreigners": 2,
    "sampled_1": 18, "sampled_2": 9, "sampled_3": 4, "f1_to_f0": 2, "left_hospital": 2, "left_completed": 13,
}  # fmt: skip
COLUMNS = [
    "district", "commune", "level", "in_care", "entered", "workers", "children", "pregnant_women",
    "foreigners", "sampled_1", "sampled_2", "sampled_3", "f1_to_f0", "last_f0", "left_hospital",
    "left_completed", "gate_in", "gate_out", "unexplained",
]  # fmt: skip


def told(name: str = "kcl-1", day: str = "2021-08-05", last_f0: str = "", **figures: int) -> QuarantineDay:
    return QuarantineDay(facility=name, date=day, figures={**FIGURES, **figures}, last_f0=last_f0)


def report(
    days: list[QuarantineDay],
    facilities: list[FacilityRegistered] | None = None,
    rows: tuple[ReportRow, ...] = (),
    gates: tuple[GateDayCount, ...] = (),
    since: date | None = None,
    **query: Any,
) -> Content:
    registered = [facility("kcl-1", level="Tỉnh")] if facilities is None else facilities
    configured = [ReportRowsSet(report="quarantine-daily", valid_from="2021-01-01", rows=rows)]
    inputs = Inputs(stored(days), stored(registered), stored(configured), gates)
    return build(QUARANTINE, inputs, asked(**query), as_of(since=since))


def test_each_field_of_the_plan_has_its_column_in_the_plans_order() -> None:
    content = report([told(last_f0="2021-08-05")])
    sites = table(content, "facilities")
    assert [column.code for column in sites.columns] == COLUMNS
    row = values(sites, "kcl-1")
    assert (row["district"], row["level"], row["last_f0"]) == ("Thành phố Biên Hòa", "Tỉnh", "2021-08-05")
    assert {code: row[code] for code in FIGURES} == FIGURES


def test_a_site_that_did_not_report_is_named_and_not_zero() -> None:
    content = report([told()], [facility("kcl-1"), facility("kcl-2", "737")])
    assert content.completeness is not None
    assert content.completeness.missing == (("kcl-2", "Khu kcl-2"),)
    assert values(table(content, "facilities"), "kcl-2")["in_care"] is None
    assert values(table(content, "districts"), "737")["in_care"] is None
    assert values(table(content, "districts"), "total")["in_care"] == 45


def test_yesterday_plus_who_came_minus_who_left() -> None:
    before = told(day="2021-08-04", in_care=40)
    assert table(report([before, told()]), "violations").rows == ()
    content = report([before, told(in_care=50)])
    (row,) = table(content, "violations").rows
    wrong = values(table(content, "violations"), row)
    assert (wrong["before"], wrong["came"], wrong["left"]) == (40, 20, 15)
    assert (wrong["expected"], wrong["told"], wrong["difference"]) == (45, 50, 5)
    marks = flags(table(content, "facilities"), "kcl-1")
    assert marks == {"in_care": "identity_broken", "unexplained": "identity_broken"}


def test_a_day_without_the_one_before_cannot_be_checked() -> None:
    content = report([told()])
    assert values(table(content, "facilities"), "kcl-1")["unexplained"] is None
    assert dict(content.notes[0].told) == {"checked": "0", "reports": "1", "broken": "0"}


def test_rows_that_people_configured_stand_in_their_group_and_count_in_the_identity() -> None:
    rows = (
        ReportRow("elderly", "Người cao tuổi", "Elderly", "entered"),
        ReportRow("sampled_4", "Lấy mẫu lần 4", "Sampled, round 4", "sampled"),
        ReportRow("left_home", "Về cách ly tại nhà", "Left to isolate at home", "flow"),
        ReportRow("entered", "Khác", "Other"),
    )
    days = [told(day="2021-08-04", in_care=40), told(in_care=41, left_home=4, elderly=5)]
    content = report(days, rows=rows)
    columns = [column.code for column in table(content, "districts").columns]
    assert columns.index("elderly") == columns.index("foreigners") + 1
    assert columns.index("sampled_4") == columns.index("sampled_3") + 1
    assert columns.count("entered") == 1
    assert table(content, "violations").rows == ()
    assert values(table(content, "facilities"), "kcl-1")["sampled_4"] is None


def test_gates_stand_beside_what_was_typed() -> None:
    counts = [0] * len(COUNTED)
    counts[COUNTED.index("seen_in")], counts[COUNTED.index("inferred_out")] = 25, 14
    gate = GateDayCount(as_of().to_number, "site-1", "gate-1", "", tuple(counts))
    content = report(
        [told()], [facility("kcl-1", site="site-1"), facility("kcl-2", site="site-2")], gates=(gate,)
    )
    sites = table(content, "facilities")
    row = next(row for row in sites.rows if row.key == "kcl-1")
    beside = dict(zip([column.code for column in sites.columns], row.cells, strict=True))
    assert (beside["entered"].value, beside["entered"].source) == (20, "manual")
    assert (beside["gate_in"].value, beside["gate_in"].source) == (25, "device")
    assert beside["gate_out"].value == 14
    assert values(sites, "kcl-2")["gate_in"] is None


def test_a_part_that_is_more_than_its_whole_is_flagged() -> None:
    assert flags(table(report([told(workers=21)]), "facilities"), "kcl-1") == {"workers": "over_whole"}


def test_who_reports_without_being_registered_is_shown() -> None:
    content = report([told("nobody")], [])
    sites = table(content, "facilities")
    assert flags(sites, "nobody") == {"district": "unregistered"}
    assert values(table(content, "districts"), "unknown")["in_care"] == 45
    assert content.completeness is not None
    assert content.completeness.expected == 0


def test_one_district_alone() -> None:
    content = report([told(), told("kcl-2")], [facility("kcl-1"), facility("kcl-2", "737")], district="737")
    assert [row.key for row in table(content, "facilities").rows] == ["kcl-2"]
    assert [row.key for row in table(content, "districts").rows] == ["737"]


def test_several_days_sum_flows_and_take_the_last_stock() -> None:
    days = [told(day=f"2021-08-0{day}", in_care=30 + 5 * (day - 2)) for day in (2, 3, 4, 5)]
    content = report(days, since=date(2021, 8, 3))
    row = values(table(content, "districts"), "731")
    assert (row["in_care"], row["entered"], row["expected"], row["reported"]) == (45, 60, 3, 3)
    by_day = table(content, "days")
    assert [row.key for row in by_day.rows] == ["2021-08-03", "2021-08-04", "2021-08-05"]
    assert values(by_day, "2021-08-03")["in_care"] == 35
    assert dict(content.notes[0].told)["checked"] == "3"


def test_a_site_counts_on_the_days_on_which_it_was_open() -> None:
    opened = facility("kcl-1", valid_from="2021-08-04", valid_to="2021-08-05")
    content = report([], [opened], since=date(2021, 8, 1))
    assert content.completeness is not None
    assert content.completeness.expected == 1
    assert DAY.isoformat() == "2021-08-05"
