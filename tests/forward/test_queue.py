"""The queue in the spool: made with the capture, kept until settled, bounded by days."""

from dataclasses import replace
from pathlib import Path

import pytest

from hub.spool import Spool, SpoolLimits
from hub.spool.forwards import LOST, TOO_OLD
from tests.spool.parts import RECEIVED_MS, Execute, capture, event, opened

DAY_MS = 86_400_000
LIMITS = SpoolLimits(keep_captures_days=10)


async def commit(spool: Spool, number: int, *forwards: str) -> bytes:
    made = replace(capture(b"MSH|%d" % number, b"identity-%d" % number), forwards=forwards)
    await spool.commit([event(number)], made)
    return made.id


async def captures(spool: Spool) -> int:
    found = await spool._committer.submit(Execute("SELECT 1 FROM capture"))
    return len(found)


async def test_what_is_owed_stands_in_the_commit_of_the_capture(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=LIMITS) as spool:
        first = await commit(spool, 1, "lis", "archive")
        await commit(spool, 2)
        await commit(spool, 3, "lis")
        assert (spool.forwards.book("lis").waiting, spool.forwards.book("archive").waiting) == (2, 1)
        head = await spool.forwards.head("lis")
        assert head is not None
        assert head.capture == first
        await spool.forwards.settle("lis", head.n, "WAITING", "AE", RECEIVED_MS)
        again = await spool.forwards.head("lis")
        assert again is not None
        assert (again.n, again.tries) == (head.n, 1)
        await spool.forwards.settle("lis", head.n, "DELIVERED", "AA", RECEIVED_MS)
        assert spool.forwards.book("lis").waiting == 1
    async with opened(tmp_path / "spool.db", limits=LIMITS) as spool:
        assert (spool.forwards.book("lis").waiting, spool.forwards.book("archive").waiting) == (1, 1)


async def test_a_capture_stays_while_it_is_owed_and_twice_its_days_at_most(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=LIMITS) as spool:
        await commit(spool, 1, "lis")
        await commit(spool, 2, "lis")
        await commit(spool, 3)
        head = await spool.forwards.head("lis")
        assert head is not None
        await spool.forwards.settle("lis", head.n, "DELIVERED", "AA", RECEIVED_MS)
        await spool.upkeep(RECEIVED_MS + 11 * DAY_MS)
        assert await captures(spool) == 1, "the one that is owed"
        ended = await spool.forwards.expire(RECEIVED_MS + 11 * DAY_MS)
        assert (ended.changed, ended.lost) == (1, 0)
        assert spool.forwards.book("lis").dead == 1
        await spool.upkeep(RECEIVED_MS + 19 * DAY_MS)
        assert await captures(spool) == 1, "until somebody decides"
        ended = await spool.forwards.expire(RECEIVED_MS + 21 * DAY_MS)
        assert (ended.changed, ended.lost) == (0, 1)
        await spool.upkeep(RECEIVED_MS + 21 * DAY_MS)
        assert await captures(spool) == 0
        assert not spool.forwards.holds


async def test_a_person_retries_and_skips(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=LIMITS) as spool:
        names = [await commit(spool, number, "lis") for number in (1, 2, 3)]
        for _ in names:
            head = await spool.forwards.head("lis")
            assert head is not None
            await spool.forwards.settle("lis", head.n, "DEAD", "AR", RECEIVED_MS)
        change = spool.forwards.change
        assert await change("lis", names[0], "DEAD", "SKIPPED", RECEIVED_MS) == 1
        assert await change("other", None, "DEAD", "WAITING", RECEIVED_MS) == 0
        assert await change(None, None, "DEAD", "WAITING", RECEIVED_MS) == 2
        assert (spool.forwards.book("lis").waiting, spool.forwards.book("lis").dead) == (2, 0)
        head = await spool.forwards.head("lis")
        assert head is not None
        await spool.forwards.settle("lis", head.n, "DELIVERED", "AA", RECEIVED_MS)
        assert await change(None, names[1], "DEAD", "SKIPPED", RECEIVED_MS) == 0, "it is delivered"
        assert await change(None, names[1], "DEAD", "WAITING", RECEIVED_MS) == 1, "it goes once more"
        assert [entry.state for entry in await spool.forwards.entries("lis", None, 10)] == [
            "WAITING",
            "WAITING",
            "SKIPPED",
        ]


async def test_a_delivery_counts_also_when_a_person_was_faster(tmp_path: Path) -> None:
    async with opened(tmp_path / "spool.db", limits=LIMITS) as spool:
        name = await commit(spool, 1, "lis")
        head = await spool.forwards.head("lis")
        assert head is not None
        await spool.forwards.change(None, name, "DEAD", "SKIPPED", RECEIVED_MS)
        assert not await spool.forwards.settle("lis", head.n, "DEAD", "AR", RECEIVED_MS)
        assert await spool.forwards.settle("lis", head.n, "DELIVERED", "AA", RECEIVED_MS)
        assert (spool.forwards.book("lis").waiting, spool.forwards.book("lis").dead) == (0, 0)


@pytest.mark.parametrize("sql", [TOO_OLD.replace("at_ms = ?", "at_ms = 1"), LOST])
async def test_what_is_asked_every_second_looks_at_nothing_that_was_delivered(
    tmp_path: Path, sql: str
) -> None:
    async with opened(tmp_path / "spool.db") as spool:
        plan = await spool._committer.submit(Execute("EXPLAIN QUERY PLAN " + sql.replace("?", "1")))
        assert "forwarding_owed" in str(plan)
        assert "SCAN" not in str(plan)
