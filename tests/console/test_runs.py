"""Runs before a real browser: a plate at a glance, whole or not, by the edge and by the store alone."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from api.console.analyzers import KINDS, run_condition
from api.console.pages.runs import together
from tests.api.lab_edge import COBAS, GENEXPERT
from tests.api.province import HOSTILE
from tests.console.conftest import LAPTOP, PHONE, Laboratory, fits, look_at, no_markup, shoot

ROOT = Path(__file__).parents[2]


def test_the_kinds_of_analyzers_are_those_of_the_family() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    kinds = project["entry-points"]["epihub.adapters"]
    assert {kind for kind, path in kinds.items() if path.startswith("adapters.lab_analyzers.")} == KINDS


def run(**more: Any) -> dict[str, Any]:
    told = dict.fromkeys(("total", "accounted", "controls", "unmapped", "quarantined", "discarded"), 0)
    told |= {"withdrawn": 0}
    return {**told, "opened": True, "calls": {}, "wells": [], "tests": [], "received": "", **more}


@pytest.mark.parametrize(
    ("told", "condition"),
    [
        ({"total": 94, "accounted": 94}, "ok"),
        ({"total": 94, "accounted": 93}, "warn"),
        ({"opened": False}, "unknown"),
    ],
)
def test_a_run_is_fine_when_every_well_is_accounted_for(told: dict[str, Any], condition: str) -> None:
    assert run_condition(run(**told)) == condition


def test_single_results_of_a_day_add_up() -> None:
    one = run(total=1, accounted=1, calls={"POS": 1}, wells=[1], tests=["T"], received="b")
    other = run(total=1, accounted=0, unmapped=1, calls={"UNMAPPED": 1}, wells=[2], tests=["T"], received="a")
    both = together([one, other])
    assert (both["total"], both["accounted"], both["unmapped"]) == (2, 1, 1)
    assert (both["calls"], both["wells"], both["received"]) == ({"POS": 1, "UNMAPPED": 1}, [1, 2], "b")


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("language", "size"), [("vi", LAPTOP), ("en", PHONE)])
def test_plates_and_single_results(
    laboratory: Laboratory, browser: Browser, language: str, size: tuple[int, int]
) -> None:
    watched = look_at(browser, laboratory.url, "/runs", language, size)
    cards = watched.page.locator(".eh-run")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("3/4")
    expect(cards.nth(0)).to_contain_text("hl7.no_test")
    expect(cards.nth(0).locator(".eh-well-waiting")).to_have_count(1)
    expect(cards.nth(1)).to_contain_text("24/24")
    expect(cards.nth(1).locator(".eh-well")).to_have_count(24)
    expect(cards.nth(1).locator(".eh-well-control")).to_have_count(2)
    expect(cards.nth(1).locator(".eh-well.eh-call-POS:not(.eh-well-control)")).to_have_count(2)
    expect(cards.nth(1).locator(".eh-well").nth(2)).to_have_attribute("title", "TG-01 · " + {
        "vi": "Âm tính", "en": "Negative"}[language])  # fmt: skip
    shoot(watched, f"runs.{language}")
    assert fits(watched)
    watched.page.get_by_role("combobox").click()
    watched.page.get_by_role("option", name=GENEXPERT).click()
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("hl7.no_specimen")
    expect(cards.get_by_role("heading")).to_contain_text(
        re.compile(r"\d\d/\d\d/20\d\d: 5 " + {"vi": "kết quả gửi lẻ", "en": "results sent"}[language])
    )
    expect(cards.locator(".eh-well").first).to_have_attribute("title", f"{HOSTILE} · " + {
        "vi": "Dương tính", "en": "Positive"}[language])  # fmt: skip
    shoot(watched, f"runs-single.{language}")
    no_markup(watched)
    assert watched.wrong == []


@pytest.mark.browser
@pytest.mark.slow
def test_a_run_opens_its_message_and_orders_without_result_are_named(
    laboratory: Laboratory, browser: Browser
) -> None:
    laboratory.background.run(laboratory.take(COBAS, "CHO-1"))
    watched = look_at(browser, laboratory.url, "/runs")
    watched.see("Máy đã nhận 1 chỉ định mà chưa có kết quả")
    watched.see("CHO-1")
    watched.page.locator(".eh-run").nth(1).get_by_role("button", name="Mở").click()
    expect(watched.page.locator(".eh-message .eh-fact")).to_have_count(24)
    assert watched.wrong == []
