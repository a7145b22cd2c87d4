"""A backup carries what was reported from any database into any: at every number of the log the same."""

from pathlib import Path
from typing import Any

import pytest

from hub.backup.verify import verify_backup
from hub.reported import REPORTED, Assessment
from storage.archive import Archive
from storage.open import open_reader, open_store
from storage.reporting import FactFilter, Revision
from tests.conformance.reported_facts import ONE_OF_EACH
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_reporting import ALL, declared, reported, told
from tests.conformance.store_use import write
from tests.postgres.test_backup import MakePlace, places, put_back, silent, taken  # noqa: F401  the fixture

pytestmark = pytest.mark.slow  # a server


async def known(place: Any) -> dict[str, Any]:
    reader = open_reader(place.store_url, place.data_dir, password=place.password)
    await reader.open()
    try:
        facts = {
            (payload.TYPE, number): await reader.facts(FactFilter(payload.TYPE, number))
            for payload in REPORTED
            for number in (3, 8, ALL)
        }
        return {"facts": facts, "revisions": await reader.report_revisions(told().report, told().query)}
    finally:
        await reader.close()


async def filled(place: Any, *events: Any) -> dict[str, Any]:
    store = open_store(place.store_url, place.data_dir, password=place.password)
    await store.open()
    await write(store, *events, received_ms=NOW + len(events))
    await store.revise_report(told(sha256=f"{len(events):02}" * 32, up_to=9))
    await store.close()
    return await known(place)


@pytest.mark.parametrize(("source", "target"), [("postgresql", "sqlite"), ("sqlite", "postgresql")])
async def test_reports_go_from_any_database_into_any(
    places: MakePlace,  # noqa: F811
    tmp_path: Path,
    source: str,
    target: str,
) -> None:
    old, new = await places(source), await places(target)
    sent = [reported(each, each.subject) for each in ONE_OF_EACH]
    late = Assessment(workplace="cty-1", district="732", level="high", submitted="2021-07-01T08:00:00+07:00")
    before = await filled(old, *sent, declared(district="734"), reported(late, late.subject))
    assert [revision.revision for revision in before["revisions"]] == [1]
    backup = await taken(old, tmp_path)
    with Archive(backup.path) as archive:
        assert [found for found in verify_backup(archive, tmp_path, silent) if not found.good] == []
    await put_back(backup.path, new)
    assert await known(new) == before
    more = declared(district="742")
    assert await filled(new, more) == await filled(old, more)
    assert isinstance((await known(new))["revisions"][0], Revision)
