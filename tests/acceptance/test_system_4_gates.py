"""System 4 of the plan: entry and exit by QR codes of three apps, at the department and its units.

10,000 scans, a fifth of them shown twice, every event three times in any order: the counts are exact.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Literal

import pytest

from hub.payloads import GateDecision, Passage, Scan
from storage.contract import Arrival
from tests.acceptance.device_province import Standing, facilities, local, standing_hub
from tests.api.conftest import database  # noqa: F401
from tests.conformance.gate_arrivals import gate, happened
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow
SCANS, REPEATED = 10_000, 2_000
APPS = ("national-personal", "bluezone", "vhd")
Decided = Literal["duplicate", "deny", "allow"]
SITES = ("so-y-te", "bv-thong-nhat")


@pytest.fixture
async def hub(tmp_path: Path, database: PostgresServer | None) -> AsyncIterator[Standing]:  # noqa: F811
    async with standing_hub(tmp_path, database) as made:
        yield made


def scans() -> list[Arrival]:
    """Whoever is let in goes in; a code that is shown twice moves nobody. Times are of 4 August, all day."""
    rng = Random(4)
    begin, end = local("2021-08-04T00:00"), local("2021-08-05T00:00")
    found: list[Arrival] = []
    for number in range(SCANS):
        site = SITES[number % 2]
        at_ms, name = rng.randrange(begin, end), f"v-1:{number}"
        repeated = number < REPEATED
        decided: Decided = "duplicate" if repeated else "deny" if number % 50 == 0 else "allow"
        scanned = Scan(name, f"v-1f0c8a52:{number:032x}", APPS[number % 3], "in", "18-49", "F", "731")
        facts = [scanned, GateDecision(name, decided, "allowed", "allow", 0.4, zone=site)]
        if decided == "allow":
            facts.append(Passage(name, "in", number % 4 == 0, site))
        origin = f"cong-{site}"
        found += [
            happened(fact, gate(4 * number + place + 1, device=origin, site=site), at_ms)
            for place, fact in enumerate(facts)
        ]
    return found


async def test_every_scan_counts_once_and_a_repeated_one_is_no_visit(hub: Standing) -> None:
    await hub.came([*scans(), *facilities()])
    by_site = await hub.table("gate-traffic", "by_site", date="2021-08-04")
    total = by_site["total"]
    assert (total["scans"], total["duplicate"], total["visits"]) == (SCANS, REPEATED, SCANS - REPEATED)
    assert total["deny"] == 160
    assert total["entered"] == total["allow"] == SCANS - REPEATED - 160
    assert {key: row["scans"] for key, row in by_site.items()} == {"so-y-te": 5000, "bv-thong-nhat": 5000} | {
        "total": 10_000
    }
    by_gate = await hub.table("gate-traffic", "by_gate", date="2021-08-04")
    assert by_gate["so-y-te|cong-so-y-te|so-y-te"] == by_site["so-y-te"]
    assert (await hub.table("gate-traffic", "by_site", date="2021-08-03"))["total"]["scans"] == 0
    by_day = await hub.table("gate-traffic", "by_day", **{"date": "2021-08-05", "from": "2021-08-03"})
    assert by_day["2021-08-04"] == total
    assert list(by_day) == ["2021-08-04", "total"]
    await hub.same_again("gate-traffic", date="2021-08-04")


async def test_a_late_scan_is_a_new_revision_and_the_old_one_stays(hub: Standing) -> None:
    early, late = scans()[:30], scans()[4000:4004]
    await hub.came(early)
    first = await hub.get("reports/gate-traffic", date="2021-08-04")
    await hub.came(late)
    second = await hub.get("reports/gate-traffic", date="2021-08-04")
    assert (first["revision"], second["revision"]) == (1, 2)
    assert await hub.get("reports/gate-traffic", date="2021-08-04", revision=1) == first
    assert first["sha256"] != second["sha256"]
