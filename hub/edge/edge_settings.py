"""What an edge is told when it is built."""

from dataclasses import dataclass, field
from pathlib import Path

from hub.edge.device_pictures import KEEP_HOURS
from hub.edge.forward_lines import ForwardSettings
from hub.mqtt.connection import BrokerAddress
from hub.spool import SpoolLimits
from hub.visit_keys import KEEP_DAYS


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    """``address``: the bus; ``device_bus``: where devices of this edge publish if they name no broker."""

    id: str
    site: str
    version: str
    spool_path: Path
    keys: Path
    address: BrokerAddress
    device_bus: BrokerAddress | None = None
    limits: SpoolLimits = field(default_factory=SpoolLimits)
    forwards: tuple[ForwardSettings, ...] = ()
    visit_keep_days: int = KEEP_DAYS
    event_picture_keep_hours: int = KEEP_HOURS
