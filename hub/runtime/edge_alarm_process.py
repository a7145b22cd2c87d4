"""Alarms of an edge as a process of their own, the child of ``epihub edge``: no ACK waits for a judgement."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

from hub import figures
from hub.control import Handler, serve_control
from hub.metrics import Sample
from hub.runtime.alarm_desk import AlarmDesk
from hub.runtime.child_process import run_child, serving
from hub.runtime.edge_alarm_settings import EdgeAlarmSettings
from hub.runtime.edge_alarms import EdgeAlarms
from hub.runtime.health_and_metrics import OBSERVE_SECONDS, Observer, look_at_notices
from hub.runtime.notify_desk import NotifyDesk

PROCESS = "edge-alarms"


def main() -> int:
    return run_child(EdgeAlarmSettings, _serve)


async def _serve(settings: EdgeAlarmSettings) -> None:
    alarms = EdgeAlarms(settings)
    observer = Observer(PROCESS, None, None)

    def collect() -> Iterator[Sample]:
        yield from figures.of_notices(alarms.notifier.figures)

    observer.registry.add(collect)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(alarms.run(), name="alarms")
        tasks.create_task(observer.run(), name="observer")
        tasks.create_task(_look(alarms, observer), name="look")
        calls = _calls(settings, alarms) | observer.calls()
        tasks.create_task(serve_control(Path(settings.socket), calls), name="control")
        serving()


def _calls(settings: EdgeAlarmSettings, alarms: EdgeAlarms) -> dict[str, Handler]:
    return {
        **AlarmDesk(alarms.ledger).calls(),
        **NotifyDesk(alarms.ledger, alarms.notifier, settings.reader).calls(),
    }


async def _look(alarms: EdgeAlarms, observer: Observer) -> None:
    component = observer.health.component("alarms")
    while True:
        if alarms.trouble:
            component.down(alarms.trouble)
        elif alarms.speaks():
            component.degraded("the hub is away: people are told from here")
        else:
            component.ok()
        look_at_notices(alarms.notifier, alarms.heartbeat, observer.health.component("notify"))
        await asyncio.sleep(OBSERVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
