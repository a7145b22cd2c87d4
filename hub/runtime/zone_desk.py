"""What a hub answers on its local socket about zones: how many are in is set, by command to the zone's edge.

A gate of the zone takes it; its edge counts on from there, and what it tells (gate.occupancy.v1 with the
actor, in the log for good) is the audit.
"""

from collections.abc import Callable

from hub.control import Answer, Handler
from hub.errors import OperatorError
from hub.runtime.hub import Hub, NoAnswer
from storage.contract import StoreReader
from storage.gates import Occupancy

SET = "occupancy.set"  # the action of the command, and of the call


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
        found = await self._zone(edge, zone)
        try:
            ended = await self._hub.command(found.site, edge, found.device, SET, {"count": count}, by)
        except NoAnswer as error:
            return {"outcome": "away", "reason": str(error)}
        return {"outcome": ended.outcome, "reason": ended.reason}

    async def _zone(self, edge: str, zone: str) -> Occupancy:
        reader = self._open_reader()
        await reader.open()
        try:
            zones = await reader.occupancy(0, edge=edge, zone=zone)
        finally:
            await reader.close()
        for found in zones:
            return found
        raise OperatorError("zone.unknown")
