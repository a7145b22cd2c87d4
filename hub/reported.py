"""What people and other systems report (design 5, intake): one struct per event type.

Days are local dates, ``YYYY-MM-DD``. ``district`` is three digits, ``commune`` five (hub/places).
``entered``, where it is told, is the moment (RFC 3339 with its zone) at which the source took it
down: of several versions of one fact the one entered last counts, and where none says so the one
that came last.
"""

from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import Meta

from hub.bounds import (
    MOST_ROWS,
    Code,
    Day,
    DayOrMoment,
    District,
    DoseNumber,
    Doses,
    Figures,
    Label,
    LotNumber,
    Moment,
    Name,
    OptionalActor,
    OptionalCode,
    OptionalCommune,
    OptionalDay,
    OptionalDistrict,
    OptionalLabel,
    OptionalMoment,
    OptionalName,
    OptionalSite,
    OptionalWord,
    People,
    Person,
    Round,
    Symptoms,
    Word,
    must_be_day,
    must_be_moment,
)
from hub.payload import Payload

Origin = Literal["manual", "imported"]
RiskLevel = Literal["very_high", "high", "medium", "low", "little"]
StockKind = Literal["received", "used", "wasted", "sent", "stock"]
FacilityKind = Literal["quarantine", "field-hospital", "hospital", "vaccination", "workplace", "laboratory"]
RISK_LEVELS: Final = ("very_high", "high", "medium", "low", "little")


class Reported(Payload, frozen=True):
    """Base: how it came, who entered it (an id), when its source took it down (empty: not told).

    ``KEY``: the fields that name the fact. Raises ValueError for a day or moment that no calendar has.
    """

    KEY: ClassVar[tuple[str, ...]] = ()
    DAYS: ClassVar[tuple[str, ...]] = ()
    MOMENTS: ClassVar[tuple[str, ...]] = ("entered",)

    origin: Origin = "manual"
    actor: OptionalActor = ""
    entered: OptionalMoment = ""

    def __post_init__(self) -> None:
        for name in self.DAYS:
            if text := getattr(self, name):
                must_be_day(text)
        for name in self.MOMENTS:
            if text := getattr(self, name):
                must_be_moment(text)

    @property
    def subject(self) -> str:
        """The key of the fact: events of one type and subject are its versions."""
        return "|".join(str(getattr(self, name)) for name in self.KEY)


class Declaration(Reported, frozen=True, kw_only=True):
    """A health declaration; ``reference`` names it at its source. ``person`` is a pseudonym (design 4)."""

    TYPE: ClassVar[str] = "declaration.received.v1"
    KEY: ClassVar[tuple[str, ...]] = ("reference",)
    DAYS: ClassVar[tuple[str, ...]] = ("date",)

    reference: Code
    date: Day
    district: District
    commune: OptionalCommune = ""
    person: Person | None = None
    visit_site: OptionalSite = ""
    symptoms: Symptoms = ()


class Assessment(Reported, frozen=True, kw_only=True):
    """A workplace assessed its own risk; the one submitted last counts."""

    TYPE: ClassVar[str] = "assessment.submitted.v1"
    KEY: ClassVar[tuple[str, ...]] = ("workplace",)
    MOMENTS: ClassVar[tuple[str, ...]] = ("entered", "submitted")

    workplace: Code
    district: District
    level: RiskLevel
    submitted: Moment


class QuarantineDay(Reported, frozen=True, kw_only=True):
    """A facility's daily report: ``figures`` by the codes of the report's rows (reports.md)."""

    TYPE: ClassVar[str] = "quarantine.daily.v1"
    KEY: ClassVar[tuple[str, ...]] = ("facility", "date")
    DAYS: ClassVar[tuple[str, ...]] = ("date", "last_f0")

    facility: Code
    date: Day
    figures: Figures
    last_f0: OptionalDay = ""


class BedStatus(Reported, frozen=True, kw_only=True):
    """A field hospital's day: beds, admitted, discharged, transferred, died … by code."""

    TYPE: ClassVar[str] = "bed.status.v1"
    KEY: ClassVar[tuple[str, ...]] = ("facility", "date")
    DAYS: ClassVar[tuple[str, ...]] = ("date",)

    facility: Code
    date: Day
    figures: Figures


class StockMoved(Reported, frozen=True, kw_only=True):
    """Doses of a lot at a facility on a day; ``stock``: counted at the end of the day, else a movement.

    ``reference``: the document, where one day has several of a kind.
    """

    TYPE: ClassVar[str] = "stock.moved.v1"
    KEY: ClassVar[tuple[str, ...]] = ("facility", "lot", "date", "kind", "reference")
    DAYS: ClassVar[tuple[str, ...]] = ("date",)

    facility: Code
    date: Day
    lot: LotNumber
    product: Code
    kind: StockKind
    doses: Doses
    reference: OptionalCode = ""


class VaccinationSession(Reported, frozen=True, kw_only=True):
    """What a session of a plan gave, by lot and number of the dose."""

    TYPE: ClassVar[str] = "vaccination.session.v1"
    KEY: ClassVar[tuple[str, ...]] = ("facility", "plan", "date", "lot", "dose_number")
    DAYS: ClassVar[tuple[str, ...]] = ("date",)

    facility: Code
    plan: Code
    date: Day
    lot: LotNumber
    dose_number: DoseNumber
    doses: Doses


class SpecimenRegistered(Reported, frozen=True, kw_only=True):
    """A specimen as its management knows it, before any result. ``pool``: of several persons.

    ``collected``: a local day, or a moment with its zone.
    """

    TYPE: ClassVar[str] = "specimen.registered.v1"
    KEY: ClassVar[tuple[str, ...]] = ("specimen",)

    specimen: Label
    collected: DayOrMoment
    facility: OptionalCode = ""
    district: OptionalDistrict = ""
    commune: OptionalCommune = ""
    order: OptionalLabel = ""
    person: Person | None = None
    round: Round = 0
    pool: bool = False
    contact_of_case: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        (must_be_moment if "T" in self.collected else must_be_day)(self.collected)


class FacilityRegistered(Reported, frozen=True, kw_only=True):
    """A place that reports, from ``valid_from`` until ``valid_to`` (exclusive; empty: still)."""

    TYPE: ClassVar[str] = "facility.registered.v1"
    KEY: ClassVar[tuple[str, ...]] = ("facility", "valid_from")
    DAYS: ClassVar[tuple[str, ...]] = ("valid_from", "valid_to")

    facility: Code
    name: Name
    kind: FacilityKind
    district: District
    valid_from: Day
    commune: OptionalCommune = ""
    level: OptionalName = ""
    site: OptionalSite = ""
    valid_to: OptionalDay = ""


class ReferenceSet(Reported, frozen=True, kw_only=True):
    """A number that reports compare with, from a day on: all workplaces, session plans.

    ``name``: workplaces, session_plans …; ``scope``: a district or facility, empty: the province.
    """

    TYPE: ClassVar[str] = "reference.set.v1"
    KEY: ClassVar[tuple[str, ...]] = ("name", "scope", "valid_from")
    DAYS: ClassVar[tuple[str, ...]] = ("valid_from",)

    name: Word
    valid_from: Day
    value: People
    scope: OptionalCode = ""


class RolloutSet(Reported, frozen=True, kw_only=True):
    """From a day on a district reports in this phase: 0 not yet, 1 F0, 2 F0 and F1, 3 everything."""

    TYPE: ClassVar[str] = "rollout.set.v1"
    KEY: ClassVar[tuple[str, ...]] = ("district", "valid_from")
    DAYS: ClassVar[tuple[str, ...]] = ("valid_from",)

    district: District
    valid_from: Day
    phase: Literal[0, 1, 2, 3]


class ReportRow(msgspec.Struct, frozen=True):
    """A row that people configured; ``under`` is a group: entered, sampled, flow …"""

    code: Word
    vi: Name
    en: Name
    under: OptionalWord = ""


class ReportRowsSet(Reported, frozen=True, kw_only=True):
    """From a day on a report has these rows beside its own."""

    TYPE: ClassVar[str] = "report.rows.v1"
    KEY: ClassVar[tuple[str, ...]] = ("report", "valid_from")
    DAYS: ClassVar[tuple[str, ...]] = ("valid_from",)

    report: Word
    valid_from: Day
    rows: Annotated[tuple[ReportRow, ...], Meta(max_length=MOST_ROWS)]


REPORTED: Final[tuple[type[Reported], ...]] = (
    Declaration, Assessment, QuarantineDay, BedStatus, StockMoved, VaccinationSession, SpecimenRegistered,
    FacilityRegistered, ReferenceSet, RolloutSet, ReportRowsSet,
)  # fmt: skip
HUB_ONLY: Final = frozenset(
    one.TYPE for one in (FacilityRegistered, ReferenceSet, RolloutSet, ReportRowsSet)
)  # the frame of reports: administrators set it, no edge
