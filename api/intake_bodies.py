"""What people and systems report, with its bounds: one body per type of ``POST intake/{type}``."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from hub import bounds
from hub.events import format_time
from hub.reported import FacilityKind, Origin, RiskLevel, StockKind


def _day(text: str) -> str:
    try:
        bounds.must_be_day(text)
    except ValueError as error:
        raise PydanticCustomError("not_a_day", "No calendar has this day.") from error
    return text


def _moment(text: str) -> str:
    """In UTC: one moment is told in one way, or what is sent again would be another event."""
    try:
        moment = datetime.fromisoformat(text)
        return format_time(round(moment.astimezone(UTC).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise PydanticCustomError("not_a_moment", "There is no such moment.") from error


def _day_or_moment(text: str) -> str:
    return (_moment if "T" in text else _day)(text)


def _composed(text: object) -> object:
    return unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else text


def _whole(pattern: str) -> str:
    return f"^(?:{pattern})$"


def _or_empty(pattern: str) -> str:
    return f"^(?:{pattern}|)$"


Code = Annotated[str, Field(pattern=_whole(bounds.CODE), max_length=64)]
OptionalCode = Annotated[str, Field(pattern=_or_empty(bounds.CODE), max_length=64)]
Lot = Annotated[str, Field(pattern=_whole(bounds.LOT), examples=["FD9234"])]
Word = Annotated[str, Field(pattern=_whole(bounds.WORD))]
OptionalWord = Annotated[str, Field(pattern=_or_empty(bounds.WORD))]
OptionalSite = Annotated[str, Field(pattern=_or_empty(bounds.SITE))]
District = Annotated[str, Field(pattern=_whole(bounds.DISTRICT), examples=["731"])]
OptionalDistrict = Annotated[str, Field(pattern=_or_empty(bounds.DISTRICT))]
OptionalCommune = Annotated[str, Field(pattern=_or_empty(bounds.COMMUNE), examples=["26041"])]
Day = Annotated[
    str,
    Field(pattern=_whole(bounds.DAY), examples=["2021-08-05"], description="Local, YYYY-MM-DD."),
    AfterValidator(_day),
]
OptionalDay = Annotated[
    str, Field(pattern=_or_empty(bounds.DAY)), AfterValidator(lambda text: _day(text) if text else text)
]
Moment = Annotated[
    str,
    Field(pattern=_whole(bounds.MOMENT), examples=["2021-08-04T10:05:00+07:00"]),
    AfterValidator(_moment),
]
OptionalMoment = Annotated[
    str,
    Field(pattern=_or_empty(bounds.MOMENT), description="When its source took it down, RFC 3339."),
    AfterValidator(lambda text: _moment(text) if text else text),
]
DayOrMoment = Annotated[
    str,
    Field(pattern=_whole(f"{bounds.DAY}|{bounds.MOMENT}"), examples=["2021-08-04T10:05:00+07:00"]),
    AfterValidator(_day_or_moment),
]
Name = Annotated[
    str, BeforeValidator(_composed), Field(pattern=_whole(bounds.NAME), max_length=bounds.LONGEST_NAME)
]
OptionalName = Annotated[
    str, BeforeValidator(_composed), Field(pattern=_or_empty(bounds.NAME), max_length=bounds.LONGEST_NAME)
]
Doses = Annotated[int, Field(strict=True, ge=0, le=bounds.MOST_DOSES, examples=[1170])]
People = Annotated[int, Field(strict=True, ge=0, le=bounds.MOST_PEOPLE)]
Flag = Annotated[bool, Field(strict=True)]
Figures = Annotated[dict[Word, People], Field(max_length=bounds.MOST_FIGURES)]
Person = Annotated[
    str | None,
    Field(pattern=_whole(bounds.PERSON), description="Pseudonym (p-… or w-…), never a number or a name."),
]


class PersonId(BaseModel):
    """A person by a number, which becomes a pseudonym at the edge beside the API and goes no further."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["vnid"] = Field(description="A national number: 12 digits, or 9 of an old card.")
    value: str = Field(pattern=r"^(?:[0-9]{12}|[0-9]{9})$", examples=["075099000001"])


class Body(BaseModel):
    """Unknown fields are refused: names do not belong here."""

    model_config = ConfigDict(extra="forbid")

    entered: OptionalMoment = ""
    origin: Origin = Field(
        "imported", description="``manual``: typed in by somebody; ``imported``: of another system."
    )

    def told(self) -> dict[str, Any]:
        """As the hub's desk takes it."""
        return self.model_dump(exclude={"person_id"})


class OfPerson(Body):
    """Names a person by a pseudonym, or by a number where an edge is beside the API."""

    person: Person = None
    person_id: PersonId | None = None


class DeclarationBody(OfPerson):
    """A health declaration."""

    reference: Code = Field(description="Its name at its source.", examples=["ncovi-0001856"])
    date: Day
    district: District
    commune: OptionalCommune = ""
    visit_site: OptionalSite = Field("", description="A site that was visited.")
    symptoms: list[Word] = Field(
        [], max_length=bounds.MOST_SYMPTOMS, description="Codes.", examples=[["fever"]]
    )


class AssessmentBody(Body):
    """A workplace assessed its own risk."""

    workplace: Code = Field(description="Its number.", examples=["3600245631"])
    district: District
    level: RiskLevel
    submitted: Moment = Field(description="The one handed in last counts.")


class QuarantineDayBody(Body):
    """A quarantine facility's day."""

    facility: Code = Field(examples=["kcl-001"])
    date: Day
    figures: Figures = Field(description="People by code of the row.", examples=[{"in_care": 214}])
    last_f0: OptionalDay = Field("", description="The last day on which an F0 arose.")


class BedStatusBody(Body):
    """A field hospital's day."""

    facility: Code = Field(examples=["bvdc-01"])
    date: Day
    figures: Figures = Field(description="By code of the row.", examples=[{"beds": 500, "admitted": 41}])


class StockBody(Body):
    """Doses of a lot that came, went or were counted."""

    facility: Code = Field(examples=["tc-001"])
    date: Day
    lot: Lot
    product: Code = Field(examples=["comirnaty"])
    kind: StockKind = Field(description="``stock``: counted at the end of the day.")
    doses: Doses
    reference: OptionalCode = Field("", description="The document, where a day has several of a kind.")


class VaccinationSessionBody(Body):
    """What a session gave, by lot and number of the dose."""

    facility: Code = Field(examples=["tc-001"])
    plan: Code = Field(examples=["KH-0412"])
    date: Day
    lot: Lot
    dose_number: Annotated[int, Field(strict=True, ge=1, le=9)]
    doses: Doses


class SpecimenBody(OfPerson):
    """A specimen that was taken."""

    specimen: Annotated[str, Field(pattern=_whole(bounds.LABEL), examples=["TN2611-0042"])]
    collected: DayOrMoment = Field(description="A moment, or a local day where no more is known.")
    facility: OptionalCode = ""
    district: OptionalDistrict = ""
    commune: OptionalCommune = ""
    order: Annotated[str, Field(pattern=_or_empty(bounds.LABEL))] = ""
    round: Annotated[int, Field(strict=True, ge=0, le=99, description="0: not told.")] = 0
    pool: Flag = False
    contact_of_case: Flag = False


class FacilityBody(Body):
    """A place that reports."""

    facility: Code = Field(examples=["kcl-001"])
    name: Name
    kind: FacilityKind
    district: District
    valid_from: Day
    commune: OptionalCommune = ""
    level: OptionalName = Field("", description="Who manages it.", examples=["Cấp tỉnh"])
    site: OptionalSite = Field("", description="The site whose devices stand there.")
    valid_to: OptionalDay = Field("", description="The first day on which it no longer holds.")


class ReferenceBody(Body):
    """A number that reports compare with, from a day on."""

    name: Word = Field(examples=["workplaces"])
    valid_from: Day
    value: People
    scope: OptionalCode = Field("", description="A district or facility; empty: the province.")


class RolloutBody(Body):
    """What a district reports from a day on."""

    district: District
    valid_from: Day
    phase: Annotated[int, Field(strict=True, ge=0, le=3)] = Field(
        description="0 nothing, 1 F0, 2 F0 and F1, 3 everything."
    )


class RowBody(BaseModel):
    """A row that people configured."""

    model_config = ConfigDict(extra="forbid")

    code: Word = Field(examples=["students"])
    vi: Name = Field(examples=["Học sinh, sinh viên"])
    en: Name = Field(examples=["Students"])
    under: OptionalWord = Field("", examples=["entered"])


class ReportRowsBody(Body):
    """Rows that a report has beside its own, from a day on."""

    report: Word = Field(examples=["quarantine-daily"])
    valid_from: Day
    rows: list[RowBody] = Field(max_length=bounds.MOST_ROWS, description="All of them.")


BODIES: dict[str, type[Body]] = {
    "declaration": DeclarationBody,
    "assessment": AssessmentBody,
    "quarantine-daily": QuarantineDayBody,
    "bed-status": BedStatusBody,
    "stock": StockBody,
    "vaccination-session": VaccinationSessionBody,
    "specimen": SpecimenBody,
    "facility": FacilityBody,
    "reference": ReferenceBody,
    "rollout": RolloutBody,
    "report-rows": ReportRowsBody,
}
