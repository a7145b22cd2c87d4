"""Settings of ``cold_mqtt``: one ``[[device]]`` is one sensor node on an MQTT broker."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from adapters.cold_chain import dialect_rules, topics
from adapters.cold_chain.payloads import PayloadName
from adapters.cold_chain.sensor_config import MAX_PROBES, MappedConfig, Metric
from hub.contract import Secret

Dialect = Literal[
    "zigbee2mqtt", "tasmota", "esphome", "shelly", "ruuvi", "chirpstack", "ttn", "homeassistant", "mapped"
]
ProbeName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
GatewayName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]
LONGEST_NAME = 64  # a level of a topic


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
    """A sensor node that publishes to a broker: by itself, a bridge or a network server; any by a mapping."""

    kind: Literal["cold_mqtt"]
    dialect: Dialect = Field(description="How it speaks.")
    topic: Topic = Field(
        description="Its own topic, without wildcards: zigbee2mqtt/<name>, tele/<name>/SENSOR; the adapter's "
        "page names that of each dialect.",
        examples=["zigbee2mqtt/tu-lanh-01"],
    )
    broker: Annotated[str, AfterValidator(_check_broker)] = Field(
        "", description="mqtt://host:port or mqtts://host:port; empty is the hub's own bus."
    )
    username: str = Field("", max_length=256, description="Our user at that broker.")
    password: Secret | None = Field(None, description="Our password at that broker.")
    payload: PayloadName | None = Field(
        None, description="The LoRaWAN sensor behind chirpstack or ttn; its bytes are decoded here."
    )
    metric: Metric = Field(
        "temp.vaccine", description="What the temperature is, when the node has one and probes names none."
    )
    probes: dict[ProbeName, Metric] = Field(
        default_factory=dict,
        max_length=MAX_PROBES,
        description="Metric of each probe: Tasmota by Id (or sensor name), Zigbee2MQTT by JSON field, "
        "ESPHome by object id, LoRaWAN by chn1, external …; the adapter's page names those of each dialect.",
    )
    shared: bool = Field(
        False,
        description="Its node serves several fridges, each a device of this topic; only `probes` are read.",
    )
    silence_seconds: float = Field(
        1800, gt=0, description="A kept (retained) copy older than this does not make the device live."
    )
    status_topic: Topic | None = Field(
        None, description="Where it says online or offline; Zigbee2MQTT, Tasmota, ESPHome: known by itself."
    )
    bridge_topic: Topic | None = Field(
        None, description="State of its bridge; of Zigbee2MQTT and a Ruuvi gateway known by itself."
    )
    gateway: GatewayName | None = Field(
        None,
        description="Name of its bridge in alarms, the same for all that hang on it; made of edge and "
        "bridge_topic if left out.",
        examples=["zigbee-kho"],
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for mistake in dialect_rules.mistakes(self):
            raise ValueError(mistake)
        return self

    @property
    def measured_topics(self) -> dict[str, str]:
        """Where it publishes what it measures, and of each topic the probe that it speaks of."""
        return topics.measured(self)

    @property
    def announced_topics(self) -> dict[str, str]:
        """Where Home Assistant's discovery tells the topic of each metric."""
        return topics.announced(self)

    @property
    def availability_topic(self) -> str | None:
        """Where the device's own online/offline is published, None where there is no such topic."""
        return topics.availability(self)

    def hangs_on(self, edge: str) -> str:
        """The bridge by its name, or ``edge-1-zigbee2mqtt-bridge`` of zigbee2mqtt/bridge/state."""
        if self.gateway or not self.bridge_state_topic:
            return self.gateway or ""
        base = self.bridge_state_topic.rpartition("/")[0] or self.bridge_state_topic
        return f"{edge}-{re.sub(r'[^a-z0-9_-]+', '-', base.lower())}"[:LONGEST_NAME]

    @property
    def bridge_state_topic(self) -> str | None:
        """Where its bridge says that it is gone itself: its devices' own topics then say nothing."""
        return topics.bridge(self)
