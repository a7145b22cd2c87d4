"""Probes of the tests, and a wall of text as they write it."""

from typing import Any

from adapters.cold_chain.cold_serial import ColdSerial
from adapters.cold_chain.cold_serial_config import ColdSerialConfig
from tests.conformance.memory_outlet import MemoryOutlet

PATTERN = "T1={temp.vaccine} {unit} T2={temp.ambient} {}"
W1_GOOD = (
    b"2b 01 55 05 7f a5 81 66 cf : crc=cf YES\n"
    b"2b 01 55 05 7f a5 81 66 cf t=18687\n"
)  # fmt: skip


def config(**settings: Any) -> ColdSerialConfig:
    usual: dict[str, Any] = {"id": "tu-lanh-01", "site": "kho", "kind": "cold_serial"}
    if not settings.keys() & {"host", "file"}:
        usual["path"] = "/dev/serial/by-id/probe"
    if "dialect" not in settings:
        usual |= {"dialect": "pattern", "pattern": PATTERN}
    return ColdSerialConfig.model_validate(usual | {"least_seconds": 0} | settings)


def probe(outlet: MemoryOutlet | None = None, **settings: Any) -> ColdSerial:
    return ColdSerial(config(**settings), outlet or MemoryOutlet())
