"""What the report of vaccine stocks reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.local_days import begin_ms
from api.reports.frame.tabular import AsOf, TabularQuery
from api.reports.vaccine_stock.at_risk import AtRisk, known_ms, lots_at_risk
from hub.reported import FacilityRegistered, ReferenceSet, StockMoved, VaccinationSession
from storage.contract import StoreReader
from storage.reporting import FactFilter, StoredFact


@dataclass(frozen=True, slots=True)
class Inputs:
    """``moves``: from the beginning, because a stock is made of all that came before it.

    ``at_risk`` None: nobody can say for whoever asks.
    """

    moves: Sequence[StoredFact]
    sessions: Sequence[StoredFact]
    facilities: Sequence[StoredFact]
    references: Sequence[StoredFact]
    at_risk: Sequence[AtRisk] | None


async def gather(reader: StoreReader, query: TabularQuery, as_of: AsOf) -> Inputs:
    """Raises TooManyRows, StoreUnavailable."""
    up_to, last = as_of.up_to, as_of.to_number
    until_ms = await known_ms(reader, up_to)
    begin = begin_ms(as_of.day, as_of.zone) if as_of.from_ms is None else as_of.from_ms
    return Inputs(
        await reader.facts(FactFilter(StockMoved.TYPE, up_to, None, last)),
        await reader.facts(FactFilter(VaccinationSession.TYPE, up_to, as_of.from_number, last)),
        await reader.facts(FactFilter(FacilityRegistered.TYPE, up_to, None, last)),
        await reader.facts(FactFilter(ReferenceSet.TYPE, up_to, None, last)),
        None if until_ms is None else await lots_at_risk(reader, (begin, as_of.cutoff_ms), until_ms),
    )
