"""Who is a case, on which day and where; what each phase of the roll-out reports."""

from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.reports.case_counts.counted import BY_SITE, CasesQuery, Inputs, build
from api.reports.frame.content import Content, Table
from api.reports.frame.tabular import AsOf, day_number
from hub.reported import RolloutSet
from storage.reporting import StoredFact, StoredResult
from tests.reports.device_facts import AS_OF, DAY, ZONE, facility, fact, measured, specimen

_DAY = day_number(DAY)
TRAN_BIEN = {"district": "731", "commune": "26014"}


def positive(name: str, day: int = _DAY, *, site: str = "bv-1", **more: Any) -> StoredResult:
    at = f"2021-08-{day - _DAY + DAY.day:02d}T06:00:00.000Z"
    return measured(name, "POS", at=at, **more)._replace(day=day, site=site)


def phase(district: str, number: int, valid_from: str = "2021-08-01") -> StoredFact:
    told = RolloutSet(district=district, valid_from=valid_from, phase=number)  # type: ignore[arg-type]
    return fact(told, f"{district}|{valid_from}", date.fromisoformat(valid_from))


def counted(
    results: list[StoredResult],
    registered: list[StoredFact] | None = None,
    rollout: list[StoredFact] | None = None,
    as_of: AsOf = AS_OF,
    **asked: Any,
) -> Content:
    known = [facility("BV1", "bv-1", "731"), facility("BV2", "bv-2", "736")]
    inputs = Inputs(results, registered or [], known, rollout or [])
    return build(inputs, CasesQuery.model_validate(asked), as_of)


def values(table: Table, code: str) -> dict[str, Any]:
    place = [column.code for column in table.columns].index(code)
    rows = [*table.rows, *([table.total] if table.total else [])]
    return {row.key: row.cells[place].value for row in rows if row.cells[place].value != 0}


def f0(content: Content) -> dict[str, Any]:
    return values(content.tables[0], "f0")


def test_a_person_is_a_case_once_with_the_day_of_the_first_observation() -> None:
    results = [positive("S1", _DAY - 2, person="p-1:a"), positive("S2", person="p-1:a"), positive("S3")]
    content = counted(results)
    assert f0(content) == {"731": 2, "total": 2}
    assert values(content.tables[0], "f0_of_day") == {"731": 1, "total": 1}


@pytest.mark.parametrize("more", [{"status": "P"}, {"status": "X"}, {"status": "D"}, {"control": True}])
def test_what_is_not_final_or_a_control_makes_no_case(more: dict[str, Any]) -> None:
    assert f0(counted([positive("S1", **more)])) == {}


def test_a_pool_makes_no_case() -> None:
    assert f0(counted([positive("S1")], [specimen("S1", pool=True)])) == {}


def test_a_weak_pseudonym_is_a_person_of_its_site() -> None:
    results = [
        positive("S1", person="w-1:a"),
        positive("S2", person="w-1:a"),
        positive("S3", site="bv-2", person="w-1:a"),
    ]
    assert f0(counted(results)) == {"731": 1, "736": 1, "total": 2}


def test_the_provinces_pseudonym_of_a_registration_joins_what_weak_ones_do_not() -> None:
    registered = [specimen("S1", person="p-1:b"), specimen("S2", person="p-1:b")]
    results = [positive("S1", person="w-1:a"), positive("S2", site="bv-2", person="w-2:a")]
    assert f0(counted(results, registered)) == {"731": 1, "total": 1}


def test_a_place_is_that_of_the_specimen_before_that_of_the_site() -> None:
    results = [positive("S1", site="bv-2", person="p-1:a"), positive("S2", site="bv-2", person="p-1:a")]
    content = counted(results, [specimen("S2", **TRAN_BIEN)])
    assert f0(content) == {"731": 1, "total": 1}
    assert values(content.tables[1], "f0") == {"26014": 1, "total": 1}
    assert content.tables[1].rows[0].label == "Phường Tân Tiến, Thành phố Biên Hòa"


def test_a_place_that_is_only_the_sites_is_marked() -> None:
    cells = {row.key: row.cells[1] for row in counted([positive("S1")]).tables[0].rows}
    assert (cells["731"].value, cells["731"].flag) == (1, BY_SITE)


def test_a_case_without_a_place_is_in_the_total() -> None:
    assert f0(counted([positive("S1", site="nowhere")])) == {"unknown": 1, "total": 1}


def test_a_registration_that_changes_nothing_makes_no_other_content() -> None:
    results, registered = [positive("S1", person="p-1:a")], [specimen("S1", **TRAN_BIEN)]
    assert counted(results, [*registered, specimen("S9", district="742")]) == counted(results, registered)


def test_contacts_and_those_who_became_cases() -> None:
    registered = [
        specimen("S1", person="p-1:a", contact_of_case=True, **TRAN_BIEN),
        specimen("S2", person="p-1:b", contact_of_case=True, **TRAN_BIEN),
        specimen("S3", person="p-1:b", contact_of_case=True, **TRAN_BIEN),
    ]
    table = counted([positive("S1", person="p-1:a")], registered).tables[0]
    assert values(table, "f1") == {"731": 2, "total": 2}
    assert values(table, "f1_became_f0") == {"731": 1, "total": 1}


def test_phases() -> None:
    """First Biên Hòa with F0 alone; who is of a district that does not report yet is in one row."""
    registered = [specimen("S1", **TRAN_BIEN, contact_of_case=True), specimen("S2", district="735")]
    results = [positive("S1"), positive("S2")]
    content = counted(results, registered, [phase("731", 1)])
    assert f0(content) == {
        "731": 1, "held_back": 1, "total": 2,
        **dict.fromkeys(("732", "734", "735", "736", "737", "738", "739", "740", "741", "742")),
    }  # fmt: skip
    assert values(content.tables[0], "f1")["731"] is None
    assert values(content.tables[0], "phase")["731"] == 1
    assert content.completeness is not None
    assert (content.completeness.expected, content.completeness.reported) == (11, 1)
    later = counted(results, registered, [phase("731", 1), phase("731", 2, "2021-08-03")])
    assert values(later.tables[0], "f1")["731"] == 1
    too_late = counted(results, registered, [phase("731", 1), phase("731", 2, "2021-08-05")])
    assert values(too_late.tables[0], "f1")["731"] is None


def test_a_district_alone_is_told_without_the_rest() -> None:
    content = counted([positive("S1"), positive("S2", site="nowhere")], district="731")
    assert f0(content) == {"731": 1, "total": 1}


def test_who_may_see_one_district_is_told_of_no_other() -> None:
    scoped = AsOf(99, DAY, ZONE, districts=frozenset({"736"}))
    content = counted([positive("S1"), positive("S2", site="bv-2")], as_of=scoped)
    assert f0(content) == {"736": 1, "total": 1}


@pytest.mark.parametrize("districts", [frozenset(), frozenset({"760"})])
def test_who_may_see_no_district_of_ours_is_told_of_nobody(districts: frozenset[str]) -> None:
    """A scope of sites alone names no district."""
    content = counted([positive("S1")], as_of=AsOf(99, DAY, ZONE, districts=districts))
    assert [table.rows for table in content.tables] == [(), ()]
    assert f0(content) == {"total": None}
    assert content.event_count == 0


def test_from_bounds_the_first_observation() -> None:
    results = [positive("S1", _DAY - 2, person="p-1:a"), positive("S2", person="p-1:a"), positive("S3")]
    since = AsOf(99, DAY, ZONE, from_day=DAY)
    assert f0(counted(results, as_of=since)) == {"731": 1, "total": 1}


_SPECIMENS = st.lists(
    st.tuples(
        st.sampled_from(["", "p-1:a", "p-1:b", "w-1:a"]),
        st.sampled_from(["", "731", "735", "742", "760"]),
        st.integers(-3, 0),
        st.booleans(),
        st.sampled_from(["bv-1", "bv-2", "nowhere"]),
    ),
    max_size=12,
)


@given(_SPECIMENS, st.dictionaries(st.sampled_from(["731", "735", "742"]), st.integers(0, 3)), st.randoms())
def test_sums_hold_in_any_order(told: list[tuple[Any, ...]], phases: dict[str, int], order: Random) -> None:
    results = [
        positive(f"S{index}", _DAY + day, person=person or None, site=site)._replace(number=index)
        for index, (person, _, day, _, site) in enumerate(told)
    ]
    registered = [
        specimen(f"S{index}", district=district, contact_of_case=contact)
        for index, (_, district, _, contact, _) in enumerate(told)
    ]
    rollout = [phase(code, number) for code, number in phases.items()]
    content = counted(results, registered, rollout)
    for told_in_order in (results, registered, rollout):
        order.shuffle(told_in_order)
    assert counted(results, registered, rollout) == content
    for table in content.tables:
        assert table.total is not None
        for place in range(1, len(table.columns)):
            cells = [row.cells[place].value or 0 for row in table.rows]
            assert sum(cells) == (table.total.cells[place].value or 0)  # type: ignore[arg-type]
    assert content.tables[0].total.cells[1].value == content.tables[1].total.cells[0].value  # type: ignore[union-attr]
