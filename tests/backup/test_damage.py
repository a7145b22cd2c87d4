"""Whatever is wrong with a backup or a store is found, and said where; nothing of it is put back."""

import asyncio
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.backup.place import Place
from hub.backup.restore import restore_backup
from hub.backup.take import take_backup
from hub.backup.verify import verify_backup, verify_store
from hub.errors import EpihubError, OperatorError
from storage.archive import Archive, BadArchive
from storage.sqlite.checks.readings import CHUNKS
from storage.sqlite.checks.versions import WHAT as VERSIONS
from storage.sqlite.schema import newest_version
from storage.sqlite.store import SqliteStore
from tests.backup.test_round_trip import files_in

SWAPPED = """
UPDATE lab_result SET current = 0 WHERE number = 2;
UPDATE lab_result SET current = 1 WHERE number = 1;
"""


def silent(*_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
async def backup(place: Place, tmp_path: Path) -> Path:
    return (await take_backup(place, tmp_path / "whole.zip", silent)).path


def rewritten(backup: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same backup with members changed, as a ZIP that is whole."""
    with zipfile.ZipFile(backup) as found:
        members = {name: found.read(name) for name in found.namelist()}
    change(members)
    path = backup.with_name("changed.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fresh:
        for name, content in members.items():
            fresh.writestr(name, content)
    return path


def manifest_changed(backup: Path, change: Callable[[Any], None]) -> Path:
    def apply(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        change(manifest)
        members["manifest.json"] = json.dumps(manifest).encode()

    return rewritten(backup, apply)


def wrong(backup: Path, tmp_path: Path) -> list[str]:
    with Archive(backup) as archive:
        return [found.what for found in verify_backup(archive, tmp_path, silent) if not found.good]


async def restored(backup: Path, place: Place) -> None:
    """Nothing half done may be left when it fails."""
    try:
        with Archive(backup) as archive:
            await restore_backup(archive, place, replace=False, progress=silent)
    except OperatorError:
        left = {path.suffix for path in files_in(place.data_dir, "*")}
        assert left <= {".lock"}
        raise


async def test_a_changed_row_is_found_and_not_restored(
    backup: Path, elsewhere: Place, tmp_path: Path
) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["store/event.rows"] = members["store/event.rows"].replace(b"POS", b"NEG")

    path = rewritten(backup, change)
    assert wrong(path, tmp_path) == ["mọi dòng của kho / every row of the store"]
    with pytest.raises(BadArchive, match=r"store/event\.rows"):
        await restored(path, elsewhere)
    assert not (elsewhere.data_dir / "store.db").exists()


@pytest.mark.parametrize("missing", ["manifest.json", "store/event.rows", "files/api-keys.json"])
async def test_a_missing_member_is_found(backup: Path, elsewhere: Place, missing: str) -> None:
    path = rewritten(backup, lambda members: members.__delitem__(missing))
    with pytest.raises(BadArchive):
        await restored(path, elsewhere)
    assert not (elsewhere.data_dir / "store.db").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda manifest: manifest.update(format=3), "format 3"),
        (lambda manifest: manifest["store"].update(schema=99), "schema 99"),
        (lambda manifest: manifest["store"].update(schema=0), "no schema"),
        (lambda manifest: manifest["store"]["tables"].pop(), "not those of its schema"),
        (lambda manifest: manifest["store"]["tables"][0]["columns"].append("x"), "not those of its schema"),
        (lambda manifest: manifest["store"]["tables"][0].update(name="x; DROP"), "no table"),
        (lambda manifest: manifest["store"]["tables"][0].update(rows=7), "not what the manifest says"),
        (lambda manifest: manifest["files"][0].update(name="../../evil"), "none of epihub's|missing"),
        (lambda manifest: manifest.pop("store"), "cannot be read"),
    ],
)
async def test_a_manifest_that_says_something_else_is_refused(
    backup: Path, elsewhere: Place, change: Callable[[Any], None], told: str
) -> None:
    with pytest.raises(OperatorError, match=told):
        await restored(manifest_changed(backup, change), elsewhere)
    assert not (elsewhere.data_dir / "store.db").exists()


async def test_a_block_that_says_it_is_huge_is_not_believed(backup: Path, elsewhere: Place) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["store/event.rows"] = struct.pack(">I", 0xFFFFFFFF) + members["store/event.rows"][4:]

    with pytest.raises(BadArchive, match="damaged"):
        await restored(rewritten(backup, change), elsewhere)


@pytest.mark.parametrize("content", [b"", b"PK", b"no backup at all" * 100])
def test_what_is_no_backup_is_said_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadArchive, match="not a whole backup"):
        Archive(tmp_path / "x.zip")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), cut=st.booleans())
async def test_any_damage_is_found_or_harmless(
    backup: Path, tmp_path: Path, place: float, bit: int, cut: bool
) -> None:
    """One bit turned, or the rest cut off: an error of ours or a finding, or the very same contents."""
    content = bytearray(await asyncio.to_thread(backup.read_bytes))
    at = int(place * len(content))
    content[at] ^= 1 << bit
    damaged = tmp_path / "damaged.zip"
    await asyncio.to_thread(damaged.write_bytes, content[:at] if cut else content)
    with Archive(backup) as archive:
        manifest = archive.manifest
    try:
        with Archive(damaged) as archive:
            said = archive.manifest
            findings = list(verify_backup(archive, tmp_path, silent))
    except EpihubError:
        return
    assert any(not finding.good for finding in findings) or said == manifest


# a store whose tables do not agree with its log


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE store SET events = events + 1", "sự kiện / events"),
        ("UPDATE store SET results = 0", "kết quả / results"),
        ("UPDATE store SET poison = 9", "bản tin hỏng / poison"),
        ("UPDATE store SET readings = readings - 1", "số đo / readings"),
        ("UPDATE event SET site = 'elsewhere' WHERE number = 2", "dòng nhật ký / rows of the log"),
        ("UPDATE event SET seq = 77 WHERE number = 2", "dòng nhật ký / rows of the log"),
        ("UPDATE event SET body = x'7b7d' WHERE number = 8", "sự kiện đọc được / events that can be read"),
        ("UPDATE lab_result SET call = 'POS' WHERE call = 'NEG'", "dòng kết quả / rows of results"),
        ("DELETE FROM lab_result WHERE number = 3", "dòng kết quả / rows of results"),
        (
            "UPDATE lab_result SET current = 0 WHERE specimen = 'S-9'",
            VERSIONS,
        ),
        ("UPDATE lab_result SET place_seq = 99 WHERE number = 1", VERSIONS),
        (
            SWAPPED,
            VERSIONS,
        ),
        ("UPDATE epoch SET id = 'x' WHERE number = 1", "mốc nhận / watermarks"),
        ("UPDATE sqlite_sequence SET seq = 3 WHERE name = 'event'", "số thứ tự / log numbers"),
        ("UPDATE latest SET ts = ts - 1", "số đo mới nhất / latest readings"),
        ("DELETE FROM latest WHERE series = 1", "số đo mới nhất / latest readings"),
        ("UPDATE lab_result SET test = 'x' WHERE number = 2", "dòng kết quả / rows of results"),
        ("UPDATE lab_result SET day = day + 1 WHERE number = 2", "dòng kết quả / rows of results"),
        ("UPDATE lab_day SET neg = neg + 1", "số ca theo ngày / results by day"),
        ("DELETE FROM lab_day", "số ca theo ngày / results by day"),
        ("UPDATE lab_day_sum SET neg = neg + 1", "số ca theo ngày / results by day"),
        ("DELETE FROM lab_day_sum", "số ca theo ngày / results by day"),
        ("UPDATE reading_chunk SET readings = readings + 1 WHERE first_ts > 0", CHUNKS),
        (
            "UPDATE reading_chunk SET data = CAST(substr(data, 1, 20) || x'00' || substr(data, 22) AS BLOB)",
            CHUNKS,
        ),
        ("UPDATE reading_chunk SET first_ts = first_ts - 1", CHUNKS),
        ("UPDATE reading_hour SET day = day + 100", "số liệu giờ / hourly figures"),
        ("UPDATE reading_hour SET figures = substr(figures, 1, 29)", "số liệu giờ / hourly figures"),
        (
            f"INSERT INTO deletion VALUES (1, 'log', 0, 1, 1, 1, x'{'00' * 32}')",
            "sổ xóa / ledger of deletions",
        ),
    ],
)
async def test_verify_finds(store: SqliteStore, place: Place, sql: str, told: str) -> None:
    connection = apsw.Connection(str(place.data_dir / "store.db"))
    connection.set_busy_timeout(5000)
    connection.execute(sql)
    connection.close()
    assert told in [finding.what for finding in verify_store(place) if not finding.good]


async def test_a_damaged_page_is_found(store: SqliteStore, place: Place) -> None:
    await store.close()
    path = place.data_dir / "store.db"
    content = bytearray(await asyncio.to_thread(path.read_bytes))
    content[4096 : 4096 * 8] = bytes(4096 * 7)
    await asyncio.to_thread(path.write_bytes, content)
    try:
        findings = list(verify_store(place))
    except EpihubError:
        return
    assert any(not finding.good for finding in findings)


async def test_a_store_of_another_schema_is_not_looked_at(store: SqliteStore, place: Place) -> None:
    await store.close()
    connection = apsw.Connection(str(place.data_dir / "store.db"))
    for version in (newest_version() - 1, newest_version() + 1):
        connection.pragma("user_version", version)
        with pytest.raises(OperatorError, match=f"schema {version}"):
            list(verify_store(place))
    connection.close()
