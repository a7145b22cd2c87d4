"""What a hub answers on its local socket about zones: how many are in is set, by command to the zone's edge.

A gate of the zone takes it; its edge counts on from there, and what it tells (gate.occupancy.v1 with the
actor, in the log for good) is the audit.
"""

from collections.abc import Callable

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.payloads import CommandResult
from hub.runtime.hub import Hub, NoAnswer
from storage.contract import StoreReader
from storage.gates import HOUR_MS, GateHourFilter

SET = "occupancy.set"  # the action of the command, and of the call
LOOK_BACK_MS = 31 * 24 * HOUR_MS
MOST_ASKED = 3
# What a gate says that is gone, does not run, or leads elsewhere by now: another of the zone may take it.
NOT_THIS_ONE = frozenset({"no such action here", "command.not_taken", "occupancy.other_zone"})


class ZoneDesk:
    """Answers for one running hub."""

    def __init__(self, hub: Hub, open_reader: Callable[[], StoreReader]) -> None:
        self._hub = hub
        self._open_reader = open_reader

    def calls(self) -> dict[str, Handler]:
        return {SET: self.set}

    async def set(self, edge: str, zone: str, count: int, by: str) -> Answer:
        """{outcome, reason}: as the edge answered; "away": it did not, and the command has expired.

        Raises OperatorError: there is no such zone.
        """
        ended = CommandResult("", "refused", "zone.unknown")
        for site, device in await self._gates(edge, zone):
            try:
                args = {"zone": zone, "count": count}
                ended = await self._hub.command(site, edge, device, SET, args, by)
            except NoAnswer as error:
                return {"outcome": "away", "reason": str(error)}
            if ended.outcome != "refused" or ended.reason not in NOT_THIS_ONE:
                break
        return {"outcome": ended.outcome, "reason": ended.reason}

    async def _gates(self, edge: str, zone: str) -> list[tuple[str, str]]:
        """(site, device) of its gates, the one used last first; raises OperatorError."""
        reader, at_ms = self._open_reader(), now_ms()
        await reader.open()
        try:
            zones = await reader.occupancy(at_ms, edge=edge, zone=zone)
            wanted = GateHourFilter(at_ms - LOOK_BACK_MS, at_ms + LOOK_BACK_MS, edge=edge, zone=zone)
            hours = await reader.gate_hours(wanted)
        finally:
            await reader.close()
        if not zones:
            raise OperatorError("zone.unknown")
        last = [(each.site, each.device) for each in zones]
        return [*dict.fromkeys(last + [(each.site, each.device) for each in reversed(hours)])][:MOST_ASKED]
