"""Settings of the relay that lets people pass: ``[device.relay]`` of a gate."""

from typing import Literal, Self

from pydantic import Field, model_validator

from adapters.qr_gates.barriers.line_settings import Address, LineSettings, Topic, WebAddress, Words
from hub.contract import Secret

RestState = Literal["closed", "open"]
# What Waveshare's and like boards take for the time of "flash on": tenths of a second in 15 bits.
LONGEST_PULSE_MS = 60_000


class RelaySettings(LineSettings):
    """A pulse opens; the relay falls back by itself where it can, and by our word in any case."""

    pulse_ms: int = Field(1000, strict=True, ge=100, le=LONGEST_PULSE_MS, description="How long it is open.")
    fail: RestState = Field(
        "closed", description="What it is left in when epihub stops, and by the broker when epihub vanishes."
    )
    energised: RestState = Field(
        "open",
        description="What current in the relay means; closed: current holds it, so a power cut opens it.",
    )
    coil: Address = Field(0, description="modbus: address of the coil.")
    timer_coil: Address | None = Field(
        None,
        description="modbus: where function 5 with tenths of a second switches on for that long (Waveshare: "
        "512 and the channel); then the relay falls back by itself.",
    )
    device: Literal["tasmota", "shelly", "other"] = Field(
        "other", description="mqtt, http: whose words; tasmota and shelly fall back by themselves."
    )
    channel: int = Field(0, strict=True, ge=0, le=31, description="tasmota, shelly: the relay, from 0.")
    topic: Topic | None = Field(
        None, description="mqtt: tasmota and shelly: its name (gate-a); other: the topic that switches."
    )
    open_text: Words = Field("ON", description="mqtt, other: what opens.")
    close_text: Words = Field("OFF", description="mqtt, other: what closes.")
    url: WebAddress | None = Field(
        None, description="http: where it is, http://host; of others url/open and url/close are called."
    )
    open_url: Secret | None = Field(None, description="http, other: instead of url, what is called to open.")
    close_url: Secret | None = Field(
        None, description="http, other: what is called to close; left out for a relay that closes by itself."
    )
    method: Literal["GET", "POST", "PUT"] = Field("GET", description="http, other: how it is called.")
    open_body: str = Field("", max_length=2000, description="http, other: what is sent to open.")
    close_body: str = Field("", max_length=2000, description="http, other: what is sent to close.")

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if (self.by == "mqtt") != (self.topic is not None):
            raise ValueError("mqtt needs a topic, others none")
        if (self.by == "http") != ((self.url is None) != (self.open_url is None)):
            raise ValueError("http needs one of url and open_url, others neither")
        if self.open_url and self.device != "other":
            raise ValueError("tasmota and shelly have a url")
        if self.falls_back and self.energised == "closed":
            raise ValueError("a relay that falls back by itself falls back to no current: it would open")
        if self.open_url and self.close_url is None and self.fail == "open":
            raise ValueError("a relay that closes by itself cannot be left open")
        return self

    @property
    def falls_back(self) -> bool:
        """Whether the relay itself ends the pulse, also when nobody can tell it to any more."""
        return self.timer_coil is not None or (self.by != "modbus" and self.device != "other")
