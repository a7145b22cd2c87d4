"""What every store must do: run on SqliteStore (tests/storage) and on any other dialect.

A subclass gives ``make_store`` and ``make_reader``: each call opens nothing, and all of one test
name the same data.
"""

from collections.abc import AsyncIterator

import pytest

from storage.contract import (
    EventStore,
    StoreReader,
)
from tests.conformance.store_alarms import AlarmsContract
from tests.conformance.store_as_known import AsKnownContract
from tests.conformance.store_audit import AuditContract
from tests.conformance.store_cameras import CamerasContract
from tests.conformance.store_compaction import CompactionContract
from tests.conformance.store_counts import CountsContract
from tests.conformance.store_destinations import DestinationsContract
from tests.conformance.store_log import LogContract
from tests.conformance.store_lots import LotsContract
from tests.conformance.store_notices import NoticesContract
from tests.conformance.store_projected import ProjectedContract
from tests.conformance.store_projected_hours import ProjectedHoursContract
from tests.conformance.store_projections import ProjectionsContract
from tests.conformance.store_quarantine import QuarantineContract
from tests.conformance.store_readings import ReadingsContract
from tests.conformance.store_reporting import ReportingContract
from tests.conformance.store_results import ResultsContract
from tests.conformance.store_retention import RetentionContract
from tests.conformance.store_scans import ScansContract
from tests.conformance.store_use import MakeReader, MakeStore
from tests.conformance.store_zones import ZonesContract


class StoreContract(
    LogContract,
    QuarantineContract,
    ResultsContract,
    CountsContract,
    ReadingsContract,
    CompactionContract,
    RetentionContract,
    AlarmsContract,
    NoticesContract,
    LotsContract,
    AuditContract,
    ScansContract,
    ZonesContract,
    CamerasContract,
    ProjectionsContract,
    DestinationsContract,
    ProjectedContract,
    ProjectedHoursContract,
    ReportingContract,
    AsKnownContract,
):
    """Inherited by the tests of each dialect."""

    @pytest.fixture
    async def store(self, make_store: MakeStore) -> AsyncIterator[EventStore]:
        store = make_store()
        await store.open()
        yield store
        await store.close()

    @pytest.fixture
    async def reader(self, store: EventStore, make_reader: MakeReader) -> AsyncIterator[StoreReader]:
        reader = make_reader()
        await reader.open()
        yield reader
        await reader.close()
