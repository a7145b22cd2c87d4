"""Laboratory results: one row a result, one row a target, and every version there was."""

from collections.abc import Iterator
from typing import Any

from hub.events import decode_data, decode_event, parse_time
from hub.payloads import LabResult, Target
from storage.exporting.columns import (
    PLACE,
    Row,
    integer,
    number,
    person,
    text,
    time,
    truth,
)
from storage.exporting.moment import Found
from storage.exporting.table import BODIES_AT_ONCE, SqlTable

_RESULT = (
    text("id", "id of the event"),
    time("time", "of the observation"),
    time("received", "when the edge had it"),
    *PLACE,
    person("specimen", "id of the specimen"),
    person("order", "id of the order"),
    person("person", "pseudonym of the patient"),
    text("test", "code of the test, as the analyzer names it"),
    text("test_text", "its name"),
    text("loinc", "its LOINC code, where one is known"),
    text("call", "`POS` `NEG` `INVALID` `ERROR` `NO_RESULT` `INDETERMINATE` `UNMAPPED`"),
    text("status", "`P` preliminary, `F` final, `C` corrected, `X` cannot be had, `D` withdrawn"),
    truth("control", "a control, not a patient's specimen"),
    integer("targets", "how many targets it has"),
    text("model", "of the analyzer, as its profile names it"),
    text("serial", "of the analyzer, as it sent it"),
    text("timesource", "where `time` is from: `observation`, `message` or `received`"),
)
_TARGET = (
    text("result", "`id` of the result"),
    time("time", "of the observation"),
    *PLACE,
    text("test", "code of the test"),
    integer("position", "1 for the first target of a result"),
    text("target", "code of the target"),
    text("target_text", "its name"),
    text("target_loinc", "its LOINC code"),
    text("call", "of the target, as of a result"),
    number("value", "what was measured"),
    text("comparator", "`<` `<=` `>` `>=`: the value is a bound"),
    text("unit", "of the value (UCUM)"),
    number("ct", "cycles; empty: none"),
    text("flags", "with `|` between them"),
)
_VERSIONS = (
    truth("current", "lists and counts show this version"),
    text("supersedes", "id of the event whose place it takes"),
)
_CURRENT = """
SELECT lab_result.current, event.body FROM lab_result JOIN event ON event.number = lab_result.number
WHERE lab_result.current = TRUE AND lab_result.time_ms >= $1 AND lab_result.time_ms < $2
"""
_ALL = """
SELECT lab_result.current, event.body FROM lab_result JOIN event ON event.number = lab_result.number
WHERE lab_result.time_ms >= $1 AND lab_result.time_ms < $2
"""
_BY_TIME = "ORDER BY lab_result.time_ms, lab_result.number"
_BY_NUMBER = "ORDER BY lab_result.number"


def _results(found: Found) -> Iterator[Row]:
    yield _row(found[1])[0]


def _versions(found: Found) -> Iterator[Row]:
    current, body = found
    row, supersedes = _row(body)
    yield (*row, bool(current), supersedes)


def _row(body: bytes) -> tuple[Row, str | None]:
    """A result, and what it supersedes."""
    event = decode_event(body)
    result: Any = decode_data(event)
    assert isinstance(result, LabResult)
    test, analyzer = result.test, result.analyzer
    named = (
        event.id,
        parse_time(event.time),
        parse_time(event.received),
        event.site,
        event.edge,
        event.device,
    )
    people = (result.specimen, result.order, result.person)
    said = (test.code, test.text, test.loinc, result.call, result.status, result.control)
    rest = (len(result.targets), analyzer.model, analyzer.serial, event.timesource)
    return (*named, *people, *said, *rest), event.supersedes or None


def _targets(found: Found) -> Iterator[Row]:
    event = decode_event(found[1])
    result: Any = decode_data(event)
    assert isinstance(result, LabResult)
    whose = (event.id, parse_time(event.time), event.site, event.edge, event.device, result.test.code)
    for place, target in enumerate(result.targets, 1):
        yield (*whose, place, *_target(target))


def _target(target: Target) -> Row:
    named = (target.code, target.text, target.loinc, target.call)
    return (*named, target.value, target.comparator, target.unit, target.ct, "|".join(target.flags) or None)


TABLES = (
    SqlTable(
        "results", "Laboratory results as lists show them, one row each, by time.", _RESULT, _CURRENT,
        _BY_TIME, "time", _results, at_once=BODIES_AT_ONCE,
    ),
    SqlTable(
        "result_versions", "Every version of every result, in the order in which they came.",
        (*_RESULT, *_VERSIONS), _ALL, _BY_NUMBER, "time", _versions, at_once=BODIES_AT_ONCE,
    ),
    SqlTable(
        "result_targets", "What `results` measured: one row for each target (gene, analyte).", _TARGET,
        _CURRENT, _BY_TIME, "time", _targets, at_once=BODIES_AT_ONCE,
    ),
)  # fmt: skip
