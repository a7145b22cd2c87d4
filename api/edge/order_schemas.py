"""Shapes of orders: what a hospital's system sends, and what it is told. No field is for a person's data."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from api.queries import Moment, Name, PageQuery, to_ms
from api.schemas import Item
from hub.facts import OrderState

_ID = r"^[!-~]{1,64}$"
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TIME = "2026-11-22T06:45:00.000Z"
_EVENT = "019ab3c4-5d60-8a11-9f2e-6b7c8d9e0f11"
Test = Annotated[str, Field(pattern=r"^[!-~]([ -~]{0,62}[!-~])?$", examples=["94500-6"])]


class OrderBody(BaseModel):
    """What is to be measured on one specimen. Unknown fields are refused: names do not belong here."""

    model_config = ConfigDict(extra="forbid")

    order: str = Field(pattern=_ID, examples=["TN2611-0042-1"], description="The placer's number.")
    specimen: str = Field(
        default="", pattern=r"^[!-~]{0,64}$", examples=["TN2611-0042"], description="As on the tube."
    )
    tests: list[Test] = Field(
        default=[], max_length=64, description="As results have them: ``test.code`` or ``test.loinc``."
    )
    priority: Literal["ROUTINE", "STAT"] = "ROUTINE"
    specimen_type: str = Field(
        default="", pattern=r"^[A-Z0-9]{0,8}$", examples=["NP"], description="HL7 table 0487."
    )
    collected: Annotated[Moment, Field(ge=_EARLIEST, lt=_LATEST)] | None = None
    site: Name | None = Field(
        default=None, description="Where it is measured; the device's, or the only one."
    )
    device: Name | None = Field(default=None, description="The only device that gets it.")
    cancelled: bool = Field(
        default=False, description="Cancel it: every field but ``order`` may be left out."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.cancelled and not (self.specimen and self.tests):
            raise ValueError("specimen and tests are needed")
        return self

    def told(self) -> dict[str, Any]:
        """As the edge takes it."""
        kept = self.model_dump(exclude={"collected"}, exclude_none=True)
        return kept | {"collected_ms": to_ms(self.collected)}


def _as_list(given: object) -> object:
    return given if isinstance(given, list) else [given]


OrderBodies = Annotated[
    list[OrderBody],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=1000, description="A list, or one order by itself."),
]


class ResultOfOrder(BaseModel):
    """The event that gave a test its final result, the newest where it was run again."""

    test: str
    device: str
    event: str = Field(examples=[_EVENT])
    received: str = Field(examples=[_TIME])


class StandingOrder(Item):
    """How an order stands: ``id`` is its number, ``time`` that of collection, ``received`` of placing."""

    order: str
    specimen: str
    priority: str
    specimen_type: str
    state: OrderState = Field(description="PLACED, SENT (a device has it), RESULTED, CANCELLED or EXPIRED.")
    placed_by: str = Field(description="Id of the key that placed it.")
    sent: str | None = Field(examples=[_TIME], description="When a device first took it.")
    sent_to: str = Field(description="The last device that took it, or empty.")
    refused: str | None = Field(examples=[_TIME], description="When a device said that it will not take it.")
    refused_by: str = Field(description="That device, or empty; it gets the order only if it asks for it.")
    to_be_recalled: bool = Field(description="Cancelled or expired, and the device that has it was not told.")
    changed: str = Field(examples=[_TIME], description="When its state last changed.")


class StandingOrders(BaseModel):
    """The orders of a request, in its order."""

    items: list[StandingOrder]
    next_cursor: None


class OrderItem(StandingOrder):
    """One order with its tests and their results."""

    tests: list[str]
    results: list[ResultOfOrder]


class OrderList(BaseModel):
    """A page of orders, 150 at most."""

    items: list[OrderItem]
    next_cursor: str | None


class OrderQuery(PageQuery):
    """Which orders."""

    specimen: str | None = Field(None, min_length=1, max_length=64)
    state: OrderState | None = None
    device: Name | None = None
