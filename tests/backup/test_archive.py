"""The file itself: what is written comes back, in blocks of a bounded size."""

import asyncio
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive import Archive, ArchiveWriter, Manifest, SpoolPart
from storage.archive.writer import BLOCK_BYTES

VALUES = (
    st.none()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.binary(max_size=30)
)
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=40)


def manifest(table: Any) -> Manifest:
    spool = SpoolPart(schema=1, epoch="e", last_seq=0, events=0, captures=0, tables=(table,))
    return Manifest(format=1, epihub="0", made="", hub="", edge="", store=None, spool=spool, files=())


def written(path: Path, blocks: list[list[Any]]) -> None:
    with ArchiveWriter(path) as archive:
        with archive.table("spool", "one", ("a", "b")) as table:
            for block in blocks:
                table.write(block)
        archive.finish(manifest(table.part))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(blocks=st.lists(ROWS, max_size=5))
async def test_rows_come_back_as_they_were(tmp_path: Path, blocks: list[list[Any]]) -> None:
    path = tmp_path / "a.zip"
    await asyncio.to_thread(path.unlink, missing_ok=True)
    written(path, blocks)
    with Archive(path) as archive:
        assert archive.manifest.spool is not None
        (table,) = archive.manifest.spool.tables
        found = [row for block in archive.rows("spool", table) for row in block]
    assert found == [row for block in blocks for row in block]
    assert [[type(value) for value in row] for row in found] == [
        [type(value) for value in row] for block in blocks for row in block
    ]


def test_blocks_stay_near_their_size_whatever_the_rows(tmp_path: Path) -> None:
    """Rows are asked for by number: large ones make it fall, small ones make it grow."""
    with ArchiveWriter(tmp_path / "a.zip") as archive, archive.table("spool", "one", ("a", "b")) as table:
        sizes = []
        for size in (300_000, 300_000, 300_000, 300_000, *[20] * 12):
            sizes.append(table.rows_a_block * size)
            table.write([(1, bytes(size))] * table.rows_a_block)
        assert table.rows_a_block > 1000
    assert sizes[3] <= 2 * BLOCK_BYTES
    assert not (tmp_path / "a.zip").exists()
