"""What every store must do with what cameras tell: how each stands, and how long it stood so."""

from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import format_time, parse_time
from hub.payloads import CameraHealth
from storage.camera_times import periods_of, uptime_of
from storage.cameras import (
    SILENT,
    CameraDayFilter,
    CameraPeriod,
)
from storage.contract import Arrival, EventStore, StoreReader
from tests.conformance.camera_arrivals import CAMERA, HOUR, MINUTE, SECOND, SITE, told
from tests.conformance.camera_lives import by_hand, lives
from tests.conformance.store_arrivals import DAY, EPOCH_B, NOW, From, arrival
from tests.conformance.store_retention import chain, ledger
from tests.conformance.store_use import maintained, write

FIXTURES = [HealthCheck.function_scoped_fixture]  # every example has a camera of its own


async def timeline(
    reader: StoreReader, from_ms: int, to_ms: int, *, now_ms: int | None = None, device: str = CAMERA
) -> list[CameraPeriod]:
    rows = await reader.camera_periods(device, from_ms, to_ms)
    return periods_of(rows, from_ms, to_ms, to_ms if now_ms is None else now_ms)


async def states(reader: StoreReader, from_ms: int, to_ms: int, **more: Any) -> list[tuple[int, str]]:
    """(length in minutes, state or reason of silence) of each period."""
    return [
        ((each.to_ms - each.from_ms) // MINUTE, each.reason if each.reason == SILENT else each.state)
        for each in await timeline(reader, from_ms, to_ms, **more)
    ]


class CamerasContract:
    """Parts of StoreContract."""

    async def test_a_camera_is_as_it_told_last_whatever_came_last(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for n, order in enumerate(permutations(range(3))):
            device = f"cam-{n}"
            fields: dict[str, Any] = {"fps": 25.0, "picture": {"blur": 0.4}, "switch": "sw-1"}
            words = [
                told("OFFLINE", NOW, NOW, 1, device=device, reason="unauthorized"),
                told("OFFLINE", NOW, NOW + HOUR, 2, device=device, reason="unauthorized"),
                told("ONLINE", NOW + MINUTE, NOW + MINUTE, 3, device=device, **fields),
            ]
            for place in order:
                await write(store, words[place], words[0])
            (row,) = await reader.cameras(device)
            assert (row["id"], row["device"], row["site"], row["state"]) == (
                words[2].event.id, device, SITE, "ONLINE",
            )  # fmt: skip
            assert {name: row[name] for name in fields} == fields
        await write(store, told("OFFLINE", NOW - HOUR, NOW, device="cam-0", epoch=EPOCH_B))
        (row,) = await reader.cameras("cam-0")
        assert row["state"] == "OFFLINE", "the edge's newer epoch has the last word"
        assert await reader.cameras("nobody") == []
        assert await reader.cameras("nobody\0") == []

    async def test_what_was_told_holds_until_something_else_begins(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(
            store,
            told("ONLINE", NOW, NOW + 5 * MINUTE, 1),
            told("OFFLINE", NOW + 9 * MINUTE, NOW + 10 * MINUTE, 2),
            told("DEGRADED", NOW + 20 * MINUTE, NOW + 25 * MINUTE, 3, faults=("blur",)),
        )
        assert await states(reader, NOW + 6 * MINUTE, NOW + 8 * MINUTE) == [(2, "ONLINE")]
        assert await states(reader, NOW, NOW + 30 * MINUTE) == [
            (9, "ONLINE"),
            (11, "OFFLINE"),
            (10, "DEGRADED"),
        ]

    async def test_a_silent_edge_makes_no_camera_up_or_down(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, told("ONLINE", NOW, NOW + 10 * MINUTE), told("ONLINE", NOW + HOUR, NOW + HOUR, 2))
        window = NOW - 10 * MINUTE, NOW + 70 * MINUTE
        assert await states(reader, *window) == [(10, SILENT), (10, "ONLINE"), (50, SILENT), (10, "ONLINE")]
        found = uptime_of(await timeline(reader, *window))
        assert (found.share, found.unknown_share, found.outages) == (1.0, 0.75, 0)
        later = await states(reader, NOW + HOUR, NOW + 2 * HOUR)
        assert later == [(60, SILENT)], "and what nobody told for long is not known either"

    async def test_a_state_that_goes_on_through_a_silence_was_known_all_the_time(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """Tellings were thinned out, or are still on their way: what comes later says since when."""
        await write(store, told("ONLINE", NOW, NOW), told("ONLINE", NOW, NOW + 10 * HOUR, 9))
        assert await states(reader, NOW, NOW + 10 * HOUR) == [(600, "ONLINE")]

    async def test_late_tellings_are_put_where_they_belong(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(store, told("ONLINE", NOW, NOW), told("ONLINE", NOW + 50 * MINUTE, NOW + HOUR, 4))
        assert await states(reader, NOW, NOW + HOUR) == [(50, SILENT), (10, "ONLINE")]
        await write(
            store,
            told("OFFLINE", NOW + 5 * MINUTE, NOW + 50 * MINUTE, 3, reason="refused"),
            told("ONLINE", NOW, NOW + 5 * MINUTE, 2),
            received_ms=NOW + 3 * DAY,
        )
        assert await states(reader, NOW, NOW + HOUR) == [(5, "ONLINE"), (45, "OFFLINE"), (10, "ONLINE")]

    async def test_of_two_states_of_one_moment_the_one_that_began_later_counts(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """A stall is dated back to the last packet; a clock that was set back leaves a state ahead of now."""
        await write(
            store,
            told("ONLINE", NOW, NOW + 20 * MINUTE, 1),
            told("OFFLINE", NOW + 15 * MINUTE, NOW + 16 * MINUTE, 2, reason="stall"),
            told("MAINTENANCE", NOW + 4 * HOUR, NOW + 5 * HOUR, 3),
        )
        assert await states(reader, NOW, NOW + 20 * MINUTE) == [(15, "ONLINE"), (1, "OFFLINE"), (4, "ONLINE")]
        assert await states(reader, NOW + 3 * HOUR, NOW + 5 * HOUR) == [(60, SILENT), (60, "MAINTENANCE")]
        before = NOW + 3 * HOUR
        assert await states(reader, NOW + 2 * HOUR, NOW + 5 * HOUR, now_ms=before) == [(60, SILENT)]

    async def test_each_reason_of_a_state_has_its_part_of_it(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        words = [
            told("OFFLINE", NOW, NOW + SECOND, 1, reason="stall"),
            told("OFFLINE", NOW, NOW + HOUR, 2, reason="refused"),
            told("OFFLINE", NOW, NOW + 2 * HOUR, 3, reason="refused"),
            told("ONLINE", NOW + 2 * HOUR, NOW + 3 * HOUR, 4),
        ]
        reasons = [("stall", 60), ("refused", 60), ("streaming", 60)]
        for n, order in enumerate(permutations(words)):
            device = f"cam-{n}"
            await write(store, *(_of(device, word) for word in order))
            periods = await timeline(reader, NOW, NOW + 3 * HOUR, device=device)
            assert [(each.reason, (each.to_ms - each.from_ms) // MINUTE) for each in periods] == reasons
            periods = await timeline(reader, NOW + 30 * MINUTE, NOW + 90 * MINUTE, device=device)
            assert [each.reason for each in periods] == ["stall", "refused"]

    async def test_every_fault_that_was_told_stays(self, store: EventStore, reader: StoreReader) -> None:
        seen = [("blur",), ("blur", "black"), ("blur", "of_tomorrow")]
        for n, order in enumerate(permutations(range(3))):
            for place in order:
                word = told("DEGRADED", NOW, NOW + place, place + 1, device=f"cam-{n}", faults=seen[place])
                await write(store, word)
            (row,) = await reader.camera_periods(f"cam-{n}", NOW, NOW + 1)
            assert (row.faults, row.told_ms, row.to_ms) == (("black", "blur", "other"), NOW, NOW + 2)

    async def test_nothing_is_told_before_it_began(self, store: EventStore, reader: StoreReader) -> None:
        long_ago = -62_135_596_800_000  # the year 1
        await write(store, told("OFFLINE", NOW + HOUR, NOW), told("ONLINE", long_ago, NOW, 2, device="cam-2"))
        assert await states(reader, NOW - MINUTE, NOW + MINUTE) == [(1, SILENT), (1, "OFFLINE")]
        assert await states(reader, NOW - DAY, NOW, device="cam-2") == [(24 * 60, "ONLINE")]

    async def test_a_camera_that_moved_to_another_edge_has_one_time(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(
            store,
            told("ONLINE", NOW, NOW + HOUR),
            told("ONLINE", NOW + 65 * MINUTE, NOW + 2 * HOUR, edge="edge-2", site="tt-nhon-trach"),
        )
        assert await states(reader, NOW, NOW + 2 * HOUR) == [(120, "ONLINE")]
        assert [row["edge"] for row in await reader.cameras(CAMERA)] == ["edge-1", "edge-2"]

    @pytest.mark.parametrize(
        "wrong", [{"reason": "hai chữ"}, {"reason": "x" * 65}, {"since": "yesterday"}, {"since": ""}]
    )
    async def test_tellings_that_are_none_of_ours_are_kept_apart(
        self, store: EventStore, reader: StoreReader, wrong: dict[str, Any]
    ) -> None:
        health = CameraHealth(**({"state": "ONLINE", "reason": "", "since": format_time(NOW)} | wrong))
        bad = arrival(health, From(CAMERA, SITE), time_ms=NOW, subject="health")
        outcome = await write(store, bad, told("OFFLINE", NOW, NOW + SECOND, 2))
        assert (outcome.stored, outcome.quarantined) == (1, 1)
        assert [row["state"] for row in await reader.cameras()] == ["OFFLINE"]

    async def test_the_hub_has_seen_an_epoch_also_by_what_it_refuses(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """Whatever the database: the epoch that it saw first has not the last word."""
        refused = told("ONLINE", NOW, NOW, 1, epoch=EPOCH_B, reason="hai chữ")
        await write(store, refused, told("ONLINE", NOW, NOW + SECOND, 2))
        await write(store, told("OFFLINE", NOW, NOW + 2 * SECOND, 3, epoch=EPOCH_B))
        assert [row["state"] for row in await reader.cameras()] == ["ONLINE"]

    @settings(suppress_health_check=FIXTURES, deadline=None, max_examples=25)
    @given(life=lives(), cut=st.tuples(st.floats(0, 1), st.floats(0, 1)))
    async def test_uptime_is_exact_whatever_the_order(
        self, store: EventStore, reader: StoreReader, life: Any, cut: tuple[float, float]
    ) -> None:
        device, batches, truth, end_ms = life
        for batch in batches:
            await write(store, *batch)
        first, last = sorted(int(NOW + share * (end_ms - NOW)) for share in cut)
        for window in ((NOW, end_ms), (first, last)):
            periods = await timeline(reader, *window, now_ms=end_ms, device=device)
            assert uptime_of(periods) == by_hand(truth, *window)
            assert all(a.to_ms == b.from_ms and a[2:] != b[2:] for a, b in pairwise(periods))

    async def test_days_of_every_camera(self, store: EventStore, reader: StoreReader) -> None:
        begins = [NOW + n * DAY for n in range(4)]
        await write(
            store,
            told("ONLINE", NOW - HOUR, NOW + HOUR, 1, device="cam-1"),
            told("OFFLINE", NOW + HOUR, NOW + DAY + 6 * HOUR, 2, device="cam-1"),
            told("ONLINE", NOW + DAY + 6 * HOUR, NOW + 2 * DAY, 3, device="cam-1", site="kho-2"),
            told("MAINTENANCE", NOW + DAY + HOUR, NOW + 2 * DAY + HOUR, 4, device="cam-2", site="kho-2"),
            told("ONLINE", NOW - 9 * DAY, NOW - 8 * DAY, 5, device="cam-3"),
        )
        wanted = CameraDayFilter(begins, begins[2] + HOUR)
        days = await reader.camera_days(wanted)
        hours = [(each.device, each.site, *(ms / HOUR for ms in each.uptime[:4])) for each in days]
        assert hours == [
            ("cam-1", SITE, 1, 23, 0, 0),
            ("cam-1", "kho-2", 18, 6, 0, 0),
            ("cam-1", "kho-2", 0, 0, 0, 1),
            ("cam-2", "kho-2", 0, 0, 23, 1),
            ("cam-2", "kho-2", 0, 0, 1, 0),
            *(("cam-3", SITE, 0, 0, 0, rest) for rest in (24, 24, 1)),
        ]
        assert [each.uptime[4:] for each in days[:3]] == [(1, 0), (0, 1), (0, 0)]
        narrowed = await reader.camera_days(CameraDayFilter(begins, wanted.now_ms, "kho-2", "cam-1"))
        assert [each.start_ms for each in narrowed] == begins[1:3]
        assert await reader.camera_days(CameraDayFilter(begins, wanted.now_ms, device="\0")) == []

    async def test_how_cameras_stood_is_kept_thirteen_months(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        await write(
            store,
            told("OFFLINE", NOW, NOW + HOUR, 1),
            told("ONLINE", NOW + HOUR, NOW + 30 * DAY, 2),
            told("OFFLINE", NOW, NOW + HOUR, 3, device="cam-gone"),
        )
        await maintained(store, NOW + 396 * DAY)
        assert len(await reader.camera_periods(CAMERA, NOW, NOW + DAY)) == 2
        await maintained(store, NOW + 397 * DAY)
        (row,) = await reader.camera_periods(CAMERA, NOW, NOW + DAY)
        assert (row.state, row.from_ms) == ("ONLINE", NOW + HOUR)
        assert [row["device"] for row in await reader.cameras()] == [CAMERA]
        entries = [(row["class"], row["rows"]) for row in await ledger(reader)]
        assert entries == [("log", 3), ("cameras", 3)]
        await maintained(store, NOW + 500 * DAY)
        assert await reader.cameras() == []
        assert len(chain(await ledger(reader))) == 3

    async def test_what_left_the_log_changes_nothing_when_it_comes_again(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        words = [told("ONLINE", NOW, NOW + HOUR), told("OFFLINE", NOW + HOUR, NOW + 2 * HOUR, 2)]
        await write(store, *words)
        before = await reader.camera_periods(CAMERA, NOW, NOW + DAY), await reader.cameras()
        await maintained(store, NOW + 9 * DAY)
        await write(store, *reversed(words), received_ms=NOW + 9 * DAY)
        assert (await reader.camera_periods(CAMERA, NOW, NOW + DAY), await reader.cameras()) == before


def _of(device: str, word: Arrival) -> Arrival:
    """The same of another camera."""
    payload = word.payload
    assert isinstance(payload, CameraHealth)
    times = parse_time(payload.since), parse_time(word.event.time)
    return told(payload.state, *times, word.event.seq, device=device, reason=payload.reason)
