"""The hub beside an edge: in a process of its own, so that whatever the store does, no ACK waits for it."""

from hub.runtime.process_beside import Beside, ProcessBeside
from hub.runtime.settings import HubSettings

HANDED_ON = (
    "replay", "discard", "alarm", "alarm_device", "alarm_devices", "calibrate", "calibrations",
    "gate.open", "gate.openings", "lot.place", "lots", "occupancy.set", "camera.ask",
    "notify.list", "notify.decide", "notify.test", "people.show", "people.take",
    "report.revise", "intake.enter", "audit.note",
    "projection.pause", "projection.resume", "projection.rejected",
    "destination.list", "destination.pause", "destination.resume", "destination.replay", "destination.drop",
    "destination.outbox", "webhook.list", "webhook.add", "webhook.rotate", "webhook.remove",
)  # fmt: skip


class HubBeside(ProcessBeside):
    """Commands to edges and what people do with alarms are handed on to it."""

    def __init__(self, settings: HubSettings) -> None:
        hub = Beside("hub", "hub.runtime.hub_process", "the hub's process", HANDED_ON)
        super().__init__(hub, settings)
