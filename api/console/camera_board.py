"""What the pages of the cameras show, read once for all who look."""

from api.cameras import KINDS, camera_rows
from api.console.shared_query import Shared
from api.deck import Deck
from storage.contract import Row


class CameraBoard:
    """Reads only while somebody looks."""

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self.rows: Shared[list[Row]] = Shared(self._rows, [], 1)

    async def _rows(self) -> list[Row]:
        """As GET cameras; an edge alone knows the states of its devices and no more."""
        if self._deck.store is not None:
            return await camera_rows(self._deck)
        return [row for row in await self._deck.inventory.devices() if row["kind"] in KINDS]
