"""How a report of tables is defined: what it is asked, what it reads, and the pure function between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.console.wording import Language
from api.local_days import begin_ms, end_ms
from api.reports.frame.content import Content
from storage.contract import StoreReader

Day = date  # a query has a field of that name
TabularFormat = Literal["json", "csv", "xlsx", "pdf"]
FORMATS: tuple[TabularFormat, ...] = ("json", "csv", "xlsx", "pdf")
NOT_ASKED_OF_DATA = frozenset({"format", "lang", "revision"})
EPOCH = Day(1970, 1, 1)
EARLIEST = Day(2020, 1, 1)
District = Annotated[str, Field(pattern=r"^[0-9]{3}$", description="Code of the district.", examples=["731"])]


class TabularQuery(BaseModel):
    """What every report of tables is asked; a report adds its own fields, each with a default."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    date: Day | None = Field(None, ge=EARLIEST, description="The report's local day; without it: yesterday.")
    from_: Day | None = Field(
        None, alias="from", ge=EARLIEST, description="First local day that counts; without it: all days."
    )
    district: District | None = None
    revision: int | None = Field(None, ge=1, le=1_000_000, description="An older one, as it was told.")
    format: TabularFormat = "json"
    lang: Language = Field("vi", description="Of the words in csv, xlsx and pdf.")

    @model_validator(mode="after")
    def _in_order(self) -> "TabularQuery":
        if self.date and self.from_ and self.from_ > self.date:
            raise ValueError("from is after date")
        return self


@dataclass(frozen=True, slots=True)
class AsOf:
    """What counts: the log up to ``up_to``, and of it what is of a local day up to ``day``.

    ``districts``, ``sites``: those that whoever asks may see; None: all. The reader is held to them already,
    unless the report is ``whole``.
    """

    up_to: int
    day: Day
    zone: ZoneInfo
    from_day: Day | None = None
    districts: frozenset[str] | None = None
    sites: frozenset[str] | None = None

    @property
    def to_number(self) -> int:
        """``day`` as the store counts days: since 1970-01-01."""
        return day_number(self.day)

    @property
    def from_number(self) -> int | None:
        return None if self.from_day is None else day_number(self.from_day)

    @property
    def cutoff_ms(self) -> int:
        """The end of ``day``: 24:00 there."""
        return end_ms(self.day, self.zone)

    @property
    def from_ms(self) -> int | None:
        return None if self.from_day is None else begin_ms(self.from_day, self.zone)


def day_number(day: Day) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


@dataclass(frozen=True, slots=True)
class TabularReport:
    """``gather`` reads everything that ``build`` needs, from the log up to ``AsOf.up_to`` and nothing else;
    ``build`` is pure: the same inputs give the same content. It runs in a thread of its own.

    ``version``: of what ``build`` makes of the same facts; a change of that is a new one. ``system``: its
    number in the plan. ``whole``: it reads everything, and ``build`` itself leaves out what is outside of
    ``AsOf.districts`` and ``sites``.
    """

    name: str
    query: type[TabularQuery]
    gather: Callable[[StoreReader, Any, AsOf], Awaitable[Any]]
    build: Callable[[Any, Any, AsOf], Content]
    system: int = 0
    version: int = 1
    whole: bool = False
