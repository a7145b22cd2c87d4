"""What a daily report of facilities reads from the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.reports.facility_days.spec import Spec
from api.reports.frame.tabular import AsOf, TabularQuery
from hub.reported import FacilityRegistered, ReportRowsSet
from storage.contract import StoreReader
from storage.reporting import FactFilter, GateDayCount, StoredFact


@dataclass(frozen=True, slots=True)
class Inputs:
    """``days``: from the day before the first one on."""

    days: Sequence[StoredFact]
    facilities: Sequence[StoredFact]
    rows: Sequence[StoredFact]
    gates: Sequence[GateDayCount]


def first_day(as_of: AsOf) -> int:
    """One day is told where none is named to begin with."""
    return as_of.to_number if as_of.from_number is None else as_of.from_number


async def gather(spec: Spec, reader: StoreReader, query: TabularQuery, as_of: AsOf) -> Inputs:
    """Raises TooManyRows."""
    first, last = first_day(as_of), as_of.to_number
    days = await reader.facts(FactFilter(spec.daily.TYPE, as_of.up_to, first - 1, last))
    facilities = await reader.facts(FactFilter(FacilityRegistered.TYPE, as_of.up_to, None, last))
    rows = await reader.facts(FactFilter(ReportRowsSet.TYPE, as_of.up_to, None, last))
    return Inputs(days, facilities, rows, await reader.gate_days(first, last, as_of.up_to))
