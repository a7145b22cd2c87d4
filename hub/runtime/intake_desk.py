"""What a hub answers on its local socket about intake: what people report becomes events, all or nothing."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Raw

from hub.clock import now_ms
from hub.control import Answer, Handler
from hub.errors import OperatorError, StoreUnavailable
from hub.events import Event, encode_data, encode_event, format_time
from hub.identity import event_id
from hub.intake_kinds import FIGURES_OF, KINDS, Fault, faults
from hub.intake_limits import INTAKE_DEVICE, MOST_AT_ONCE, MOST_ERRORS
from hub.reported import Assessment, FacilityRegistered, Reported, ReportRowsSet
from hub.runtime.hub_place import HubPlace
from hub.sink.born import HUB_EDGE
from storage.contract import Arrival, StoreReader
from storage.reporting import FactFilter
from storage.reporting_versions import STILL, Rank, rank_of, told_ms

_FIELD = re.compile(r"at `\$\.([A-Za-z0-9_.\[\]]{1,80})`")


class Bearer(Protocol):
    """The hub: where it stands, and its own events."""

    @property
    def place(self) -> HubPlace: ...

    async def bear(self, arrivals: Sequence[Arrival]) -> None:
        """On disk when it returns; raises StoreUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom it may concern; None: everybody."""

    sites: frozenset[str]
    districts: frozenset[str]


class _Standing(NamedTuple):
    """The version of a fact that stands; ``row``: its place in what is entered now, -1: in the store."""

    rank: Rank
    id: str
    payload: Reported
    row: int = -1


@dataclass(slots=True)
class _Entry:
    """What one call comes to."""

    answers: list[dict[str, Any]]
    arrivals: list[Arrival]
    errors: list[dict[str, Any]]

    def refuse(self, row: int, fault: Fault) -> None:
        if len(self.errors) < MOST_ERRORS:
            self.errors.append({"index": row, "field": fault.field, "code": fault.code})


class IntakeDesk:
    """One at a time: what was looked up is what is superseded. ``timezone`` of the hub: days are its days."""

    def __init__(
        self,
        hub: Bearer,
        open_reader: Callable[[], StoreReader],
        timezone: str,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._hub = hub
        self._open_reader = open_reader
        self._zone = ZoneInfo(timezone)
        self._now_ms = clock
        self._one = asyncio.Lock()

    def calls(self) -> dict[str, Handler]:
        return {"intake.enter": self.enter}

    async def enter(
        self,
        kind: str,
        items: list[dict[str, Any]],
        by: str,
        origin: str = "manual",
        check: bool = False,
        scope: dict[str, list[str]] | None = None,
    ) -> Answer:
        """{outcome, items, errors}: "done" with {subject id outcome} of each, committed, or "refused".

        Errors are {index field code}, 200 at most, and then nothing was entered; nor with ``check``.
        ``scope``: {sites districts} of who asks, where that is not everything.
        """
        if kind not in KINDS or not 1 <= len(items) <= MOST_AT_ONCE:
            raise OperatorError(f"1 to {MOST_AT_ONCE} items of a known type")
        reach = Reach(frozenset(scope["sites"]), frozenset(scope["districts"])) if scope else None
        async with self._one:
            reader = self._open_reader()
            await reader.open()
            try:
                entry = await self._made(reader, KINDS[kind], items, by, origin, reach)
            finally:
                await reader.close()
            if entry.errors:
                return {"outcome": "refused", "items": [], "errors": entry.errors}
            if entry.arrivals and not check:
                await self._commit(entry.arrivals)
        return {"outcome": "done", "items": entry.answers, "errors": []}

    async def _commit(self, arrivals: Sequence[Arrival]) -> None:
        try:
            await self._hub.bear(arrivals)
        except StoreUnavailable as error:
            raise OperatorError("the store cannot be written") from error

    async def _made(
        self,
        reader: StoreReader,
        kind: type[Reported],
        items: Sequence[dict[str, Any]],
        by: str,
        origin: str,
        reach: Reach | None,
    ) -> _Entry:
        entry, at_ms = _Entry([], [], []), self._now_ms()
        now, codes = datetime.fromtimestamp(at_ms / 1000, self._zone), await _figure_codes(reader, kind)
        standing: dict[str, _Standing | None] = {}
        for row, told in enumerate(items):
            try:
                payload = msgspec.convert({"origin": origin, **told, "actor": by}, kind)
            except msgspec.ValidationError as error:
                entry.refuse(row, _fault_of(error))
                continue
            found = [*faults(payload, now, codes), *await _out_of_reach(reader, payload, reach)]
            for fault in found:
                entry.refuse(row, fault)
            if not found:
                await self._judge(reader, entry, standing, row, payload, at_ms, reach)
        return entry

    async def _judge(
        self,
        reader: StoreReader,
        entry: _Entry,
        standing: dict[str, _Standing | None],
        row: int,
        payload: Reported,
        at_ms: int,
        reach: Reach | None,
    ) -> None:
        """Against the version that stands, which may be of the same call."""
        subject = payload.subject
        if subject not in standing:
            standing[subject] = await self._stands(reader, payload)
        before, rank = standing[subject], Rank(told_ms(payload, at_ms, self._zone), STILL)
        if before and (beyond := await _out_of_reach(reader, before.payload, reach)):
            entry.refuse(row, beyond[0])  # nobody takes a fact of others into his district
            return
        if before and _same(before.payload, payload):
            entry.answers.append({"subject": subject, "id": before.id, "outcome": "unchanged"})
            return
        if before and before.row >= 0 and before.rank.told_ms == rank.told_ms:
            entry.refuse(row, Fault(payload.KEY[0], "intake.twice"))
            return
        told = bool(payload.submitted if isinstance(payload, Assessment) else payload.entered)
        arrival = self._born(payload, at_ms, "" if told or before is None else before.id)
        stands = before is None or rank > before.rank
        outcome = "created" if before is None else "updated" if stands else "superseded"
        entry.arrivals.append(arrival)
        entry.answers.append({"subject": subject, "id": arrival.event.id, "outcome": outcome})
        if stands:
            standing[subject] = _Standing(rank, arrival.event.id, payload, row)

    async def _stands(self, reader: StoreReader, payload: Reported) -> _Standing | None:
        fact = await reader.current_fact(payload.TYPE, payload.subject)
        if fact is None or not isinstance(fact.payload, Reported):
            return None
        return _Standing(rank_of(fact, self._zone), fact.id, fact.payload)

    def _born(self, payload: Reported, at_ms: int, supersedes: str) -> Arrival:
        """A version that says when it was taken down is ranked by that: sent again it is the same event."""
        data, subject, site = encode_data(payload), payload.subject, self._hub.place.site
        made = event_id(
            time_ms=0,
            device=INTAKE_DEVICE,
            event_type=payload.TYPE,
            key=subject,
            data=data,
            supersedes=supersedes,
        )
        event = Event(
            specversion="1.0",
            id=made,
            source=f"/{site}/{HUB_EDGE}/{INTAKE_DEVICE}",
            type=payload.TYPE,
            subject=subject,
            time=format_time(at_ms),
            datacontenttype="application/json",
            site=site,
            edge=HUB_EDGE,
            received=format_time(at_ms),
            timesource="received",
            data=Raw(data),
            supersedes=supersedes,
        )
        return Arrival(event, payload, encode_event(event))


def _same(one: Reported, other: Reported) -> bool:
    """Who sent it and how is not what it says."""
    return type(one) is type(other) and _said(one) == _said(other)


def _said(payload: Reported) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(payload, actor="", origin="manual"), order="sorted")


def _fault_of(error: msgspec.ValidationError) -> Fault:
    found = _FIELD.search(str(error))
    return Fault(found[1] if found else "", "intake.invalid")


async def _figure_codes(reader: StoreReader, kind: type[Reported]) -> frozenset[str]:
    """Those that people ever configured: an old day may be reported late."""
    if kind not in FIGURES_OF:
        return frozenset()
    report, _ = FIGURES_OF[kind]
    known = await reader.facts(FactFilter(ReportRowsSet.TYPE, STILL - 1, scopes=[report]))
    return frozenset(_codes(fact.payload for fact in known))


def _codes(payloads: Iterator[Any]) -> Iterator[str]:
    for payload in payloads:
        if isinstance(payload, ReportRowsSet):
            yield from (row.code for row in payload.rows)


async def _out_of_reach(reader: StoreReader, payload: Reported, reach: Reach | None) -> list[Fault]:
    """Raises nothing; a facility that nobody registered is in nobody's reach."""
    if reach is None:
        return []
    facility = getattr(payload, "facility", "")
    district = getattr(payload, "district", "")
    inside = district in reach.districts if district else False
    if facility and not inside:
        known = await reader.facts(FactFilter(FacilityRegistered.TYPE, STILL - 1, scopes=[facility]))
        inside = any(_reaches(fact.payload, reach) for fact in known)
    return [] if inside else [Fault("facility" if facility else "district", "scope.outside")]


def _reaches(payload: Any, reach: Reach) -> bool:
    return isinstance(payload, FacilityRegistered) and (
        payload.site in reach.sites or payload.district in reach.districts
    )
