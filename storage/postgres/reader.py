"""PostgresReader: the API's side; connections that cannot write, each query in one snapshot."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg

from hub.errors import StoreUnavailable
from storage.cameras import CameraDay, CameraDayFilter, ToldPeriod
from storage.contract import (
    Figures,
    LabDay,
    LabDayFilter,
    LoggedEvent,
    Page,
    ReadingFilter,
    ResultFilter,
    Row,
)
from storage.curves import Curve
from storage.gates import GateHour, GateHourFilter, Occupancy, ScanFilter
from storage.incidents import (
    AlarmSetting,
    AlarmStanding,
    EntryRow,
    IncidentFilter,
    IncidentRow,
    Measured,
)
from storage.lots import LotFilter, Placement
from storage.notices import NoticeCounts, NoticeRow, NoticeState, RecentNotice
from storage.postgres.audit_reader import PostgresAuditReader
from storage.postgres.connection import LONGEST_QUERY_SECONDS, Server, reading_options
from storage.postgres.destination_reader import PostgresDestinationReader
from storage.postgres.failures import FAILURES, unavailable
from storage.postgres.projection_reader import PostgresProjectionReader
from storage.postgres.queries import (
    cameras,
    facts,
    gates,
    incidents,
    lab_days,
    lots,
    notices,
    quarantine,
    readings,
    results,
    scans,
)
from storage.postgres.report_reader import PostgresReportReader
from storage.postgres.schema import newest_version, version_of
from storage.readings import step_of

T = TypeVar("T")

CONNECTIONS = 4
# How long a query waits for one of the connections before it is told that all are busy.
LONGEST_WAIT_SECONDS = LONGEST_QUERY_SECONDS


class PostgresReader(
    PostgresAuditReader, PostgresDestinationReader, PostgresProjectionReader, PostgresReportReader
):
    """Reads beside the writer, also from another machine. See storage.contract.StoreReader.

    Every method raises StoreUnavailable while there is no store, when its schema is not the one this
    epihub knows, when the server is away, or when a query takes longer than 20 s.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pool: Any = None
        self._known = 0

    async def open(self) -> None:
        """Raise StoreUnavailable while there is no store yet; may be called again."""
        if self._pool is None:
            self._known = newest_version()
            self._pool = await asyncpg.create_pool(
                min_size=0, max_size=CONNECTIONS, reset=_keep_settings, **reading_options(self._server)
            )
        await self._read(version_of)

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def devices(self) -> list[Row]:
        return await self._read(facts.devices)

    async def results(self, wanted: ResultFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: results.page_of_results(connection, wanted, limit=limit, cursor=cursor)
        )

    async def result(self, event_id: str) -> Row | None:
        return await self._read(lambda connection: results.one_result(connection, event_id))

    async def arrivals(self, event_ids: Sequence[str]) -> dict[str, int]:
        return await self._read(lambda connection: results.arrivals(connection, event_ids))

    async def lab_days(self, wanted: LabDayFilter) -> list[LabDay]:
        return await self._read(lambda connection: lab_days.lab_days(connection, wanted))

    async def readings(self, wanted: ReadingFilter, *, limit: int, cursor: str | None) -> Page:
        """Single readings, or the figures of each step of ``step_ms`` (1 ms to 366 days, else ValueError)."""
        if wanted.step_ms is None:
            return await self._read(
                lambda connection: readings.page_of_readings(connection, wanted, limit=limit, cursor=cursor)
            )
        step_ms = step_of(wanted)
        return await self._read(
            lambda connection: readings.page_of_steps(connection, wanted, step_ms, limit=limit, cursor=cursor)
        )

    async def curves(self, wanted: ReadingFilter) -> list[Curve]:
        """The figures of each step as columns; ValueError as above."""
        step_ms = step_of(wanted)
        return await self._read(lambda connection: readings.curves(connection, wanted, step_ms))

    async def deletions(self, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: facts.page_of_deletions(connection, limit=limit, cursor=cursor)
        )

    async def history(
        self, device: str | tuple[str, ...], metric: str, *, from_ms: int, to_ms: int, limit: int
    ) -> list[Measured]:
        wanted = ReadingFilter(device, metric, from_ms, to_ms)
        return await self._read(lambda connection: incidents.history(connection, wanted, limit))

    async def alarm_standing(self, reaching_ms: int) -> AlarmStanding:
        return await self._read(lambda connection: incidents.alarm_standing(connection, reaching_ms))

    async def alarm_settings(self, prefix: str) -> list[AlarmSetting]:
        return await self._read(lambda connection: incidents.settings_named(connection, prefix))

    async def incidents(self, wanted: IncidentFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: incidents.page_of_incidents(connection, wanted, limit=limit, cursor=cursor)
        )

    async def incident(self, incident_id: str) -> Row | None:
        return await self._read(lambda connection: incidents.one_incident(connection, incident_id))

    async def incident_entries(
        self, after: int, *, limit: int, incident_id: str | None = None, device: str | None = None
    ) -> list[EntryRow]:
        return await self._read(
            lambda connection: incidents.entries_after(connection, after, limit, incident_id, device)
        )

    async def incident_rows(self, after: int, *, limit: int) -> list[IncidentRow]:
        return await self._read(lambda connection: incidents.rows_after(connection, after, limit))

    async def latest_readings(self) -> list[Row]:
        return await self._read(readings.latest_readings)

    async def quarantine(self, state: str | None, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: quarantine.page_of_quarantine(connection, state, limit=limit, cursor=cursor)
        )

    async def quarantined(self, entry_id: str) -> Row | None:
        return await self._read(lambda connection: quarantine.one_entry(connection, entry_id))

    async def events(self, after: int, *, limit: int) -> list[LoggedEvent]:
        """At most 8 MiB at a time; the last number is the next ``after``."""
        return await self._read(lambda connection: facts.events_after(connection, after, limit))

    async def events_of_hub(self, after: int, *, limit: int) -> list[LoggedEvent]:
        return await self._read(lambda connection: incidents.events_of_hub(connection, after, limit))

    async def notices_due(self, now_ms: int, *, limit: int) -> list[NoticeRow]:
        return await self._read(lambda connection: notices.due(connection, now_ms, limit))

    async def notices(self, state: NoticeState, *, limit: int) -> list[NoticeRow]:
        return await self._read(lambda connection: notices.listed(connection, state, limit))

    async def recent_notices(self, since_ms: int) -> list[RecentNotice]:
        return await self._read(lambda connection: notices.recent(connection, since_ms))

    async def notice_counts(self, now_ms: int) -> NoticeCounts:
        return await self._read(lambda connection: notices.counts(connection, now_ms))

    async def incidents_noticed(self) -> set[str]:
        return await self._read(notices.noticed)

    async def incidents_answered(self, reply: str, person: str, since_ms: int) -> list[str]:
        return await self._read(lambda connection: notices.answered(connection, reply, person, since_ms))

    async def lots(self, wanted: LotFilter, after: str, *, limit: int) -> list[str]:
        return await self._read(lambda connection: lots.lots(connection, wanted, after, limit))

    async def placements(self, wanted: Sequence[str]) -> list[Placement]:
        return await self._read(lambda connection: lots.placements(connection, wanted))

    async def placements_after(self, number: int, *, limit: int) -> list[Placement]:
        return await self._read(lambda connection: lots.placements_after(connection, number, limit))

    async def scans(self, wanted: ScanFilter, *, limit: int, cursor: str | None) -> Page:
        return await self._read(
            lambda connection: scans.page_of_scans(connection, wanted, limit=limit, cursor=cursor)
        )

    async def occupancy(
        self, day_began_ms: int, *, edge: str | None = None, zone: str | None = None
    ) -> list[Occupancy]:
        return await self._read(lambda connection: gates.occupancy(connection, day_began_ms, edge, zone))

    async def gate_hours(self, wanted: GateHourFilter) -> Sequence[GateHour]:
        return await self._read(lambda connection: gates.gate_hours(connection, wanted))

    async def cameras(self, device: str | None = None) -> list[Row]:
        return await self._read(lambda connection: cameras.cameras(connection, device))

    async def camera_periods(self, device: str, from_ms: int, to_ms: int) -> Sequence[ToldPeriod]:
        return await self._read(lambda connection: cameras.camera_periods(connection, device, from_ms, to_ms))

    async def camera_days(self, wanted: CameraDayFilter) -> list[CameraDay]:
        return await self._read(lambda connection: cameras.camera_days(connection, wanted))

    async def figures(self) -> Figures:
        return await self._read(facts.figures)

    async def holes(self, limit: int = 100) -> list[Row]:
        """Declared holes: edge, epoch, first, last, reason, received; the newest first."""
        return await self._read(lambda connection: facts.holes(connection, limit))

    async def command(self, command_id: str) -> Row | None:
        """How a command ended; None while it has not."""
        return await self._read(lambda connection: facts.command(connection, command_id))

    async def _read(self, query: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Run ``query`` in one read transaction: all its statements see the same moment."""
        if self._pool is None:
            raise StoreUnavailable("store.closed: the reader is not open")
        try:
            async with self._borrow() as connection:
                return await query(connection)
        except FAILURES as error:
            raise unavailable(error) from error

    @asynccontextmanager
    async def _borrow(self) -> AsyncIterator[asyncpg.Connection]:
        async with (
            self._pool.acquire(timeout=LONGEST_WAIT_SECONDS) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            self._require_schema(await version_of(connection))
            yield connection

    def _require_schema(self, version: int) -> None:
        if version == 0:
            raise StoreUnavailable("store.absent: no hub has made the tables yet")
        if version != self._known:
            raise StoreUnavailable(
                f"store.schema: the store has schema {version}, this epihub knows {self._known}"
            )


async def _keep_settings(connection: asyncpg.Connection) -> None:
    """Instead of the driver's reset, a question for every query: ours change no setting and leave no lock."""
