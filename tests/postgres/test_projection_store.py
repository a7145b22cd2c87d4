"""Projections over databases: migration 14 of PostgreSQL, and a backup from any database into any."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from hub.backup.verify import verify_backup
from storage.archive import Archive
from storage.open import open_reader, open_store
from storage.postgres.schema import migrate, migrations, newest_version
from storage.projections import ProjectionChange, Rejected
from tests.conformance.projected_copy import Copy
from tests.conformance.store_arrivals import NOW, From, reading
from tests.conformance.store_use import write
from tests.postgres.test_backup import MakePlace, places, put_back, silent, taken  # noqa: F401  the fixture

pytestmark = pytest.mark.slow  # a server

BACK = """
DROP TABLE projection, projection_rejected, reading_contested;
DROP INDEX gate_decision_former, gate_passage_former, lab_result_former;
DELETE FROM series WHERE device = 'fridge-09';
UPDATE epihub_schema SET version = 13;
"""
MARKS = "SELECT ts, device, metric, number FROM reading_contested JOIN series USING (series) ORDER BY 1, 2, 3"


async def filled(place: Any) -> dict[str, Any]:
    """A conflict, readings withdrawn by others, before and after they came; a projection half-way through."""
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    wrong = reading(7.0, ts=NOW + 2)
    late = reading(8.0, From("fridge-09", "kho-vac-xin"), ts=NOW + 3)
    await write(store, reading(5.0), reading(9.0), reading(6.0, ts=NOW + 1), wrong)
    await write(store, reading(40.0, metric="humidity", ts=NOW - 9, supersedes=wrong.event.id))
    await write(store, reading(4.0, ts=NOW - 7, supersedes=late.event.id))
    await write(store, late)
    lines = [Rejected(2, NOW, "400", "một dòng"), Rejected(0, NOW, "422", "x")]
    await store.settle_projection(ProjectionChange("grafana", 4, rejected=lines, history_day=20_000))
    await store.close()
    return await read(place)


async def read(place: Any) -> dict[str, Any]:
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        copy = Copy()
        await copy.follow(reader, pages=3)
        assert await reader.events_after(copy.number) == 0, "numbers that a restore leaves out cost no page"
        return {
            "rows": await reader.projections(),
            "rejected": (await reader.rejected("grafana", limit=9, cursor=None)).items,
            "marks": await reader.contested([(n, NOW + ms) for n in range(1, 9) for ms in range(-9, 9)]),
            "copy": copy.standing(),
        }
    finally:
        await reader.close()


@pytest.mark.parametrize(("source", "target"), [("postgresql", "sqlite"), ("sqlite", "postgresql")])
async def test_projections_go_from_any_database_into_any(
    places: MakePlace,  # noqa: F811
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old, new = await places(source), await places(target)
    before = await filled(old)
    assert (len(before["rejected"]), len(before["marks"]), before["rows"][0].number) == (2, 3, 4)
    backup = await taken(old, tmp_path)
    with Archive(backup.path) as archive:
        assert [found for found in verify_backup(archive, tmp_path, silent) if not found.good] == []
    await put_back(backup.path, new)
    assert await read(new) == before
    store = open_store(new.store_url, new.data_dir, password=new.password)
    await store.open()
    await store.settle_projection(ProjectionChange("grafana", 5, rejected=[Rejected(3, NOW, "400", "y")]))
    await store.close()
    after = await read(new)
    assert [row["line"] for row in after["rejected"]] == ["y", "x", "một dòng"]
    assert (after["rows"][0].rejected, after["rows"][0].number) == (3, 5)


async def test_an_older_store_is_marked_as_live_writing_would(places: MakePlace) -> None:  # noqa: F811
    place = await places("postgresql")
    await filled(place)
    connection = await asyncpg.connect(place.store_url, password=place.password)
    try:
        marked = [tuple(row) for row in await connection.fetch(MARKS)]
        assert [ts - NOW for ts, *_ in marked] == [0, 2, 3]
        await connection.execute(BACK)
        await migrate(connection, migrations()[:14])
        await connection.execute("UPDATE epihub_schema SET version = $1", newest_version())
        assert [tuple(row) for row in await connection.fetch(MARKS)] == marked
    finally:
        await connection.close()
