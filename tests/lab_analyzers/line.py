"""Messages and an MLLP sender for the tests; shares no code with the codec under test."""

import asyncio
from collections.abc import Sequence
from typing import Any

from adapters.lab_analyzers.hl7_mllp import Hl7Mllp, Hl7MllpConfig
from hub.contract import Outlet
from tests.ports import free_port

PATIENCE_SECONDS = 10
MSH = "MSH|^~\\&|XP|LAB|HUB|DN|20260301103000||ORU^R01^ORU_R01|{control}|P|2.5.1||||||UNICODE UTF-8"


def oru(
    control: str = "M1",
    specimen: str = "SP-1",
    *,
    obx: Sequence[str] = (
        "OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||260373001^Detected^SCT||||||F|||20260301101500",
    ),
    obr: str = "",
    msh: str = MSH,
    pid: str = "PID|1||P77^^^BV^MR||Nguyễn^Thị Ánh||19800101|F",
) -> bytes:
    """One ORU^R01, unframed."""
    order = obr or f"OBR|1|ORD-9|{specimen}|94500-6^SARS-CoV-2 RNA^LN"
    return "\r".join([msh.replace("{control}", control), pid, order, *obx, ""]).encode()


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + b"\x1c\r"


def config(**settings: Any) -> Hl7MllpConfig:
    return Hl7MllpConfig.model_validate(
        {"id": "xpert-1", "site": "bv", "kind": "hl7_mllp", "port": free_port()} | settings
    )


def adapter(outlet: Outlet, **settings: Any) -> Hl7Mllp:
    return Hl7Mllp(config(**settings), outlet)


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Dial the adapter under test, which may be about to listen."""
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port, limit=1 << 25)
        except ConnectionRefusedError:
            await asyncio.sleep(0)


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """The payload of the next block."""
    assert await reader.readexactly(1) == b"\x0b"
    return (await reader.readuntil(b"\x1c\r"))[:-2]


def msa(answer: bytes) -> tuple[str, str]:
    """(MSA-1, MSA-2), in whatever delimiters the answer has."""
    line = next(line for line in answer.split(b"\r") if line.startswith(b"MSA"))
    _, code, control = line.split(line[3:4])[:3]
    return code.decode(), control.decode()
