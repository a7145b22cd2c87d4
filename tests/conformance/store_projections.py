"""What every store must do for projections: keep how far they are, and tell them what stands."""

from typing import Any

import pytest

from storage.contract import (
    BadCursor,
    CursorGone,
    EventStore,
    StoreReader,
)
from storage.projections import (
    HISTORY_SENT,
    MOST_REJECTED,
    ProjectionChange,
    Rejected,
)
from tests.conformance.projected_copy import READING
from tests.conformance.store_arrivals import DAY, NOW, From, lab, reading
from tests.conformance.store_use import all_pages, maintained, write


async def row(reader: StoreReader, name: str = "grafana") -> Any:
    (found,) = [each for each in await reader.projections() if each.name == name]
    return found


async def refused(reader: StoreReader, name: str = "grafana") -> list[Any]:
    async def ask(cursor: str | None) -> Any:
        return await reader.rejected(name, limit=400, cursor=cursor)

    return await all_pages(ask)


class ProjectionsContract:
    """Parts of StoreContract."""

    async def test_a_projection_is_as_far_as_was_settled(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        assert await reader.projections() == []
        await store.settle_projection(ProjectionChange("grafana", 7, history_day=20_000, target="a1"))
        await store.settle_projection(ProjectionChange("b.2", begin=True))
        first = await row(reader)
        assert (first.number, first.history_day, first.target, first.paused_by) == (7, 20_000, "a1", "")
        assert first.settled_at_ms > NOW - 10_000 * DAY
        await store.settle_projection(ProjectionChange("grafana", 5, series_over_limit=3))
        assert (await row(reader)).number == 7, "a number never goes back"
        assert ((await row(reader)).series_over_limit, (await row(reader)).history_day) == (3, 20_000)
        await store.settle_projection(ProjectionChange("grafana", history_day=HISTORY_SENT))
        assert (await row(reader)).history_day is None
        assert [each.name for each in await reader.projections()] == ["b.2", "grafana"]

    async def test_a_projection_that_begins_anew_stays_paused(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        lines = [Rejected(1, NOW, "400", "a b=1 1")]
        await store.settle_projection(ProjectionChange("grafana", 7, rejected=lines, paused_by="lan"))
        paused = await row(reader)
        assert (paused.paused_by, paused.rejected, paused.paused_since_ms > 0) == ("lan", 1, True)
        await store.settle_projection(ProjectionChange("grafana", begin=True, history_day=9, target="b2"))
        anew = await row(reader)
        assert (anew.number, anew.history_day, anew.rejected, anew.settled_at_ms) == (0, 9, 0, 0)
        assert (anew.paused_by, anew.paused_since_ms, anew.target) == ("lan", paused.paused_since_ms, "b2")
        assert await refused(reader) == []
        await store.settle_projection(ProjectionChange("grafana", paused_by=""))
        assert ((await row(reader)).paused_by, (await row(reader)).paused_since_ms) == ("", 0)

    async def test_refused_lines_are_kept_once_newest_first(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        first, second = Rejected(3, NOW, "400 partial", "a b=é 1"), Rejected(0, NOW + 1, "422", "x" * 5000)
        await store.settle_projection(ProjectionChange("grafana", 3, rejected=[first, second, first]))
        await store.settle_projection(ProjectionChange("grafana", 3, rejected=[first]))
        await store.settle_projection(ProjectionChange("other", 3, rejected=[first]))
        lines = await refused(reader)
        assert [each["line"] for each in lines] == ["x" * 2048, "a b=é 1"]
        assert lines[1] == {
            "number": 3, "at": "2026-11-22T13:45:00.000Z", "reason": "400 partial", "line": "a b=é 1",
        }  # fmt: skip
        assert ((await row(reader)).rejected, len(await refused(reader, "other"))) == (2, 1)
        with pytest.raises(BadCursor):
            await reader.rejected("grafana", limit=1, cursor="x")
        assert (await reader.rejected("nobody\0", limit=1, cursor=None)).items == []

    async def test_the_newest_refused_lines_stay_and_all_are_counted(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for part in range(3):
            lines = [Rejected(n, NOW, "400", f"m v={n}") for n in range(part * 4000, part * 4000 + 4000)]
            await store.settle_projection(ProjectionChange("grafana", rejected=lines))
        page = await reader.rejected("grafana", limit=1, cursor=None)
        assert page.items[0]["number"] == 11_999
        kept = await refused(reader)
        assert (len(kept), kept[-1]["number"]) == (MOST_REJECTED, 2000)
        assert (await row(reader)).rejected == 12_000

    @pytest.mark.parametrize(
        "change",
        [
            ProjectionChange(""),
            ProjectionChange("a b"),
            ProjectionChange("x" * 65),
            ProjectionChange("a", -1),
            ProjectionChange("a", 2**63),
            ProjectionChange("a", history_day=-(10**9)),
            ProjectionChange("a", paused_by="x\0"),
            ProjectionChange("a", target="x" * 129),
            ProjectionChange("a", rejected=[Rejected(-1, NOW, "", "")]),
        ],
    )
    async def test_what_no_table_holds_is_refused(
        self, store: EventStore, reader: StoreReader, change: ProjectionChange
    ) -> None:
        with pytest.raises(ValueError, match="projection"):
            await store.settle_projection(change)
        assert await reader.projections() == []

    async def test_whatever_a_server_answers_is_kept_as_text(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        line = Rejected(1, -5, "a\0b\ud800", "m v=1\0")
        await store.settle_projection(ProjectionChange("grafana", rejected=[line]))
        (kept,) = await refused(reader)
        assert (kept["reason"], kept["line"]) == ("a\ufffdb?", "m v=1\ufffd")

    async def test_pages_of_the_log_say_how_far_they_looked(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        assert (await reader.log_page(0, limit=5, types=[READING])).last == 0
        await write(store, *(lab(f"S-{n}", From(seq=n)) for n in range(1, 5)))
        fridge = [reading(n, ts=NOW + n) for n in range(4)]
        outcome = await write(store, *fridge, received_ms=NOW + 5)
        page = await reader.log_page(0, limit=3, types=[READING])
        assert [event.body for event in page.events] == [each.body for each in fridge[:3]]
        assert page.last == page.events[-1].number == outcome.last_number - 1
        rest = await reader.log_page(page.last, limit=3, types=[READING])
        assert ([event.body for event in rest.events], rest.last) == ([fridge[3].body], outcome.last_number)
        nothing = await reader.log_page(0, limit=3, types=["camera.health.v1"])
        assert (nothing.events, nothing.last) == ([], outcome.last_number)
        assert (await reader.log_page(rest.last, limit=3, types=[READING])).last == rest.last
        assert (await reader.events_after(0), await reader.events_after(rest.last)) == (rest.last, 0)
        assert await reader.oldest_unprojected(page.events[0].number - 1) == NOW + 5
        assert await reader.oldest_unprojected(rest.last) is None

    async def test_a_page_older_than_the_log_is_told(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, reading(5.0), reading(6.0, ts=NOW + 1), received_ms=NOW)
        last = (await write(store, lab(), received_ms=NOW)).last_number
        await maintained(store, NOW + 8 * DAY)
        with pytest.raises(CursorGone) as gone:
            await reader.log_page(last - 2, limit=5, types=[READING])
        assert gone.value.first == last
        assert (await reader.log_page(last - 1, limit=5, types=[READING])).last == last
