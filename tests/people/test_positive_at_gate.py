"""From an analyzer's positive result to the alert at a gate: one edge, one hub, real lines."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from hub.vault import KEYS, Vault
from tests.fire.analyzers import END, START
from tests.fire.installation import Installation
from tests.fire.patience import until_told
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PATIENCE_SECONDS = 90
NUMBER = "075199001234"
GATE = """
[[device]]
id = "cong-1"
site = "bv-fire"
kind = "gate_tcp"
port = {port}
direction = "in"
rules = {{ positive_days = 14 }}
"""


def result(at: datetime) -> bytes:
    """ORU^R01 of a patient with a national number (PID-3, type NI)."""
    stamp = at.strftime("%Y%m%d%H%M%S+0000")
    lines = (
        f"MSH|^~\\&|PCR|LAB|EPIHUB|DN|{stamp}||ORU^R01^ORU_R01|M-1|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||{NUMBER}^^^^NI||Nguyễn^Thị Ánh",
        "SPM|1|S-1||NP",
        "OBR|1|||94500-6^SARS-CoV-2^LN",
        f"OBX|1|CWE|94500-6^SARS-CoV-2^LN|1|260373001^Detected^SCT||||||F|||{stamp}",
    )
    return START + "\r".join(lines).encode() + b"\r" + END


@pytest.fixture
def there(tmp_path: Path) -> Installation:
    made = Installation.make(tmp_path / "up", "one machine")
    port = free_port()
    made.add_device(GATE.format(port=port), port)
    Vault(made.data / KEYS).make_province_key()
    return made


async def test_who_was_positive_is_told_at_the_gate(there: Installation) -> None:
    try:
        await there.start()
        await there.until_connected()
        reader, writer = await there.dial_device()
        writer.write(result(datetime.now(UTC)))
        assert b"|AA|" in await reader.readuntil(END)
        writer.close()

        async def is_listed() -> bool:
            rows = (await there.call("up", "people.kept"))["items"]
            return any(row["list"] == "positive" and row["count"] == 1 for row in rows)

        await until_told(is_listed, "the edge has the list", PATIENCE_SECONDS)
        _, scanner = await asyncio.open_connection("127.0.0.1", there.listeners[-1])
        scanner.write(NUMBER.encode() + b"\r")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{there.api_port}", timeout=30) as api:
            decided: list[tuple[str, str]] = []

            async def is_decided() -> bool:
                try:
                    items = (await api.get("/api/v1/scans")).json().get("items", [])
                except httpx.TransportError:  # a process of its own, and young
                    return False
                decided[:] = [(item["decision"], item["reason"]) for item in items]
                return bool(decided)

            await until_told(is_decided, "the gate has decided", PATIENCE_SECONDS)
        scanner.close()
        assert decided == [("alert", "result.positive")]
    finally:
        await there.end()
