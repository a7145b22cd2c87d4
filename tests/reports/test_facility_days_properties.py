"""Daily reports of facilities against a second, plain way to count."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from api.reports.facility_days.building import build
from api.reports.facility_days.reading import Inputs
from api.reports.facility_days.register import registered
from api.reports.field_hospitals.fields import FIELD_HOSPITALS
from api.reports.frame.tabular import day_number
from api.reports.reported_facts import facilities_on
from hub.reported import BedStatus
from tests.reports.people_facts import as_of, asked, facility, stored, table, values

FIRST = date(2021, 8, 1)
COUNT = st.integers(0, 40)
FLOWS = ("admitted", "discharged", "transferred", "died")


@st.composite
def lives(draw: st.DrawFn) -> dict[tuple[str, int], dict[str, int]]:
    """Figures by facility and day; some days say nothing, some say what is not so."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for name in ("a", "b", "c"):
        inside = 500
        for day in range(6):
            flows = {code: draw(COUNT) for code in FLOWS}
            inside += flows["admitted"] - flows["discharged"] - flows["transferred"] - flows["died"]
            off = draw(st.sampled_from([0, 0, 0, 1, -2]))
            if draw(st.integers(0, 4)):
                found[name, day] = {"beds": 600, "in_treatment": inside + off, **flows}
    return found


@given(lives(), st.randoms(use_true_random=False))
def test_violations_and_sums_are_those_of_a_plain_count(
    told: dict[tuple[str, int], dict[str, int]], mix: object
) -> None:
    facts = stored(
        BedStatus(facility=name, date=(FIRST + timedelta(days=day)).isoformat(), figures=figures)
        for (name, day), figures in told.items()
    )
    mix.shuffle(facts)  # type: ignore[attr-defined]
    sites = [facility("a", "731", "field-hospital"), facility("b", "737", "field-hospital"),
             facility("c", "737", "field-hospital")]  # fmt: skip
    inputs = Inputs(facts, stored(sites), [], [])
    content = build(
        FIELD_HOSPITALS, inputs, asked(), as_of(FIRST + timedelta(days=5), FIRST + timedelta(days=1))
    )
    wrong = {
        f"{name}|{(FIRST + timedelta(days=day)).isoformat()}"
        for (name, day), now in told.items()
        if day and (before := told.get((name, day - 1))) is not None
        and before["in_treatment"] + now["admitted"] - now["discharged"] - now["transferred"] - now["died"]
        != now["in_treatment"]
    }  # fmt: skip
    assert {row.key for row in table(content, "violations").rows} == wrong
    totals = values(table(content, "districts"), "total")
    for code in FLOWS:
        of = [figures[code] for (_, day), figures in told.items() if day >= 1]
        assert totals[code] == (sum(of) if of else None)
        assert values(table(content, "facilities"), "total")[code] == totals[code]
    last = [figures["in_treatment"] for (_, day), figures in told.items() if day == 5]
    assert totals["in_treatment"] == (sum(last) if last else None)


DAYS = st.integers(0, 20)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), DAYS, st.none() | DAYS), max_size=6, unique_by=lambda one: one[:2]
    ),
    DAYS,
    DAYS,
)
def test_days_of_a_register_are_those_on_which_a_facility_was_open(
    versions: list[tuple[str, int, int | None]], first: int, length: int
) -> None:
    def text(day: int | None) -> str:
        return "" if day is None else (FIRST + timedelta(days=day)).isoformat()

    facts = stored(
        facility(name, valid_from=text(begin), valid_to=text(end)) for name, begin, end in versions
    )
    asked_days = [FIRST + timedelta(days=first + at) for at in range(length + 1)]
    found = registered(facts, "quarantine", day_number(asked_days[0]), day_number(asked_days[-1]))
    open_on = [facilities_on(facts, day) for day in asked_days]
    expected = {name: sum(name in each for each in open_on) for name in "ab"}
    assert {name: one.days for name, one in found.items()} == {k: v for k, v in expected.items() if v}
