"""Who had a positive result lately: from results in a real store, as it stands now."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.payloads import Code, LabResult
from hub.people.list_file import opened
from hub.people.records import name_of, told
from hub.pseudonyms import KeyedPseudonyms
from hub.runtime.people_shelf import PeopleShelf
from hub.runtime.positive_list import EVERY_SECONDS, KEEP_MS, PAUSE_SHARE, SOON_SECONDS, PositiveList
from storage.contract import Arrival, Batch
from storage.open import open_reader, open_store
from tests.conformance.store_arrivals import NOW, From, arrival

KEYED = KeyedPseudonyms(b"p" * 32, weak=False)
AN, BINH = (KEYED.person("vnid", number) for number in ("075199001234", "075199001235"))


class Bench:
    """A store, and the list made of it; ``at`` is the list's own clock in seconds."""

    def __init__(self, folder: Path) -> None:
        self.store = open_store(None, folder)
        self.at = 0.0
        self.now_ms = NOW
        self._seq = 0
        self.shelf = PeopleShelf(folder / "lists", lambda: self.now_ms)
        self.list = PositiveList(
            self.shelf, lambda: open_reader(None, folder), lambda: self.now_ms, lambda: self.at
        )

    async def result(self, person: str | None, call: Any, **fields: Any) -> Arrival:
        self._seq += 1
        time_ms = fields.pop("time_ms", NOW)
        supersedes = fields.pop("supersedes", "")
        specimen = fields.pop("specimen", f"S-{self._seq}")
        payload = LabResult(
            specimen=specimen,
            test=Code("SARS2"),
            call=call,
            status=fields.pop("status", "F"),
            person=person,
            **fields,
        )
        made = arrival(
            payload,
            From(seq=self._seq),
            time_ms=time_ms,
            subject=f"{specimen}/SARS2/1",
            supersedes=supersedes,
        )
        await self.store.write(Batch(self.store.term, [made], received_ms=NOW))
        self.list.stored([made])
        return made

    async def found(self, *persons: str) -> list[int | None]:
        """By the list as it is published now: Unix ms."""
        assert await self.list.published()
        file = opened(self.shelf.path("positive"))
        held = [file.find(name_of(person) or b"") for person in persons]
        file.close()
        return [None if each is None else told("positive", each) for each in held]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    await bench.store.open()
    yield bench
    await bench.store.close()


async def test_patients_with_a_final_positive_result_and_nobody_else(bench: Bench) -> None:
    assert await bench.found(AN) == [None]
    await bench.result(AN, "POS", time_ms=NOW - 5000)
    await bench.result(AN, "POS", time_ms=NOW - 9000)
    await bench.result(BINH, "NEG")
    await bench.result(BINH, "POS", control=True)
    await bench.result(BINH, "POS", status="P")
    await bench.result(None, "POS")
    bench.at = 1
    assert await bench.found(AN, BINH) == [NOW - 5000, None]


async def test_a_corrected_result_takes_the_person_off(bench: Bench) -> None:
    wrong = await bench.result(AN, "POS", specimen="S-7")
    assert await bench.found(AN) == [NOW]
    before = await bench.list.published()
    await bench.result(AN, "NEG", specimen="S-7", status="C", supersedes=wrong.event.id)
    bench.at = 1
    assert await bench.found(AN) == [None]
    after = await bench.list.published()
    assert before is not None
    assert after is not None
    assert before.manifest.version != after.manifest.version


async def test_a_result_that_lies_ahead_counts_from_now(bench: Bench) -> None:
    await bench.result(AN, "POS", time_ms=NOW + 86_400_000)
    assert await bench.found(AN) == [NOW]


async def test_only_what_may_change_it_is_published_at_once(bench: Bench) -> None:
    negative = await bench.result(AN, "NEG")
    assert not bench.list.stored([negative])
    positive = await bench.result(AN, "POS")
    taken_back = await bench.result(AN, "NEG", supersedes=positive.event.id)
    assert await bench.found(AN) == [None]
    assert not bench.list.stored([positive]), "it has just been made"
    bench.at = SOON_SECONDS
    assert bench.list.stored([positive])
    assert bench.list.stored([negative, taken_back])


async def test_old_ones_leave_the_list_though_nothing_comes(bench: Bench) -> None:
    await bench.result(AN, "POS")
    assert await bench.found(AN) == [NOW]
    bench.now_ms += KEEP_MS + 1
    bench.at = EVERY_SECONDS - 1
    assert await bench.found(AN) == [NOW], "it is looked through once an hour"
    bench.at = EVERY_SECONDS
    assert await bench.found(AN) == [None]


async def test_a_list_that_took_long_is_not_made_again_at_once(bench: Bench) -> None:
    class Slow:
        """The list's clock: each look takes a second."""

        at = 0.0

        def __call__(self) -> float:
            self.at += 1
            return self.at

    slow = Slow()
    bench.list = PositiveList(bench.shelf, bench.list._open_reader, lambda: NOW, slow)
    await bench.result(AN, "POS")
    assert await bench.found(AN) == [NOW]
    await bench.result(BINH, "POS")
    assert await bench.found(BINH) == [None]
    slow.at += PAUSE_SHARE
    assert await bench.found(BINH) == [NOW]
