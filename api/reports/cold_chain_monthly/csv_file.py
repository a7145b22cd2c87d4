"""The monthly report as CSV."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from api.console.wording import Language, Wording
from api.reports.canonical_json import digest, revision
from api.reports.csv_sheet import Line, sheet
from api.reports.report import Facts

_TABLES = ("days", "excursions", "incidents", "lots", "calibrations")
_KEYS = {"days": "day", "incidents": "id", "lots": "id"}


def csv_file(facts: Facts, language: Language) -> bytes:
    """Every figure a line; times in UTC, as in the JSON. The hash stands first."""
    say = Wording(language, ZoneInfo(facts["period"]["timezone"]))
    return sheet(_lines(facts, say))


def _lines(facts: Facts, say: Wording) -> Iterator[Line]:
    told = digest(facts)
    head = {"name": facts["report"], "sha256": told, "revision": revision(told), "hub": facts["hub"]}
    for section, values in (("report", head), ("unit", facts["unit"]), ("period", facts["period"])):
        yield from _fields(section, "", values, say)
    yield from _fields("figures", "", facts["figures"], say)
    yield from _checks(facts["checks"], say)
    for name in _TABLES:
        for place, row in enumerate(facts[name], 1):
            item = str(row[_KEYS[name]]) if name in _KEYS else str(place)
            yield from _fields(name, item, row, say)


def _checks(found: Facts, say: Wording) -> Iterator[Line]:
    yield from _fields("checks", "", {"expected": found["expected"], "done": found["done"]}, say)
    for look in found["looks"]:
        yield from _fields(
            "checks", f"{look['day']} {look['round']}", {"at": look["at"], "by": look["by"]}, say
        )
    for look in found["missed"]:
        yield from _fields("checks", f"{look['day']} {look['round']}", {"missed": True}, say)


def _fields(section: str, item: str, values: Facts, say: Wording) -> Iterator[Line]:
    """A line for each value, with what is inside of objects and lists by their names and places."""
    for name, value in values.items():
        for path, leaf in _leaves(name, value):
            yield section, item, path, leaf, say.named("report", f"field_{name}")


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value, 1):
            yield from _leaves(f"{path}.{place}", inner)
    else:
        yield path, value
