"""Loggers of the tests, and files as such loggers write them."""

import asyncio
from pathlib import Path
from typing import Any

from adapters.cold_chain.cold_file import ColdFile
from adapters.cold_chain.cold_file_config import ColdFileConfig
from tests.conformance.adapter_contract import PATIENCE_SECONDS
from tests.conformance.memory_outlet import MemoryOutlet

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "cold_chain"
COLUMNS = {"temp.vaccine": {"column": "Temp °C"}, "humidity.vaccine": {"column": "RH"}}
TABLE = {"time": ["Date", "Time"], "time_format": "%d/%m/%Y %H:%M", "columns": COLUMNS}
CSV = "Logger,TRIX-8\r\nDate,Time,Temp °C,RH\r\n01/06/2022,08:10,4.6,51\r\n01/06/2022,08:15,-,50\r\n".encode()


def config(**settings: Any) -> ColdFileConfig:
    usual = {"id": "tu-lanh-01", "site": "kho", "kind": "cold_file", "folder": "exports"}
    return ColdFileConfig.model_validate(usual | settings)


def logger(outlet: MemoryOutlet | None = None, **settings: Any) -> ColdFile:
    quick = {"stable_seconds": 0.2, "unfinished_seconds": 0.4, "look_seconds": 0.01}
    return ColdFile(config(**quick | settings), outlet or MemoryOutlet())


def export(*rows: str, serial: str = "170000000001", days: str = "", end: str = "Sig: 00ff") -> bytes:
    """A Fridge-tag 2 L with limits +2.0 and +8.0 that logs each 5 min."""
    lines = [
        "Device: Q-tag Fridge-tag 2 L", "Vers: 0.5", "Conf:", f" Serial: {serial}", " Temp unit: C",
        " Alarm:", "  0:", "   T AL: +2.0, t AL: 60", "  1:", "   T AL: +8.0, t AL: 60",
        " Logging Interval: 5", "Hist:",
        " TS Actv: 2022-05-02 04:44", " TS Report Creation: 2022-06-08 10:14", *days.splitlines(),
        "Data:", "\tyyyy-MM-dd hh:mm\tT\tOut of limits", *("\t" + row for row in rows), "Cert:", " Vers: 1.0",
        "Sig Cert: 1c55", *([end] if end else []),
    ]  # fmt: skip
    return "\r\n".join([*lines, ""]).encode()


def rows(count: int, first: int = 0) -> list[str]:
    """One a minute from midnight of 2022-06-01 on, 4.0 to 4.9."""
    return [
        f"2022-06-{1 + at // 1440:02d} {at // 60 % 24:02d}:{at % 60:02d}\t4.{at % 10}"
        for at in range(first, first + count)
    ]


async def until(condition: Any) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - the other side is the file system
            await asyncio.sleep(0.005)
