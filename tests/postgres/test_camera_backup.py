"""A backup carries what cameras told from any database into any, and it goes on there."""

from pathlib import Path
from typing import Any

import pytest

from hub.backup.verify import verify_backup
from storage.archive import Archive
from storage.cameras import CameraDayFilter
from storage.open import open_reader, open_store
from tests.conformance.camera_arrivals import CAMERA, HOUR, MINUTE, told
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import write
from tests.postgres.test_backup import MakePlace, places, put_back, silent, taken  # noqa: F401  the fixture

pytestmark = pytest.mark.slow  # a server


async def read(place: Any) -> dict[str, Any]:
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        return {
            "cameras": await reader.cameras(),
            "periods": list(await reader.camera_periods(CAMERA, NOW, NOW + DAY)),
            "days": await reader.camera_days(CameraDayFilter([NOW, NOW + DAY, NOW + 2 * DAY], NOW + DAY)),
        }
    finally:
        await reader.close()


async def filled(place: Any, *, again: bool = False) -> dict[str, Any]:
    """A day of a camera; then what it tells next, and again what it told before."""
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    first = [
        told("ONLINE", NOW, NOW + HOUR, 1),
        told("OFFLINE", NOW + HOUR, NOW + 2 * HOUR, 2, reason="stall"),
        told("DEGRADED", NOW + 2 * HOUR, NOW + 3 * HOUR, 3, reason="blur", faults=("blur", "of_tomorrow")),
    ]
    if again:
        ends = NOW + 4 * HOUR
        await write(
            store, *first, told("DEGRADED", NOW + 2 * HOUR, ends, 4, reason="blur", faults=("black",))
        )
    else:
        await write(store, *first, told("ONLINE", NOW, NOW + MINUTE, 1, device="cam-2", site="kho-2"))
    await store.close()
    return await read(place)


@pytest.mark.parametrize(("source", "target"), [("postgresql", "sqlite"), ("sqlite", "postgresql")])
async def test_cameras_go_from_any_database_into_any(
    places: MakePlace,  # noqa: F811
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old, new = await places(source), await places(target)
    before = await filled(old)
    assert (len(before["cameras"]), len(before["periods"]), len(before["days"])) == (2, 3, 2)
    backup = await taken(old, tmp_path)
    with Archive(backup.path) as archive:
        assert [found for found in verify_backup(archive, tmp_path, silent) if not found.good] == []
    await put_back(backup.path, new)
    assert await read(new) == before
    after = await filled(new, again=True)
    assert after == await filled(old, again=True)
    assert after["periods"][-1].faults == ("black", "blur", "other")
