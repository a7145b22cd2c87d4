"""What every store must give as it was known at a number of its log: what it gave then, to the letter."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from storage.contract import Arrival, EventStore, ResultFilter, StoreReader
from storage.gates import COUNTED, HOUR_MS
from storage.reporting import FactFilter, GateDayCount, ResultsFilter, StoredResult
from tests.conformance.gate_arrivals import decision, gate, happened, passage
from tests.conformance.store_arrivals import DAY, EPOCH_A, EPOCH_B, NOW, From, lab
from tests.conformance.store_reporting import ALL, DECLARED, declared
from tests.conformance.store_use import all_pages, write

TODAY = NOW // DAY
ANY_DAY = (TODAY - 40, TODAY + 40)


class AsKnownContract:
    """Parts of StoreContract."""

    @pytest.mark.parametrize("seed", range(3))
    async def test_results_are_given_as_they_were_known(
        self, store: EventStore, reader: StoreReader, seed: int
    ) -> None:
        seen: dict[int, list[StoredResult]] = {}
        for arrivals in _histories(Random(seed)):
            number = (await write(store, *arrivals)).last_number
            seen[number] = await reader.results_known(ResultsFilter(number))
            assert {result.id for result in seen[number]} == await _shown(reader)
        for number, then in seen.items():
            assert await reader.results_known(ResultsFilter(number)) == then
            positive = ResultsFilter(number, call="POS", sites=["bv-a"], from_day=TODAY, to_day=TODAY + 2)
            assert await reader.results_known(positive) == [
                each
                for each in then
                if each.payload.call == "POS" and each.site == "bv-a" and TODAY <= each.day <= TODAY + 2
            ]
            of_two = await reader.results_known(ResultsFilter(number, specimens=["S-1", "S-2", "\0"]))
            named = [each.fact for each in then[:3]]
            assert await reader.results_known(ResultsFilter(number, facts=named)) == then[:3]
            assert of_two == [each for each in then if each.payload.specimen in ("S-1", "S-2")]

    async def test_a_result_is_given_with_its_day_and_versions(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        preliminary = lab("S-1", From(seq=1), status="P", call="POS", time_ms=NOW + 4 * HOUR_MS)
        final = lab("S-1", From(seq=2), call="POS", time_ms=NOW + 4 * HOUR_MS)
        first = await write(store, preliminary)
        await write(store, final, received_ms=NOW + 1)
        (result,) = await reader.results_known(ResultsFilter(ALL))
        assert (result.id, result.versions, result.received_ms) == (final.event.id, 2, NOW + 1)
        assert (result.day, result.time_ms) == (TODAY + 1, NOW + 4 * HOUR_MS), "after midnight in Vietnam"
        assert (result.site, result.device, result.payload) == (
            "bv-thong-nhat", "genexpert-01", final.payload,
        )  # fmt: skip
        (then,) = await reader.results_known(ResultsFilter(first.last_number))
        assert (then.id, then.versions, then.fact) == (preliminary.event.id, 1, result.fact)
        assert await reader.results_known(ResultsFilter(ALL, to_day=TODAY)) == []
        assert await reader.results_known(ResultsFilter(first.last_number - 1)) == []
        with pytest.raises(ValueError, match="1000"):
            await reader.results_known(ResultsFilter(ALL, specimens=["S"] * 1001))

    @pytest.mark.parametrize("seed", range(3))
    async def test_gates_are_counted_as_they_were_known(
        self, store: EventStore, reader: StoreReader, seed: int
    ) -> None:
        seen: dict[int, list[GateDayCount]] = {}
        for arrivals in _at_gates(Random(seed)):
            number = (await write(store, *arrivals)).last_number
            seen[number] = await reader.gate_days(*ANY_DAY, number)
        assert sum(sum(row.counts) for row in seen[max(seen)]) > 0
        for number, then in seen.items():
            assert await reader.gate_days(*ANY_DAY, number) == then
            assert await reader.gate_days(TODAY, TODAY, number) == [
                each for each in then if each.day == TODAY
            ]
        assert await reader.gate_days(*ANY_DAY, 0) == []

    async def test_a_gates_day_is_local(self, store: EventStore, reader: StoreReader) -> None:
        await write(
            store,
            happened(decision("a"), gate(1), NOW),
            happened(passage("a"), gate(2), NOW),
            happened(decision("b", "deny"), gate(3), NOW + 4 * HOUR_MS),
        )
        today, tomorrow = await reader.gate_days(*ANY_DAY, ALL)
        assert today[:4] == (TODAY, "khu-cach-ly-1", "cong-01", "cong")
        assert _words(today) == {"allow": 1, "inferred_in": 1}
        assert (tomorrow.day, _words(tomorrow)) == (TODAY + 1, {"deny": 1})

    @pytest.mark.parametrize("seed", range(3))
    async def test_facts_are_what_was_given_then(
        self, store: EventStore, reader: StoreReader, seed: int
    ) -> None:
        chance, seen = Random(seed), {}
        for n in range(40):
            entered = f"2021-08-01T{chance.randrange(24):02}:00:00+07:00" if chance.random() < 0.7 else ""
            one = declared(
                f"NC-{chance.randrange(6)}", f"73{chance.randrange(4)}", visit_site=f"k{n}", entered=entered
            )
            number = (await write(store, one, received_ms=1_627_743_600_000 + n)).last_number
            seen[number] = await reader.facts(FactFilter(DECLARED, ALL))
        for number, then in seen.items():
            wanted = FactFilter(DECLARED, number)
            assert await reader.facts(wanted) == then
            assert await reader.facts(replace(wanted, scopes=["731"])) == [
                each for each in then if each.scope == "731"
            ]


def _histories(chance: Random) -> list[list[Arrival]]:
    """Versions out of order, corrections, and corrections of what comes later or under another name."""
    made: list[Arrival] = []
    for n in range(1, 32):
        specimen, older = f"S-{chance.randrange(8)}", ""
        if made and chance.random() < 0.3:
            older = chance.choice(made).event.id
        call, status = chance.choice(["POS", "NEG"]), chance.choice("PFFCXD")
        origin = From(
            "x-01", chance.choice(["bv-a", "bv-a", "bv-b"]), epoch=chance.choice([EPOCH_A, EPOCH_B]), seq=n
        )
        at = NOW + chance.randrange(4) * DAY
        made.append(
            lab(specimen, origin, call=call, status=status, time_ms=at, supersedes=older, ct=float(n))  # type: ignore[arg-type]
        )
    chance.shuffle(made)
    return [[each] for each in made]


async def _shown(reader: StoreReader) -> set[str]:
    async def ask(cursor: str | None) -> Any:
        return await reader.results(ResultFilter(), limit=100, cursor=cursor)

    return {row["id"] for row in await all_pages(ask)}


def _at_gates(chance: Random) -> list[list[Arrival]]:
    made = []
    for n in range(1, 50):
        name, at = f"s{chance.randrange(10)}", NOW + chance.randrange(5) * 7 * HOUR_MS
        origin = gate(n, device=f"cong-{chance.randrange(2)}")
        word, way = chance.choice(["allow", "deny", "hold"]), chance.choice(["in", "out"])
        one = decision(name, word) if chance.random() < 0.6 else passage(chance.choice([name, None]), way)
        made.append(happened(one, origin, at))
    chance.shuffle(made)
    return [[each] for each in made]


def _words(row: GateDayCount) -> dict[str, int]:
    return {name: number for name, number in zip(COUNTED, row.counts, strict=True) if number}
