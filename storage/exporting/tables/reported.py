"""What people and other systems report: facts as they stand, one table a kind, and revisions of reports."""

from collections.abc import Callable, Iterator
from typing import Any

from hub.identity import id_text
from hub.reported import (
    Assessment,
    BedStatus,
    Declaration,
    FacilityRegistered,
    QuarantineDay,
    ReferenceSet,
    Reported,
    RolloutSet,
    SpecimenRegistered,
    StockMoved,
    VaccinationSession,
)
from storage.exporting.columns import Column, Row, day, integer, person, text, time, truth
from storage.exporting.moment import Found
from storage.exporting.table import SqlTable
from storage.exporting.window import Window
from storage.reported_payloads import reader_of
from storage.reporting_versions import STILL

_FACILITY = text("facility", "its code")
_DISTRICT = text("district", "three digits")
_COMMUNE = text("commune", "five digits; empty: not told")
_LOT = text("lot", "number of the lot")
_DAY = day("day", "which the fact is about, in the hub's time zone")
_TOLD = (
    text("origin", "`manual` or `imported`"),
    text("entered", "when its source took it down; empty: not told"),
    time("received", "when the hub had this version"),
    integer("versions", "how many versions of the fact there are"),
)
_ID = text("id", "id of the event that stands")
_FIGURES = (
    _FACILITY,
    text("code", "of the report's row"),
    integer("number", "what was reported"),
)

_STANDING = f"""
SELECT version.id, version.day, version.received_ms, fact.versions, version.data
FROM fact_version AS version JOIN fact ON fact.type = version.type AND fact.subject = version.subject
WHERE version.type = '%s' AND version.day >= $1 AND version.day < $2 AND version.until = {STILL}
"""  # noqa: S608  numbers and names of ours
_VERSIONS = f"""
SELECT id, type, subject, scope, day, told_ms, received_ms, until = {STILL} FROM fact_version
WHERE day >= $1 AND day < $2
"""  # noqa: S608
_REVISIONS = """
SELECT report, query, revision, up_to, sha256, event_count, at_ms FROM report_revision
WHERE at_ms >= $1 AND at_ms < $2
"""


def _days(window: Window) -> tuple[Any, ...]:
    return window.days


def _fact_table(payload: type[Reported], name: str, about: str, *columns: Column) -> SqlTable:
    """``columns``: fields of the payload by their names; ``subject`` is its key."""
    own = tuple(column.name for column in columns)

    def row(found: Found) -> Iterator[Row]:
        id_, on, received, versions, told = _read(payload, found)
        yield (
            id_,
            on,
            *(_value(told, field) for field in own),
            told.origin,
            told.entered,
            received,
            versions,
        )

    return _table(payload, name, about, (_ID, _DAY, *columns, *_TOLD), row)


def _figure_table(payload: type[QuarantineDay | BedStatus], name: str, about: str) -> SqlTable:
    def rows(found: Found) -> Iterator[Row]:
        id_, on, received, versions, told = _read(payload, found)
        for code, number in told.figures.items():
            yield (id_, on, told.facility, code, number, told.origin, told.entered, received, versions)

    return _table(payload, name, about, (_ID, _DAY, *_FIGURES, *_TOLD), rows)


def _table(
    payload: type[Reported],
    name: str,
    about: str,
    columns: tuple[Column, ...],
    rows: Callable[[Found], Iterator[Row]],
) -> SqlTable:
    order = "ORDER BY version.day, version.scope, version.subject"
    return SqlTable(name, about, columns, _STANDING % payload.TYPE, order, "day", rows, _days)


def _read(payload: type[Reported], found: Found) -> tuple[str, int, int, int, Any]:
    id_, on, received, versions, data = found
    return id_text(id_), on, received, versions, reader_of(payload.TYPE)(data)


def _value(told: Any, field: str) -> Any:
    value = getattr(told, field)
    return "|".join(value) if isinstance(value, tuple) else value


def _version(found: Found) -> Iterator[Row]:
    id_, *rest, stands = found
    yield (id_text(id_), *rest, bool(stands))


TABLES = (
    _fact_table(
        Declaration, "declarations", "Health declarations as they stand, by day and district.",
        person("subject", "the declaration's reference at its source"), _DISTRICT, _COMMUNE,
        person("person", "pseudonym"), text("visit_site", "id of the site that was visited"),
        text("symptoms", "codes, with `|` between them"),
    ),
    _fact_table(
        Assessment, "assessments", "Workplaces' own assessments of their risk as they stand, by day.",
        text("workplace", "its code"), _DISTRICT, text("level", "`very_high` `high` `medium` `low` `little`"),
        text("submitted", "when the workplace sent it"),
    ),
    _figure_table(
        QuarantineDay, "quarantine_days", "Daily reports of quarantine facilities, one row a figure, by day."
    ),
    _figure_table(BedStatus, "bed_days", "Days of field hospitals, one row a figure, by day."),
    _fact_table(
        StockMoved, "stock_moves", "Doses that came, went or were counted as they stand, by day.",
        _FACILITY, _LOT, text("product", "its code"),
        text("kind", "`received` `used` `wasted` `sent`, or `stock`: counted at the end of the day"),
        integer("doses", "how many"), text("reference", "the document, where a day has several of a kind"),
    ),
    _fact_table(
        VaccinationSession, "vaccination_sessions", "What sessions gave as it stands, by day.",
        _FACILITY, text("plan", "its code"), _LOT, integer("dose_number", "1, 2, 3 …"),
        integer("doses", "how many"),
    ),
    _fact_table(
        SpecimenRegistered, "specimens", "Specimens as their management registered them, by day.",
        person("specimen", "id of the specimen"), text("collected", "when"), _FACILITY, _DISTRICT, _COMMUNE,
        person("order", "id of the order"), person("person", "pseudonym"), integer("round", "of sampling"),
        truth("pool", "of several persons"), truth("contact_of_case", "the person is a contact of a case"),
    ),
    _fact_table(
        FacilityRegistered, "facilities", "Places that report, with what holds from each day on.",
        _FACILITY, text("name", "as people call it"), text("kind", "`quarantine` …"), _DISTRICT,
        _COMMUNE, text("level", "who runs it"), text("site", "id of its site, where it has devices"),
        text("valid_to", "no more from this day on; empty: still"),
    ),
    _fact_table(
        ReferenceSet, "reference_numbers", "Numbers that reports compare with, from their day on.",
        text("name", "which number"), text("scope", "district or facility; empty: the province"),
        integer("value", "the number"),
    ),
    _fact_table(
        RolloutSet, "rollout_phases", "Which phase a district reports in, from its day on.",
        _DISTRICT, integer("phase", "0 not yet, 1 F0, 2 F0 and F1, 3 everything"),
    ),
    SqlTable(
        "reported_versions", "Every version of everything that was reported, in the order of the log.",
        (
            text("id", "id of the event"), text("type", "of the event"),
            person("subject", "key of the fact"), text("scope", "district, facility …"), _DAY,
            time("taken_down", "when its source took it down, else when it came"),
            time("received", "when the hub had it"), truth("stands", "reports count this version"),
        ),
        _VERSIONS, "ORDER BY number", "day", _version, _days,
    ),
    SqlTable(
        "report_revisions", "Reports as they were told, by report, query and revision.",
        (
            text("report", "its name"), text("query", "what was asked, canonical JSON"),
            integer("revision", "1, 2, 3 … of this report and query"),
            integer("up_to", "the log number up to which events counted"),
            text("sha256", "of what it says, hex"), integer("events", "how many facts were read"),
            time("made", "when it was told first"),
        ),
        _REVISIONS, "ORDER BY report, query, revision", "made",
    ),
)  # fmt: skip
