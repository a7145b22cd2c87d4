"""The rules of a site's gates: data, with a version. What is None is not asked for."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["03:00"])]


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AntiPassback(_Rules):
    """``soft`` is told and lets pass, ``hard`` refuses. Missed exits add up, so all is forgotten daily."""

    mode: Literal["soft", "hard"] = "soft"
    window_hours: float = Field(default=12, gt=0, le=168)
    reset_at: Clock = "03:00"


class Proof(_Rules):
    """Any one of them suffices; ``signed``: it must be signed by somebody on the trust list."""

    doses: int | None = Field(default=None, ge=1, le=10)
    days_after_dose: int = Field(default=14, ge=0, le=365)
    negative_test_hours: float | None = Field(default=None, gt=0, le=336)
    recovery_days: int | None = Field(default=None, ge=1, le=730)
    signed: bool = True


class GateRules(_Rules):
    """``duplicate_seconds``: phones are shown twice. ``on_*``: what the gate does, first match wins."""

    version: int = Field(default=1, ge=1)
    duplicate_seconds: float = Field(default=5, ge=0, le=60)
    on_watch_list: Literal["alert", "deny"] = "alert"
    positive_days: int | None = Field(default=None, ge=1, le=60)
    on_positive: Literal["alert", "deny"] = "alert"
    anti_passback: AntiPassback | None = None
    declaration_hours: float | None = Field(default=None, gt=0, le=720)
    proof: Proof | None = None
    occupancy_limit: int | None = Field(default=None, ge=1, le=1_000_000)
