"""The rules of a site's gates: data, with a version. What is left out is not asked for."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["03:00"])]


class _Rules(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AntiPassback(_Rules):
    """Missed exits add up, so all is forgotten daily."""

    mode: Literal["soft", "hard"] = Field(
        default="soft", description="Twice the same way: told and let pass, or refused."
    )
    window_hours: float = Field(default=12, gt=0, le=168, description="How long the last passage counts.")
    reset_at: Clock = Field(default="03:00", description="When all of it is forgotten, each day.")


class Proof(_Rules):
    """Any one of them suffices."""

    doses: int | None = Field(default=None, ge=1, le=10, description="So many doses.")
    days_after_dose: int = Field(default=14, ge=0, le=365, description="Days since the last one.")
    negative_test_hours: float | None = Field(
        default=None, gt=0, le=336, description="A negative test within so long."
    )
    recovery_days: int | None = Field(
        default=None, ge=1, le=730, description="Recovered within so many days."
    )
    signed: bool = Field(
        default=True, description="A certificate counts only if somebody on the trust list signed it."
    )


class GateRules(_Rules):
    """The first that has something to say decides (docs/gates.md)."""

    version: int = Field(
        default=1, ge=1, description="Told with every decision: raise it when the rules change."
    )
    duplicate_seconds: float = Field(
        default=5, ge=0, le=60, description="The same person again within so long moves nothing."
    )
    on_watch_list: Literal["alert", "deny"] = Field(
        default="alert", description="Who is on the watch list: staff are called, silently, or refused."
    )
    positive_days: int | None = Field(
        default=None, ge=1, le=60, description="A positive result within so many days."
    )
    on_positive: Literal["alert", "deny"] = Field(default="alert", description="What then: as on_watch_list.")
    anti_passback: AntiPassback | None = Field(
        default=None, description="Nobody enters, or leaves, twice in a row."
    )
    declaration_hours: float | None = Field(
        default=None, gt=0, le=720, description="A health declaration not older than this."
    )
    proof: Proof | None = Field(
        default=None, description="A vaccination, test or recovery, of a list or of a certificate."
    )
    occupancy_limit: int | None = Field(
        default=None, ge=1, le=1_000_000, description="People in the zone; above it whoever enters waits."
    )
