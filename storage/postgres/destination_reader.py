"""What a deliverer asks of PostgreSQL: part of PostgresReader (storage.destinations.DestinationReader)."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

import asyncpg

from storage.contract import LoggedEvent, Page
from storage.destinations import (
    MOST_ROWS_READ,
    DestinationRow,
    FeedPage,
    OutboxCount,
    OutboxRow,
    OutboxState,
)
from storage.postgres.queries import destinations

T = TypeVar("T")


class PostgresDestinationReader(ABC):
    """See storage.destinations.DestinationReader."""

    @abstractmethod
    async def _read(self, query: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """``query`` in one read transaction."""

    async def destinations(self) -> list[DestinationRow]:
        return await self._read(destinations.rows)

    async def outbox_counts(self) -> dict[str, OutboxCount]:
        return await self._read(destinations.counts)

    async def outbox(self, name: str, *, state: OutboxState, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: destinations.page_of_outbox(
                connection, name, state, limit=limit, cursor=cursor
            )
        )

    async def outbox_rows(
        self, name: str, after: int, *, limit: int, state: OutboxState = "waiting"
    ) -> list[OutboxRow]:
        most = min(limit, MOST_ROWS_READ)
        return await self._read(
            lambda connection: destinations.outbox_rows(connection, name, after, most, state)
        )

    async def feed_page(self, after: int, *, limit: int, types: Collection[str] | None) -> FeedPage:
        return await self._read(lambda connection: destinations.feed_page(connection, after, limit, types))

    async def logged(self, numbers: Sequence[int]) -> list[LoggedEvent]:
        return await self._read(lambda connection: destinations.logged(connection, numbers))
