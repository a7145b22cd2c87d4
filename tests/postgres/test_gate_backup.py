"""A backup carries what gates told from any database into any: the same scans, zones and hours."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from hub.backup.verify import verify_backup
from storage.archive import Archive
from storage.gates import GateHourFilter, ScanFilter
from storage.open import open_reader, open_store
from tests.conformance.gate_arrivals import decision, gate, happened, let_in, passage, was_set
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import maintained, write
from tests.postgres.test_backup import MakePlace, places, put_back, silent, taken  # noqa: F401  the fixture

pytestmark = pytest.mark.slow  # a server


async def told(place: Any) -> dict[str, Any]:
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        return {
            "scans": (await reader.scans(ScanFilter(), limit=100, cursor=None)).items,
            "zones": [asdict(zone) for zone in await reader.occupancy(NOW)],
            "hours": await reader.gate_hours(GateHourFilter(NOW - DAY, NOW + 40 * DAY)),
        }
    finally:
        await reader.close()


async def filled(place: Any, *, again: bool = False) -> dict[str, Any]:
    """People of two months: of the first the visits are blanked; a decision that was taken back, a set."""
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    if again:
        await write(store, *let_in("d", 90, NOW + 31 * DAY))
    else:
        late = happened(decision("a", "hold"), gate(9), NOW + 5)
        out = happened(passage(None, "out", seen=True), gate(7), NOW + 9)
        await write(store, *let_in("a", 1), *let_in("b", 4), out, happened(was_set(3), gate(8), NOW), late)
        await write(store, *let_in("c", 20, NOW + 30 * DAY))
        await maintained(store, NOW + 30 * DAY)
    await store.close()
    return await told(place)


@pytest.mark.parametrize(("source", "target"), [("postgresql", "sqlite"), ("sqlite", "postgresql")])
async def test_gates_go_from_any_database_into_any(
    places: MakePlace,  # noqa: F811
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old, new = await places(source), await places(target)
    before = await filled(old)
    assert [row["visit"] is None for row in before["scans"]] == [False, True, True]
    backup = await taken(old, tmp_path)
    with Archive(backup.path) as archive:
        assert [found for found in verify_backup(archive, tmp_path, silent) if not found.good] == []
    await put_back(backup.path, new)
    assert await told(new) == before
    assert await filled(new, again=True) == await filled(old, again=True)
