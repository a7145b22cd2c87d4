"""Settings of ``cold_http``: one ``[[device]]`` is one appliance whose monitor pushes to us."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from adapters.cold_chain.cce.appliance import Identity, Place, Text
from adapters.cold_chain.sensor_config import MappedConfig

HttpDialect = Literal["cce", "mapped"]
AlarmName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
AlarmCode = Annotated[str, Field(pattern=r"^[!-~]{1,16}$"), AfterValidator(str.casefold)]


class ColdHttpConfig(MappedConfig):
    """A monitor that posts: WHO cce-interop (EMS and RTM), or any JSON by a mapping."""

    kind: Literal["cold_http"]
    dialect: HttpDialect = Field("cce", description="What it posts.")
    route: str = Field(
        "",
        pattern=r"^([a-z0-9_-]{1,64})?$",
        description="Posted to /api/v1/ingest/<route>; its own id if left out. The appliances of one sender "
        "share a route.",
    )
    match: dict[Identity, Text] = Field(
        default_factory=dict,
        description="What a report must say to be of this appliance; needed where several share a route.",
        examples=[{"ESER": "b9c250d412234e5d"}],
    )
    place: Place | None = Field(None, description="Where the appliance stands.")
    alarm_codes: dict[AlarmCode, AlarmName] = Field(
        default_factory=dict,
        max_length=64,
        description="A maker's own ALRM codes: code to name, for alarm.<name>; unknown ones are alarm.other.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.dialect == "mapped") != bool(self.mapping):
            raise ValueError("dialect mapped needs a mapping; cce has none")
        if self.dialect == "mapped" and (self.match or self.place or self.alarm_codes):
            raise ValueError("match, place and alarm_codes are read from cce reports only")
        return self

    @property
    def path(self) -> str:
        """Below the API's prefix."""
        return f"/ingest/{self.route or self.id}"
