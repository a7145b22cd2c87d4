"""What every store must do with counts of results by place and day."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count, pairwise, permutations, product
from typing import Any, get_args
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.payloads import Call, Code, LabResult
from storage.contract import Arrival, EventStore, LabDay, LabDayFilter, ResultFilter, StoreReader
from tests.conformance.store_arrivals import DAY, EPOCH_A, EPOCH_B, NOW, From, arrival
from tests.conformance.store_use import all_pages, write

CALLS = get_args(Call)
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
TODAY = date(2026, 11, 22)  # NOW is 20:45 there
WEEK = LabDayFilter(TODAY - timedelta(days=3), TODAY + timedelta(days=4))
STAGE = {"F": "final", "C": "final", "P": "preliminary", "X": "withdrawn", "D": "withdrawn"}
NUMBERS = count(1)
FIXTURES = [HealthCheck.function_scoped_fixture]  # every example has a site of its own

Key = tuple[date, str, str, str, str]  # day, site, stage, test, call


def sample(
    specimen: str,
    origin: From,
    call: str = "NEG",
    status: str = "F",
    *,
    test: str = "SARS2",
    control: bool = False,
    time_ms: int = NOW,
    supersedes: str = "",
) -> Arrival:
    payload = LabResult(specimen, Code(test), call, status, control=control)  # type: ignore[arg-type]
    subject = f"{specimen}/{test[:9]}/1"
    return arrival(payload, origin, time_ms=time_ms, subject=subject, supersedes=supersedes)


async def by_test(reader: StoreReader, *sites: str) -> dict[Key, int]:
    """Every count that is not 0."""
    wanted = LabDayFilter(date.min, date.max, sites, by_test=True)
    found: dict[Key, int] = {}
    for day, site, stage, test, counts in await reader.lab_days(wanted):
        assert test is not None
        assert site is not None
        assert any(counts)
        found |= {(day, site, stage, test, call): n for call, n in zip(CALLS, counts, strict=True) if n}
    return found


async def whatever_test(reader: StoreReader, *sites: str) -> Counter[Key]:
    """The counts that the store keeps without test, under the test ``""``."""
    rows = await reader.lab_days(LabDayFilter(date.min, date.max, sites))
    assert all(any(row.counts) and row.test is None for row in rows)
    return Counter(
        {
            (row.day, row.place or "", row.stage, "", call): n
            for row in rows
            for call, n in zip(CALLS, row.counts, strict=True)
            if n
        }
    )


async def recount(reader: StoreReader, site: str) -> dict[Key, int]:
    """The same from the list of current results."""

    async def ask(cursor: str | None) -> Any:
        return await reader.results(ResultFilter(site=site), limit=1000, cursor=cursor)

    rows = [row for row in await all_pages(ask) if not row["control"]]
    return Counter(
        (
            datetime.fromisoformat(row["time"]).astimezone(VIETNAM).date(),
            row["site"],
            STAGE[row["status"]],
            row["test"]["code"],
            row["call"],
        )
        for row in rows
    )


@st.composite
def deliveries(draw: st.DrawFn) -> list[list[Arrival]]:
    """Batches in any order, with repeats: retests, corrections, replays, deletions, controls, two epochs."""
    number = next(NUMBERS)
    made: list[Arrival] = []
    for seq in range(1, draw(st.integers(1, 9)) + 1):
        origin = From(
            f"x-{number}", f"site-{number}", f"edge-{number}", draw(st.sampled_from([EPOCH_A, EPOCH_B])), seq
        )
        one = sample(
            draw(st.sampled_from("AB")),
            origin,
            draw(st.sampled_from(CALLS)),
            draw(st.sampled_from("PFCXD")),
            test=draw(st.sampled_from(["SARS2", "FLU"])),
            control=draw(st.integers(0, 9)) == 0,
            time_ms=NOW + draw(st.sampled_from([0, DAY // 2])),
            supersedes=draw(st.sampled_from(["", *(each.event.id for each in made)])),
        )
        made.append(one)
    order = draw(st.permutations([*made, *draw(st.lists(st.sampled_from(made), max_size=3))]))
    cuts = sorted({0, *draw(st.lists(st.integers(0, len(order)), max_size=3)), len(order)})
    return [order[first:end] for first, end in pairwise(cuts)]


class CountsContract:
    """Parts of StoreContract."""

    async def test_counts_by_place_day_and_call(self, store: EventStore, reader: StoreReader) -> None:
        here, there = From(seq=1), From("abbott-01", "bv-dong-nai", seq=2)
        await write(
            store,
            sample("S-1", here),
            sample("S-2", here, "POS"),
            sample("S-3", here, "POS", "C", test="FLU"),
            sample("S-4", here, "POS", "P"),
            sample("S-5", there, "INVALID", "X"),
            sample("QC-1", there, "POS", control=True),
        )
        assert await reader.lab_days(WEEK) == [
            LabDay(TODAY, "bv-dong-nai", "withdrawn", None, (0, 0, 1, 0, 0, 0, 0)),
            LabDay(TODAY, "bv-thong-nhat", "final", None, (2, 1, 0, 0, 0, 0, 0)),
            LabDay(TODAY, "bv-thong-nhat", "preliminary", None, (1, 0, 0, 0, 0, 0, 0)),
        ]
        flu = LabDayFilter(WEEK.from_day, WEEK.to_day, ["bv-thong-nhat"], test="FLU", by_test=True)
        assert await reader.lab_days(flu) == [
            LabDay(TODAY, "bv-thong-nhat", "final", "FLU", (1, 0, 0, 0, 0, 0, 0))
        ]
        flu = LabDayFilter(WEEK.from_day, WEEK.to_day, places={"bv-thong-nhat": "731"}, test="FLU")
        assert await reader.lab_days(flu) == [LabDay(TODAY, "731", "final", None, (1, 0, 0, 0, 0, 0, 0))]
        assert await reader.lab_days(LabDayFilter(WEEK.from_day, WEEK.to_day, [])) == []
        assert (
            await reader.lab_days(LabDayFilter(WEEK.from_day, WEEK.to_day, ["'; DROP TABLE lab_day"])) == []
        )

    async def test_sites_are_added_up_by_their_places(self, store: EventStore, reader: StoreReader) -> None:
        sites = ("s-1", "s-2", "s-3", "s-4")
        made = [sample(f"S-{n}", From(f"d-{n}", site, seq=n + 1), "POS") for n, site in enumerate(sites)]
        await write(store, *made, sample("S-9", From("d-2", "s-2", seq=9), "NEG", test="FLU"))
        places = {"s-1": "732", "s-2": "731", "s-3": "731", "s-5": "731"}
        wanted = LabDayFilter(WEEK.from_day, WEEK.to_day, places=places)
        assert [(row.place, row.counts[:2]) for row in await reader.lab_days(wanted)] == [
            (None, (1, 0)),
            ("731", (2, 1)),
            ("732", (1, 0)),
        ]
        wanted = LabDayFilter(WEEK.from_day, WEEK.to_day, ["s-1", "s-3", "s-4"], places)
        assert [(row.place, row.counts[:2]) for row in await reader.lab_days(wanted)] == [
            (None, (1, 0)),
            ("731", (1, 0)),
            ("732", (1, 0)),
        ]
        wanted = LabDayFilter(WEEK.from_day, WEEK.to_day, ["s-2", "s-4"], places, by_test=True)
        assert [(row.place, row.test, row.counts[:2]) for row in await reader.lab_days(wanted)] == [
            (None, "SARS2", (1, 0)),
            ("731", "FLU", (0, 1)),
            ("731", "SARS2", (1, 0)),
        ]
        assert len(await reader.lab_days(LabDayFilter(WEEK.from_day, WEEK.to_day, places={}))) == 1

    async def test_places_of_several_days_and_stages_are_in_order(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        places = {"a": "zu", "b": "mot", "c": "zu"}
        made = [
            sample(f"S-{n}", From(f"d-{n}", site, seq=n + 1), "POS", status, time_ms=NOW + later * DAY)
            for n, (site, status, later) in enumerate(product("abcd", "FPX", (0, 1)))
        ]
        await write(store, *made)
        rows = await reader.lab_days(LabDayFilter(WEEK.from_day, WEEK.to_day, places=places))
        assert [(row.day.day, row.place, row.stage, row.counts[0]) for row in rows] == [
            (day, place, stage, 2 if place == "zu" else 1)
            for day, place, stage in product(
                (22, 23), (None, "mot", "zu"), ("final", "preliminary", "withdrawn")
            )
        ]

    async def test_a_day_is_the_local_one(self, store: EventStore, reader: StoreReader) -> None:
        midnight = 1_795_366_800_000  # 2026-11-22T17:00:00Z
        first, last = -30_500_000_000_000, 253_402_300_797_000  # 1003-06-30T17:46:40Z, 9999-12-31T23:59:57Z
        times = [midnight - 1, midnight, midnight + DAY - 1, first, last]
        made = [sample(f"S-{n}", From(seq=n + 1), time_ms=time_ms) for n, time_ms in enumerate(times)]
        assert (await write(store, *made)).stored == len(times)
        rows = await reader.lab_days(LabDayFilter(date.min, date.max))
        assert [(row.day, sum(row.counts)) for row in rows] == [
            (date(1003, 7, 1), 1),
            (date(2026, 11, 22), 1),
            (date(2026, 11, 23), 2),
        ]
        only = await reader.lab_days(LabDayFilter(date(2026, 11, 22), date(2026, 11, 23)))
        assert [row.day for row in only] == [date(2026, 11, 22)]

    async def test_a_long_name_of_a_test_counts_under_its_beginning(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        tests = ["ữ" * 64 + "x" * n for n in (0, 1, 5000)]
        await write(store, *(sample(f"S-{n}", From(seq=n), test=test) for n, test in enumerate(tests, 1)))
        found = await reader.lab_days(
            LabDayFilter(WEEK.from_day, WEEK.to_day, test="ữ" * 64 + "x", by_test=True)
        )
        assert [(row.test, sum(row.counts)) for row in found] == [("ữ" * 64, 3)]

    async def test_a_retest_a_correction_and_a_deletion_move_the_counts(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        for number, order in enumerate(permutations(range(4))):
            origin = [From(f"device-{number}", f"site-{number}", seq=seq) for seq in range(1, 5)]
            early = sample("S", origin[0], "POS", "P")
            final = sample("S", origin[1], "NEG")
            mended = sample("S-right", origin[2], "INVALID", time_ms=NOW + DAY, supersedes=final.event.id)
            gone = sample("S-right", origin[3], "INVALID", "X", time_ms=NOW + DAY)
            for index in order:
                await write(store, (early, final, mended, gone)[index])
            site = f"site-{number}"
            assert await by_test(reader, site) == await recount(reader, site), order
            tomorrow = TODAY + timedelta(days=1)
            assert await by_test(reader, site) == {
                (TODAY, site, "preliminary", "SARS2", "POS"): 1,
                (tomorrow, site, "withdrawn", "SARS2", "INVALID"): 1,
            }

    async def test_a_refused_event_of_the_batch_counts_nothing_twice(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        bad = sample("S-2", From(seq=2), "POS")
        bad = bad._replace(event=type(bad.event)(**{**_fields(bad), "time": "no time"}))
        outcome = await write(store, sample("S-1", From(seq=1)), bad, sample("S-3", From(seq=3), "POS"))
        assert (outcome.stored, outcome.quarantined) == (2, 1)
        (row,) = await reader.lab_days(WEEK)
        assert row.counts == (1, 1, 0, 0, 0, 0, 0)

    @given(batches=deliveries())
    @settings(max_examples=40, deadline=None, suppress_health_check=FIXTURES)
    async def test_counts_are_a_recount_after_any_sequence(
        self, store: EventStore, reader: StoreReader, batches: Sequence[Sequence[Arrival]]
    ) -> None:
        site = batches[0][0].event.site
        for batch in batches:
            await write(store, *batch)
            found = await recount(reader, site)
            assert await by_test(reader, site) == found
            totals: Counter[Key] = Counter()
            for (day, place, stage, _, call), number in found.items():
                totals[day, place, stage, "", call] += number
            assert await whatever_test(reader, site) == totals


def _fields(one: Arrival) -> dict[str, Any]:
    return {name: getattr(one.event, name) for name in one.event.__struct_fields__}
