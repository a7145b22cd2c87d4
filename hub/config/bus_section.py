"""What epihub.toml may say of the bus: the embedded broker or another, and who has an account there."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hub.config.fields import (
    File,
    Flag,
    Host,
    Id,
    Name,
    Port,
    PrivateFile,
    TopicFilter,
    url_of,
    wrong,
)
from hub.config.section import Section
from hub.secret import Secret

MOST_ENTRIES = 10_000  # sites or devices of one hub; a province has some hundred
LONGEST_EDGE_ID = 60  # with -api behind it, it must still fit a topic level of 64


def edge_id(name: str) -> str:
    """``name`` if an edge may have it."""
    if name == "hub":
        raise wrong("hub is no edge id: the hub itself writes under this name")
    if name == "api":
        raise wrong("api is no edge id: API and console have this name on the bus")
    if len(name) > LONGEST_EDGE_ID or name.endswith("-api"):
        raise wrong(
            f"at most {LONGEST_EDGE_ID} characters and no -api at the end: the API writes as <id>-api"
        )
    return name


def _user_name(name: str) -> str:
    if name.startswith("epihub"):
        raise wrong("names that begin with epihub are the hub's own")
    return name


class Listener(Section):
    """What the API and the bus share: an address, and what it takes to leave this machine."""

    host: Host = Field(
        default="127.0.0.1", description="Address to listen on. Off loopback only with TLS or allow_plain."
    )
    tls_cert_file: File | None = Field(
        default=None, description="Certificate chain (PEM).", examples=["tls/server.pem"]
    )
    tls_key_file: PrivateFile | None = Field(
        default=None, description="Its private key (PEM), not open to others.", examples=["tls/server.key"]
    )
    allow_plain: Flag = Field(
        default=False,
        description="Allow it off loopback without TLS: whoever sees the network reads everything.",
    )


class BusUser(Section):
    """A device, or a family of devices, that publishes to the embedded broker."""

    TITLES = ("Devices that publish to the embedded broker", "Thiết bị gửi thẳng vào broker")

    name: Annotated[Id, AfterValidator(_user_name)] = Field(
        description="User name the device logs in with.", examples=["fridges"]
    )
    password: Secret = Field(
        description="Its password: never in this file, only where it is.",
        examples=[{"env": "EPIHUB_FRIDGES"}],
    )
    publish: tuple[TopicFilter, ...] = Field(
        min_length=1,
        max_length=100,
        description="Topics it may publish to; + and # as MQTT has them.",
        examples=[["zigbee2mqtt/#"]],
    )


class BusEdge(Section):
    """An edge on another machine: its account on the bus."""

    TITLES = ("Edges on other machines", "Trạm biên ở máy khác")

    id: Annotated[Id, AfterValidator(edge_id)] = Field(
        description="Its [edge] id there, and its user name on the bus.", examples=["edge-2"]
    )
    password: Secret = Field(
        description="Its password on the bus: never in this file, only where it is.",
        examples=[{"file": "secrets/edge-2"}],
    )
    sites: tuple[Id, ...] = Field(
        default=(),
        max_length=MOST_ENTRIES,
        description="The only sites it may speak for; all if left out.",
        examples=[["bv-thong-nhat"]],
    )
    url: Annotated[str, url_of("http", "https")] | None = Field(
        default=None,
        description="Address of its own console, told to people who look for its raw messages here.",
        examples=["https://edge-2.example:8080"],
    )


class BusSection(Listener):
    """The embedded broker, or another one by url."""

    TITLES = ("The MQTT bus", "Bus MQTT")

    port: Port = Field(default=1883, description="TCP port of the embedded broker.")
    url: Annotated[str, url_of("mqtt", "mqtts")] | None = Field(
        default=None,
        description="Another broker or cluster instead of the embedded one.",
        examples=["mqtts://broker.example:8883"],
    )
    username: Name | None = Field(default=None, description="User name at that broker.", examples=["edge-1"])
    password: Secret | None = Field(
        default=None, description="Password at that broker.", examples=[{"env": "EPIHUB_BUS_PASSWORD"}]
    )
    ca_file: File | None = Field(
        default=None,
        description="Who signed that broker's certificate (PEM); the system's list if left out.",
        examples=["tls/ca.pem"],
    )
    sync: Literal["interval", "always"] = Field(
        default="interval",
        description="When the embedded broker writes to disk: interval (100 ms), or always, for sites "
        "whose sensors publish straight to it.",
    )
    users: tuple[BusUser, ...] = Field(
        default=(), alias="user", max_length=1000, description="See [[bus.user]]."
    )
    edges: tuple[BusEdge, ...] = Field(
        default=(), alias="edge", max_length=1000, description="See [[bus.edge]]."
    )
