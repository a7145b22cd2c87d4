"""Settings of ``cold_mqtt``: one ``[[device]]`` is one sensor node on an MQTT broker."""

import re
from collections import Counter
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from adapters.cold_chain.expression import Expression
from adapters.cold_chain.metrics import is_percent, is_temperature
from adapters.cold_chain.units import UNITS
from hub.contract import DeviceConfig, Secret

MAX_PROBES = 64

Dialect = Literal["zigbee2mqtt", "tasmota", "mapped"]
TemperatureUnit = Literal["Cel", "[degF]", "K"]
Metric = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}(\.[a-z0-9_]{1,32}){1,3}$")]
ProbeName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


def _check_topic(topic: str) -> str:
    if not re.fullmatch(r"[^\s+#\x00-\x1f\x7f]{1,256}", topic):
        raise ValueError("a topic is 1 to 256 characters without space, + and #: name the device itself")
    if topic.partition("/")[0] == "epihub":
        raise ValueError("epihub/ is our own tree; devices publish elsewhere")
    return topic


def _check_broker(url: str) -> str:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in the url: set username and password")
    extra = parts.path.strip("/") or parts.query or parts.fragment
    if url and (parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or extra or parts.port == 0):
        raise ValueError("write mqtt://host:port or mqtts://host:port")
    return url


Topic = Annotated[str, AfterValidator(_check_topic)]


class MappedMetric(BaseModel):
    """Where one metric stands in a device's JSON; paths are JMESPath (jmespath.org)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Expression = Field(description="The number. A text is never one: use to_number(path).")
    unit: str | None = Field(
        None,
        pattern=r"^[!-~]{1,16}$",
        description="Unit (UCUM): Cel (without it), [degF] or K for temp.*; any other metric names its own.",
    )
    unit_path: Expression | None = Field(
        None, description="Where the device says in which unit its temperature is; wins over unit."
    )
    time: Expression | None = Field(
        None, description="When it was measured: ISO 8601 text, Unix seconds or milliseconds."
    )
    sequence: Expression | None = Field(
        None, description="A counter that never restarts; only needed where there is no time."
    )
    optional: bool = Field(False, description="Some messages leave it out; otherwise absence is a fault.")


class ColdMqttConfig(DeviceConfig):
    """A sensor node that publishes JSON to a broker: Zigbee2MQTT, Tasmota, or any by a mapping."""

    kind: Literal["cold_mqtt"]
    dialect: Dialect = Field(description="How it speaks.")
    topic: Topic = Field(
        description="Its own topic: zigbee2mqtt/<name>; tele/<name>/SENSOR for Tasmota; no wildcards.",
        examples=["zigbee2mqtt/tu-lanh-01"],
    )
    profile: Literal["fridge", "freezer", "ultra-low", "transport-box"] = Field(
        "fridge",
        description="Storage profile, by which its limits are chosen: +2..+8, -25..-15, -90..-60 °C; "
        "a transport box is held like a fridge.",
    )
    broker: Annotated[str, AfterValidator(_check_broker)] = Field(
        "", description="mqtt://host:port or mqtts://host:port; empty is the hub's own bus."
    )
    username: str = Field("", max_length=256, description="Our user at that broker.")
    password: Secret | None = Field(None, description="Our password at that broker.")
    timezone: ZoneInfo = Field(
        ZoneInfo("Asia/Ho_Chi_Minh"), description="Zone of device times that name none (Tasmota)."
    )
    metric: Metric = Field(
        "temp.vaccine", description="What the temperature is, when the node has one and probes names none."
    )
    probes: dict[ProbeName, Metric] = Field(
        default_factory=dict,
        max_length=MAX_PROBES,
        description="Metric of each probe: Tasmota by Id (or sensor name), Zigbee2MQTT by JSON field.",
    )
    unit: TemperatureUnit | None = Field(
        None, description="Unit of its temperatures, against what it says itself."
    )
    lowest_cel: float = Field(-100, ge=-273.15, le=1000, description="A colder reading in °C is a fault.")
    highest_cel: float = Field(100, ge=-273.15, le=1000, description="A hotter reading in °C is a fault.")
    silence_seconds: float = Field(
        1800, gt=0, description="A kept (retained) copy older than this does not make the device live."
    )
    status_topic: Topic | None = Field(
        None, description="Where it says online or offline; known by itself but for mapped devices."
    )
    bridge_topic: Topic | None = Field(
        None, description="State of the Zigbee2MQTT bridge; from the first level of the topic by itself."
    )
    mapping: dict[Metric, MappedMetric] = Field(
        default_factory=dict, max_length=MAX_PROBES, description="Only for dialect mapped: metric to place."
    )

    @field_validator("mapping", mode="before")
    @classmethod
    def _join_dotted_keys(cls, value: Any) -> Any:
        """TOML reads ``temp.vaccine = {…}`` as a table in a table; people mean the name."""
        return dict(_leaves(value)) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.dialect == "mapped") != bool(self.mapping):
            raise ValueError("dialect mapped needs a mapping; the others have none")
        if self.dialect == "tasmota" and not self.topic.endswith("/SENSOR"):
            raise ValueError("the topic of a Tasmota device ends in /SENSOR: tele/<name>/SENSOR")
        if not self.broker and (self.username or self.password):
            raise ValueError("username and password belong to a broker; the hub's own bus needs none")
        if self.lowest_cel >= self.highest_cel:
            raise ValueError("lowest_cel must be below highest_cel")
        if wrong := self._not_temperatures():
            raise ValueError(f"{wrong} is no temperature: name it temp.…")
        for metric, place in self.mapping.items():
            _check_unit(metric, place)
        twice = [metric for metric, count in Counter(self.probes.values()).items() if count > 1]
        if twice:
            raise ValueError(f"two probes have the metric {twice[0]}: one curve cannot show both")
        return self

    def _not_temperatures(self) -> str:
        """The first metric that stands where only a temperature can."""
        metrics = [self.metric, *(self.probes.values() if self.dialect == "tasmota" else ())]
        return next((metric for metric in metrics if not is_temperature(metric)), "")

    @property
    def availability_topic(self) -> str | None:
        """Where the device's own online/offline is published, None where there is no such topic."""
        if self.status_topic or self.dialect == "mapped":
            return self.status_topic
        if self.dialect == "tasmota":
            return self.topic.removesuffix("SENSOR") + "LWT"
        return self.topic + "/availability"

    @property
    def bridge_state_topic(self) -> str | None:
        """Where Zigbee2MQTT says that the bridge itself is gone: its devices' own topics then say nothing."""
        if self.bridge_topic or self.dialect != "zigbee2mqtt":
            return self.bridge_topic
        return self.topic.partition("/")[0] + "/bridge/state"


def _check_unit(metric: str, place: MappedMetric) -> None:
    if is_temperature(metric):
        if place.unit and place.unit.casefold() not in UNITS:
            raise ValueError(f"{metric}: the unit of a temperature is Cel, [degF] or K")
    elif place.unit_path:
        raise ValueError(f"{metric}: only a temperature may say its unit itself")
    elif place.unit is None and not is_percent(metric):
        raise ValueError(f"{metric}: name its unit")


def _leaves(tables: dict[Any, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Dotted names of the tables that hold a ``value`` (or are no tables, and fail later)."""
    found: list[tuple[str, Any]] = []
    for name, table in tables.items():
        path = f"{prefix}{name}"
        nested = isinstance(table, dict) and table and "value" not in table and path.count(".") < 3
        if nested and all(isinstance(inner, dict) for inner in table.values()):
            found.extend(_leaves(table, path + "."))
        else:
            found.append((path, table))
    return found
