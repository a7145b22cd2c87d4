"""Store rows as resources, by id and by query; whoever asks is held to their scope by the deck."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.deck import Deck
from hub.events import format_time
from hub.fhir import cold_chain, laboratory, supply
from hub.fhir.naming import LocalIds, local_name
from hub.fhir.places import Place, device_of, location_of
from hub.fhir.resources import AnyResource
from hub.payloads import Alarm
from hub.places import register
from hub.reported import SpecimenRegistered, StockMoved
from storage.contract import Row
from storage.incidents import IncidentFilter
from storage.reporting import FactFilter, ResultsFilter, StoredFact, StoredResult

IDS = LocalIds()
MOST_INCIDENTS = 1000
MOST_ASKED_SINGLY = 200
NOBODY = Place("unknown", "unknown")


@dataclass(frozen=True, slots=True)
class Span:
    """Local days, both inclusive, since 1970-01-01; ``up_to``: the log as it was when the search began."""

    up_to: int
    from_day: int
    to_day: int
    specimen: str | None = None


class Records:
    """For one request."""

    def __init__(self, deck: Deck, today: date) -> None:
        self._deck = deck
        self._today = today
        self._sites = {site["id"]: site for site in deck.inventory.sites()}

    async def found(self, kind: str, span: Span) -> list[AnyResource]:
        """All of a type in a span, in a fixed order; raises TooManyRows."""
        return await _SEARCHES[kind](self, span)

    async def one(self, kind: str, resource_id: str) -> AnyResource | None:
        """None: there is none of that id, or it is not theirs to see."""
        name = local_name(resource_id)
        if name is None:
            return None
        found = await _READS[kind](self, name)
        return next((each for each in found if each.id == resource_id and _is(each, kind)), None)

    async def results(self, kind: str, span: Span) -> list[AnyResource]:
        specimens = None if span.specimen is None else [span.specimen]
        wanted = ResultsFilter(span.up_to, span.from_day, span.to_day, specimens=specimens)
        return await self._of_results(kind, await self._deck.reader.results_known(wanted))

    async def result(self, kind: str, fact: str) -> list[AnyResource]:
        if not fact.isdecimal() or len(fact) > 18:
            return []
        wanted = ResultsFilter(await self._last(), facts=[int(fact)])
        return await self._of_results(kind, await self._deck.reader.results_known(wanted))

    async def specimens(self, span: Span) -> list[AnyResource]:
        return [] if span.specimen is None else await self.specimen(span.specimen)

    async def specimen(self, name: str) -> list[AnyResource]:
        wanted = ResultsFilter(await self._last(), specimens=[name])
        known = await self._deck.reader.results_known(wanted)
        return (await self._of_results("Specimen", known))[:1]

    async def devices(self, span: Span | None = None) -> list[AnyResource]:
        rows = await self._deck.inventory.devices()
        return [
            device_of(str(row["id"]), self._place(row["site"]), IDS, kind=row["kind"] or "") for row in rows
        ]

    async def locations(self, span: Span | None = None) -> list[AnyResource]:
        return [location_of(self._place(site), IDS) for site in self._sites]

    async def issues(self, span: Span) -> list[AnyResource]:
        page = await self._deck.ledger.incidents(IncidentFilter(), limit=MOST_INCIDENTS, cursor=None)
        return [issue for row in page.items for issue in self._issue(row)]

    async def issue(self, name: str) -> list[AnyResource]:
        row = await self._deck.ledger.incident(name)
        return [] if row is None else self._issue(row)

    async def deliveries(self, span: Span) -> list[AnyResource]:
        wanted = FactFilter(StockMoved.TYPE, span.up_to, span.from_day, span.to_day)
        return [made for fact in await self._deck.reader.facts(wanted) for made in self._delivery(fact)]

    async def delivery(self, subject: str) -> list[AnyResource]:
        fact = await self._deck.reader.current_fact(StockMoved.TYPE, subject)
        return [] if fact is None else self._delivery(fact)

    async def _of_results(self, kind: str, found: Sequence[StoredResult]) -> list[AnyResource]:
        pools = await self._pools({each.payload.specimen for each in found})
        made = (self._result(each, pooled=each.payload.specimen in pools) for each in found)
        return [one for resources in made for one in resources if _is(one, kind)]

    def _result(self, found: StoredResult, *, pooled: bool) -> list[AnyResource]:
        if found.payload.control:
            return []
        times = format_time(found.time_ms), format_time(found.received_ms)
        told = laboratory.Result(str(found.fact), found.id, found.device, *times, found.payload, pooled)
        return laboratory.resources_of(told, self._place(found.site), IDS)

    async def _pools(self, specimens: Iterable[str]) -> set[str]:
        """Asked of the whole store: a registration beyond the scope of who asks is no less one."""
        reader = self._deck.whole or self._deck.reader
        names = set(specimens)
        if len(names) > MOST_ASKED_SINGLY:
            found = await reader.facts(FactFilter(SpecimenRegistered.TYPE, await self._last()))
            known = [fact.payload for fact in found]
        else:
            asked = [await reader.current_fact(SpecimenRegistered.TYPE, name) for name in sorted(names)]
            known = [fact.payload for fact in asked if fact is not None]
        return names & {one.specimen for one in known if isinstance(one, SpecimenRegistered) and one.pool}

    def _issue(self, row: Row) -> list[AnyResource]:
        alarm = Alarm(row["id"], row["kind"], row["severity"], row["state"], row["device"], row["time"])
        told = cold_chain.Incident(row["id"], row["device"], row["received"], alarm, row["cleared"] or "")
        return cold_chain.issue_of(told, self._place(row["site"]), IDS)[-1:]

    def _delivery(self, fact: StoredFact) -> list[AnyResource]:
        moved = fact.payload
        if not isinstance(moved, StockMoved):
            return []
        place, received = Place(moved.facility, moved.facility), format_time(fact.received_ms)
        return supply.delivery_of(fact.subject, fact.id, received, moved, place, IDS)[-1:]

    def _place(self, site: Any) -> Place:
        told = self._sites.get(site)
        if told is None:
            return Place(str(site), str(site)) if site else NOBODY
        district = register().reported_district(str(told["district"]), self._today)
        return Place(told["id"], told["name"], district.full_name if district else "")

    async def _last(self) -> int:
        return (await self._deck.reader.figures()).last_number


def _is(one: AnyResource, kind: str) -> bool:
    return type(one).__name__ == kind


def _results(kind: str) -> Callable[[Records, Span], Awaitable[list[AnyResource]]]:
    return lambda records, span: records.results(kind, span)


def _result(kind: str) -> Callable[[Records, str], Awaitable[list[AnyResource]]]:
    return lambda records, name: records.result(kind, name)


async def _device(records: Records, name: str) -> list[AnyResource]:
    return await records.devices()


async def _location(records: Records, name: str) -> list[AnyResource]:
    return await records.locations()


_SEARCHES: dict[str, Callable[[Records, Span], Awaitable[list[AnyResource]]]] = {
    "DiagnosticReport": _results("DiagnosticReport"),
    "Observation": _results("Observation"),
    "Specimen": Records.specimens,
    "Device": Records.devices,
    "Location": Records.locations,
    "DetectedIssue": Records.issues,
    "SupplyDelivery": Records.deliveries,
}
_READS: dict[str, Callable[[Records, str], Awaitable[list[AnyResource]]]] = {
    "DiagnosticReport": _result("DiagnosticReport"),
    "Observation": _result("Observation"),
    "Specimen": Records.specimen,
    "Device": _device,
    "Location": _location,
    "DetectedIssue": Records.issue,
    "SupplyDelivery": Records.delivery,
}
KINDS = tuple(_SEARCHES)
