"""docs/alarms.md has every state, every kind of entry and every refusal."""

import re

from hub.alarms.incidents.actions import LONGEST_NOTE, LONGEST_SHELF_MS, LONGEST_SHELF_OF_LATCHING_MS
from hub.alarms.incidents.states import Kind, State
from tests.documents.pages import read
from tools.tree import ROOT

PAGE = read("docs/alarms.md")
SOURCES = [path.read_text("utf-8") for path in (ROOT / "hub/alarms/incidents").glob("*.py")]
REFUSALS = {code for source in SOURCES for code in re.findall(r'"(alarm\.[a-z_]+)"', source)}


def words(section: str) -> set[str]:
    rows = re.findall(r"^\| (`.+?`) \|", PAGE.section(section), re.MULTILINE)
    return {word for row in rows for word in re.findall(r"`([\w.]+)`", row)}


def test_states() -> None:
    assert words("States") == set(State)


def test_kinds() -> None:
    assert words("What the ledger tells") == set(Kind)


def test_refusals() -> None:
    assert words("What is refused") == REFUSALS


def test_bounds() -> None:
    assert (LONGEST_SHELF_MS, LONGEST_SHELF_OF_LATCHING_MS) == (12 * 3_600_000, 3_600_000)
    assert "a minute to 12 hours, one hour at most" in PAGE.section("States")
    assert f"over {LONGEST_NOTE} characters" in PAGE.section("What is refused")
