"""The spool in a backup: what waits and what is sealed comes back, under a new epoch; a full one stays."""

import asyncio
from pathlib import Path

import apsw
import pytest

from hub.backup.place import Place
from hub.backup.restore import restore_backup
from hub.backup.spool import SESSIONS_AHEAD
from hub.backup.spool_checks import PICTURES, ROWS
from hub.backup.take import take_backup
from hub.backup.verify import verify_backup, verify_place
from hub.contract import Order
from hub.spool import Placing, SpoolFigures
from storage.archive import Archive
from tests.golden.spool_content import PICTURE
from tests.spool.parts import RECEIVED_MS, capture, event, every_row, opened, receipt, waiting_ids


def silent(*_: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def edge(tmp_path: Path) -> Place:
    """An edge apart: it has no store."""
    data = tmp_path / "edge"
    return Place(data, data / "spool" / "spool.db", edge="edge-1")


async def backed_up(edge: Place, folder: Path) -> Path:
    """A spool with ten rows, four of them receipted, and a capture; backed up while it is open."""
    async with opened(edge.spool) as spool:
        await spool.commit([event(number) for number in range(1, 10)])
        await spool.commit([event(10)], capture(b"MSH|raw", b"identity"))
        await spool.receive(receipt(spool, 4, event(4)))
        return (await take_backup(edge, folder / "edge.zip", silent)).path


async def restored(backup: Path, place: Place) -> tuple[str, ...]:
    with Archive(backup) as archive:
        return (await restore_backup(archive, place, replace=True, progress=silent)).lines


def balanced(figures: SpoolFigures) -> bool:
    return figures.spooled == figures.receipted + figures.waiting + figures.skipped


async def test_a_restored_spool_sends_what_had_no_receipt_under_a_new_open_epoch(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await backed_up(edge, tmp_path)
    async with opened(edge.spool) as spool:
        waiting, old, session = await waiting_ids(spool), spool.books.epoch, spool.session
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        assert await waiting_ids(spool) == waiting
        assert spool.books.epoch != old
        assert [state.closed for state in await spool.epochs()] == [True, False]
        assert spool.session > SESSIONS_AHEAD > session
        assert (await spool.draining()).epoch == old
        await spool.commit([event(11)])
        rows = await every_row(spool)
        assert [row.seq for row in rows] == [*range(1, 11), 1]
        figures = spool.figures()
        assert (figures.spooled, figures.receipted, figures.waiting) == (11, 4, 7)


async def test_a_hub_that_knows_more_than_the_copy_has_it_renumbered(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    """The edge went on to row 20 after the backup: the copy's rows go again, in the new epoch."""
    backup = await backed_up(edge, tmp_path)
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        old = (await spool.epochs())[0].epoch
        waiting = await waiting_ids(spool)
        verdict = await spool.receive(receipt(spool, 20, event(20), epoch=old))
        assert (verdict.kind, verdict.resend) == ("RENUMBERED", True)
        assert await waiting_ids(spool) == waiting
        assert balanced(spool.figures())
        again = await spool.receive(receipt(spool, 20, event(20), epoch=old))
        assert again.kind == "STALE"


async def test_a_sealed_capture_comes_back_and_opens_with_its_key(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await backed_up(edge, tmp_path)
    assert b"MSH|raw" not in await asyncio.to_thread(backup.read_bytes)
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        (name,) = await spool._read("SELECT id FROM capture", ())
        assert (await spool.load_capture(name[0])).contents.raw == b"MSH|raw"


async def test_a_spool_holds_and_what_is_wrong_with_it_is_found(edge: Place, tmp_path: Path) -> None:
    backup = await backed_up(edge, tmp_path)
    with Archive(backup) as archive:
        findings = list(verify_backup(archive, tmp_path, silent))
    assert [finding for finding in findings if not finding.good] == []
    assert {"numbers of the spool", "spool file"} <= {finding.what.split(" / ")[1] for finding in findings}
    assert [finding for finding in verify_place(edge) if not finding.good] == []
    connection = apsw.Connection(str(edge.spool))
    for wrong in ("n & 0xFFFFFFFF = 7", "n & 0xFFFFFFFF BETWEEN 1 AND 5"):
        with connection:
            connection.execute(f"DELETE FROM event WHERE {wrong}")
        assert [found.what for found in verify_place(edge) if not found.good] == [ROWS]
    connection.close()


async def test_pictures_of_captures_come_back_and_one_that_is_gone_is_found(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    async with opened(edge.spool) as spool:
        made = [capture(control + PICTURE) for control in (b"1", b"2")]
        for each in made:
            await spool.commit([], each)
        backup = (await take_backup(edge, tmp_path / "edge.zip", silent)).path
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        assert (await spool.load_capture(made[1].id)).contents.raw == b"2" + PICTURE
    assert [found for found in verify_place(elsewhere) if not found.good] == []
    connection = apsw.Connection(str(elsewhere.spool))
    connection.execute("DELETE FROM picture")
    assert [found.what for found in verify_place(elsewhere) if not found.good] == [PICTURES]
    connection.execute("DELETE FROM capture_picture")
    connection.execute("INSERT INTO picture (name, sealed) VALUES (x'00', x'00')")
    assert [found.what for found in verify_place(elsewhere) if not found.good] == [PICTURES]
    connection.close()


async def test_a_spool_that_holds_rows_is_never_overwritten(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await backed_up(edge, tmp_path)
    async with opened(elsewhere.spool) as spool:
        await spool.commit([event(77)])
    before = await asyncio.to_thread(elsewhere.spool.read_bytes)
    lines = await restored(backup, elsewhere)
    assert any("holds 1 rows: left as it is" in line for line in lines)
    assert await asyncio.to_thread(elsewhere.spool.read_bytes) == before


async def test_orders_come_back_and_a_spool_that_holds_one_is_never_overwritten(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    order = Order("O-1", "S-1", ("94500-6",))
    async with opened(edge.spool) as spool:
        await spool.orders.place([Placing(order, "lab", "", "lis")], RECEIVED_MS)
        backup = (await take_backup(edge, tmp_path / "edge.zip", silent)).path
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        assert await spool.orders.to_measure("lab", "pcr-1", "S-1") == [order]
        assert spool.orders.book.placed == 1
    assert any("holds 1 rows: left as it is" in line for line in await restored(backup, elsewhere))


async def test_a_spool_that_never_held_anything_makes_room(
    edge: Place, elsewhere: Place, tmp_path: Path
) -> None:
    backup = await backed_up(edge, tmp_path)
    async with opened(elsewhere.spool):
        pass
    await restored(backup, elsewhere)
    async with opened(elsewhere.spool) as spool:
        assert len(await every_row(spool)) == 10
