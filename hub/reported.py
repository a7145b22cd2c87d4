"""What people and other systems report (design 5, intake): one struct per event type.

Days are local dates, ``YYYY-MM-DD``. ``district`` is three digits, ``commune`` five (hub/places).
``entered``, where it is told, is the moment (RFC 3339 with its zone) at which the source took it down: of several
versions of one fact the one entered last counts, and where none says so the one that came last.
"""

from typing import ClassVar, Final, Literal

import msgspec

from hub.payload import Payload

Origin = Literal["manual", "imported"]
RiskLevel = Literal["very_high", "high", "medium", "low", "little"]
StockKind = Literal["received", "used", "wasted", "sent", "stock"]
FacilityKind = Literal["quarantine", "field-hospital", "hospital", "vaccination", "workplace", "laboratory"]
Sex = Literal["M", "F"]
RISK_LEVELS: Final = ("very_high", "high", "medium", "low", "little")


class Reported(Payload, frozen=True):
    """Base: how it came, who entered it (an id), when its source took it down (empty: not told)."""

    origin: Origin = "manual"
    actor: str = ""
    entered: str = ""


class Declaration(Reported, frozen=True, kw_only=True):
    """A health declaration; ``reference`` names it at its source. ``person`` is a pseudonym (design 4)."""

    TYPE: ClassVar[str] = "declaration.received.v1"

    reference: str
    date: str
    district: str
    commune: str = ""
    person: str | None = None
    visit_site: str = ""
    symptoms: tuple[str, ...] = ()


class Assessment(Reported, frozen=True, kw_only=True):
    """A workplace assessed its own risk; the one submitted last counts."""

    TYPE: ClassVar[str] = "assessment.submitted.v1"

    workplace: str
    district: str
    level: RiskLevel
    submitted: str


class QuarantineDay(Reported, frozen=True, kw_only=True):
    """A facility's daily report: ``figures`` by the codes of the report's rows (reports.md)."""

    TYPE: ClassVar[str] = "quarantine.daily.v1"

    facility: str
    date: str
    figures: dict[str, int]
    last_f0: str = ""


class BedStatus(Reported, frozen=True, kw_only=True):
    """A field hospital's day: beds, admitted, discharged, transferred, died … by code."""

    TYPE: ClassVar[str] = "bed.status.v1"

    facility: str
    date: str
    figures: dict[str, int]


class StockMoved(Reported, frozen=True, kw_only=True):
    """Doses of a lot at a facility on a day; ``stock``: counted at the end of the day, else a movement.

    ``reference``: the document, where one day has several of a kind.
    """

    TYPE: ClassVar[str] = "stock.moved.v1"

    facility: str
    date: str
    lot: str
    product: str
    kind: StockKind
    doses: int
    reference: str = ""


class VaccinationSession(Reported, frozen=True, kw_only=True):
    """What a session of a plan gave, by lot and number of the dose."""

    TYPE: ClassVar[str] = "vaccination.session.v1"

    facility: str
    plan: str
    date: str
    lot: str
    dose_number: int
    doses: int


class SpecimenRegistered(Reported, frozen=True, kw_only=True):
    """A specimen as its management knows it, before any result. ``pool``: of several persons."""

    TYPE: ClassVar[str] = "specimen.registered.v1"

    specimen: str
    collected: str
    facility: str = ""
    district: str = ""
    commune: str = ""
    order: str = ""
    person: str | None = None
    round: int = 0
    pool: bool = False
    contact_of_case: bool = False


class FacilityRegistered(Reported, frozen=True, kw_only=True):
    """A place that reports, from ``valid_from`` until ``valid_to`` (exclusive; empty: still)."""

    TYPE: ClassVar[str] = "facility.registered.v1"

    facility: str
    name: str
    kind: FacilityKind
    district: str
    valid_from: str
    commune: str = ""
    level: str = ""
    site: str = ""
    valid_to: str = ""


class ReferenceSet(Reported, frozen=True, kw_only=True):
    """A number that reports compare with, from a day on: all workplaces, session plans.

    ``name``: workplaces, session_plans …; ``scope``: a district or facility, empty: the province.
    """

    TYPE: ClassVar[str] = "reference.set.v1"

    name: str
    valid_from: str
    value: int
    scope: str = ""


class RolloutSet(Reported, frozen=True, kw_only=True):
    """From a day on a district reports in this phase: 0 not yet, 1 F0, 2 F0 and F1, 3 everything."""

    TYPE: ClassVar[str] = "rollout.set.v1"

    district: str
    valid_from: str
    phase: Literal[0, 1, 2, 3]


class ReportRow(msgspec.Struct, frozen=True):
    """A row that people configured; ``under`` is a group: entered, sampled, flow …"""

    code: str
    vi: str
    en: str
    under: str = ""


class ReportRowsSet(Reported, frozen=True, kw_only=True):
    """From a day on a report has these rows beside its own."""

    TYPE: ClassVar[str] = "report.rows.v1"

    report: str
    valid_from: str
    rows: tuple[ReportRow, ...]


REPORTED: Final[tuple[type[Reported], ...]] = (
    Declaration, Assessment, QuarantineDay, BedStatus, StockMoved, VaccinationSession, SpecimenRegistered,
    FacilityRegistered, ReferenceSet, RolloutSet, ReportRowsSet,
)  # fmt: skip
