"""The report of gates: what counts as a scan and a visit, and that every table says the same."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from api.reports.frame.content import Table
from api.reports.gate_traffic.traffic import GateTrafficQuery, Traffic, build, figures
from storage.gates import COUNTED
from storage.reporting import GateDayCount
from tests.reports.device_facts import AS_OF, DAY, facility, gate_day

COUNTS = {"allow": 7, "deny": 1, "retry": 2, "duplicate": 3, "manual": 1, "seen_in": 5, "inferred_out": 4}


def asked(**fields: object) -> GateTrafficQuery:
    return GateTrafficQuery.model_validate(fields)


def row(table: Table, key: str) -> dict[str, object]:
    cells = next(one.cells for one in table.rows if one.key == key)
    return {column.code: cell.value for column, cell in zip(table.columns, cells, strict=True)}


def test_a_visit_is_a_scan_that_repeats_none_and_could_be_read() -> None:
    traffic = Traffic([gate_day("bv-1", COUNTS)], [facility("BV1", "bv-1")])
    content = build(traffic, asked(), AS_OF)
    told = row(content.tables[0], "bv-1")
    assert (told["scans"], told["visits"], told["entered"], told["left"]) == (13, 8, 5, 4)
    assert content.tables[0].rows[0].label == "Cơ sở BV1"
    assert [table.code for table in content.tables] == ["by_site", "by_gate"]


def test_a_district_has_the_sites_that_are_registered_there() -> None:
    known = [facility("BV1", "bv-1"), facility("BV2", "bv-2", "740")]
    traffic = Traffic(
        [gate_day("bv-1", {"allow": 1}), gate_day("bv-2", {"allow": 2}), gate_day("nowhere", {"allow": 4})],
        known,
    )
    content = build(traffic, asked(district="740"), AS_OF)
    assert [one.key for one in content.tables[0].rows] == ["bv-2"]
    assert content.event_count == 2


def test_a_site_that_nobody_registered_has_its_id() -> None:
    content = build(Traffic([gate_day("bv-1", {"allow": 1})], []), asked(), AS_OF)
    assert [(one.label, one.district) for one in content.tables[0].rows] == [("bv-1", "")]


def test_no_gate_counted_anything() -> None:
    content = build(Traffic([], []), asked(), AS_OF)
    total = content.tables[0].total
    assert content.tables[0].rows == ()
    assert total is not None
    assert {cell.value for cell in total.cells} == {0}


@st.composite
def days(draw: st.DrawFn) -> list[GateDayCount]:
    keys = draw(
        st.sets(st.tuples(st.integers(0, 3), st.sampled_from("ab"), st.sampled_from("xy")), max_size=12)
    )
    counted = st.dictionaries(st.sampled_from(COUNTED), st.integers(0, 50))
    return [
        gate_day(site, draw(counted), device, DAY - timedelta(days=back))
        for back, site, device in sorted(keys)
    ]


@given(days(), st.randoms())
def test_each_table_adds_up_to_one_total(counts: list[GateDayCount], order: Random) -> None:
    shuffled = sorted(counts, key=lambda _: order.random())
    as_of = replace(AS_OF, from_day=DAY - timedelta(days=3))
    content = build(Traffic(shuffled, []), asked(**{"from": date(2021, 8, 1)}), as_of)
    assert content == build(Traffic(counts, []), asked(), as_of)
    assert [table.code for table in content.tables] == ["by_site", "by_day", "by_gate"]
    for table in content.tables:
        assert table.total is not None
        for place, cell in enumerate(table.total.cells):
            assert cell.value == sum(int(one.cells[place].value or 0) for one in table.rows)
    whole = [sum(each) for each in zip(*(one.counts for one in counts), strict=True)] or [0] * len(COUNTED)
    total = content.tables[0].total
    assert total is not None
    assert figures(whole)["scans"] == total.cells[0].value
