"""What every store must do with what was shown at gates: three facts of a scan as one, visits that go."""

from itertools import permutations
from typing import Any

import pytest

from hub.events import format_time
from storage.contract import BadCursor, EventStore, Page, Row, StoreReader
from storage.gates import ScanFilter
from tests.conformance.gate_arrivals import (
    GATE,
    MINUTE,
    VISIT,
    decision,
    gate,
    happened,
    hours,
    let_in,
    passage,
    scan,
    was_set,
    zone_of,
)
from tests.conformance.store_arrivals import DAY, NOW, arrival
from tests.conformance.store_retention import chain, ledger
from tests.conformance.store_use import all_pages, maintained, write


async def scans(reader: StoreReader, **wanted: Any) -> list[Row]:
    return (await reader.scans(ScanFilter(**wanted), limit=100, cursor=None)).items


class ScansContract:
    """Parts of StoreContract."""

    async def test_a_scan_is_given_with_its_decision_and_passage(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        facts = let_in("a", 1)
        await write(store, *facts)
        (row,) = await scans(reader)
        assert (row["id"], row["type"], row["device"]) == (facts[0].event.id, "gate.scan.v1", GATE)
        assert (row["visit"], row["age_band"], row["decision"], row["zone"]) == (
            VISIT,
            "18-49",
            "allow",
            "cong",
        )
        assert row["passage"] == {
            "id": facts[2].event.id,
            "time": format_time(NOW),
            "direction": "in",
            "confirmed": False,
        }

    async def test_facts_of_a_scan_join_in_any_order(self, store: EventStore, reader: StoreReader) -> None:
        rows = []
        for n, order in enumerate(permutations(range(3))):
            facts = let_in(f"a{n}", 1 + 3 * n, NOW + n, edge=f"edge-{n}")
            for place in order:
                await write(store, facts[place])
            (row,) = await scans(reader, from_ms=NOW + n, to_ms=NOW + n + 1)
            rows.append((row["type"], row["decision"], row["passage"] is not None, row["payload_kind"]))
        assert set(rows) == {("gate.scan.v1", "allow", True, "cccd")}

    async def test_an_opening_by_hand_stands_among_the_scans(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, happened(decision("command-7", "manual"), gate(1), NOW), *let_in("a", 2, NOW - 1))
        await write(store, happened(passage(None), gate(9), NOW))
        by_hand, scanned = await scans(reader)
        assert (by_hand["type"], by_hand["visit"], by_hand["passage"]) == ("gate.decision.v1", None, None)
        assert by_hand["decision"] == "manual"
        assert scanned["decision"] == "allow"
        assert (await zone_of(reader)).inside == 2

    async def test_scans_are_found_page_by_page(self, store: EventStore, reader: StoreReader) -> None:
        words = ["allow", "deny", "alert"]
        for n in range(12):
            at = gate(2 * n + 1, device=f"cong-{n % 2}", site=f"khu-{n % 3}")
            facts = [scan(f"s{n}"), decision(f"s{n}", words[n % 3])]
            await write(store, *(happened(fact, at, NOW + n // 2) for fact in facts))

        async def ask(cursor: str | None) -> Page:
            return await reader.scans(ScanFilter(), limit=5, cursor=cursor)

        everything = [row["scan"] for row in await all_pages(ask)]
        assert everything == [f"v-1:s{n}" for n in reversed(range(12))]
        assert [row["scan"] for row in await scans(reader, decision="deny", device="cong-1")] == [
            "v-1:s7",
            "v-1:s1",
        ]
        assert len(await scans(reader, site="khu-0")) == 4
        assert [row["scan"] for row in await scans(reader, from_ms=NOW + 5)] == ["v-1:s11", "v-1:s10"]
        assert len(await scans(reader, to_ms=NOW + 5)) == 10
        assert await scans(reader, device="nobody's\0") == []
        with pytest.raises(BadCursor):
            await reader.scans(ScanFilter(), limit=5, cursor="results")

    @pytest.mark.parametrize(
        "wrong",
        [
            scan("x" * 200),
            scan("a", "hai chữ"),
            decision("a", zone="z" * 65),
            passage("a b"),
            was_set(1, "z\0"),
            was_set(2**70),
        ],
    )
    async def test_names_that_are_none_of_ours_are_kept_apart(
        self, store: EventStore, reader: StoreReader, wrong: Any
    ) -> None:
        outcome = await write(store, happened(wrong, gate(1), NOW), *let_in("a", 2))
        assert (outcome.stored, outcome.quarantined) == (3, 1)
        assert (await zone_of(reader)).inside == 1
        assert await hours(reader) == {(NOW - 45 * MINUTE, GATE): {"allow": 1, "inferred_in": 1}}

    async def test_names_of_visits_go_weeks_after_theirs(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """NOW is a Sunday: its week ends that night, the next one seven days later."""
        named = [let_in("a", 1), let_in("b", 5, NOW + DAY)]
        named[0][1] = arrival(decision("a"), gate(2), time_ms=NOW, subject=f"{NOW}|{VISIT}")
        await write(store, *named[0], *named[1])
        before = await hours(reader)
        await maintained(store, NOW + 21 * DAY)
        assert [row["visit"] for row in await scans(reader)] == [VISIT, VISIT]
        await maintained(store, NOW + 22 * DAY)
        assert [row["visit"] for row in await scans(reader)] == [VISIT, None]
        bodies = [event.body for event in await reader.events(0, limit=100)]
        assert [VISIT.encode() in body for body in bodies] == [False, False, False, True, False, False]
        (row,) = await ledger(reader)
        assert (row["class"], row["rows"], row["to"]) == ("visits", 1, "2026-11-23T00:00:00.000Z")
        late = let_in("c", 9, NOW - DAY)
        await write(store, *late)
        await maintained(store, NOW + 22 * DAY)
        assert [row["visit"] for row in await scans(reader)] == [VISIT, None, None]
        assert await hours(reader) == before | {
            (NOW - 45 * MINUTE - DAY, GATE): {"allow": 1, "inferred_in": 1}
        }
        assert [entry["rows"] for entry in await ledger(reader)] == [1, 1]
        assert len(chain(await ledger(reader))) == 2
        again = await write(store, *named[0])
        assert (again.stored, again.duplicates) == (0, 3)
