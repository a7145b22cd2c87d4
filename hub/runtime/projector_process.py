"""Projections as a process of their own, the child of ``epihub up`` and ``hub``; it only reads the store."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from hub.control import Answer, ControlClient, ControlUnavailable, serve_control
from hub.errors import OperatorError
from hub.metrics import Sample
from hub.projection_figures import of_projection
from hub.runtime.child_process import run_child, serving
from hub.runtime.health_and_metrics import OBSERVE_SECONDS, Observer
from hub.runtime.hub_sampling import HubSampling, Parts
from hub.runtime.projection_desk import SETTLE
from hub.runtime.projector_settings import ProjectorSettings
from storage.influx.projection_state import PHASES
from storage.influx.projector import Collaborators, NotSettled, Projector
from storage.influx.settings import ProjectionSettings
from storage.influx.watch import RestartWatch
from storage.projections import ProjectionChange

PROCESS = "projector"
SETTLE_ANSWER_SECONDS = 30.0


def main() -> int:
    return run_child(ProjectorSettings, _serve)


async def _serve(settings: ProjectorSettings) -> None:
    observer = Observer(PROCESS, None, None)
    projectors: list[Projector] = []

    def behind() -> Parts:
        return {
            f"projection.{each.state.name}": {
                "backlog": each.state.backlog,
                "lag_seconds": each.state.lag_seconds,
            }
            for each in projectors
        }

    projectors += [_projector(each, settings, behind) for each in settings.projections]

    def collect() -> Iterator[Sample]:
        for projector in projectors:
            yield from of_projection(projector.state, PHASES)

    async def states() -> Answer:
        return {"items": [projector.state.told() for projector in projectors]}

    observer.registry.add(collect)
    async with asyncio.TaskGroup() as tasks:
        for projector in projectors:
            tasks.create_task(projector.run(), name=f"projector[{projector.settings.name}]")
        tasks.create_task(observer.run(), name="observer")
        tasks.create_task(_look(projectors, observer), name="look")
        calls = observer.calls() | {"projection.states": states}
        tasks.create_task(serve_control(Path(settings.socket), calls), name="control")
        serving()


def _projector(
    projection: ProjectionSettings, settings: ProjectorSettings, behind: Callable[[], Parts]
) -> Projector:
    reader = settings.reader()
    sampling = HubSampling(
        settings.hub, Path(settings.health_socket), Path(settings.data_dir), reader, behind
    )
    hub = ControlClient(Path(settings.hub_socket))

    async def settle(change: ProjectionChange) -> None:
        try:
            async with asyncio.timeout(SETTLE_ANSWER_SECONDS):
                await hub.call(SETTLE, change=msgspec.to_builtins(change))
        except (ControlUnavailable, TimeoutError, OperatorError) as error:
            raise NotSettled("the hub did not take what is settled") from error

    parts = Collaborators(
        reader, projection.writer(), RestartWatch(projection.address()), settle, sampling.sample
    )
    return Projector(projection, parts, hub=settings.hub, settle_seconds=settings.settle_seconds)


async def _look(projectors: Sequence[Projector], observer: Observer) -> None:
    """Degraded at the worst: what waits is in the store."""
    component = observer.health.component("projections")
    while True:
        troubles = [
            f"projection {each.state.name}: {each.state.shown}"
            + (f" ({each.state.reason})" if each.state.reason else "")
            for each in projectors
            if each.state.shown in {"busy", "refused", "away", "starting"}
        ]
        over = [
            f"projection {each.state.name}: {each.state.series_over_limit} series over the limit"
            for each in projectors
            if each.state.series_over_limit
        ]
        if troubles or over:
            component.degraded("; ".join(troubles + over))
        else:
            component.ok()
        await asyncio.sleep(OBSERVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
