"""Passages that a gate's sensor sees, each with the scan that it belongs to."""

from adapters.qr_gates.barriers.awaited_passages import MOST_AWAITED, AwaitedPassages
from adapters.qr_gates.gate_config import GateSettings
from adapters.qr_gates.gate_memory import ZoneMemory
from hub.contract import Fact, Outlet
from hub.errors import NotCommitted
from hub.payloads import Passage


class SeenPassages:
    """Of one gate; ``zone`` is counted at once, and counted back where nothing could be stored."""

    def __init__(self, config: GateSettings, outlet: Outlet, zone: ZoneMemory) -> None:
        self._config = config
        self._outlet = outlet
        self._zone = zone
        self._awaited = AwaitedPassages(config.passage.passage_seconds if config.passage else 0)
        self._visits: dict[str, str | None] = {}  # of scans that are yet to be seen passing

    def await_one(self, scan: str | None, visit: str | None, at_ms: int) -> None:
        """A sensor will tell whether somebody passed."""
        self._awaited.allowed(scan, at_ms)
        if scan:
            self._visits[scan] = visit
            while len(self._visits) > MOST_AWAITED:
                del self._visits[next(iter(self._visits))]

    async def passed(self, at_ms: int, what: str) -> None:
        """The sensor saw somebody; returns once it is on disk, raises NotCommitted."""
        scan = self._awaited.passed(at_ms)
        visit = self._visits.get(scan) if scan else None
        passage = Passage(scan, self._config.direction, True, self._config.zone_name)
        fact = Fact(passage, f"{at_ms}|{what}", at_ms, "observation")
        self._zone.pass_through(visit, self._config.direction, at_ms)
        try:
            await self._outlet.emit(fact)
        except NotCommitted:
            self._zone.undo(self._config.direction)
            self._awaited.allowed(scan, at_ms)
            raise
