"""The demo province: its sites and devices, and the configuration of a hub that listens to them."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

SiteKind = Literal[
    "hospital", "field-hospital", "quarantine", "vaccine-store", "clinic", "office", "workplace"
]
Link = Literal["mllp", "astm", "serial", "file"]
MessageKind = Literal["oru", "oul", "cobas-6800", "alinity-m", "genexpert-astm", "m2000", "quantstudio"]
IncidentKind = Literal["door_open", "door_ajar", "compressor_off", "leak", "power_cut", "silent"]

API_PORT, MQTT_PORT, MLLP_PORT, GATE_PORT, CAMERA_PORT = 8080, 1883, 2575, 4001, 8554
BASE_TOPIC = "zigbee2mqtt"
MQTT_USER = "zigbee2mqtt"
MQTT_PASSWORD_ENV = "EPIHUB_SENSOR_PASSWORD"


@dataclass(frozen=True, slots=True)
class Site:
    """A place; ``district`` is its code in the division list of 2021."""

    id: str
    name: str
    kind: SiteKind
    district: str


@dataclass(frozen=True, slots=True)
class AnalyzerPlan:
    """One analyzer. ``application`` and ``facility`` are MSH-3 and MSH-4 as ER7 text.

    ``corrected_share`` of its results are corrected by the next message. ``sender`` is how H.5 begins.
    ``address``: what it dials from, where that alone tells it from others.
    """

    id: str
    site: str
    profile: str
    message: MessageKind
    application: str
    facility: str
    model: str
    serial: str
    assay: str
    specimen_prefix: str
    positive_share: float
    failure_share: float
    pause_seconds: tuple[float, float]
    specimens_per_run: tuple[int, int] = (1, 1)
    link: Link = "mllp"
    sender: str = ""
    address: str = ""
    corrected_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happens to a cabinet again and again; minutes of the simulated world.

    Before 0 is the past that a demo begins with.
    """

    kind: IncidentKind
    after_minutes: float
    lasts_minutes: float
    every_minutes: float

    def active(self, minutes: float) -> bool:
        """Whether it is going on ``minutes`` after the start of the world."""
        return self._round(minutes) is not None

    def lasting(self, minutes: float) -> float:
        """For how many minutes it has been going on; 0 while it is not."""
        return self._round(minutes) or 0.0

    def _round(self, minutes: float) -> float | None:
        """Since when it is going on this time; None while it is not."""
        since = minutes - self.after_minutes
        this_time = since % self.every_minutes
        return this_time if since >= 0 and this_time < self.lasts_minutes else None


@dataclass(frozen=True, slots=True)
class FridgePlan:
    """One cabinet with a Zigbee sensor; its id is the sensor's friendly name.

    ``door``: with a contact at its door; ``mains``: a meter of its mains, which a hub reads by a mapping.
    """

    id: str
    site: str
    cabinet: str
    last_seen: bool = True
    door: bool = False
    mains: bool = False
    incidents: tuple[Incident, ...] = ()

    @property
    def topic(self) -> str:
        return f"{BASE_TOPIC}/{self.id}"


@dataclass(frozen=True, slots=True)
class Province:
    """Sites with the devices that stand there."""

    name: str
    timezone: str
    sites: tuple[Site, ...]
    analyzers: tuple[AnalyzerPlan, ...]
    fridges: tuple[FridgePlan, ...]


def load_province() -> Province:
    """Read ``province.toml``, which lies beside this module."""
    text = resources.files("simulators").joinpath("province.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    return Province(
        name=data["name"],
        timezone=data["timezone"],
        sites=tuple(Site(**site) for site in data["site"]),
        analyzers=tuple(_analyzer(entry) for entry in data["analyzer"]),
        fridges=tuple(_fridge(entry) for entry in data["fridge"]),
    )


def _analyzer(entry: dict[str, Any]) -> AnalyzerPlan:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return AnalyzerPlan(**(entry | lists))


def _fridge(entry: dict[str, Any]) -> FridgePlan:
    incidents = tuple(
        Incident(raw["kind"], raw["after"], raw["lasts"], raw["every"]) for raw in entry.get("incident", ())
    )
    plain = {key: value for key, value in entry.items() if key != "incident"}
    return FridgePlan(**plain, incidents=incidents)


def demo_config(port_base: int | None = None) -> str:
    """The hub's ``epihub.toml`` for this province.

    Ports are the usual ones, or ``port_base`` + 0 (API), + 1 (MQTT), + 2 (MLLP). The sensors' bus user
    takes its password from the environment variable ``MQTT_PASSWORD_ENV``.
    """
    api, mqtt, mllp = (
        (API_PORT, MQTT_PORT, MLLP_PORT) if port_base is None else (port_base, port_base + 1, port_base + 2)
    )
    province = load_province()
    parts = [_head(province, api, mqtt)]
    parts += [_site(site) for site in province.sites]
    parts += [_analyzer_device(plan, mllp) for plan in province.analyzers]
    parts += [_fridge_device(plan) for plan in province.fridges]
    return "\n".join(parts)


def _head(province: Province, api: int, mqtt: int) -> str:
    return f"""[hub]
name = {_quoted(province.name)}
timezone = {_quoted(province.timezone)}
data_dir = "data"

[edge]
id = "edge-1"

[api]
host = "127.0.0.1"
port = {api}

[bus]
port = {mqtt}

[[bus.user]]
name = {_quoted(MQTT_USER)}
password = {{ env = {_quoted(MQTT_PASSWORD_ENV)} }}
publish = [{_quoted(BASE_TOPIC + "/#")}]
"""


def _site(site: Site) -> str:
    return f"""[[site]]
id = {_quoted(site.id)}
name = {_quoted(site.name)}
kind = {_quoted(site.kind)}
district = {_quoted(site.district)}
"""


def _analyzer_device(plan: AnalyzerPlan, port: int) -> str:
    return f"""[[device]]
id = {_quoted(plan.id)}
site = {_quoted(plan.site)}
kind = "hl7_mllp"
port = {port}
profile = {_quoted(plan.profile)}
match = {{ sender = {_quoted(plan.application)} }}
"""


def _fridge_device(plan: FridgePlan) -> str:
    return f"""[[device]]
id = {_quoted(plan.id)}
site = {_quoted(plan.site)}
kind = "cold_mqtt"
topic = {_quoted(plan.topic)}
profile = {_quoted(plan.cabinet.replace("_", "-"))}
{_dialect(plan)}
"""


def _dialect(plan: FridgePlan) -> str:
    if not plan.mains:
        return 'dialect = "zigbee2mqtt"' + ('\nprobes = { contact = "door.open" }' if plan.door else "")
    return f"""dialect = "mapped"
status_topic = {_quoted(plan.topic + "/availability")}
[device.mapping]
"temp.vaccine" = {{ value = "temperature", time = "last_seen" }}
"humidity.vaccine" = {{ value = "humidity", time = "last_seen" }}
"battery.percent" = {{ value = "battery", time = "last_seen" }}
"power.available_s" = {{ value = "mains_s", unit = "s", time = "last_seen" }}"""


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
