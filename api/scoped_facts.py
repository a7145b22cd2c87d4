"""What people reported, as somebody with a scope sees it (storage.reporting.ReportReader)."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from api.scope import Scope
from hub.payload import Payload
from hub.reported import FacilityRegistered, ReferenceSet, ReportRowsSet
from storage.reporting import FactFilter, GateDayCount, ResultsFilter, Revision, StoredFact, StoredResult

_ANY_NUMBER = 2**62


class ScopedFacts:
    """A fact is seen by its district, its site, or the facility that reports it; configured rows by all.

    ``reader``: a ReportReader, which every StoreReader is.
    """

    def __init__(self, reader: Any, scope: Scope) -> None:
        self._facts = reader
        self._scope = scope

    async def facts(self, wanted: FactFilter) -> list[StoredFact]:
        mine = await self._facilities(wanted.up_to)
        return [row for row in await self._facts.facts(wanted) if self.has_fact(row.payload, mine)]

    async def current_fact(self, type_: str, subject: str) -> StoredFact | None:
        found: StoredFact | None = await self._facts.current_fact(type_, subject)
        mine = await self._facilities(_ANY_NUMBER)
        return found if found is not None and self.has_fact(found.payload, mine) else None

    async def results_known(self, wanted: ResultsFilter) -> list[StoredResult]:
        """Of the scope's sites, wherever the specimen was taken."""
        asked = self._scope.sites if wanted.sites is None else self._scope.sites & set(wanted.sites)
        if not asked:
            return []
        found: list[StoredResult] = await self._facts.results_known(replace(wanted, sites=sorted(asked)))
        return found

    async def gate_days(self, from_day: int, to_day: int, up_to: int) -> list[GateDayCount]:
        told: list[GateDayCount] = await self._facts.gate_days(from_day, to_day, up_to)
        return [row for row in told if self._scope.has_site(row.site)]

    async def arrived_ms(self, number: int) -> int | None:
        """A moment of the log, about nobody."""
        found: int | None = await self._facts.arrived_ms(number)
        return found

    async def report_revisions(self, report: str, query: str) -> list[Revision]:
        """``query`` names the scope it was told to, so that they are one's own (scope.scope_text)."""
        found: list[Revision] = await self._facts.report_revisions(report, query)
        return found

    def has_fact(self, payload: Payload, facilities: Collection[str]) -> bool:
        """Whether somebody with the scope may see it; ``facilities``: those of the scope."""
        if isinstance(payload, ReportRowsSet):
            return True
        if isinstance(payload, ReferenceSet):
            return self._of(payload.scope, facilities)
        district, facility = getattr(payload, "district", ""), getattr(payload, "facility", "")
        site = getattr(payload, "site", "") or getattr(payload, "visit_site", "")
        return (
            self._scope.has_district(district)
            or (bool(facility) and self._of(facility, facilities))
            or self._scope.has_site(site)
        )

    async def _facilities(self, up_to: int) -> frozenset[str]:
        told = await self._facts.facts(FactFilter(FacilityRegistered.TYPE, up_to))
        return frozenset(row.payload.facility for row in told if self._registered_here(row.payload))

    def _registered_here(self, payload: FacilityRegistered) -> bool:
        return self._scope.has_district(payload.district) or self._scope.has_site(payload.site)

    def _of(self, name: str, facilities: Collection[str]) -> bool:
        """A facility of the scope, one of its sites or districts."""
        return name in facilities or self._scope.has_site(name) or self._scope.has_district(name)
