"""When an edge believes a receipt, sentence by sentence of design 3."""

from collections.abc import AsyncIterator
from pathlib import Path
from shutil import copy

import pytest

from hub.spool import Spool, SpoolFigures, SpoolLimits
from hub.wire import readable_id
from tests.spool.parts import (
    RECEIVED_MS,
    Execute,
    event,
    every_row,
    make_skip,
    opened,
    receipt,
    waiting_ids,
)

HOUR_MS = 3_600_000
LATER = "2026-01-01T00:00:02.000Z"
EARLIER = "2026-01-01T00:00:00.000Z"
FOREIGN = event(999)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    async with opened(tmp_path / "spool.db") as made:
        await made.commit([event(number) for number in range(1, 11)])
        yield made


def ids(*numbers: int) -> list[str]:
    return [readable_id(event(number).body) for number in numbers]


def sums_up(figures: SpoolFigures) -> bool:
    parts = (figures.receipted, figures.waiting, figures.skipped)
    return figures.spooled == sum(parts) and min(parts) >= 0


async def test_receipt_moves_up_to_the_row_it_names(spool: Spool) -> None:
    verdict = await spool.receive(receipt(spool, 4, event(4)))
    assert verdict == ("ADVANCED", 4, False)
    assert await waiting_ids(spool) == ids(5, 6, 7, 8, 9, 10)
    assert (await spool.receive(receipt(spool, 4, event(4)))).kind == "SAME"
    figures = spool.figures()
    assert (figures.spooled, figures.receipted, figures.waiting, figures.skipped) == (10, 4, 6, 0)


async def test_id_that_is_not_our_rows_opens_a_new_epoch(spool: Spool) -> None:
    await spool.receive(receipt(spool, 4, event(4)))
    before = spool.books.epoch
    verdict = await spool.receive(receipt(spool, 6, FOREIGN))
    assert verdict == ("RENUMBERED", 0, True)
    assert spool.books.epoch != before
    rows = await every_row(spool)
    assert [row.seq for row in rows] == [1, 2, 3, 4, 1, 2, 3, 4, 5, 6]
    assert await waiting_ids(spool) == ids(5, 6, 7, 8, 9, 10)
    assert (await spool.commit([event(11)])).rows[0].seq == 7
    assert sums_up(spool.figures())


@pytest.mark.parametrize("named", [FOREIGN, None])
async def test_seq_above_ours_opens_a_new_epoch(spool: Spool, named: object) -> None:
    verdict = await spool.receive(receipt(spool, 11, FOREIGN if named else None))
    assert verdict.kind == "RENUMBERED"
    assert await waiting_ids(spool) == ids(*range(1, 11))
    assert sums_up(spool.figures())


async def test_last_id_is_kept_when_its_row_is_gone(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=SpoolLimits(keep_rows_hours=0)) as spool:
        await spool.commit([event(number) for number in range(1, 11)])
        await spool.receive(receipt(spool, 10, event(10)))
        await spool.upkeep(RECEIVED_MS + 1)
        assert await every_row(spool) == []
        assert (await spool.receive(receipt(spool, 10, event(10)))).kind == "SAME"
        assert (await spool.receive(receipt(spool, 10, FOREIGN))).kind == "RENUMBERED"


async def test_receipt_about_an_epoch_we_gave_up_changes_nothing_more(spool: Spool) -> None:
    first = spool.books.epoch
    await spool.receive(receipt(spool, 6, FOREIGN))
    second = spool.books.epoch
    verdict = await spool.receive(receipt(spool, 6, FOREIGN, epoch=first, at=LATER))
    assert verdict.kind == "STALE"
    assert spool.books.epoch == second


async def test_copy_of_an_older_spool_sends_its_rows_under_a_new_epoch(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    async with opened(path) as spool:
        await spool.commit([event(1), event(2)])
    assert [file.name for file in path.parent.iterdir()] == ["spool.db"], "a closed spool is one file"
    copy(path, tmp_path / "copy.db")
    async with opened(path) as spool:
        await spool.commit([event(3)])
        told = receipt(spool, 3, event(3))
    async with opened(tmp_path / "copy.db") as spool:
        await spool.commit([event(4)])
        assert (await spool.receive(told)).kind == "RENUMBERED"
        assert spool.books.epoch != told.epoch
        assert await waiting_ids(spool) == ids(1, 2, 4)


async def test_rows_of_all_open_epochs_keep_their_order_when_renumbered(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", largest_seq=4) as spool:
        await spool.commit([event(number) for number in range(1, 11)])
        oldest = (await spool.epochs())[0]
        await spool.receive(receipt(spool, 1, event(1), epoch=oldest.epoch))
        assert await waiting_ids(spool) == ids(*range(2, 11))
        spool.numbering.largest_seq = 100
        verdict = await spool.receive(receipt(spool, 3, FOREIGN, epoch=oldest.epoch))
        assert verdict.kind == "RENUMBERED"
        assert await waiting_ids(spool) == ids(*range(2, 11))
        assert [row.seq for row in await every_row(spool)] == [1, *range(1, 10)]
        assert sums_up(spool.figures())


async def test_lower_receipt_goes_back_and_sends_again(spool: Spool) -> None:
    await spool.receive(receipt(spool, 8, event(8)))
    verdict = await spool.receive(receipt(spool, 3, event(3), at=LATER))
    assert verdict == ("REWOUND", 3, True)
    assert await waiting_ids(spool) == ids(*range(4, 11))
    assert spool.figures().receipted == 3


async def test_seq_0_sends_everything_again(spool: Spool) -> None:
    await spool.receive(receipt(spool, 8, event(8)))
    verdict = await spool.receive(receipt(spool, 0, store="6" * 16, at=EARLIER))
    assert verdict == ("REWOUND", 0, True)
    assert len(await waiting_ids(spool)) == 10


async def test_unknown_epoch_changes_nothing(spool: Spool) -> None:
    verdict = await spool.receive(receipt(spool, 3, event(3), epoch="f" * 16))
    assert (verdict.kind, verdict.resend) == ("UNKNOWN", False)
    assert len(await waiting_ids(spool)) == 10


async def test_overtaken_receipt_changes_nothing(spool: Spool) -> None:
    await spool.receive(receipt(spool, 8, event(8)))
    assert (await spool.receive(receipt(spool, 3, event(3), at=EARLIER))).kind == "STALE"
    assert (await spool.receive(receipt(spool, 8, event(8), at=EARLIER, link="b" * 16))).kind == "STALE"
    assert await waiting_ids(spool) == ids(9, 10)


async def test_hub_whose_clock_was_set_back_still_moves_us(spool: Spool) -> None:
    await spool.receive(receipt(spool, 3, event(3)))
    assert (await spool.receive(receipt(spool, 8, event(8), at=EARLIER))).kind == "ADVANCED"


async def test_changed_link_sends_again_from_the_receipt(spool: Spool) -> None:
    assert not (await spool.receive(receipt(spool, 3, event(3)))).resend
    changed = await spool.receive(receipt(spool, 5, event(5), link="b" * 16, at=LATER))
    assert changed == ("ADVANCED", 5, True)
    assert not (await spool.receive(receipt(spool, 5, event(5), link="b" * 16, at=LATER))).resend


async def test_changed_link_is_heard_in_whichever_epoch(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", largest_seq=2) as spool:
        await spool.commit([event(number) for number in range(1, 4)])
        first, second = await spool.epochs()
        await spool.receive(receipt(spool, 2, event(2), epoch=first.epoch))
        changed = receipt(spool, 2, event(2), epoch=first.epoch, link="b" * 16, at=LATER)
        assert (await spool.receive(changed)).resend
        told = receipt(spool, 1, event(3), epoch=second.epoch, link="b" * 16)
        assert not (await spool.receive(told)).resend


async def test_seqs_are_not_given_again_after_a_rewind_over_pruned_rows(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    limits = SpoolLimits(keep_rows_hours=1)
    async with opened(path, limits=limits) as spool:
        await spool.commit([event(number) for number in range(1, 11)])
        await spool.receive(receipt(spool, 10, event(10)))
        await spool.upkeep(RECEIVED_MS + 2 * HOUR_MS)
        await spool.receive(receipt(spool, 5, event(5), at=LATER))
        assert sums_up(spool.figures())
        assert spool.figures().spooled == 10
    async with opened(path, limits=limits) as spool:
        assert (await spool.commit([event(11)])).rows[0].seq == 11
        hole = await spool.receive(receipt(spool, 10, at=LATER))
        assert hole.kind == "ADVANCED", "the hub took our declaration for rows 6 to 10"
        assert await waiting_ids(spool) == ids(11)


async def test_body_that_nobody_can_read_is_receipted_as_the_hub_read_it(spool: Spool) -> None:
    broken = event(11)._replace(body=b'{"specversion":"1.0"}')
    torn = event(12)._replace(body=event(13).body[:-9] + b"}")
    await spool.commit([broken, torn])
    assert (await spool.receive(receipt(spool, 11, broken))).kind == "ADVANCED"
    assert (await spool.receive(receipt(spool, 12, event(13)))).kind == "ADVANCED"


async def test_only_receipted_old_rows_are_pruned(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=SpoolLimits(keep_rows_hours=72)) as spool:
        for number in range(1, 11):
            await spool.commit([event(number, received_ms=RECEIVED_MS + number * HOUR_MS)])
        await spool.receive(receipt(spool, 6, event(6)))
        assert (await spool.upkeep(RECEIVED_MS + 76 * HOUR_MS)).pruned == 3
        assert [row.seq for row in await every_row(spool)] == [4, 5, 6, 7, 8, 9, 10]
        assert (await spool.upkeep(RECEIVED_MS + 1000 * HOUR_MS)).pruned == 3
        assert [row.seq for row in await every_row(spool)] == [7, 8, 9, 10]
        assert spool.figures().spooled == 10


async def test_clock_that_jumped_leaves_no_hole_behind(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=SpoolLimits(keep_rows_hours=1)) as spool:
        for number, hour in enumerate((0, 0, 500, 0, 0), 1):
            await spool.commit([event(number, received_ms=RECEIVED_MS + hour * HOUR_MS)])
        await spool.receive(receipt(spool, 5, event(5)))
        await spool.upkeep(RECEIVED_MS + 2 * HOUR_MS)
        assert [row.seq for row in await every_row(spool)] == [3, 4, 5]
        spool.numbering.thinning = True
        await spool.upkeep(RECEIVED_MS + 2 * HOUR_MS)
        assert await every_row(spool) == [], "first to go when the quota is short"


@pytest.mark.slow
async def test_pruning_keeps_up_with_many_rows(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=SpoolLimits(keep_rows_hours=0)) as spool:
        await spool.commit([event(number) for number in range(1, 3501)])
        await spool.receive(receipt(spool, 3500, event(3500)))
        await spool.upkeep(RECEIVED_MS + 1)
        assert await every_row(spool) == []


async def test_unsendable_row_is_kept_whole_and_declared_under_its_number(spool: Spool) -> None:
    await spool.receive(receipt(spool, 4, event(4)))
    assert await spool.quarantine_unsendable(spool.books.epoch_number, 6)
    assert not await spool.quarantine_unsendable(spool.books.epoch_number, 6)
    assert not await spool.quarantine_unsendable(spool.books.epoch_number, 60)
    figures = spool.figures()
    assert (figures.receipted, figures.waiting, figures.skipped) == (4, 5, 1)
    (kept,) = await spool._committer.submit(Execute("SELECT body FROM unsendable"))
    assert kept == (event(6).body,)
    declared = make_skip(spool.books.epoch, 6, 6, "unsendable", "bus", 1)
    (row,) = await spool.rows(spool.books.epoch_number, 6, 6, 1)
    assert (row.topic, row.body) == (declared.topic, declared.body)
    assert (await spool.receive(receipt(spool, 7, event(7)))).kind == "ADVANCED"
    assert sums_up(spool.figures())


async def test_row_that_came_through_after_all_is_still_ours(spool: Spool) -> None:
    await spool.quarantine_unsendable(spool.books.epoch_number, 6)
    assert (await spool.receive(receipt(spool, 6, event(6)))).kind == "ADVANCED"


async def test_thinned_rows_are_declared_when_there_is_room(spool: Spool) -> None:
    spool.numbering.thinning = True
    done = await spool.commit([event(11, thinnable=True), event(12), event(13, thinnable=True)])
    assert (done.thinned, [row.seq for row in done.rows]) == (2, [11])
    await spool.upkeep(RECEIVED_MS)
    rows = await every_row(spool)
    assert rows[-1].seq == 12
    assert rows[-1].body == make_skip(spool.books.epoch, 12, 12, "status", "quota", 2).body
    await spool.upkeep(RECEIVED_MS)
    assert len(await every_row(spool)) == 12
    assert spool.figures().waiting == 12


async def test_next_epoch_begins_when_seqs_are_used_up(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    async with opened(tmp_path / "spool.db", largest_seq=3) as spool:
        spool.listen(lambda rows: heard.extend(row[:2] for row in rows))
        await spool.commit([event(number) for number in range(1, 3)])
        await spool.commit([event(number) for number in range(3, 9)])
        states = await spool.epochs()
        assert [(state.last_seq, state.closed) for state in states] == [(3, True), (3, True), (2, False)]
        assert [seq for _, seq in heard] == [1, 2, 3, 1, 2, 3, 1, 2]
        assert (spool.figures().spooled, spool.figures().waiting) == (8, 8)
        assert await spool.draining() == states[0]
        await spool.receive(receipt(spool, 3, event(3), epoch=states[0].epoch))
        assert (await spool.draining()).epoch == states[1].epoch
        assert sums_up(spool.figures())
