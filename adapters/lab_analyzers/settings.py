"""What every analyzer is told in the configuration, whatever it is connected by."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from adapters.lab_analyzers.profiles import Charset, load_profile
from hub.contract import DeviceConfig
from hub.errors import ConfigError


class AnalyzerConfig(DeviceConfig):
    """An analyzer, whatever it is connected by."""

    profile: str = Field(
        default="generic", description="How this model writes results: a profile's name or a TOML file."
    )
    timezone: str = Field(
        default="Asia/Ho_Chi_Minh", description="Zone of times that the device sends without one."
    )
    charset: Charset = Field(
        default="", description="Python codec of its messages where they name none, or a wrong one."
    )

    @field_validator("profile")
    @classmethod
    def _profile_is_there(cls, name: str) -> str:
        try:
            load_profile(name)
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return name

    @property
    def label_patterns(self) -> tuple[str, str]:
        """Of specimen and order ids that may leave the edge."""
        profile = load_profile(self.profile)
        return profile.specimen_pattern, profile.order_pattern

    @property
    def known_tests(self) -> dict[str, str]:
        """Tests that it can be ordered, as far as its profile names them, with their texts."""
        return load_profile(self.profile).known_tests()

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"no such time zone: {name}") from error
        return name


class OrderingConfig(AnalyzerConfig):
    """An analyzer on a line, which can be told what to measure."""

    orders: Literal["none", "query", "download"] = Field(
        default="query",
        description="How it gets its orders: never, when it asks for a specimen, or unasked as well.",
    )
    silent_after_seconds: Literal["rhythm"] | Annotated[float, Field(ge=0, le=30 * 86_400)] = Field(
        default="rhythm",
        description="Without a message for so long it is told silent; 0: never; `rhythm`: by its own.",
    )
