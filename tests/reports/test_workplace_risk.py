"""Workplaces by their own assessment (system 2 of the plan)."""

from api.reports.workplace_risk.assessed import Inputs, build
from hub.reported import Assessment, ReferenceSet
from tests.reports.people_facts import as_of, asked, stored, table, values

LEVELS = {"very_high": 0, "high": 21, "medium": 30, "low": 276, "little": 318}


def assessments() -> list[Assessment]:
    levels = [level for level, count in LEVELS.items() for _ in range(count)]
    return [
        Assessment(
            workplace=f"dn-{at}",
            district=("731", "742")[at % 2],
            level=level,  # type: ignore[arg-type]
            submitted="2021-08-01T08:00:00+07:00",
        )
        for at, level in enumerate(levels)
    ]


def registered(value: int = 16116, day: str = "2021-07-01", scope: str = "") -> ReferenceSet:
    return ReferenceSet(name="workplaces", valid_from=day, value=value, scope=scope)


def test_the_plans_figures() -> None:
    inputs = Inputs(stored(assessments()), stored([registered(), registered(9, "2021-09-01")]))
    content = build(inputs, asked(), as_of())
    levels = table(content, "levels")
    assert {row.key: row.cells[0].value for row in levels.rows} == LEVELS
    total = values(table(content, "districts"), "total")
    assert (total["reported"], total["workplaces"], total["share"]) == (645, 16116, 4.0)
    assert content.completeness is not None
    assert (content.completeness.expected, content.completeness.reported) == (16116, 645)


def test_a_district_has_its_own_number_of_workplaces_or_none() -> None:
    inputs = Inputs(stored(assessments()), stored([registered(), registered(1000, scope="731")]))
    districts = table(build(inputs, asked(), as_of()), "districts")
    assert values(districts, "731")["share"] == 32.3
    assert values(districts, "742") | {"share": None, "workplaces": None} == values(districts, "742")


def test_without_a_reference_the_share_is_not_known() -> None:
    content = build(Inputs(stored(assessments()), []), asked(), as_of())
    assert values(table(content, "districts"), "total")["share"] is None
    assert content.completeness is None
    assert [note.code for note in content.notes] == ["no_reference"]


def test_more_than_there_are_is_flagged() -> None:
    content = build(Inputs(stored(assessments()), stored([registered(5)])), asked(), as_of())
    total = table(content, "districts").total
    assert total is not None
    assert total.cells[-1].flag == "more_than_registered"
