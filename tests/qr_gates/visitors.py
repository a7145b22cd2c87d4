"""People at a gate for tests: cards, settings, and gates over an outlet in memory."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from adapters.qr_gates.barriers.barrier import BarrierFault, Passed
from adapters.qr_gates.gate import Gate
from adapters.qr_gates.gate_tcp import GateTcpConfig
from hub.payloads import GateDecision, Payload
from tests.conformance.memory_outlet import MemoryOutlet

NOON_MS = 1_795_400_000_000


def card(number: int = 1, name: str = "Nguyễn Thị Ánh Tuyết") -> bytes:
    """A citizen's card of an invented woman of Biên Hòa, born in 1999."""
    return f"075199{number:06d}||{name}|02091999|Nữ|Trảng Dài, Biên Hòa, Đồng Nai|15042021".encode()


def settings(**more: Any) -> GateTcpConfig:
    told = {"id": "cong-1", "site": "khu-a", "kind": "gate_tcp", "direction": "in"} | more
    return GateTcpConfig.model_validate(told)


@dataclass
class HandBarrier:
    """A barrier that counts how often it opened; ``confirms``: a sensor stands there, moved by the test."""

    confirms: bool = False
    fault: str = ""
    opened: int = 0
    stored_before: list[int] = field(default_factory=list)
    outlet: MemoryOutlet | None = None

    async def open(self) -> None:
        self.opened += 1
        self.stored_before.append(len(self.outlet.committed) if self.outlet else 0)
        if self.fault:
            raise BarrierFault(self.fault)

    async def run(self, passed: Passed) -> None:
        await asyncio.get_running_loop().create_future()


async def gate_of(outlet: MemoryOutlet, barrier: HandBarrier | None = None, **more: Any) -> Gate:
    """Prepared: it knows what ``outlet`` told before."""
    barrier = barrier or HandBarrier()
    barrier.outlet = outlet
    gate = Gate(settings(**more), outlet, barrier)
    await gate.prepare()
    return gate


def told(outlet: MemoryOutlet, kind: type[Payload]) -> list[Any]:
    return [fact.payload for fact in outlet.facts if isinstance(fact.payload, kind)]


def decisions(outlet: MemoryOutlet) -> list[str]:
    return [each.decision for each in told(outlet, GateDecision)]
