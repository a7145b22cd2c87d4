"""Pages of the log in folders: tests/cases/influx/<case>/{page.json, lines.txt}."""

import json
from pathlib import Path
from typing import Any

import msgspec

from hub.payloads import BY_TYPE
from storage.contract import LoggedEvent
from storage.influx.cardinality import SeriesLimit
from storage.influx.measurements.hub import HubSample
from storage.influx.pages import PageLines, PageOfLog
from storage.projections import (
    AnalyzerHour,
    AnalyzerHourKey,
    GateHourKey,
    GateHourRow,
    LogPage,
    Series,
    Standing,
)
from tests.influx.pages_in_parts import logged

FOLDER = Path(__file__).parents[1] / "cases" / "influx"
CASES = sorted(path.name for path in FOLDER.iterdir())


def lines_of_case(name: str) -> PageLines:
    """What a page of this case becomes, asked as a projector asks."""
    case = json.loads((FOLDER / name / "page.json").read_text("utf-8"))
    pages = PageOfLog(SeriesLimit())
    if "sample" in case:
        return pages.sample(HubSample(**case["sample"]))
    pages.know(Series(*each) for each in case.get("series", ()))
    events = [_event(each) for each in case.get("events", ())]
    instants = [(series, ts) for series, ts in case.get("instants", ())]
    found = pages.read(LogPage(events, 0, instants, [], []))
    found.settle(Standing(*each) for each in case.get("standing", ()))
    found.add_gate_hours(
        GateHourRow(GateHourKey(*key), tuple(counts)) for key, counts in case.get("gate_hours", ())
    )
    found.add_analyzer_hours(
        AnalyzerHour(AnalyzerHourKey(*key), call, results)
        for key, call, results in case.get("analyzer_hours", ())
    )
    return found


def said(found: PageLines) -> str:
    """As lines.txt has it: what is written with its number, then what cannot be."""
    written = [f"{number} {text}" for text, number in found.lines]
    return "\n".join([*written, *(f"{number} ! {reason}" for number, reason in found.unwritable)]) + "\n"


def _event(told: dict[str, Any]) -> LoggedEvent:
    payload = msgspec.convert(told["data"], BY_TYPE[told["type"]])
    return logged(told["number"], told["device"], told["time_ms"], payload, site=told["site"])
