"""Where a lot was: corrections, parts, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exposure.placement_checks import FUTURE_MS, OLDEST_MS, refusal, same
from hub.exposure.placements import Stay, history_of, place_now, standing, stays, told_thawed
from storage.lots import Placement

NOW = 1_795_000_000_000
DAY = 86_400_000


def row(number: int = 0, unit: str = "tu-01", days: float = 0, **changes: Any) -> Placement:
    made = Placement(
        number,
        "FD9234",
        "comirnaty",
        unit,
        100,
        "2027-01-31",
        "",
        NOW - round(days * DAY),
        None,
        0,
        "",
        "k1",
        NOW,
    )
    return made._replace(**changes)


def test_stays_follow_each_other_whatever_the_order_of_entry() -> None:
    rows = [row(1, "tu-02", 3), row(2, "tu-01", 9), row(3, "", 1, reason="used")]
    assert stays(standing(rows)) == [
        Stay("tu-01", NOW - 9 * DAY, NOW - 3 * DAY),
        Stay("tu-02", NOW - 3 * DAY, NOW - DAY),
    ]
    assert stays([]) == []


@given(
    st.permutations(
        [row(1, "a", 9), row(2, "b", 6), row(3, "b", 5), row(4, "", 2, reason="sent"), row(5, "a", 1)]
    )
)
def test_the_order_of_entry_has_no_part_in_it(rows: list[Placement]) -> None:
    renumbered = [one._replace(number=place) for place, one in enumerate(rows, 1)]
    found = stays(standing(renumbered))
    assert [(stay.unit, stay.from_ms) for stay in found] == [
        ("a", NOW - 9 * DAY),
        ("b", NOW - 6 * DAY),
        ("a", NOW - DAY),
    ]


def test_a_correction_takes_the_place_of_the_wrong_row() -> None:
    rows = [row(1, "tu-01", 9), row(2, "tu-02", 5), row(3, "tu-03", 4, corrects=2)]
    assert [stay.unit for stay in stays(standing(rows))] == ["tu-01", "tu-03"]
    mistaken = [*rows, row(4, "", 0, corrects=3, reason="mistake")]
    assert stays(standing(mistaken)) == [Stay("tu-01", NOW - 9 * DAY, None)]
    assert place_now(standing(mistaken), NOW) == rows[0]
    assert place_now(standing(mistaken), NOW - 10 * DAY) is None


def test_a_part_was_where_the_whole_was_until_it_went_its_own_way() -> None:
    whole = [row(1, "sau-01", 30), row(2, "tu-01", 10), row(5, "tu-09", 1)]
    part = [row(3, "tu-02", 5, lot="FD9234~2", thawed_ms=NOW - 11 * DAY)]
    history = history_of("FD9234~2", [*whole, *part])
    assert [stay.unit for stay in stays(history)] == ["sau-01", "tu-01", "tu-02"]
    assert [stay.unit for stay in stays(history_of("FD9234", [*whole, *part]))] == [
        "sau-01",
        "tu-01",
        "tu-09",
    ]
    assert told_thawed(history) == NOW - 11 * DAY
    assert told_thawed(whole) is None
    assert history_of("FD9234~3", whole) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"actor": ""}, "lot.no_actor"),
        ({"lot": "a b"}, "lot.bad_number"),
        ({"lot": "A~"}, "lot.bad_number"),
        ({"lot": "A" * 33}, "lot.bad_number"),
        ({"product": "aspirin"}, "lot.unknown_product"),
        ({"product": "vero-cell"}, "lot.other_product"),
        ({"expiry": "2027-02-30"}, "lot.bad_expiry"),
        ({"expiry": "20270131"}, "lot.bad_expiry"),
        ({"doses": 0}, "lot.bad_doses"),
        ({"vvm": "VVM5"}, "lot.bad_vvm"),
        ({"from_ms": NOW + FUTURE_MS + 1}, "lot.in_future"),
        ({"thawed_ms": NOW - OLDEST_MS - 1}, "lot.too_old"),
        ({"corrects": 7}, "lot.no_such_row"),
        ({"corrects": 2}, "lot.already_corrected"),
        ({"unit": "", "reason": ""}, "lot.bad_reason"),
        ({"unit": "", "reason": "eaten"}, "lot.bad_reason"),
        ({"reason": "used"}, "lot.bad_reason"),
        ({"unit": "Tủ 1"}, "lot.bad_unit"),
        ({"unit": "", "reason": "mistake"}, "lot.bad_reason"),
        ({"unit": "", "reason": "used", "from_ms": NOW - 20 * DAY}, "lot.not_placed"),
        ({"unit": "", "reason": "used"}, ""),
        ({"unit": "", "reason": "mistake", "corrects": 3}, ""),
        ({"product": "vero-cell", "corrects": 3}, "lot.other_product"),
        ({}, ""),
        ({"vvm": "VVM7", "thawed_ms": NOW - DAY, "doses": None}, ""),
    ],
)
def test_what_is_refused(changes: dict[str, Any], code: str) -> None:
    known = [row(1, days=9), row(2, "tu-02", 5), row(3, "tu-03", 4, corrects=2)]
    assert refusal(row(**changes), known, NOW) == code


def test_a_wrong_product_is_corrected_by_its_only_row_and_what_never_freezes_never_thaws() -> None:
    assert refusal(row(product="vero-cell", corrects=1), [row(1)], NOW) == ""
    assert refusal(row(product="vero-cell", thawed_ms=NOW), [], NOW) == "lot.never_frozen"
    assert refusal(row(), [row(1)] * 1000, NOW) == "lot.too_many_rows"


def test_what_was_sent_twice_is_known() -> None:
    known = [row(1, actor="k7", at_ms=5), row(2, "tu-02", 5)]
    assert same(row(), known) == known[0]
    assert same(row(doses=7), known) is None
    assert same(row(), [*known, row(3, "", corrects=1, reason="mistake")]) is None
