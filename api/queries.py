"""What may stand in a query, with its bounds; a parameter nobody knows is refused, not ignored."""

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from api.problems import Problem
from hub.payloads import Call
from storage.contract import ReadingFilter
from storage.readings import MOST_DEVICES

DAY_MS = 86_400_000
MOST_STEPS = 10_000
LONGEST_RAW_RANGE_MS = 31 * DAY_MS
_STEP = r"^[1-9][0-9]{0,5}[smhd]$"
_UNIT_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": DAY_MS}
_PLUS_AS_SPACE = re.compile(r" (?=[0-9]{2}:?[0-9]{2}\Z)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _offset_plus(value: object) -> object:
    """In a query "+" means a space: +07:00 arrives as " 07:00" from who did not escape it."""
    return _PLUS_AS_SPACE.sub("+", value) if isinstance(value, str) else value


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_offset_plus),
    Field(description="RFC 3339 with an offset.", examples=["2026-11-22T13:45:00+07:00"]),
]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]


def to_ms(moment: datetime | None) -> int | None:
    return None if moment is None else (moment - _EPOCH) // (datetime.resolution * 1000)


class PageQuery(BaseModel):
    """Which part of a list: ``cursor`` is ``next_cursor`` of the page before."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000, description="Most items of one answer.")
    cursor: str | None = Field(None, max_length=512, description="next_cursor of the page before.")


class ResultQuery(PageQuery):
    """Which results; ``from`` is inclusive, ``to`` exclusive, both by the observation's time."""

    specimen: str | None = Field(None, min_length=1, max_length=128)
    site: Name | None = None
    device: Name | None = None
    call: Call | None = None
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


class ReadingSpan(BaseModel):
    """Which readings: of one device or several, in a span of time."""

    model_config = ConfigDict(extra="forbid")

    device: list[Name] = Field(min_length=1, max_length=MOST_DEVICES, description="May be repeated.")
    metric: str | None = Field(None, pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["temperature"])
    from_: Moment | None = Field(None, alias="from", description="Default: 24 h before ``to``.")
    to: Moment | None = Field(None, description="Default: now.")
    step: str | None = Field(None, pattern=_STEP, examples=["10m"])

    @property
    def step_ms(self) -> int | None:
        return int(self.step[:-1]) * _UNIT_MS[self.step[-1]] if self.step else None

    def span(self, now_ms: int) -> tuple[int, int]:
        """(from, to) in Unix ms; raises Problem 422 for a range that no answer should carry."""
        end = to_ms(self.to)
        end = now_ms if end is None else end
        start = to_ms(self.from_)
        start = end - DAY_MS if start is None else start
        step = self.step_ms
        if start >= end:
            raise Problem(422, "range.empty", "``from`` must be before ``to``.")
        if step is None and end - start > LONGEST_RAW_RANGE_MS:
            raise Problem(422, "range.too_long", "Single readings: at most 31 days; set ``step`` for more.")
        if step is not None and (end - start) // step > MOST_STEPS:
            raise Problem(422, "range.too_many_steps", "At most 10000 steps: take a longer ``step``.")
        return start, end

    def filter(self, now_ms: int) -> ReadingFilter:
        """What to ask the store; raises Problem 422."""
        start, end = self.span(now_ms)
        return ReadingFilter(tuple(self.device), self.metric, start, end, self.step_ms)


class ReadingQuery(ReadingSpan, PageQuery):
    """A page of readings. With ``step`` each item is one step (min, max, mean, count)."""


class CurveQuery(ReadingSpan):
    """Curves of steps."""

    step: str = Field("1h", pattern=_STEP, examples=["1h"])


class QuarantineQuery(PageQuery):
    """Which entries of the quarantine."""

    state: Literal["WAITING", "REPLAYED", "DISCARDED"] | None = None


class EventQuery(BaseModel):
    """Where in the log: after which number."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(0, ge=0, le=2**63 - 1, description="The number of the last event you have.")
    limit: int = Field(100, ge=1, le=1000)


class StreamQuery(BaseModel):
    """Where in the log; ``Last-Event-ID`` wins. Neither: what comes from now on."""

    model_config = ConfigDict(extra="forbid")

    after: int | None = Field(None, ge=0, le=2**63 - 1)
