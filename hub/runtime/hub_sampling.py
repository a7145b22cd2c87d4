"""Figures of the hub itself, as projections sample them: health, spool, log, incidents, quarantine, disk."""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from hub.alarms.incidents.states import State
from hub.clock import now_ms
from hub.control import ControlClient, ControlUnavailable
from hub.errors import OperatorError, StoreUnavailable
from hub.figures import SPOOL_USED, WAITING
from storage.contract import StoreReader
from storage.incidents import IncidentFilter
from storage.influx.measurements.hub import STATES, HubSample

ANSWER_SECONDS = 5.0
# Of open incidents and of waiting quarantine so many are counted: more are as bad.
MOST_COUNTED = 1000
OPEN = tuple(state.value for state in State if state is not State.CLOSED)
SPOOL_FIGURES = {WAITING.name: "waiting", SPOOL_USED.name: "used_bytes"}
Parts = dict[str, dict[str, float | None]]


class HubSampling:
    """``health``: the socket at which the whole installation answers; the reader is open.

    ``projections``: how far behind each is, by ``projection.NAME``.
    """

    def __init__(
        self, hub: str, health: Path, data_dir: Path, reader: StoreReader, projections: Callable[[], Parts]
    ) -> None:
        self._hub = hub
        self._health = ControlClient(health)
        self._data_dir = data_dir
        self._reader = reader
        self._projections = projections

    async def sample(self) -> HubSample | None:
        """None while the hub or its store is away."""
        at_ms = now_ms()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                health = await self._health.call("health")
                figures = await self._health.call("figures")
                stored = await self._of_store()
        except (ControlUnavailable, OperatorError, StoreUnavailable, TimeoutError):
            return None
        parts = (_states(health), _spool(figures), stored, self._of_disk(), self._projections())
        return HubSample(at_ms, self._hub, together(parts))

    async def _of_store(self) -> Parts:
        told = await self._reader.figures()
        incidents = await self._reader.incidents(IncidentFilter(OPEN), limit=MOST_COUNTED, cursor=None)
        waiting = await self._reader.quarantine("WAITING", limit=MOST_COUNTED, cursor=None)
        counted = Counter(str(row["severity"]).lower() for row in incidents.items)
        return {
            "log": {"last_number": told.last_number},
            "incidents": {name: counted[name] for name in ("info", "warning", "critical")},
            "quarantine": {"waiting": len(waiting.items)},
            "store": {"used_bytes": told.bytes},
        }

    def _of_disk(self) -> Parts:
        try:
            disk = os.statvfs(self._data_dir)
        except OSError:
            return {}
        return {"disk": {"free_bytes": disk.f_bavail * disk.f_frsize}}


def together(sources: Iterable[Parts]) -> Parts:
    """A component may have figures beside its state: ``spool`` and ``store`` have."""
    found: Parts = {}
    for source in sources:
        for part, figures in source.items():
            found[part] = found.get(part, {}) | figures
    return found


def _states(health: Mapping[str, Any]) -> Parts:
    """Names of components are ours; a camera or device is none of them."""
    parts: Mapping[str, Any] = health["components"]
    return {name: {"state": STATES[part["state"]]} for name, part in parts.items()}


def _spool(figures: Mapping[str, Any]) -> Parts:
    """Empty for a hub without an edge."""
    found = {
        SPOOL_FIGURES[sample["metric"]["name"]]: sample["value"]
        for sample in figures["samples"]
        if sample["metric"]["name"] in SPOOL_FIGURES
    }
    return {"spool": found} if found else {}
