"""The clock of a lot: from which moment it is thawed, what counts as out of range, when it must go."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.exposure.products import products
from hub.exposure.stretches import Stretch
from hub.exposure.thaw_clock import LotLife, ThawClock, thaw_clock
from tests.exposure.held import DAY, HOUR, MINUTE, stay

YEAR = 365 * DAY
EXPIRES = 200 * DAY


def clock(*held: Stretch, product: str = "comirnaty", end: int | None = None, **changes: Any) -> ThawClock:
    span = (0, held[-1].to_ms if end is None else end)
    return thaw_clock(LotLife(products()[product], span, held, EXPIRES, **changes))


def test_frozen_as_it_should_be_it_lasts_until_it_expires() -> None:
    found = clock(stay(240, -75.0))
    assert (found.thawed_ms, found.out_ms, found.unseen_ms, found.discard_ms) == (None, 0, 0, EXPIRES)
    assert found.flags(products()["comirnaty"], 240 * HOUR, EXPIRES) == ()
    assert found.flags(products()["comirnaty"], EXPIRES, EXPIRES) == ("EXPIRED",)


def test_the_clock_starts_when_it_leaves_the_freezer() -> None:
    found = clock(stay(24, -75.0), stay(48, 4.0, 24))
    assert (found.thawed_ms, found.inferred) == (24 * HOUR, False)
    assert (found.fridge_ms, found.out_ms) == (48 * HOUR, 0)
    assert found.discard_ms == 24 * HOUR + 31 * DAY
    assert found.flags(products()["comirnaty"], found.discard_ms - 1, EXPIRES) == ()
    assert found.flags(products()["comirnaty"], found.discard_ms, EXPIRES) == ("THAW_OVER",)


def test_what_nobody_saw_before_it_was_found_thawed_counts_as_thawed() -> None:
    found = clock(stay(24, -75.0), stay(10, 4.0, 30))
    assert (found.thawed_ms, found.inferred, found.unseen_ms) == (24 * HOUR, True, 6 * HOUR)
    never_seen_frozen = clock(stay(10, 4.0, 2))
    assert (never_seen_frozen.thawed_ms, never_seen_frozen.inferred) == (0, True)


def test_half_an_hour_above_zero_thaws_and_less_is_an_excursion() -> None:
    short = clock(
        stay(1, -20.0), Stretch(HOUR, HOUR + 29 * MINUTE, 1000), stay(1, -20.0, 2), product="spikevax"
    )
    assert (short.thawed_ms, short.above_ms) == (None, 29 * MINUTE)
    long = clock(stay(1, -20.0), Stretch(HOUR, HOUR + 30 * MINUTE, 1000), product="spikevax")
    assert long.thawed_ms == HOUR
    broken = [Stretch(n * HOUR, n * HOUR + 20 * MINUTE, 3000) for n in range(3)]
    assert clock(*broken, product="spikevax").thawed_ms is None


def test_somebody_may_know_of_an_earlier_thaw_than_the_readings() -> None:
    told = clock(stay(10, 4.0, 50), thawed_ms=-5 * DAY)
    assert (told.thawed_ms, told.inferred, told.discard_ms) == (-5 * DAY, False, 26 * DAY)
    assert clock(stay(10, 4.0), thawed_ms=3 * HOUR).thawed_ms == 0
    assert clock(stay(10, -75.0), thawed_ms=3 * HOUR).thawed_ms == 3 * HOUR


def test_frozen_again_is_said_with_its_time_and_unseen_time_does_not_prove_it() -> None:
    thawed = stay(24, 4.0)
    again = clock(thawed, stay(24, -20.0, 24), product="spikevax")
    assert (again.frozen_ms, again.below_ms) == (24 * HOUR, 24 * HOUR)
    assert again.flags(products()["spikevax"], 48 * HOUR, EXPIRES) == ("REFROZEN",)
    halves = [Stretch(24 * HOUR, 24 * HOUR + 50 * MINUTE, -600), stay(0.5, -600 / 1000, 25)]
    assert clock(thawed, *halves).frozen_ms is None
    assert clock(stay(1, -0.5), product="astrazeneca").frozen_ms == 0
    assert clock(stay(1, -0.499), product="astrazeneca").frozen_ms is None
    assert clock(stay(1, -5.0), product="epi").flags(products()["epi"], HOUR, EXPIRES) == ("FROZEN",)


def test_out_of_range_is_that_of_its_phase() -> None:
    parts = [stay(10, -75.0), stay(1, -95.0, 10), stay(2, -40.0, 11), stay(5, 4.0, 13), stay(3, 9.0, 18)]
    found = clock(*parts, stay(4, 1.0, 21))
    assert (found.above_ms, found.below_ms, found.fridge_ms) == (5 * HOUR, 5 * HOUR, 5 * HOUR)


def test_at_minus_20_comirnaty_may_be_two_weeks_all_together() -> None:
    parts = [stay(13 * 24, -20.0), stay(24, -75.0, 13 * 24)]
    assert not clock(*parts).freezer_over
    over = clock(*parts, stay(25, -20.0, 14 * 24))
    assert (over.freezer_over, over.out_ms) == (True, 0)
    assert over.flags(products()["comirnaty"], HOUR, EXPIRES) == ("FREEZER_OVER",)


def test_sputnik_must_go_once_it_thaws_and_expiry_goes_before_all() -> None:
    sputnik = clock(stay(1, -20.0), stay(1, 4.0, 1), product="sputnik-v-frozen")
    assert sputnik.discard_ms == HOUR
    late = thaw_clock(LotLife(products()["comirnaty"], (0, HOUR), [stay(1, 4.0)], 10 * DAY))
    assert late.discard_ms == 10 * DAY


def test_a_product_of_the_fridge_has_no_thaw() -> None:
    found = clock(stay(10, 5.0), stay(1, 12.0, 10), product="vero-cell", end=12 * HOUR)
    assert (found.thawed_ms, found.discard_ms) == (None, EXPIRES)
    assert (found.fridge_ms, found.above_ms, found.unseen_ms) == (10 * HOUR, HOUR, HOUR)


def test_every_product_has_a_source_and_what_thaws_has_its_days() -> None:
    assert {"comirnaty", "spikevax", "sputnik-v-frozen", "astrazeneca", "vero-cell"} <= products().keys()
    for product in products().values():
        assert product.source
        assert bool(product.frozen) == (product.thawed_days is not None)
        assert all(one.allowed.low < one.allowed.high < 0 for one in product.frozen)


PARTS = st.lists(
    st.tuples(st.integers(5, 600), st.sampled_from([-75_000, -20_000, -700, 500, 4000, 9000, None]))
)


@given(PARTS, st.data())
@pytest.mark.parametrize("product", ["comirnaty", "astrazeneca"])
def test_cutting_stretches_changes_nothing(
    product: str, parts: list[tuple[int, int | None]], data: st.DataObject
) -> None:
    whole: list[Stretch] = []
    cut: list[Stretch] = []
    at = 0
    for minutes, value in parts:
        end = at + minutes * MINUTE
        if value is not None:
            middle = data.draw(st.integers(at, end))
            whole.append(Stretch(at, end, value))
            cut += [one for one in (Stretch(at, middle, value), Stretch(middle, end, value)) if one.length_ms]
        at = end
    found = clock(*whole, product=product, end=at)
    assert clock(*cut, product=product, end=at) == found
    assert found.fridge_ms + found.out_ms + found.unseen_ms <= at
    assert found.held.seen_ms + found.unseen_ms == at
