"""What the style sheets promise, before a real browser: focus that is seen, signs that no frame colours."""

import pytest
from playwright.sync_api import Browser, expect

from api.console.outcome import CALLS
from tests.console.conftest import LAPTOP, PHONE, Laboratory, look_at

pytestmark = [pytest.mark.browser, pytest.mark.slow]
_COLOURS = """calls => {
  const frame = document.body.appendChild(document.createElement("div"));
  frame.className = "eh-is-ok";
  const colour = name => {
    const chip = frame.appendChild(document.createElement("span"));
    chip.className = name;
    return getComputedStyle(chip).color;
  };
  return Object.fromEntries(["frame", ...calls].map(call => [call, colour("eh-chip eh-call-" + call)]));
}"""
# A field's border of two pixels comes by degrees: nothing is asked of it.
_SEEN = """() => {
  const shown = document.activeElement, style = getComputedStyle(shown);
  const outlined = style.outlineStyle !== "none" && style.outlineWidth !== "0px";
  const seen = style.boxShadow !== "none" || outlined || shown.closest(".q-field") !== null;
  return [shown.getAttribute("role") || shown.tagName, seen ? "" : shown.outerHTML];
}"""


def test_only_negative_is_green_whatever_it_stands_in(laboratory: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory.url, "/health")
    colours = watched.page.evaluate(_COLOURS, list(CALLS))
    green = colours.pop("frame")
    assert [call for call, colour in colours.items() if colour == green] == ["NEG"]


def test_the_keyboard_sees_where_it_is(laboratory: Laboratory, browser: Browser) -> None:
    watched = look_at(browser, laboratory.url, "/captures")
    expect(watched.page.locator(".eh-entry").first).to_be_visible()
    kinds: set[str] = set()
    for _ in range(60):  # past every page of the navigation, and what stands above the list
        watched.page.keyboard.press("Tab")
        kind, unseen = watched.page.evaluate(_SEEN)
        kinds.add(kind)
        assert unseen == "" or kind == "BODY"
        if {"A", "BUTTON", "checkbox"} <= kinds:
            break
    assert {"A", "BUTTON", "checkbox"} <= kinds


@pytest.mark.parametrize(("size", "columns"), [((1600, 900), 6), (LAPTOP, 3), (PHONE, 2), ((340, 700), 1)])
def test_six_tiles_fill_their_rows(
    laboratory: Laboratory, browser: Browser, size: tuple[int, int], columns: int
) -> None:
    watched = look_at(browser, laboratory.url, "/", size=size)
    tiles = watched.page.locator(".eh-tiles-six .eh-tile")
    expect(tiles).to_have_count(6)
    left = {round(box["x"]) for tile in tiles.all() if (box := tile.bounding_box())}
    assert len(left) == columns
    names = watched.page.locator(".eh-panels .eh-row .eh-strong")
    expect(names.first).to_be_visible()
    assert names.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)") or columns == 1
