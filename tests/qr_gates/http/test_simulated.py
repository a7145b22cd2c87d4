"""Simulated gates, which share no code with us, are understood: what they showed is what is told."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from adapters.qr_gates.gate_http_config import GateHttpConfig
from hub.payloads import Scan
from simulators.gates.push_lines import JsonGate, PushLine, Scanned, ZktecoGate, serial_of
from tests.qr_gates.http.terminals import gate, settings, zkteco

AT = datetime(2026, 11, 22, 1, 30, 5, tzinfo=UTC)
CARD = "075199001234||Nguyễn Thị Ánh Tuyết|02091999|Nữ|Biên Hòa, Đồng Nai|27122021".encode()
Way = tuple[Callable[[], GateHttpConfig], type[PushLine], bytes, str]
WAYS: dict[str, Way] = {
    "json": (settings, JsonGate, CARD, "cccd"),
    "zkteco": (lambda: zkteco(serial=serial_of("cong-1")), ZktecoGate, b"075199001234", "cccd-number"),
}


async def sent(client: httpx.AsyncClient, made: PushLine, scans: list[Scanned]) -> list[int]:
    return [
        (await client.post(path, content=body, headers={"Content-Type": kind})).status_code
        for path, kind, body in made.requests(scans)
    ]


@pytest.mark.parametrize("way", WAYS)
async def test_a_simulated_gate_is_heard_once_however_often_it_sends(tmp_path: Path, way: str) -> None:
    configured, line, code, kind = WAYS[way]
    async with gate(tmp_path, configured()) as (client, outlet):
        for _ in range(2):
            assert set(await sent(client, line("http://x", "cong-1"), [Scanned(code, AT)])) == {200}
        scans = [(fact.payload, fact.time_ms) for fact in outlet.facts if isinstance(fact.payload, Scan)]
        (told,) = [(scan.payload_kind, at_ms) for scan, at_ms in scans]
        assert told == (kind, round(AT.timestamp() * 1000))
