"""Which orders an edge takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.edge.ordering import MOST_TESTS, Analyzer, GivenOrder, OrderRules, WrongOrder
from hub.pseudonyms import KeyedPseudonyms

KEYS = KeyedPseudonyms(b"k" * 32, weak=False)
TWO_SITES = OrderRules(
    {
        "pcr-1": Analyzer("lab", "", ""),
        "pcr-2": Analyzer("lab", r"B[0-9]{8}", r"B-[0-9]{3}"),
        "pcr-9": Analyzer("other", "", ""),
    },
    KEYS,
)
ONE_SITE = OrderRules({"pcr-1": Analyzer("lab", "", "")}, KEYS)


def order(**more: object) -> GivenOrder:
    told: dict[str, object] = {"order": "O-1", "specimen": "S-1", "tests": ("A",)}
    return GivenOrder(**(told | more))  # type: ignore[arg-type]


def wrong(rules: OrderRules, *orders: GivenOrder) -> list[WrongOrder]:
    return rules.check(orders, "lis")[1]


def test_the_site_is_the_devices_or_the_only_one() -> None:
    for rules, told, site in (
        (ONE_SITE, order(), "lab"),
        (TWO_SITES, order(device="pcr-9"), "other"),
        (TWO_SITES, order(site="other"), "other"),
    ):
        ((placing,), faults) = rules.check([told], "lis")
        assert (placing.site, placing.by, faults) == (site, "lis", [])


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (order(), ("site", "missing")),
        (order(site="nowhere"), ("site", "unknown")),
        (order(device="fridge-1"), ("device", "unknown")),
        (order(device="fridge-1", site="lab"), ("device", "unknown")),
        (order(device="pcr-1", site="other"), ("site", "of_another_device")),
        (order(device="pcr-2"), ("order", "pattern")),
        (order(device="pcr-2", order="B-001"), ("specimen", "pattern")),
        (order(site="other", specimen="B12 345"), ("specimen", "pattern")),
        (order(site="lab", specimen="O-075199012345"), ("specimen", "pattern")),
        (order(site="lab", tests=()), ("tests", "count")),
        (order(site="lab", tests=tuple(map(str, range(MOST_TESTS + 1)))), ("tests", "count")),
        (order(site="lab", tests=("A", "A")), ("tests", "repeated")),
    ],
)
def test_each_fault_has_its_field(told: GivenOrder, fault: tuple[str, str]) -> None:
    assert wrong(TWO_SITES, order(order="O-0", site="other"), told)[0] == WrongOrder(1, *fault)


def test_a_profiles_own_pattern_counts_where_its_device_may_get_the_order() -> None:
    ids = {"order": "B-001", "specimen": "B12345678"}
    assert wrong(TWO_SITES, order(device="pcr-2", **ids)) == []
    assert wrong(TWO_SITES, order(site="lab", **ids)) == []


def test_of_a_cancelled_one_only_the_number_counts() -> None:
    assert wrong(TWO_SITES, GivenOrder("O-1", cancelled=True)) == []
    assert wrong(TWO_SITES, *[GivenOrder("O-1", cancelled=True)] * 2) == [WrongOrder(1, "order", "repeated")]


@given(st.text(max_size=40))
def test_an_order_is_taken_under_the_specimens_that_a_result_shows(text: str) -> None:
    assert bool(wrong(ONE_SITE, order(specimen=text))) == (KEYS.label(text) != text)
