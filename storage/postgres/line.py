"""The writer's line to the server: made when it is needed, made again after it was lost."""

import asyncpg

from hub.errors import OperatorError, StoreUnavailable
from storage.postgres.connection import (
    HOLDER_LOCK,
    Server,
    connect_writer,
    require_server,
    schema_of,
)
from storage.postgres.failures import FAILURES
from storage.postgres.session import Session

GOODBYE_SECONDS = 2.0

_HOLD = "SELECT pg_advisory_lock($1, $2)"


class Line:
    """One connection at a time. While it lives it holds the store: no other hub can write."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._session: Session | None = None

    async def session(self) -> Session:
        """The living session, or a new one; raises StoreUnavailable and the driver's errors."""
        if self._session is None or self._session.connection.is_closed():
            try:
                self._session = await self._connect()
            except OperatorError as error:
                raise StoreUnavailable(f"store.server: {error}") from error
        return self._session

    async def first(self) -> Session:
        """The first session; raises OperatorError for a server that will not do, or a store in use."""
        try:
            self._session = await self._connect()
        except asyncpg.LockNotAvailableError as error:
            raise OperatorError("another hub uses this database") from error
        return self._session

    async def close(self) -> None:
        """Say goodbye to the server; does not fail."""
        session, self._session = self._session, None
        if session is None or session.connection.is_closed():
            return
        try:
            await session.connection.close(timeout=GOODBYE_SECONDS)
        except FAILURES:
            session.connection.terminate()

    async def _connect(self) -> Session:
        connection = await connect_writer(self._server)
        held = False
        try:
            await require_server(connection)
            schema = await schema_of(connection)
            await connection.execute(_HOLD, HOLDER_LOCK, schema)
            held = True
        finally:
            if not held:
                connection.terminate()
        return Session(connection, schema)
