"""An order placed by hand: the API's checks, faults beside their fields, and a real edge that has it then."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from api.console.wording import texts
from api.edge.order_dialog import FAULTS, PRIORITIES
from api.edge.order_form import checked, faults_of, offered, suggested_number
from api.problems import Problem
from hub.pseudonyms import KeyedPseudonyms
from tests.api.lab_edge import COBAS, GENEXPERT
from tests.console.conftest import LAPTOP, PHONE, Laboratory, fits, look_at, shoot, sign_in

KEYS = KeyedPseudonyms(b"k" * 32, weak=True)
FILLED = {"specimen": "TN-1", "tests": ["94500-6"], "order": "O-1", "priority": "STAT", "site": None}
ANALYZERS = [
    {"id": "a", "site": "s", "tests": [{"code": "X", "text": "Ex"}]},
    {"id": "b", "site": "t", "tests": [{"code": "Y", "text": ""}]},
]


def test_a_whole_form_is_the_order_that_the_api_would_take() -> None:
    order, faults = checked(FILLED)
    assert (order and order.told(), faults) == (
        {
            "order": "O-1",
            "specimen": "TN-1",
            "tests": ["94500-6"],
            "priority": "STAT",
            "specimen_type": "",
            "cancelled": False,
            "collected_ms": None,
        },
        {},
    )


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"specimen": ""}, {"specimen": "missing"}),
        ({"specimen": "", "tests": []}, {"specimen": "missing", "tests": "missing"}),
        ({"order": ""}, {"order": "missing"}),
        ({"specimen": "Nguyễn Văn A"}, {"specimen": "pattern"}),
        ({"order": "9" * 65}, {"order": "pattern"}),
        ({"tests": ["T", "é"]}, {"tests": "pattern"}),
        ({"tests": [f"T{n}" for n in range(65)]}, {"tests": "count"}),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changed: dict[str, Any], faults: dict[str, str]) -> None:
    assert checked(FILLED | changed) == (None, faults)


@pytest.mark.parametrize(
    ("problem", "faults"),
    [
        (
            Problem(422, "request.invalid", errors=[{"field": "0.specimen", "code": "pattern"}]),
            {"specimen": "pattern"},
        ),
        (
            Problem(409, "order.other_content", errors=[{"field": "0.order", "code": "other_content"}]),
            {"order": "other_content"},
        ),
        (Problem(503, "orders.full", errors=[{"field": "0.order", "code": "full"}]), {"": "orders.full"}),
        (Problem(503, "edge.away"), {"": "edge.away"}),
        (Problem(422, "request.invalid", errors=[{"field": "0.x", "code": "y"}]), {"": "request.invalid"}),
    ],
)
def test_what_the_edge_refuses_is_told_where_it_belongs(problem: Problem, faults: dict[str, str]) -> None:
    assert faults_of(problem) == faults


def test_the_analyzer_that_is_chosen_says_what_can_be_chosen() -> None:
    assert offered(ANALYZERS, "", "") == {"X": "X · Ex", "Y": "Y"}
    assert offered(ANALYZERS, "a", "t") == {"X": "X · Ex"}
    assert offered(ANALYZERS, "", "t") == {"Y": "Y"}


@given(st.integers(1_577_836_800, 7_258_118_399))
def test_a_suggested_number_passes_for_no_persons_id(at_s: int) -> None:
    number = suggested_number(datetime.fromtimestamp(at_s, UTC))
    assert KEYS.label(number) == number


def test_every_fault_has_words() -> None:
    known = set(texts("vi"))
    assert {f"order_fault.{fault}" for fault in FAULTS} == {key for key in known if "order_fault." in key}
    assert {f"order.{name}" for name in PRIORITIES} <= known


def open_form(page: Page, place: str) -> None:
    page.get_by_role("button", name=place).click()
    expect(page.locator(".eh-order-form")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option).click()


def type_code(page: Page, code: str) -> None:
    """No option fits it: until the list is gone, Enter would choose the one that is marked. It comes back
    for the next code; a key pressed before that closes nothing."""
    page.keyboard.type(code)
    expect(page.get_by_role("option")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("option").first).to_be_visible()


class SlowLine:
    """What the server tells a page is kept back until ``release``."""

    def __init__(self, page: Page) -> None:
        self._kept: list[Callable[[], None]] | None = None
        page.route_web_socket(re.compile(".*"), self._join)

    def hold(self) -> None:
        self._kept = []

    def release(self) -> None:
        kept, self._kept = self._kept or [], None
        for tell in kept:
            tell()

    def _join(self, near: WebSocketRoute) -> None:
        far = near.connect_to_server()

        def tell(message: str | bytes) -> None:
            if self._kept is None:
                near.send(message)
            else:
                self._kept.append(partial(near.send, message))

        far.on_message(tell)


@pytest.mark.browser
@pytest.mark.slow
def test_on_a_slow_line_a_second_test_leaves_the_first(
    laboratory_apart: Laboratory, browser: Browser
) -> None:
    say = texts("vi")
    watched = look_at(browser, laboratory_apart.url, "/login")
    page, form = watched.page, watched.page.locator(".eh-order-form")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    line = SlowLine(page)
    page.goto(f"{laboratory_apart.url}/orders")
    open_form(page, say["order.place"])
    choose(page, say["result.analyzer"], COBAS)
    tests = f"{say['order.tests']} · {COBAS}"
    expect(page.get_by_label(tests, exact=True)).to_be_visible()  # the server drew it anew for the analyzer
    line.hold()
    choose(page, tests, "0BHIV1 ·")
    type_code(page, "OWN-1")
    line.release()
    expect(form.locator(".q-chip")).to_contain_text(["0BHIV1 · HIV-1 RNA", "OWN-1"])
    page.keyboard.press("Escape")
    form.get_by_label(say["result.specimen"]).fill("SLOW-1")
    form.get_by_role("button", name=say["order.place"]).click()
    expect(form).to_be_hidden()
    (order,) = laboratory_apart.background.run(_orders(laboratory_apart.there.edge.outlets[COBAS], "SLOW-1"))
    assert order.tests == ("0BHIV1", "OWN-1")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_placed_by_hand_after_its_faults_are_mended(
    laboratory_apart: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    say = texts("vi" if language == "vi" else "en")
    watched = look_at(browser, laboratory_apart.url, "/login", "vi", size)
    page, form = watched.page, watched.page.locator(".eh-order-form")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    page.goto(f"{laboratory_apart.url}/preferences?language={language}&next=/orders")
    open_form(page, say["order.place"])
    form.get_by_role("button", name=say["order.place"]).click()
    expect(form).to_contain_text(say["order_fault.specimen_missing"])
    expect(form).to_contain_text(say["order_fault.tests_missing"])
    specimen = form.get_by_label(say["result.specimen"])
    specimen.fill("012345678")
    expect(form).not_to_contain_text(say["order_fault.specimen_missing"])
    choose(page, say["result.analyzer"], COBAS)
    choose(page, f"{say['order.tests']} · {COBAS}", "0BHIV1 ·")
    type_code(page, "OWN-1")
    expect(form.locator(".q-chip")).to_contain_text(["0BHIV1 · HIV-1 RNA", "OWN-1"])
    page.keyboard.press("Escape")
    form.get_by_role("button", name="STAT" if language == "en" else "KHẨN").click()
    form.get_by_role("button", name=say["order.place"]).click()
    expect(form).to_contain_text(say["order_fault.specimen_pattern"])
    shoot(watched, f"order-form.{language}")
    assert fits(watched)
    specimen.fill(f"TAY-{language}")
    form.get_by_role("button", name=say["order.place"]).click()
    placed = page.locator(".eh-entry", has_text=f"TAY-{language}")
    expect(placed).to_contain_text("OWN-1")
    expect(placed).to_contain_text(say["order.PLACED"])
    expect(placed).to_contain_text(COBAS)
    expect(form).to_be_hidden()
    outlet = laboratory_apart.there.edge.outlets[COBAS]
    (order,) = laboratory_apart.background.run(_orders(outlet, f"TAY-{language}"))
    assert (order.tests, order.priority) == (("0BHIV1", "OWN-1"), "STAT")
    placed.get_by_role("button", name=say["order.cancel"]).click()
    page.locator(".eh-dialog").get_by_role("button", name=say["order.cancel"]).click()
    expect(placed).to_contain_text(say["order.CANCELLED"])
    assert watched.wrong == []


async def _orders(outlet: Any, specimen: str) -> Any:
    return await outlet.orders(specimen)


@pytest.mark.browser
@pytest.mark.slow
def test_a_number_that_stands_is_told_and_a_reporter_places_nothing(
    laboratory_apart: Laboratory, browser: Browser
) -> None:
    told = {"order": "SO-1", "specimen": "XN-SO", "tests": ["94500-6"], "device": GENEXPERT}
    laboratory_apart.background.run(laboratory_apart.place(told))
    laboratory_apart.background.run(laboratory_apart.hand_over(GENEXPERT, "XN-SO"))
    watched = look_at(browser, laboratory_apart.url, "/login")
    page, form = watched.page, watched.page.locator(".eh-order-form")
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("reporter"))
    page.goto(f"{laboratory_apart.url}/orders")
    expect(page.locator(".eh-entry").first).to_be_visible()
    expect(page.get_by_role("button", name="Đặt chỉ định")).to_have_count(0)
    sign_in(watched, laboratory_apart.url, laboratory_apart.key("operator"))
    page.goto(f"{laboratory_apart.url}/orders")
    open_form(page, "Đặt chỉ định")
    form.get_by_label("Mẫu").fill("XN-SO")
    form.get_by_label("Mẫu").press("Enter")
    expect(form.get_by_label("Xét nghiệm")).to_be_focused()
    type_code(page, "94533-7")
    expect(form.locator(".q-chip")).to_contain_text(["94533-7"])
    form.get_by_label("Số chỉ định").fill("SO-1")
    form.get_by_role("button", name="Đặt chỉ định").click()
    expect(form).to_contain_text("Số này đã có chỉ định với nội dung khác")
    form.get_by_role("button", name="Thôi").click()
    expect(form).to_be_hidden()
    assert watched.wrong == []
