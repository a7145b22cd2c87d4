"""What a hub answers about projections: it alone writes the store, so it is told what is settled."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from hub.control import Answer, Handler
from hub.errors import OperatorError
from storage.contract import BadCursor, EventStore, StoreReader
from storage.projections import ProjectionChange

SETTLE = "projection.settle"
LONGEST_WHO = 64
T = TypeVar("T")
# Who, which action, which projection: in the log when it returns; raises OperatorError.
Note = Callable[[str, str, str], Awaitable[None]]


class ProjectionDesk:
    """Pausing is kept in the store: it holds over restarts, and the projector reads it there."""

    def __init__(self, store: EventStore, open_reader: Callable[[], StoreReader], note: Note) -> None:
        self._store = store
        self._open_reader = open_reader
        self._note = note

    def calls(self) -> dict[str, Handler]:
        return {
            SETTLE: self.settle,
            "projection.pause": self.pause,
            "projection.resume": self.resume,
            "projection.rejected": self.rejected,
        }

    async def settle(self, change: list[Any]) -> Answer:
        """One transaction; raises OperatorError for what is no change, NotCommitted."""
        try:
            await self._store.settle_projection(msgspec.convert(change, ProjectionChange))
        except (msgspec.ValidationError, ValueError) as error:
            raise OperatorError("no change of a projection") from error
        return {"outcome": "done"}

    async def pause(self, name: str, by: str) -> Answer:
        """{outcome}; raises OperatorError."""
        return await self._decide(ProjectionChange(name, paused_by=by), by, "projection.pause")

    async def resume(self, name: str, by: str) -> Answer:
        """{outcome}; raises OperatorError."""
        return await self._decide(ProjectionChange(name, paused_by=""), by, "projection.resume")

    async def rejected(self, name: str, limit: int = 100, cursor: str | None = None) -> Answer:
        """{items next_cursor}, newest first; raises OperatorError."""
        await self._known(name)
        try:
            page = await self._read(lambda reader: reader.rejected(name, limit=limit, cursor=cursor))
        except BadCursor as error:
            raise OperatorError("no such page") from error
        return {"items": page.items, "next_cursor": page.next_cursor}

    async def _decide(self, change: ProjectionChange, by: str, action: str) -> Answer:
        """Audited before anything is changed."""
        if not by or len(by) > LONGEST_WHO:
            raise OperatorError("say who does it, with 64 characters at most")
        await self._known(change.name)
        await self._note(by, action, change.name)
        await self._store.settle_projection(change)
        return {"outcome": "done"}

    async def _known(self, name: str) -> None:
        rows = await self._read(lambda reader: reader.projections())
        if name not in {row.name for row in rows}:
            raise OperatorError("there is no projection of this name")

    async def _read(self, ask: Callable[[StoreReader], Awaitable[T]]) -> T:
        reader = self._open_reader()
        await reader.open()
        try:
            return await ask(reader)
        finally:
            await reader.close()
