"""What every store must do with who went through gates: who is in a zone, and counts by the hour."""

from collections import Counter
from collections.abc import Sequence
from itertools import count, permutations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.contract import Arrival, EventStore, StoreReader
from tests.conformance.gate_arrivals import (
    GATE,
    HOUR,
    MINUTE,
    SITE,
    decision,
    gate,
    happened,
    hours,
    let_in,
    passage,
    was_set,
    zone_of,
)
from tests.conformance.store_arrivals import DAY, NOW
from tests.conformance.store_use import write

NUMBERS = count(1)
FIXTURES = [HealthCheck.function_scoped_fixture]  # every example has an edge of its own


@st.composite
def traffic(draw: st.DrawFn) -> tuple[str, list[list[Arrival]], dict[str, int]]:
    """What an edge tells of a zone as it reaches the hub: in disorder, a fifth twice, clocks ten minutes off.

    With who is in, what the last set corrected, and how many went, as the truth has it.
    """
    edge = f"edge-{next(NUMBERS)}"
    truth: list[tuple[int, int | None, int]] = []  # moment, set to, more
    told: list[Arrival] = []
    moments = draw(st.lists(st.integers(0, 30 * HOUR), min_size=1, max_size=25, unique=True))
    for seq, moment in enumerate(sorted(moments), 1):
        at_ms, more = NOW + moment, draw(st.sampled_from([1, 1, -1]))
        if draw(st.integers(0, 5)) == 0:
            inside = draw(st.integers(0, 9))
            told.append(happened(was_set(inside), gate(seq, edge), at_ms))
            truth.append((at_ms, inside, 0))
            continue
        kept = draw(st.sampled_from([False, False, False, True]))
        skew = 0 if kept else draw(st.integers(-10 * MINUTE, 10 * MINUTE))
        heard = at_ms + draw(st.integers(HOUR, 2 * DAY)) if kept else at_ms
        fact = passage(
            draw(st.sampled_from([None, f"s{seq}"])), "in" if more > 0 else "out", seen=draw(st.booleans())
        )
        told.append(happened(fact, gate(seq, edge), at_ms + skew, heard_ms=heard))
        truth.append((at_ms, None, more))
    again = [one for one in told if draw(st.integers(0, 4)) == 0]
    arrived = draw(st.permutations([*told, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(arrived)), max_size=3)))
    batches = [arrived[a:b] for a, b in zip([0, *cuts], [*cuts, len(arrived)], strict=True)]
    return edge, batches, counted(truth)


def counted(truth: Sequence[tuple[int, int | None, int]]) -> dict[str, int]:
    """By hand: everybody in the order in which it happened."""
    inside, drift = 0, 0
    for _, set_to, more in sorted(truth):
        drift = set_to - inside if set_to is not None else drift
        inside = set_to if set_to is not None else inside + more
    return {"inside": inside, "drift": drift, "went": sum(abs(more) for _, _, more in truth)}


class ZonesContract:
    """Parts of StoreContract."""

    async def test_the_last_word_of_an_edge_on_a_scan_stands(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for n, order in enumerate(permutations(range(3))):
            edge = f"edge-{n}"
            words = [
                happened(decision("a", word), gate(seq, edge), NOW + seq)
                for seq, word in enumerate(("deny", "hold", "alert"), 1)
            ]
            went = [
                happened(passage("a", "in", seen=seq == 5), gate(seq, edge), NOW + seq) for seq in (4, 5, 6)
            ]
            for place in order:
                await write(store, words[place], went[place])
            assert await hours(reader, edge=edge) == {
                (NOW - 45 * MINUTE, GATE): {"alert": 1, "inferred_in": 1}
            }
            assert (await zone_of(reader, edge)).inside == 1

    async def test_counts_below_zero_are_told(self, store: EventStore, reader: StoreReader) -> None:
        out = [happened(passage(None, "out"), gate(n), NOW + n) for n in range(1, 4)]
        await write(store, *out, happened(was_set(-5), gate(4), NOW + HOUR))
        found = await zone_of(reader)
        assert (found.inside, found.drift) == (-5, -2)
        await write(store, happened(passage(None, "out"), gate(5), NOW + HOUR + 1))
        assert (await zone_of(reader)).inside == -6

    async def test_what_was_inferred_is_told(self, store: EventStore, reader: StoreReader) -> None:
        assert await reader.occupancy(NOW) == []
        at = [("in", True), ("in", False), ("in", False), ("out", True)]
        went = [
            happened(passage(f"s{n}", way, seen=seen), gate(n), NOW + n) for n, (way, seen) in enumerate(at)
        ]
        await write(store, *went)
        found = await zone_of(reader)
        assert (found.since_set.entered, found.since_set.left, found.since_set.inferred) == (3, 1, 2)
        assert (found.site, found.device, found.last_ms, found.set) == (SITE, GATE, NOW + 3, None)

    async def test_what_the_edge_counts_is_held_against_ours(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        hourly = happened(was_set(4, cause="hourly", actor=""), gate(9), NOW + HOUR)
        await write(store, happened(was_set(2), gate(1), NOW), *let_in("a", 2, NOW + 1), hourly)
        await write(store, *let_in("b", 10, NOW + 2 * HOUR))
        found = await zone_of(reader)
        assert (found.inside, found.difference) == (4, 1)
        assert found.told is not None
        assert found.told.at_ms == NOW + HOUR
        await write(store, happened(was_set(3), gate(20), NOW + 3 * HOUR))
        found = await zone_of(reader)
        assert (found.inside, found.drift, found.difference) == (3, -1, None)

    async def test_a_day_begins_with_who_was_left_in(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, happened(was_set(10), gate(1), NOW - DAY), *let_in("a", 2, NOW - 2 * HOUR))
        await write(store, *let_in("b", 5, NOW + 1), happened(was_set(7), gate(8), NOW + HOUR))
        found = await zone_of(reader, began=NOW)
        assert (found.began_with, found.today.entered, found.inside, found.drift) == (11, 1, 7, -5)

    async def test_zones_of_edges_are_their_own(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, *let_in("a", 1), *let_in("a", 1, edge="edge-2"), *let_in("b", 9, device="cong-02"))
        nowhere = happened(passage("c", zone=""), gate(20), NOW)
        await write(store, nowhere, happened(passage("d", zone="kho"), gate(21), NOW))
        found = await reader.occupancy(NOW)
        assert [(one.edge, one.zone, one.inside) for one in found] == [
            ("edge-1", "cong", 2),
            ("edge-1", "kho", 1),
            ("edge-2", "cong", 1),
        ]
        assert [one.zone for one in await reader.occupancy(NOW, edge="edge-1")] == ["cong", "kho"]
        assert await reader.occupancy(NOW, zone="\0") == []

    async def test_hours_are_those_in_which_it_happened(self, store: EventStore, reader: StoreReader) -> None:
        ahead = happened(decision("a"), gate(1), NOW + 20 * MINUTE, heard_ms=NOW)
        kept = happened(decision("b", "deny"), gate(2, device="cong-02"), NOW - 5 * HOUR, heard_ms=NOW)
        await write(store, ahead, kept, *let_in("c", 3, NOW + 15 * MINUTE))
        this, then = NOW - 45 * MINUTE, NOW - 45 * MINUTE - 5 * HOUR
        assert await hours(reader) == {
            (then, "cong-02"): {"deny": 1},
            (this, GATE): {"allow": 1},
            (this + HOUR, GATE): {"allow": 1, "inferred_in": 1},
        }
        assert list(await hours(reader, device="cong-02")) == [(then, "cong-02")]
        assert len(await hours(reader, site=SITE, edge="edge-1", zone="cong")) == 3
        assert await hours(reader, site="elsewhere") == {}

    @settings(suppress_health_check=FIXTURES, deadline=None, max_examples=20)
    @given(told=traffic())
    async def test_order_repeats_and_clocks_change_no_count(
        self, store: EventStore, reader: StoreReader, told: Any
    ) -> None:
        edge, batches, truth = told
        for batch in batches:
            await write(store, *batch)
        zones = await reader.occupancy(NOW, edge=edge)
        assert [one.inside for one in zones] == [truth["inside"]]
        assert (zones[0].drift or 0) == truth["drift"]
        all_hours: Counter[str] = Counter()
        for cell in (await hours(reader, edge=edge)).values():
            all_hours.update(cell)
        assert all_hours.total() == truth["went"]
