"""What tests of cameras' pages do before they look: cameras in every state, and the wall once it is known."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from hub.streams.clock import now_ms
from tests.console.camera_data import HOUR_MS, away, faulty, well
from tests.console.camera_site import CAMERAS, PRIVATE, CameraSite
from tests.console.conftest import SCREENSHOTS, Watched, watch

GATE, STORE, HALL, CORRIDOR = CAMERAS


def fill(site: CameraSite) -> None:
    """One is well, one refused our password, one is covered, one fell silent, one keeps no pictures."""
    began_ms = now_ms() - 2 * HOUR_MS
    site.tells(GATE, well(began_ms))
    site.tells(STORE, away("unauthorized", began_ms))
    site.tells(HALL, faulty(began_ms, covered=1.7, blur=1.1))
    site.tells(CORRIDOR, well(began_ms), ago_ms=HOUR_MS)
    site.tells(PRIVATE, well(began_ms, snapshot=False))
    for seed, (name, ago_ms) in enumerate([(GATE, 0), (STORE, 2 * HOUR_MS), (HALL, 0), (CORRIDOR, 0)]):
        site.shows(name, seed, ago_ms=ago_ms)


def shoot_all(watched: Watched, name: str) -> None:
    """The whole page, for eyes."""
    watched.page.wait_for_function("document.fonts.status === 'loaded'")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    watched.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def tile(page: Page, name: str) -> Locator:
    return page.locator(".eh-cam", has=page.get_by_text(name, exact=True))


def names(page: Page) -> list[str]:
    """In their order on the page."""
    return page.locator(".eh-cam-name").all_text_contents()


def opened(browser: Browser, site: CameraSite, language: str = "vi", *, dark: bool = False) -> Watched:
    """The wall once all of it is known, and in its order."""
    watched = watch(browser, site.url, language, dark=dark)
    page = watched.page
    page.goto(f"{site.url}/cameras")
    expect(page.locator(".eh-cam")).to_have_count(len(CAMERAS) + 1)
    for name, condition in (
        (STORE, "bad"),
        (HALL, "bad"),
        (CORRIDOR, "unknown"),
        (GATE, "ok"),
        (PRIVATE, "ok"),
    ):
        expect(tile(page, name)).to_have_class(re.compile(f"eh-is-{condition}"))
    page.evaluate("CameraWall.arrange()")
    return watched
