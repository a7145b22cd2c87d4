from zoneinfo import ZoneInfo

from api.console.calls_today import Tally
from tests.api.conftest import NOW_MS, Stage, database, stage
from tests.api.province import HOUR_MS, result

__all__ = ["database", "stage"]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


async def test_counts_facts_of_today_and_follows(stage: Stage) -> None:
    tally = Tally(stage.deck.reader, ZONE)
    before = await tally.count(NOW_MS)
    assert before.total() == 60
    await stage.writer.put(result("A", "POS"), "genexpert-01", "bv-thong-nhat", NOW_MS, key="A")
    await stage.writer.put(result("K", "POS", control=True), "genexpert-01", "bv-thong-nhat", NOW_MS, key="K")
    await stage.writer.put(result("X", "POS", status="X"), "genexpert-01", "bv-thong-nhat", NOW_MS, key="X")
    yesterday_ms = NOW_MS - 14 * HOUR_MS
    await stage.writer.put(result("Y", "POS"), "genexpert-01", "bv-thong-nhat", yesterday_ms, key="Y")
    after = await tally.count(NOW_MS + 1000)
    assert (after.total(), after["POS"]) == (61, before["POS"] + 1)


async def test_a_correction_counts_once_after_the_recount(stage: Stage) -> None:
    tally = Tally(stage.deck.reader, ZONE)
    first = await stage.writer.put(result("A", "POS"), "genexpert-01", "bv-thong-nhat", NOW_MS, key="A")
    before = await tally.count(NOW_MS)
    await stage.writer.put(
        result("A", "NEG", status="C"), "genexpert-01", "bv-thong-nhat", NOW_MS, key="A", supersedes=first.id
    )
    after = await tally.count(NOW_MS + 61_000)
    assert after.total() == before.total()
    assert after["POS"] == before["POS"] - 1
