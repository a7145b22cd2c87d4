"""Settings of ``cold_mqtt``: one ``[[device]]`` is one sensor node on an MQTT broker."""

import re
from collections import Counter
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from adapters.cold_chain.metrics import is_temperature
from adapters.cold_chain.sensor_config import MAX_PROBES, MappedConfig, Metric
from hub.contract import Secret

Dialect = Literal["zigbee2mqtt", "tasmota", "mapped"]
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


class ColdMqttConfig(MappedConfig):
    """A sensor node that publishes JSON to a broker: Zigbee2MQTT, Tasmota, or any by a mapping."""

    kind: Literal["cold_mqtt"]
    dialect: Dialect = Field(description="How it speaks.")
    topic: Topic = Field(
        description="Its own topic: zigbee2mqtt/<name>; tele/<name>/SENSOR for Tasmota; no wildcards.",
        examples=["zigbee2mqtt/tu-lanh-01"],
    )
    broker: Annotated[str, AfterValidator(_check_broker)] = Field(
        "", description="mqtt://host:port or mqtts://host:port; empty is the hub's own bus."
    )
    username: str = Field("", max_length=256, description="Our user at that broker.")
    password: Secret | None = Field(None, description="Our password at that broker.")
    metric: Metric = Field(
        "temp.vaccine", description="What the temperature is, when the node has one and probes names none."
    )
    probes: dict[ProbeName, Metric] = Field(
        default_factory=dict,
        max_length=MAX_PROBES,
        description="Metric of each probe: Tasmota by Id (or sensor name), Zigbee2MQTT by JSON field.",
    )
    silence_seconds: float = Field(
        1800, gt=0, description="A kept (retained) copy older than this does not make the device live."
    )
    status_topic: Topic | None = Field(
        None, description="Where it says online or offline; known by itself but for mapped devices."
    )
    bridge_topic: Topic | None = Field(
        None, description="State of the Zigbee2MQTT bridge; from the first level of the topic by itself."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.dialect == "mapped") != bool(self.mapping):
            raise ValueError("dialect mapped needs a mapping; the others have none")
        if self.dialect == "tasmota" and not self.topic.endswith("/SENSOR"):
            raise ValueError("the topic of a Tasmota device ends in /SENSOR: tele/<name>/SENSOR")
        if not self.broker and (self.username or self.password):
            raise ValueError("username and password belong to a broker; the hub's own bus needs none")
        if wrong := self._not_temperatures():
            raise ValueError(f"{wrong} is no temperature: name it temp.…")
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
