"""What an edge's own alarms answer about incidents: those that stand, from their own store."""

from collections.abc import Callable

from hub.alarms.incidents.states import State
from hub.control import Answer, Handler
from storage.contract import StoreReader
from storage.incidents import IncidentFilter

LARGEST_PAGE = 200
_OPEN = tuple(state.value for state in State if state is not State.CLOSED)


class IncidentDesk:
    """Rows are those of ``GET alarms``."""

    def __init__(self, open_reader: Callable[[], StoreReader]) -> None:
        self._open_reader = open_reader

    def calls(self) -> dict[str, Handler]:
        return {"alarms.standing": self.standing}

    async def standing(self, limit: int = LARGEST_PAGE) -> Answer:
        """Those that are not closed, opened last first."""
        reader = self._open_reader()
        await reader.open()
        try:
            wanted = IncidentFilter(_OPEN)
            page = await reader.incidents(wanted, limit=max(1, min(limit, LARGEST_PAGE)), cursor=None)
        finally:
            await reader.close()
        return {"items": page.items}
