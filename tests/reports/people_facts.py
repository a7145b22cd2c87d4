"""Facts that people report, as the store gives them, and the questions put to a report."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from api.reports.frame.content import Content, Row, Table
from api.reports.frame.tabular import AsOf, TabularQuery, day_number
from hub.reported import Assessment, FacilityRegistered, Reported
from storage.reporting import StoredFact

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = date(2021, 8, 5)
PLAN = {
    "731": 1856, "732": 148, "734": 87, "735": 572, "736": 141, "737": 286, "738": 88, "739": 181,
    "740": 245, "741": 150, "742": 368,
}  # fmt: skip


def stored(payloads: Iterable[Reported]) -> list[StoredFact]:
    """Numbered in their order, each the version that stands."""
    return [_fact(number, told) for number, told in enumerate(payloads, 1)]


def _fact(number: int, told: Reported) -> StoredFact:
    text = told.submitted if isinstance(told, Assessment) else getattr(told, "date", "")
    day = date.fromisoformat((text or getattr(told, "valid_from", ""))[:10])
    scope = next(
        (getattr(told, name) for name in ("facility", "district", "scope") if hasattr(told, name)), ""
    )
    return StoredFact(number, f"id{number}", told.subject, scope, day_number(day), 0, 1, told)


def facility(name: str, district: str = "731", kind: Any = "quarantine", **more: Any) -> FacilityRegistered:
    told = {"valid_from": "2021-01-01", "name": f"Khu {name}", **more}
    return FacilityRegistered(facility=name, kind=kind, district=district, **told)


def as_of(day: date = DAY, since: date | None = None, up_to: int = 1_000_000) -> AsOf:
    return AsOf(up_to, day, ZONE, since)


def asked(**query: Any) -> TabularQuery:
    return TabularQuery.model_validate(query)


def table(content: Content, code: str) -> Table:
    return next(each for each in content.tables if each.code == code)


def values(of: Table, row: Row | str) -> dict[str, Any]:
    """Of one row, by the codes of the columns; "total" is the total."""
    found = row if isinstance(row, Row) else _row(of, row)
    return {column.code: cell.value for column, cell in zip(of.columns, found.cells, strict=True)}


def flags(of: Table, row: str) -> dict[str, str]:
    return {
        column.code: cell.flag
        for column, cell in zip(of.columns, _row(of, row).cells, strict=True)
        if cell.flag
    }


def _row(of: Table, key: str) -> Row:
    if key == "total" and of.total is not None:
        return of.total
    return next(row for row in of.rows if row.key == key)
