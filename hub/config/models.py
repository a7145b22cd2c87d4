"""What epihub.toml may say: these models are the manual.

The example file and the tables of docs/configuration.md are made from them.
"""

from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hub.config.alarming import AlarmsSection
from hub.config.bus_section import MOST_ENTRIES, BusSection, Listener, edge_id
from hub.config.feeding import MOST_DESTINATIONS, Destination
from hub.config.fields import (
    District,
    Folder,
    Host,
    Id,
    Name,
    Port,
    Timezone,
    is_loopback,
    url_of,
)
from hub.config.forwarding import Forward
from hub.config.notifying import NotifySection
from hub.config.projecting import MOST_PROJECTIONS, Projection
from hub.config.section import Section
from hub.contract import DeviceConfig
from hub.secret import Secret

SiteKind = Literal[
    "hospital", "field-hospital", "quarantine", "vaccine-store", "clinic", "office", "workplace"
]


class HubSection(Section):
    """Name, time zone and data folder of this installation."""

    TITLES = ("The installation", "Hệ thống")

    name: Id = Field(description="Name of this installation, shown in the console.", examples=["dong-nai"])
    timezone: Timezone = Field(
        default="Asia/Ho_Chi_Minh", description="Time zone of reports and of devices that give local time."
    )
    data_dir: Folder = Field(
        default=Path("data"),
        validate_default=True,
        description="Where everything is kept; relative to the folder of this file.",
    )


class EdgeSection(Section):
    """The side that speaks to devices; may be left out."""

    TITLES = ("The edge", "Trạm biên (phía thiết bị)")

    id: Annotated[Id, AfterValidator(edge_id)] = Field(
        default="edge-1",
        description="Unique in the province; part of topics. Never change it while the spool holds rows.",
    )
    site: str = Field(default="", description="The site it stands at; the first one if left out.")
    url: Annotated[str, url_of("http", "https")] | None = Field(
        default=None,
        description="Address of this edge's own console, told to people who look for raw messages elsewhere.",
        examples=["https://edge-1.example:8080"],
    )
    spool_dir: Folder | None = Field(
        default=None,
        description="Folder of the spool, best on a disk of its own; spool in data_dir if left out.",
        examples=["/mnt/second-disk/epihub"],
    )
    spool_quota_mb: int = Field(
        default=8192,
        strict=True,
        ge=16,
        le=1_048_576,
        description="Disk space (MB) of the spool; alarms at 50 and 80 %, negative answers at 100 %.",
    )
    receipted_keep_hours: int = Field(
        default=72,
        strict=True,
        ge=1,
        le=8760,
        description="How long (hours) rows stay after the hub has them; a younger hub backup loses nothing.",
    )
    capture_keep_days: int = Field(
        default=90,
        strict=True,
        ge=1,
        le=3650,
        description="How long (days) the encrypted raw messages stay at the edge.",
    )
    visit_keep_days: int = Field(
        default=21,
        strict=True,
        ge=1,
        le=90,
        description="How long (days) after its week's end the key lives that names visits at gates.",
    )
    event_picture_keep_hours: int = Field(
        default=24,
        strict=True,
        ge=1,
        le=720,
        description="How long (hours) the picture stays that a camera showed when a fault began.",
    )
    orders_keep_days: int = Field(
        default=14,
        strict=True,
        ge=1,
        le=365,
        description="How long (days) a laboratory order waits for its results, and stays after its end.",
    )


class ApiSection(Listener):
    """API and console."""

    TITLES = ("API and console", "API và bảng điều khiển")

    port: Port = Field(default=8080, description="TCP port of API and console.")
    hosts: tuple[Host, ...] = Field(
        default=(),
        max_length=20,
        description="Further names by which people reach it; others are refused (against DNS rebinding).",
        examples=[["epihub.example"]],
    )


class StoreSection(Section):
    """SQLite in data_dir, or PostgreSQL by url."""

    TITLES = ("The store", "Kho dữ liệu")

    url: Annotated[str, url_of("postgresql")] | None = Field(
        default=None,
        description="PostgreSQL (docs/storage.md: TLS, role, database); SQLite in data_dir if left out.",
        examples=["postgresql://epihub@db.example/epihub"],
    )
    password: Secret | None = Field(
        default=None,
        description="Password at that server.",
        examples=[{"file": "secrets/store-password"}],
    )
    readings_months: int = Field(
        default=13,
        ge=1,
        le=120,
        description="Months that readings and states of cameras are kept; hourly figures stay 10 years.",
    )
    visit_keep_days: int = Field(
        default=21,
        strict=True,
        ge=1,
        le=90,
        description="How long (days) after a week's end the store keeps what visits of it were called.",
    )


class Site(Section):
    """A place where devices stand."""

    TITLES = ("Sites", "Địa điểm")

    id: Id = Field(description="Unique; part of topics.", examples=["bv-thong-nhat"])
    name: Name = Field(description="Name as people know it.", examples=["Bệnh viện đa khoa Thống Nhất"])
    kind: SiteKind = Field(
        description="What it is; decides which rules and reports apply.", examples=["hospital"]
    )
    district: District = Field(
        description="Three digits of the district (2021 list; Đồng Nai: 731, 732, 734 to 742).",
        examples=["731"],
    )
    gate_rules: dict[str, Any] = Field(
        default_factory=dict,
        description="What its gates ask, as `rules` of a gate; a gate's own keys win.",
        examples=[{"version": 1, "declaration_hours": 72}],
    )


class LogSection(Section):
    """What the process says about itself, on standard error."""

    TITLES = ("Log", "Nhật ký")

    format: Literal["auto", "json", "terminal"] = Field(
        default="auto",
        description="JSON lines, or lines for people; auto decides by whether a terminal reads.",
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is told."
    )


class Config(BaseModel):
    """The whole file, checked: what was left out is filled in, every device has its adapter's own model."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    hub: HubSection
    edge: EdgeSection
    api: ApiSection = ApiSection()
    bus: BusSection = BusSection()
    store: StoreSection = StoreSection()
    sites: tuple[Site, ...] = Field(min_length=1, max_length=MOST_ENTRIES)
    devices: tuple[DeviceConfig, ...] = Field(default=(), max_length=MOST_ENTRIES)
    forwards: tuple[Forward, ...] = Field(default=(), max_length=MOST_ENTRIES)
    projections: tuple[Projection, ...] = Field(default=(), max_length=MOST_PROJECTIONS)
    destinations: tuple[Destination, ...] = Field(default=(), max_length=MOST_DESTINATIONS)
    alarms: AlarmsSection = AlarmsSection()
    notify: NotifySection = NotifySection()
    log: LogSection = LogSection()

    @property
    def spool_dir(self) -> Path:
        """Folder of the spool."""
        return self.edge.spool_dir or self.hub.data_dir / "spool"

    @property
    def local_alarms(self) -> bool:
        """Whether alarm rules run at this edge."""
        if self.alarms.local is not None:
            return self.alarms.local
        return any(site.kind == "vaccine-store" for site in self.sites if site.id == self.edge.site)

    @property
    def embedded_broker(self) -> bool:
        """Whether the broker is our own child."""
        return self.bus.url is None

    @property
    def plain_links(self) -> tuple[str, ...]:
        """Ids of devices that are listened to off loopback, for the peers listed (shown as *plain link*)."""
        return tuple(
            device.id for device in self.devices if listens(device) and not is_loopback(listener_host(device))
        )

    @property
    def plain_forwards(self) -> tuple[Forward, ...]:
        """Those whose messages leave this machine without TLS (shown as *plain link*)."""
        return tuple(
            forward
            for forward in self.forwards
            if forward.to.startswith(("mllp:", "astm:"))
            and not is_loopback(urlsplit(forward.to).hostname or "")
        )


def listens(device: DeviceConfig) -> bool:
    """Whether peers dial us: such models have ``host``, ``port`` and ``peers``."""
    return {"host", "port", "peers"} <= type(device).model_fields.keys()


def listener_host(device: DeviceConfig) -> str:
    """The address a listening device's model names."""
    return str(getattr(device, "host", ""))
