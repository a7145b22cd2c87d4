"""SqliteReader: the API's side; read-only connections, each used by one thread at a time."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

import apsw

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
from storage.readings import step_of
from storage.sqlite.audit_reader import SqliteAuditReader
from storage.sqlite.connection import Pooled, require_sqlite, unavailable
from storage.sqlite.destination_reader import SqliteDestinationReader
from storage.sqlite.projection_reader import SqliteProjectionReader
from storage.sqlite.queries import (
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
from storage.sqlite.report_reader import SqliteReportReader
from storage.sqlite.schema import newest_version, version_of

T = TypeVar("T")

CONNECTIONS = 4
LONGEST_QUERY_SECONDS = 20.0
# SQLite asks this often, in steps of its machine (about 1 ms), whether a query may go on.
STEPS_BETWEEN_CHECKS = 100_000


class SqliteReader(SqliteAuditReader, SqliteDestinationReader, SqliteProjectionReader, SqliteReportReader):
    """Reads beside the writer, also from another process. See storage.contract.StoreReader.

    Every method raises StoreUnavailable while there is no database, when its schema is not the one
    this epihub knows, or when a query takes longer than 20 s.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: SimpleQueue[Pooled] = SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None
        self._known = 0

    async def open(self) -> None:
        """Raise StoreUnavailable while there is no database yet; may be called again."""
        require_sqlite(apsw.sqlite_lib_version())
        if self._threads is None:
            self._known = await asyncio.to_thread(newest_version)
            self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="store-reader")
        await self._read(version_of)

    async def close(self) -> None:
        threads, self._threads = self._threads, None
        if threads is not None:
            await asyncio.to_thread(threads.shutdown, cancel_futures=True)
        while True:
            try:
                self._idle.get_nowait().connection.close()
            except Empty:
                return

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
        return await self._read(lambda connection: facts.figures(connection, self._path))

    async def holes(self, limit: int = 100) -> list[Row]:
        """Declared holes: edge, epoch, first, last, reason, received; the newest first."""
        return await self._read(lambda connection: facts.holes(connection, limit))

    async def command(self, command_id: str) -> Row | None:
        """How a command ended; None while it has not."""
        return await self._read(lambda connection: facts.command(connection, command_id))

    async def _read(self, query: Callable[[apsw.Connection], T]) -> T:
        if self._threads is None:
            raise StoreUnavailable("store.closed: the reader is not open")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._query, query)

    def _query(self, query: Callable[[apsw.Connection], T]) -> T:
        """Run ``query`` in one read transaction: all its statements see the same moment."""
        try:
            with self._borrow() as connection:
                return query(connection)
        except apsw.InterruptError as error:
            raise StoreUnavailable("store.slow: the query took longer than 20 s") from error
        except apsw.Error as error:
            raise unavailable(error) from error
        except OSError as error:
            raise StoreUnavailable(f"store.file: {error.strerror}") from error

    @contextmanager
    def _borrow(self) -> Iterator[apsw.Connection]:
        pooled = self._take()
        connection = pooled.connection
        deadline = monotonic() + LONGEST_QUERY_SECONDS
        connection.set_progress_handler(lambda: monotonic() > deadline, STEPS_BETWEEN_CHECKS)
        try:
            connection.execute("BEGIN")
            self._require_schema(connection)
            yield connection
        finally:
            connection.set_progress_handler(None)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._idle.put(pooled)

    def _require_schema(self, connection: apsw.Connection) -> None:
        version = version_of(connection)
        if version == 0:
            raise StoreUnavailable("store.absent: the hub is just making the database")
        if version != self._known:
            raise StoreUnavailable(
                f"store.schema: the store has schema {version}, this epihub knows {self._known}"
            )

    def _take(self) -> Pooled:
        try:
            pooled = self._idle.get_nowait()
        except Empty:
            return Pooled(self._path)
        if pooled.is_current():
            return pooled
        pooled.connection.close()
        return Pooled(self._path)
