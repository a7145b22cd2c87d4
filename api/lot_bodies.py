"""What people send about vaccine lots, with its bounds."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.queries import Moment, Name, PageQuery
from hub.exposure.placement_checks import MOST_DOSES
from hub.exposure.vial_monitor import VvmType

LotName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}(~[A-Za-z0-9]{1,8})?$",
        description="Number of the lot; of a part of it ``number~mark``.",
        examples=["FD9234", "FD9234~2"],
    ),
]
Reason = Literal["used", "discarded", "sent", "mistake"]


class LotQuery(PageQuery):
    """Which lots; ``unit``: in which one is, or once was. A page may have fewer than ``limit``."""

    unit: Name | None = None
    product: str | None = Field(None, pattern=r"^[a-z0-9-]{1,40}$", examples=["comirnaty"])
    state: Literal["in", "out"] | None = Field(None, description="Whether it is in a unit now.")


class PlacementBody(BaseModel):
    """Where a lot is since when; without ``unit`` it is taken out, for a ``reason``.

    Product, expiry and vvm are as they were told before where they are left out.
    """

    model_config = ConfigDict(extra="forbid")

    unit: Name | None = Field(None, description="A device.", examples=["tu-lanh-07"])
    reason: Reason | None = Field(None, description="Why it is taken out; ``mistake`` with ``corrects``.")
    from_: Moment | None = Field(None, alias="from", description="Default: now.")
    product: str | None = Field(None, pattern=r"^[a-z0-9-]{1,40}$", examples=["comirnaty"])
    doses: int | None = Field(None, ge=1, le=MOST_DOSES)
    expiry: date | None = Field(None, description="Its last day.", examples=["2027-01-31"])
    vvm: VvmType | None = Field(None, description="Type of its vial monitor.")
    thawed: Moment | None = Field(None, description="Since when it is thawed, if that was before.")
    corrects: int | None = Field(None, ge=1, description="Number of the placement that this one replaces.")
