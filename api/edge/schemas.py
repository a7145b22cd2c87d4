"""Shapes of the edge's answers and bodies, for the OpenAPI document."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.queries import Moment, Name, PageQuery

_TIME = "2026-11-22T06:45:00.000Z"
_CAPTURE = "019ab3c45d608a119f2e6b7c8d9e0f11"


class SpoolState(BaseModel):
    """Events since the spool's file was made: spooled = receipted + waiting + skipped."""

    spooled: int
    receipted: int
    waiting: int
    skipped: int
    used_bytes: int
    quota_bytes: int
    share: float = Field(description="Used part of the quota; alarms at 0.5 and 0.8, negative answers at 1.")
    full: bool = Field(description="Devices get a negative answer: quota or disk is used up.")


class BusState(BaseModel):
    """The edge's line to the bus."""

    connected: bool
    since: str | None = Field(examples=[_TIME], description="Last change; null: none since the start.")
    hub_online: bool


class EdgeState(BaseModel):
    """How an edge stands. Of an edge elsewhere a hub knows its address and its receipts only."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(examples=["edge-1"])
    type: str = Field(examples=["edge"])
    site: str | None
    device: str | None
    time: str | None
    received: str | None
    here: bool = Field(description="Whether this API stands beside the edge.")
    url: str | None = Field(examples=["https://edge-1.example:8080"])
    receipts: list[dict[str, Any]] | None = Field(
        default=None, description="Of a hub: {epoch seq} up to which it has everything, oldest epoch first."
    )
    spool: SpoolState | None = None
    bus: BusState | None = None
    oldest_waiting: str | None = Field(default=None, examples=[_TIME])
    quarantined: int | None = None
    unsendable: int | None = None
    version: str | None = None


class LookBody(BaseModel):
    """Why somebody looks at a raw message; it stays in the edge's audit."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=5, max_length=500, examples=["Đối chiếu mã mẫu với phòng xét nghiệm"])


class RawMessage(BaseModel):
    """One opened capture: personal data."""

    capture: str = Field(examples=[_CAPTURE])
    device: str
    received: str = Field(examples=[_TIME])
    origin: str = Field(description="Who sent it, as the transport told.", examples=["10.1.2.3"])
    bytes: int = Field(description="Size of the whole message.")
    raw: str = Field(description="Its bytes in base64, at most 2 MiB of them.")
    text: str = Field(description="The same with every control character visible, at most 64 KiB.")
    events: list[dict[str, str]] = Field(description="{id type key} of the events that were made of it.")
    pictures: list[dict[str, Any]] = Field(
        description="{place kind sha256 bytes content} of the pictures inside it, each once; content is"
        " base64, null beyond 768 KiB of them."
    )


class KeptMessage(BaseModel):
    """One message that an edge keeps, read again with today's profile; never its bytes."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(examples=[_CAPTURE], description="The capture.")
    type: str
    site: str | None
    device: str | None
    time: str | None
    received: str | None = Field(examples=[_TIME])
    state: str = Field(examples=["understood"])
    answered: bool = Field(description="Whether a reply to the device was stored with it.")
    read: bool = Field(description="False: its device is not known, so no profile reads it.")
    facts: list[dict[str, Any]] = Field(
        description="{id type key time data change repeat}; change, against what stands: same changed new"
        " gone; repeat: an earlier message had said it already."
    )
    trouble: list[dict[str, str]] = Field(description="{reason place} of what today's profile leaves over.")
    parts: list[dict[str, Any]] = Field(description="{part reason place state}: its entries in quarantine.")
    forwards: list[dict[str, Any]] = Field(description="{forward state tries code at}.")


class ReplayBody(BaseModel):
    """Whose bytes they are, where that was not known."""

    model_config = ConfigDict(extra="forbid")

    device: Name | None = None


class CaptureQuery(PageQuery):
    """Which captures; ``from`` is inclusive, ``to`` exclusive, both by the time of receipt."""

    device: Name | None = None
    state: Literal["understood", "problems", "quarantined", "unmapped"] | None = None
    specimen: str | None = Field(None, min_length=1, max_length=128, description="Named by a result of it.")
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None
