"""Events of gates for the store's tests: people who show codes, are let in, and are counted."""

from typing import Any

from hub.events import format_time
from hub.payloads import GateDecision, Passage, Scan, ZoneCount
from storage.contract import Arrival, StoreReader
from storage.gates import COUNTED, GateHourFilter, Occupancy
from tests.conformance.store_arrivals import DAY, NOW, From, arrival

MINUTE, HOUR = 60_000, 3_600_000
SITE, GATE = "khu-cach-ly-1", "cong-01"
VISIT = "v-1f0c8a52:0d6c2f4b9a7e41538c1b2a3d4e5f6071"


def gate(seq: int, edge: str = "edge-1", device: str = GATE, site: str = SITE) -> From:
    return From(device, site, edge, seq=seq)


def happened(payload: Any, origin: From, at_ms: int, *, heard_ms: int | None = None) -> Arrival:
    """An event of a gate whose own clock says ``at_ms``; its edge hears it at ``heard_ms``."""
    subject = f"{payload.TYPE}|{origin.edge}|{origin.seq}"
    heard = format_time(at_ms if heard_ms is None else heard_ms)
    return arrival(payload, origin, time_ms=at_ms, subject=subject, received=heard)


def scan(name: str, visit: str | None = VISIT, direction: Any = "in") -> Scan:
    return Scan(f"v-1:{name}", visit, "cccd", direction, "18-49", "F", "731")


def decision(name: str, word: Any = "allow", zone: str = "cong") -> GateDecision:
    return GateDecision(f"v-1:{name}", word, "allowed", "allow", 0.4, zone=zone)


def passage(name: str | None, direction: Any = "in", *, seen: bool = False, zone: str = "cong") -> Passage:
    return Passage(None if name is None else f"v-1:{name}", direction, seen, zone)


def was_set(inside: int, zone: str = "cong", cause: Any = "set", actor: str = "k1") -> ZoneCount:
    return ZoneCount(zone, inside, 0, 0, cause, actor)


def let_in(name: str, seq: int, at_ms: int = NOW, **origin: Any) -> list[Arrival]:
    """One person who shows a code and goes in."""
    facts = (scan(name), decision(name), passage(name))
    return [happened(fact, gate(seq + n, **origin), at_ms) for n, fact in enumerate(facts)]


async def zone_of(
    reader: StoreReader, edge: str = "edge-1", zone: str = "cong", began: int = NOW
) -> Occupancy:
    (found,) = await reader.occupancy(began, edge=edge, zone=zone)
    return found


async def hours(reader: StoreReader, **wanted: Any) -> dict[tuple[int, str], dict[str, int]]:
    """Everything but zeros by hour and device."""
    narrowed = GateHourFilter(NOW - 400 * DAY, NOW + 400 * DAY, **wanted)
    return {
        (row.start_ms, row.device): {
            name: number for name, number in zip(COUNTED, row.counts, strict=True) if number
        }
        for row in await reader.gate_hours(narrowed)
        if any(row.counts)
    }
