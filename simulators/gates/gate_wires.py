"""The line of each gate, made of its plan."""

import random
from dataclasses import dataclass, field

from simulators.gates.gate_plan import GateLines, GatePlan
from simulators.gates.push_lines import JsonGate, PushLine, ZktecoGate
from simulators.gates.scanner_lines import (
    LineCounts,
    Notice,
    Opens,
    ScannerLine,
    WaitingScanner,
    dialled_from,
    serial_line,
)


@dataclass
class GateWires:
    """``key``: of pushing gates at the API."""

    lines: GateLines
    key: str = ""
    notice: Notice = lambda text: None
    scanners: list[ScannerLine] = field(default_factory=list)
    pushing: list[PushLine] = field(default_factory=list)
    waiting: list[WaitingScanner] = field(default_factory=list)

    def scanner(self, plan: GatePlan, rng: random.Random) -> ScannerLine:
        """Of a gate that only speaks."""

        def told(text: str) -> None:
            self.notice(f"{plan.id}: {text}")

        name, way = self._way(plan)
        line = ScannerLine(name, way, plan.framing, rng, told, hangs_up=plan.way != "serial")
        self.scanners.append(line)
        return line

    def push(self, plan: GatePlan, rng: random.Random) -> PushLine:
        """Of a gate with a clock."""
        kind = JsonGate if plan.way == "json" else ZktecoGate
        line = kind(self.lines.url or "", plan.id, self.key, rng)
        self.pushing.append(line)
        return line

    async def close(self) -> None:
        for line in self.scanners:
            await line.close()
        for push in self.pushing:
            await push.close()
        for waiting in self.waiting:
            await waiting.close()

    def counts(self) -> LineCounts:
        """Of all lines."""
        found = [line.counts for line in self.scanners] + [line.counts for line in self.pushing]
        return LineCounts(*(sum(getattr(each, name) for each in found) for name in LineCounts.__slots__))

    def _way(self, plan: GatePlan) -> tuple[str, Opens]:
        if plan.end is not None:
            return str(plan.end), serial_line(plan.end)
        if plan.way == "listening":
            assert self.lines.listening
            host, first = self.lines.listening
            waiting = WaitingScanner(host, first + plan.number)
            self.waiting.append(waiting)
            return f"{host}:{waiting.port}", waiting.open
        assert self.lines.tcp
        host, port = self.lines.tcp
        return f"{host}:{port}", dialled_from(host, port, plan.address)
