"""Gates: scans with what was decided and who went, passages, counts by the hour and of zones."""

from collections.abc import Iterator

from hub.events import parse_time
from hub.identity import id_text
from storage.exporting.columns import (
    DEVICE,
    EDGE,
    PLACE,
    SITE,
    Row,
    fitting,
    in_order,
    integer,
    number,
    person,
    text,
    time,
    truth,
)
from storage.exporting.moment import Found
from storage.exporting.table import BODIES_AT_ONCE, SqlTable
from storage.gates import COUNTED, HOUR_MS
from storage.scan_rows import scan_item

_ZONE = text("zone", "where the gate leads")
_SCAN = (
    text("id", "id of the scan's event; where a person opened by hand, of the decision's"),
    time("time", "of the scan, by the gate's clock"),
    time("received", "when the edge had it"),
    *PLACE,
    _ZONE,
    person("visit", "pseudonym of the visitor within one week; empty: nobody's, or blanked"),
    text("payload_kind", "kind of code; empty: opened by hand"),
    text("direction", "`in` `out`, as the gate is set up"),
    text("age_band", "`0-17` `18-49` `50-64` `65+`"),
    text("sex", "`M` `F`"),
    text("district", "its code in the province's table"),
    text("decision", "`allow` `deny` `hold` `alert` `retry` `duplicate` `manual`"),
    text("reason", "a code ([decisions](gates.md#decisions--quyết-định))"),
    text("rule", "the question that decided"),
    text("remarks", "codes of what was odd, with `|` between them"),
    integer("rules_version", "version of the gate's rules"),
    number("took_ms", "from the code to the decision, milliseconds"),
    time("passage_time", "when somebody went; empty: nobody"),
    text("passage_direction", "`in` `out`"),
    truth("passage_confirmed", "a sensor saw it; false: inferred from the decision"),
)
_PASSAGE = (
    text("id", "id of the event"),
    time("time", "of the passage, by the gate's clock"),
    time("placed", "when it counts"),
    *PLACE,
    _ZONE,
    text("direction", "`in` `out`"),
    truth("confirmed", "a sensor saw it; false: inferred from the decision"),
    truth("scanned", "of a scan; false: nobody's (forced, or opened by hand)"),
)
_HOUR = (
    time("hour", "when the UTC hour begins"),
    SITE,
    EDGE,
    _ZONE,
    DEVICE,
    *(integer(name, f"decisions: {name}") for name in COUNTED[:7]),
    *(integer(name, f"passages: {name.replace('_', ', ')}") for name in COUNTED[7:]),
)
_COUNT = (
    time("time", "when it counts"),
    *PLACE,
    _ZONE,
    text("cause", "`hourly`: the edge's count; `set`: a person counted"),
    integer("count", "how many were in"),
    person("actor", "id of the user who set it"),
)
_SCANS = """
SELECT decided.body, scanned.body, went.body
FROM gate_decision AS decision
JOIN event AS decided ON decided.number = decision.number
LEFT JOIN gate_scan AS scan ON scan.edge = decision.edge AND scan.scan = decision.scan AND scan.current = TRUE
LEFT JOIN event AS scanned ON scanned.number = scan.number
LEFT JOIN gate_passage AS passage
    ON passage.edge = decision.edge AND passage.scan = decision.scan AND passage.current = TRUE
LEFT JOIN event AS went ON went.number = passage.number
WHERE decision.current = TRUE AND decision.time_ms >= $1 AND decision.time_ms < $2
"""
_PASSAGES = """
SELECT event.id, event.time_ms, passage.placed_ms, passage.site, passage.edge, passage.device, passage.zone,
    passage.direction, passage.confirmed, passage.scan IS NOT NULL
FROM gate_passage AS passage JOIN event ON event.number = passage.number
WHERE passage.current = TRUE AND passage.placed_ms >= $1 AND passage.placed_ms < $2
"""
_HOURS = """
SELECT hour, site, edge, zone, device, allow, deny, hold, alert, retry, duplicate, manual,
    seen_in, inferred_in, seen_out, inferred_out
FROM gate_hour WHERE hour * 3600000 >= $1 AND hour * 3600000 < $2
"""
_COUNTS = """
SELECT placed_ms, site, edge, device, zone, cause, count, actor FROM gate_count
WHERE placed_ms >= $1 AND placed_ms < $2
"""
_PASSED = ("time", "direction", "confirmed")


def _scan(found: Found) -> Iterator[Row]:
    told = scan_item(*found)
    passage = told["passage"] or dict.fromkeys(_PASSED)
    told |= {f"passage_{name}": passage[name] for name in _PASSED}
    told |= {name: _ms(told[name]) for name in ("time", "received", "passage_time")}
    told["rules_version"] = fitting(told["rules_version"])
    yield in_order(_SCAN, told | {"remarks": "|".join(told["remarks"]) or None})


def _passage(found: Found) -> Iterator[Row]:
    identity, *rest, confirmed, scanned = found
    yield (id_text(identity), *rest, bool(confirmed), bool(scanned))


def _hour(found: Found) -> Iterator[Row]:
    yield (found[0] * HOUR_MS, *found[1:])


def _count(found: Found) -> Iterator[Row]:
    yield (*found[:-1], found[-1] or None)


def _ms(told: str | None) -> int | None:
    return None if told is None else parse_time(told)


TABLES = (
    SqlTable(
        "scans", "Codes shown at gates, with the decision and who went, by time.", _SCAN, _SCANS,
        "ORDER BY decision.time_ms, decision.number", "time", _scan, at_once=BODIES_AT_ONCE,
    ),
    SqlTable(
        "passages", "Who went through gates, scanned or not, by time.", _PASSAGE, _PASSAGES,
        "ORDER BY passage.placed_ms, passage.number", "placed", _passage,
    ),
    SqlTable(
        "gate_hours", "What gates counted by the UTC hour.", _HOUR, _HOURS,
        "ORDER BY hour, site, edge, zone, device", "hour", _hour,
    ),
    SqlTable(
        "zone_counts", "How many were in a zone, as its edge counted or a person set it.", _COUNT, _COUNTS,
        "ORDER BY placed_ms, number", "time", _count,
    ),
)  # fmt: skip
