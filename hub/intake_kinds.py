"""What may be reported, by the names of ``POST intake/{type}``: who may, and what it must not say. Pure."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from hub.pseudonyms import holds_person_number, looks_like_person_id
from hub.reported import (
    HUB_ONLY,
    Assessment,
    BedStatus,
    Declaration,
    FacilityRegistered,
    QuarantineDay,
    ReferenceSet,
    Reported,
    ReportRowsSet,
    RolloutSet,
    SpecimenRegistered,
    StockMoved,
    VaccinationSession,
)
from hub.reported_codes import BED_CODES, BED_GROUPS, QUARANTINE_CODES, QUARANTINE_GROUPS

KINDS: Final[dict[str, type[Reported]]] = {
    "declaration": Declaration,
    "assessment": Assessment,
    "quarantine-daily": QuarantineDay,
    "bed-status": BedStatus,
    "stock": StockMoved,
    "vaccination-session": VaccinationSession,
    "specimen": SpecimenRegistered,
    "facility": FacilityRegistered,
    "reference": ReferenceSet,
    "rollout": RolloutSet,
    "report-rows": ReportRowsSet,
}
ADMIN_KINDS: Final = frozenset(name for name, kind in KINDS.items() if kind.TYPE in HUB_ONLY)

FIGURES_OF: Final[dict[type[Reported], tuple[str, tuple[str, ...]]]] = {
    QuarantineDay: ("quarantine-daily", QUARANTINE_CODES),
    BedStatus: ("field-hospitals", BED_CODES),
}
_GROUPS_OF: Final = {"quarantine-daily": QUARANTINE_GROUPS, "field-hospitals": BED_GROUPS}
_OWN_CODES: Final = dict(FIGURES_OF.values())

# A tax authority's or a ministry's ids may have ten digits: there only numbers of persons are refused.
_NUMBERED: Final = ("workplace", "facility", "lot", "plan")
_LABELLED: Final = ("specimen", "order", "reference")
_DAY_OF_PLACE: Final[dict[type[Reported], str]] = {
    Declaration: "date", Assessment: "submitted", FacilityRegistered: "valid_from", RolloutSet: "valid_from",
}  # fmt: skip
_CLOCKS_DIFFER: Final = timedelta(minutes=5)


class Fault(NamedTuple):
    """What is wrong with a field, as a code."""

    field: str
    code: str


def faults(payload: Reported, now: datetime, figure_codes: Collection[str]) -> Iterator[Fault]:
    """``now`` with the hub's zone; ``figure_codes``: those that people configured."""
    yield from _personal(payload)
    yield from _in_future(payload, now)
    yield from _figures(payload, figure_codes)
    yield from _places(payload)
    if (
        isinstance(payload, FacilityRegistered)
        and payload.valid_to
        and payload.valid_to <= payload.valid_from
    ):
        yield Fault("valid_to", "intake.bad_period")
    if isinstance(payload, ReportRowsSet):
        yield from _rows(payload)


def _personal(payload: Reported) -> Iterator[Fault]:
    for name in _NUMBERED:
        if holds_person_number(getattr(payload, name, "")):
            yield Fault(name, "intake.looks_personal")
    for name in _LABELLED:
        if looks_like_person_id(getattr(payload, name, "")):
            yield Fault(name, "intake.looks_personal")


def _in_future(payload: Reported, now: datetime) -> Iterator[Fault]:
    """What holds from a day on may be told before; what was, not."""
    today = now.date().isoformat()
    for name in ("date", "last_f0"):
        if getattr(payload, name, "") > today:
            yield Fault(name, "intake.in_future")
    for name in ("entered", "submitted", "collected"):
        text = getattr(payload, name, "")
        late = (
            text > today if len(text) == len(today) else bool(text) and _moment(text) > now + _CLOCKS_DIFFER
        )
        if late:
            yield Fault(name, "intake.in_future")
    if isinstance(payload, QuarantineDay) and payload.last_f0 > payload.date:
        yield Fault("last_f0", "intake.after_report_day")


def _places(payload: Reported) -> Iterator[Fault]:
    """A specimen may be of a person from anywhere; what reports count by district has one of the province."""
    told = _DAY_OF_PLACE.get(type(payload))
    if told is None:
        return
    from hub.places import register  # an idle hub never needs its places

    district, commune = getattr(payload, "district", ""), getattr(payload, "commune", "")
    place = register().place_of(district, commune, date.fromisoformat(getattr(payload, told)[:10]))
    if place is None:
        yield Fault("district", "intake.unknown_district")
    elif commune and place.commune is None:
        yield Fault("commune", "intake.unknown_commune")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _figures(payload: Reported, configured: Collection[str]) -> Iterator[Fault]:
    if isinstance(payload, QuarantineDay | BedStatus):
        _, own = FIGURES_OF[type(payload)]
        for code in payload.figures:
            if code not in own and code not in configured:
                yield Fault(f"figures.{code}", "intake.unknown_figure")


def _rows(payload: ReportRowsSet) -> Iterator[Fault]:
    groups = _GROUPS_OF.get(payload.report)
    if groups is None:
        yield Fault("report", "intake.no_rows_there")
        return
    seen = set(_OWN_CODES[payload.report])
    for place, row in enumerate(payload.rows):
        if row.code in seen:
            yield Fault(f"rows.{place}.code", "intake.twice")
        if row.under not in groups:
            yield Fault(f"rows.{place}.under", "intake.unknown_group")
        seen.add(row.code)
