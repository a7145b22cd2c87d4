"""Alarms of an edge that is apart, beside it in a process of their own: no ACK waits for a judgement."""

from hub.runtime.edge_alarm_settings import EdgeAlarmSettings
from hub.runtime.process_beside import Beside, ProcessBeside

HANDED_ON = ("alarm", "alarm_device", "notify.list", "notify.decide", "notify.test")


class EdgeAlarmsBeside(ProcessBeside):
    """An edge takes messages without them, too."""

    def __init__(self, settings: EdgeAlarmSettings) -> None:
        alarms = Beside(
            "edge-alarms", "hub.runtime.edge_alarm_process", "the process of alarms", HANDED_ON, needed=False
        )
        super().__init__(alarms, settings)
