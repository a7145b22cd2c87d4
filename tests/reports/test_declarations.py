"""Declarations by district (system 1 of the plan)."""

import random
from typing import Any

from api.reports.declarations.declared import build
from hub.reported import Declaration
from tests.reports.people_facts import DAY, PLAN, as_of, asked, stored, table, values


def declared(reference: str, **more: Any) -> Declaration:
    return Declaration(reference=reference, **{"date": "2021-08-05", "district": "731", **more})


def test_the_plans_districts_add_up_to_4122_in_any_order() -> None:
    told = [
        declared(f"{district}-{at}", district=district, origin="imported")
        for district, count in PLAN.items()
        for at in range(count)
    ]
    contents = []
    for seed in range(2):
        random.Random(seed).shuffle(told)
        contents.append(build(stored(told), asked(), as_of()))
    assert contents[0] == contents[1]
    by_district = table(contents[0], "districts")
    assert {row.key: row.cells[0].value for row in by_district.rows} == PLAN
    assert values(by_district, "total")["declarations"] == 4122
    assert [row.label for row in by_district.rows][:2] == ["Thành phố Biên Hòa", "Thành phố Long Khánh"]
    assert by_district.rows[0].cells[0].source == "imported"
    assert contents[0].completeness is not None
    assert contents[0].completeness.missing == ()


def test_a_district_that_nobody_declared_in_is_not_zero() -> None:
    content = build(stored([declared("a"), declared("b", origin="imported")]), asked(), as_of())
    by_district = table(content, "districts")
    assert values(by_district, "732")["declarations"] is None
    assert by_district.rows[0].cells[0].source == "derived"  # from people and from another system
    assert content.completeness is not None
    assert (content.completeness.expected, content.completeness.reported) == (11, 1)


def test_symptoms_the_day_and_persons_are_told_apart() -> None:
    person = "p-00000000:" + "0" * 32
    told = [
        declared("a", symptoms=("fever", "cough"), person=person),
        declared("b", date="2021-08-01", symptoms=("fever",), person=person),
        declared("c"),
    ]
    content = build(stored(told), asked(), as_of())
    row = values(table(content, "districts"), "731")
    assert (row["declarations"], row["of_day"], row["with_symptoms"]) == (3, 2, 2)
    symptoms = table(content, "symptoms")
    assert [(row.key, row.cells[0].value) for row in symptoms.rows] == [("fever", 2), ("cough", 1)]
    persons = table(content, "persons")
    assert [row.cells[0].value for row in persons.rows] == [1, 1]


def test_a_district_of_another_province_has_a_row_of_its_own() -> None:
    content = build(stored([declared("a", district="001")]), asked(date=DAY), as_of())
    by_district = table(content, "districts")
    assert by_district.rows[-1].code == "unknown"
    assert values(by_district, "unknown")["declarations"] == 1
    assert values(by_district, "total")["declarations"] == 1
