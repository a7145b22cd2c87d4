"""The process beside us as somebody with a scope reaches it: calls about other sites are refused.

A call that does not stand here is refused, too: what is new is closed until somebody says what it is about.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from api.link import HubControl
from api.scope import Scope, not_served, outside
from api.scoped_reader import ScopedReader

Rule = Callable[["ScopedControl", dict[str, Any]], Awaitable[bool]]


async def _free(_: "ScopedControl", __: dict[str, Any]) -> bool:
    return True


async def _by_device(line: "ScopedControl", told: dict[str, Any]) -> bool:
    return await line.has_device(str(told.get("device", "")))


async def _by_camera(line: "ScopedControl", told: dict[str, Any]) -> bool:
    return await line.has_device(str(told.get("camera", "")))


async def _by_path(line: "ScopedControl", told: dict[str, Any]) -> bool:
    """/ingest/<device>: a device's key may be held to its site."""
    where, _, device = str(told.get("path", "")).rpartition("/")
    return where == "/ingest" and await line.has_device(device)


async def _by_unit(line: "ScopedControl", told: dict[str, Any]) -> bool:
    """A lot that comes into one of ours, or is taken out of one."""
    unit, reader = str(told.get("unit") or ""), line.reader
    if reader is None or (unit and not await reader.has_device(unit)):
        return False
    known = await reader.lot_is_ours(str(told.get("lot", "")))
    return known if known is not None else bool(unit)


async def _by_site(line: "ScopedControl", told: dict[str, Any]) -> bool:
    return line.scope.has_site(told.get("site"))


async def _by_incident(line: "ScopedControl", told: dict[str, Any]) -> bool:
    return line.reader is not None and await line.reader.incident(str(told.get("incident", ""))) is not None


async def _by_entry(line: "ScopedControl", told: dict[str, Any]) -> bool:
    return line.reader is not None and await line.reader.quarantined(str(told.get("entry", ""))) is not None


async def _by_zone(line: "ScopedControl", told: dict[str, Any]) -> bool:
    if line.reader is None:
        return False
    return bool(await line.reader.occupancy(0, edge=told.get("edge"), zone=told.get("zone")))


async def _by_own_scope(line: "ScopedControl", told: dict[str, Any]) -> bool:
    """The desk holds each item to the scope that it is told."""
    scope = line.scope
    return told.get("scope") == {"sites": sorted(scope.sites), "districts": sorted(scope.districts)}


RULES: dict[str, Rule] = {
    "intake.enter": _by_own_scope,
    "names": _free,  # of persons that are about to be reported
    "health": _free,
    "audit.note": _free,
    "report.revise": _free,  # it says what its report says, which was narrowed before
    "alarm": _by_incident,
    "alarm_device": _by_device,
    "alarm_devices": _by_site,
    "calibrate": _by_device,
    "camera.ask": _by_device,
    "gate.open": _by_device,
    "lot.place": _by_unit,
    "replay": _by_entry,
    "discard": _by_entry,
    "occupancy.set": _by_zone,
    "ingest": _by_path,
    "edge.status": _free,  # of the edge itself: what waits, how full its spool is
    "gate.open_here": _by_device,
    "camera.ask_here": _by_device,
    "runs.page": _by_device,
    "pictures.find": _by_camera,
    "pictures.look": _by_camera,
    "pictures.next": _by_camera,
    "pictures.list": _by_camera,
}


class ScopedControl:
    """A HubControl. ``reader`` None: at an edge alone only what is configured (``placed``) is known."""

    def __init__(
        self, control: HubControl, scope: Scope, reader: ScopedReader | None, placed: Mapping[str, str]
    ) -> None:
        self._control = control
        self.scope = scope
        self.reader = reader
        self._placed = placed

    async def has_device(self, device: str) -> bool:
        """Whether it stands at a site of the scope."""
        if self.reader is not None:
            return await self.reader.has_device(device)
        return self.scope.has_site(self._placed.get(device))

    async def call(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Raises Problem 403 besides what a HubControl raises."""
        rule = RULES.get(name)
        if rule is None:
            raise not_served()
        if not await rule(self, arguments):
            raise outside()
        return await self._control.call(name, **arguments)
