"""Vaccine stocks, sessions and lots at risk (system 9 of the plan)."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api.reports.frame.content import Content
from api.reports.vaccine_stock.at_risk import AtRisk
from api.reports.vaccine_stock.building import build
from api.reports.vaccine_stock.ledger import MOVED, Day, balanced
from api.reports.vaccine_stock.reading import Inputs
from hub.reported import FacilityRegistered, ReferenceSet, StockMoved, VaccinationSession
from tests.reports.people_facts import as_of, asked, facility, flags, stored, table, values

RISK = AtRisk("i1", "s1", "tu-1", "high", "critical", 1628100000000, None, 11500, "L1", "comirnaty", 120)


def moved(kind: Any, doses: int, day: str = "2021-08-05", lot: str = "L1", name: str = "ct-1") -> StockMoved:
    return StockMoved(facility=name, date=day, lot=lot, product="comirnaty", kind=kind, doses=doses)


def session(doses: int, number: int = 1, plan: str = "kh-1", name: str = "ct-1") -> VaccinationSession:
    return VaccinationSession(
        facility=name, plan=plan, date="2021-08-05", lot="L1", dose_number=number, doses=doses
    )


def report(
    moves: list[StockMoved],
    sessions: list[VaccinationSession] | None = None,
    facilities: list[FacilityRegistered] | None = None,
    risks: list[AtRisk] | None = None,
    since: date | None = None,
    **query: Any,
) -> Content:
    known = [facility("ct-1", kind="vaccination", site="s1")] if facilities is None else facilities
    plans = ReferenceSet(name="session_plans", valid_from="2021-07-01", value=1047)
    inputs = Inputs(stored(moves), stored(sessions or []), stored(known), stored([plans]), risks)
    return build(inputs, asked(**query), as_of(since=since))


def test_received_used_and_in_stock_of_each_site() -> None:
    content = report(
        [moved("received", 100, "2021-08-04"), moved("used", 30), moved("wasted", 2), moved("stock", 68)],
        [session(20), session(10, 2)],
    )
    row = values(table(content, "facilities"), "ct-1")
    assert [row[kind] for kind in (*MOVED, "stock")] == [100, 30, 2, None, 68]
    assert (row["dose_1"], row["dose_2"], row["plans"], row["wrong"]) == (20, 10, 1, 0)
    assert values(table(content, "plans"), "plans") == {
        "planned": 1047, "held": 1, "facilities": 1, "vaccinating": 1,
    }  # fmt: skip
    assert values(table(content, "sessions"), "total")["doses"] == 30
    assert flags(table(content, "lots"), "ct-1|L1") == {}


def test_a_count_that_the_movements_do_not_give_is_listed_once() -> None:
    moves = [
        moved("received", 100, "2021-08-01"),
        moved("used", 30, "2021-08-02"), moved("stock", 65, "2021-08-02"),
        moved("used", 5, "2021-08-03"), moved("stock", 60, "2021-08-03"),
    ]  # fmt: skip
    content = report(moves)
    (row,) = table(content, "violations").rows
    wrong = values(table(content, "violations"), row)
    assert (wrong["before"], wrong["net"], wrong["expected"]) == (100, -30, 70)
    assert (wrong["told"], wrong["difference"], row.cells[0].flag) == (65, -5, "count_differs")
    assert flags(table(content, "facilities"), "ct-1") == {"stock": "identity_broken"}
    assert values(table(content, "facilities"), "ct-1")["stock"] == 60


def test_more_used_than_there_was() -> None:
    content = report([moved("received", 10, "2021-08-01"), moved("used", 11)])
    (row,) = table(content, "violations").rows
    assert (row.cells[0].flag, row.cells[5].value) == ("below_zero", None)
    assert values(table(content, "lots"), "ct-1|L1")["stock"] == -1


def test_what_was_there_before_nobody_knows_until_it_is_counted() -> None:
    assert values(table(report([moved("used", 5)]), "facilities"), "ct-1")["stock"] is None
    content = report([moved("used", 5, "2021-08-03"), moved("stock", 95, "2021-08-03"), moved("used", 5)])
    cell = values(table(content, "facilities"), "ct-1")
    assert (cell["stock"], cell["wrong"]) == (90, None)


def test_sessions_that_gave_other_than_was_used_are_flagged() -> None:
    content = report([moved("received", 10), moved("used", 5)], [session(6)])
    assert flags(table(content, "lots"), "ct-1|L1") == {"given": "given_differs"}


def test_a_site_that_told_nothing_of_the_day_is_named() -> None:
    sites = [facility("ct-1", kind="vaccination"), facility("ct-2", "742", "vaccination")]
    content = report([moved("stock", 3), moved("stock", 3, "2021-08-04", name="ct-2")], None, sites)
    assert content.completeness is not None
    assert content.completeness.missing == (("ct-2", "Khu ct-2"),)


def test_flows_of_a_period_and_the_stock_of_all_that_came_before() -> None:
    moves = [moved("received", 100, "2021-08-01"), moved("used", 30, "2021-08-02"), moved("used", 1)]
    row = values(table(report(moves, since=date(2021, 8, 5)), "districts"), "731")
    assert (row["received"], row["used"], row["stock"]) == (None, 1, 69)


def test_lots_at_risk_have_their_doses() -> None:
    content = report([moved("received", 120)], risks=[RISK])
    risks = table(content, "at_risk")
    row = values(risks, "i1|L1")
    assert (row["unit"], row["lot"], row["doses"], row["worst"]) == ("tu-1", "L1", 120, 11.5)
    assert flags(risks, "i1|L1") == {"minutes": "still_out"}
    assert values(risks, "total")["doses"] == 120
    assert table(report([], risks=[RISK], district="742"), "at_risk").rows == ()
    assert [note.code for note in report([]).notes] == ["balance", "risk_unknown"]


MOVES = st.fixed_dictionaries({}, optional=dict.fromkeys(MOVED, st.integers(0, 50)))


@given(st.lists(st.tuples(MOVES, st.sampled_from([None, 0, 0, 3])), max_size=8))
def test_a_book_is_wrong_exactly_where_somebody_counted_other(
    told: list[tuple[dict[str, int], int | None]],
) -> None:
    days, truth, wrong, book = [], 0, [], 0
    told = [({"received": 1000}, None), *told]
    for at, (moves, off) in enumerate(told):
        net = moves.get("received", 0) - sum(moves.get(kind, 0) for kind in MOVED[1:])
        truth += net
        book += net
        counted = None if off is None else truth + off
        if counted is not None and counted != book:
            wrong.append(at)
        if counted is not None:
            book = counted
        days.append(Day(at, moves, counted))
    stock, broken, checked = balanced(days)
    assert stock == book
    assert [one.day for one in broken] == wrong
    assert checked == sum(off is not None for _, off in told)
