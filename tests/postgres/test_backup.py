"""Backups of a PostgreSQL store, and backups that go from one database into the other: the same answers."""

import asyncio
import os
from asyncio.subprocess import PIPE
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from hub.backup.place import Place
from hub.backup.restore import restore_backup
from hub.backup.stores import store_snapshot
from hub.backup.take import Taken, take_backup
from hub.backup.verify import verify_backup
from hub.errors import OperatorError
from storage.archive import Archive, ArchiveWriter, BadArchive
from storage.contract import Batch
from storage.open import open_reader, open_store
from storage.postgres import schema as postgres_schema
from storage.restored import RESTORED_AHEAD
from storage.sqlite import schema as sqlite_schema
from storage.sqlite.connection import connect_reader
from storage.sqlite.tables import tables_of
from tests.backup.test_damage import rewritten
from tests.conformance.store_arrivals import NOW, From, lab, poison
from tests.fire.installation import EPIHUB
from tests.golden.content import answers, write_content
from tests.golden.dump import load
from tests.golden.make import STORES, golden
from tests.postgres.server import PostgresServer

pytestmark = pytest.mark.slow  # a server

MakePlace = Callable[[str], Any]


def silent(*_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def places(postgres_server: PostgresServer, tmp_path: Path) -> MakePlace:
    """An empty place of a dialect; every call gives another one."""

    async def make(dialect: str) -> Place:
        name = f"t{token_hex(6)}"
        place = Place(tmp_path / name, tmp_path / name / "spool" / "spool.db")
        if dialect == "sqlite":
            return place
        return replace(
            place, store_url=await postgres_server.new_store(name), password=postgres_server.password
        )

    return make


async def filled(place: Place) -> Place:
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    await write_content(store)
    await store.close()
    return place


async def told(place: Place) -> dict[str, Any]:
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        return await answers(reader)
    finally:
        await reader.close()


async def taken(place: Place, folder: Path) -> Taken:
    return await take_backup(place, folder / f"{token_hex(4)}.zip", silent)


async def put_back(backup: Path, place: Place) -> None:
    with Archive(backup) as archive:
        await restore_backup(archive, place, replace=False, progress=silent)


@pytest.mark.parametrize("target", ["postgresql", "sqlite"])
@pytest.mark.parametrize("source", ["postgresql", "sqlite"])
async def test_a_backup_goes_from_any_database_into_any(
    places: MakePlace, tmp_path: Path, source: str, target: str
) -> None:
    old, new = await filled(await places(source)), await places(target)
    backup = await taken(old, tmp_path)
    assert backup.manifest.store is not None
    assert backup.manifest.store.dialect == source
    await put_back(backup.path, new)
    assert await told(new) == await told(old)


async def test_a_backup_of_postgresql_is_verified_without_a_server(places: MakePlace, tmp_path: Path) -> None:
    backup = await taken(await filled(await places("postgresql")), tmp_path)
    with Archive(backup.path) as archive:
        findings = list(verify_backup(archive, tmp_path, silent))
    assert [finding for finding in findings if not finding.good] == []
    assert len(findings) > 10


@pytest.mark.parametrize("source", ["postgresql", "sqlite"])
async def test_a_restored_database_goes_on(places: MakePlace, tmp_path: Path, source: str) -> None:
    """New rows in every table, under numbers that were never given, and a new store id."""
    old, new = await filled(await places(source)), await places("postgresql")
    backup = await taken(old, tmp_path)
    await put_back(backup.path, new)
    store = open_store(new.store_url, new.data_dir, password=new.password)
    await store.open()
    manifest = backup.manifest.store
    assert manifest is not None
    assert store.store_id != manifest.id
    assert tuple(await store.watermarks()) == manifest.watermarks
    fresh = [
        lab("S-77", From(seq=77)),
        lab("S-1", From(seq=2), call="POS", ct=21.5),
        lab("S-8", From(epoch="d" * 16)),
    ]
    outcome = await store.write(Batch(store.term, fresh, [poison(b"[")], received_ms=NOW))
    assert (outcome.stored, outcome.duplicates, outcome.quarantined) == (2, 1, 1)
    assert outcome.last_number == manifest.last_number + RESTORED_AHEAD + 2
    await store.close()


async def test_a_backup_shows_one_moment_while_the_hub_writes(places: MakePlace, tmp_path: Path) -> None:
    place = await filled(await places("postgresql"))
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    before = (await told(place))["figures"]
    async with store_snapshot(place) as moment:
        assert moment is not None
        await store.write(Batch(store.term, [lab("S-88", From(seq=88))], received_ms=NOW))
        with ArchiveWriter(tmp_path / "moment.zip") as archive:
            part = await moment.dump(archive)
    assert part.counts["events"] == before["events"]
    assert (await told(place))["figures"]["events"] == before["events"] + 1
    await store.close()


async def test_a_database_that_holds_something_or_that_a_hub_holds_is_refused(
    places: MakePlace, tmp_path: Path
) -> None:
    place, other = await filled(await places("postgresql")), await places("postgresql")
    backup = (await taken(place, tmp_path)).path
    before = await told(place)
    with pytest.raises(OperatorError, match="not empty"):
        await put_back(backup, place)
    assert await told(place) == before
    store = open_store(other.store_url, other.data_dir, password=other.password)
    await store.open()
    with pytest.raises(OperatorError, match="another hub"):
        await put_back(backup, other)
    await store.close()


async def test_a_damaged_backup_leaves_the_database_empty(places: MakePlace, tmp_path: Path) -> None:
    """The damage is found in the last table: everything before it is rolled back."""
    backup = (await taken(await filled(await places("sqlite")), tmp_path)).path

    def change(members: dict[str, bytes]) -> None:
        body = bytearray(members["store/store.rows"])
        body[-1] ^= 1
        members["store/store.rows"] = bytes(body)

    place = await places("postgresql")
    with pytest.raises(BadArchive, match=r"store/store\.rows"):
        await put_back(rewritten(backup, change), place)
    await put_back(backup, place)


async def test_an_earlier_sqlite_store_moves_to_postgresql(places: MakePlace, tmp_path: Path) -> None:
    """From every golden version: the way of a province that grows."""
    fresh = await filled(await places("postgresql"))
    for sql in golden(STORES).values():
        old, new = await places("sqlite"), await places("postgresql")
        old.data_dir.mkdir(parents=True)
        load(old.data_dir / "store.db", sql)
        await put_back((await taken(old, tmp_path)).path, new)
        store = open_store(new.store_url, new.data_dir, password=new.password)
        await store.open()  # what an earlier version did not count is counted here
        await store.close()
        assert await told(new) == await told(fresh)


async def test_a_topic_with_a_nul_does_not_hold_a_province_back(places: MakePlace, tmp_path: Path) -> None:
    old, new = await places("sqlite"), await places("postgresql")
    store = open_store(old.store_url, old.data_dir)
    await store.open()
    odd = poison(b"odd")._replace(topic="epihub/v1/evt/\0")
    await store.write(Batch(store.term, [], [odd], received_ms=NOW))
    await store.close()
    await put_back((await taken(old, tmp_path)).path, new)
    assert (await told(new))["figures"]["poison"] == 1


async def test_a_schema_of_one_number_is_the_same_tables_in_both(places: MakePlace, tmp_path: Path) -> None:
    """Without it no backup could go from one into the other."""
    assert postgres_schema.newest_version() == sqlite_schema.newest_version()
    backup = await taken(await filled(await places("postgresql")), tmp_path)
    store = await filled(await places("sqlite"))
    connection = connect_reader(store.data_dir / "store.db")
    assert backup.manifest.store is not None
    columns = {table.name: set(table.columns) for table in backup.manifest.store.tables}
    assert columns == {name: set(each) for name, each in tables_of(connection).items()}
    connection.close()


async def test_the_commands_take_a_url(places: MakePlace, tmp_path: Path) -> None:
    """The password is in the environment: a url on the command line is seen by everybody on the machine."""
    old, new = await filled(await places("postgresql")), await places("postgresql")
    environment = os.environ | {"PGPASSWORD": str(old.password)}

    async def epihub(*arguments: object) -> str:
        process = await asyncio.create_subprocess_exec(
            *EPIHUB, *map(str, arguments), stdout=PIPE, stderr=PIPE, env=environment
        )
        out, err = await process.communicate()
        assert process.returncode == 0, (out + err).decode()
        return out.decode()

    backup = tmp_path / "b.zip"
    await epihub("backup", backup, "--data", old.data_dir, "--store-url", old.store_url)
    assert "everything holds" in await epihub("verify", backup)
    assert "PostgreSQL" in await epihub(
        "restore", backup, "--data", new.data_dir, "--store-url", new.store_url
    )
    assert "everything holds" in await epihub("verify", "--store-url", new.store_url, "--scratch", tmp_path)
    assert await told(new) == await told(old)
