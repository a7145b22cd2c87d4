"""What every store must do with what people report: facts in all versions, as known at any number."""

from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest

from hub.reported import Assessment, Declaration, QuarantineDay, Reported
from storage.contract import Arrival, EventStore, StoreReader
from storage.reporting import FactFilter, Revision, StoredFact
from tests.conformance.store_arrivals import DAY, NOW, From, arrival
from tests.conformance.store_use import maintained, write

DECLARED = Declaration.TYPE
DAILY = QuarantineDay.TYPE
FIRST = 18_840  # 2021-08-01
ALL = 2**62
SHA = "ab" * 32
_SEQ = count(1)


def reported(payload: Reported, subject: str, **changes: Any) -> Arrival:
    """As the hub's desk makes it."""
    origin = From("intake", "dong-nai", "hub", "hub", next(_SEQ))
    return arrival(payload, origin, time_ms=NOW, subject=subject, **changes)


def declared(reference: str = "NC-1", district: str = "731", **fields: Any) -> Arrival:
    fields = {"date": "2021-08-01", **fields}
    return reported(Declaration(reference=reference, district=district, **fields), reference)


def daily(facility: str, date: str, **figures: int) -> Arrival:
    return reported(QuarantineDay(facility=facility, date=date, figures=figures), f"{facility}|{date}")


async def districts(reader: StoreReader, up_to: int = ALL, **wanted: Any) -> list[tuple[str, str, int]]:
    found = await reader.facts(FactFilter(DECLARED, up_to, **wanted))
    return [(fact.subject, fact.payload.district, fact.versions) for fact in found]  # type: ignore[attr-defined]


async def standing(reader: StoreReader, subject: str = "NC-1") -> StoredFact:
    fact = await reader.current_fact(DECLARED, subject)
    assert fact is not None
    return fact


async def _levels(reader: StoreReader, up_to: int = ALL, **wanted: Any) -> list[str]:
    found = await reader.facts(FactFilter(Assessment.TYPE, up_to, **wanted))
    return [fact.payload.level for fact in found]  # type: ignore[attr-defined]


def told(**changes: Any) -> Revision:
    return Revision("declarations", '{"date":"2021-08-01"}', 0, 7, SHA, 3, NOW)._replace(**changes)


class ReportingContract:
    """Parts of StoreContract."""

    async def test_a_fact_is_given_as_it_stands(self, store: EventStore, reader: StoreReader) -> None:
        first, second = declared(), declared(district="732", symptoms=("fever",))
        outcome = await write(store, first)
        fact = await standing(reader)
        assert (fact.number, fact.id, fact.scope, fact.day) == (
            outcome.last_number, first.event.id, "731", FIRST,
        )  # fmt: skip
        assert (fact.received_ms, fact.versions, fact.payload) == (NOW, 1, first.payload)
        await write(store, second, received_ms=NOW + 1)
        assert (await standing(reader)).payload == second.payload
        assert await reader.current_fact(DECLARED, "NC-2") is None
        assert await reader.current_fact(DECLARED, "NC-1\0") is None

    async def test_facts_are_given_as_they_were_known(self, store: EventStore, reader: StoreReader) -> None:
        numbers = [
            (await write(store, each, received_ms=NOW + n)).last_number
            for n, each in enumerate([declared(), declared(district="732"), declared(district="734")])
        ]
        known = [await districts(reader, number) for number in (numbers[0] - 1, *numbers)]
        assert known == [[], [("NC-1", "731", 1)], [("NC-1", "732", 2)], [("NC-1", "734", 3)]]
        assert await districts(reader) == known[-1]

    async def test_a_correction_moves_a_fact_to_its_day_and_place(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        before = await write(store, declared())
        await write(store, declared(district="742", date="2021-08-03"), received_ms=NOW + 1)
        days: dict[str, Any] = {"from_day": FIRST, "to_day": FIRST}
        assert await districts(reader, **days) == []
        assert await districts(reader, scopes=["731"]) == []
        assert await districts(reader, before.last_number, **days) == [("NC-1", "731", 1)]
        assert await districts(reader, scopes=["742", "nowhere\0"], from_day=FIRST + 2) == [
            ("NC-1", "742", 2)
        ]

    async def test_the_version_taken_down_last_stands_whenever_it_comes(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        numbers = []
        for n, hour in enumerate((8, 10, 9)):
            late = declared(district=f"73{n}", entered=f"2021-08-01T{hour:02}:00:00+07:00")
            numbers.append((await write(store, late, received_ms=NOW + n)).last_number)
        assert await districts(reader) == [("NC-1", "731", 3)]
        assert [await districts(reader, number) for number in numbers[:2]] == [
            [("NC-1", "730", 1)],
            [("NC-1", "731", 2)],
        ]
        by_hand = declared(district="742")
        await write(store, by_hand, received_ms=NOW + DAY)
        assert await districts(reader) == [("NC-1", "742", 4)], "taken down when it came"

    async def test_one_moment_is_one_in_any_zone(self, store: EventStore, reader: StoreReader) -> None:
        sent = [
            reported(Assessment(workplace="cty-1", district="731", level=level, submitted=at), "cty-1")  # type: ignore[arg-type]
            for level, at in (("high", "2021-07-31T18:00:00Z"), ("low", "2021-08-01T00:30:00+07:00"))
        ]
        await write(store, *sent)
        fact = await reader.current_fact(Assessment.TYPE, "cty-1")
        assert fact is not None
        assert (fact.payload, fact.day, fact.versions) == (sent[0].payload, FIRST, 2)

    async def test_of_an_assessment_that_counts_which_stood_at_the_end_of_the_day(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        numbers = []
        for day, level in ((1, "high"), (3, "low"), (2, "medium")):
            at = f"2021-08-0{day}T09:00:00+07:00"
            sent = Assessment(workplace="cty-1", district="731", level=level, submitted=at)  # type: ignore[arg-type]
            numbers.append((await write(store, reported(sent, "cty-1"))).last_number)
        assert await _levels(reader) == ["low"]
        assert [await _levels(reader, to_day=FIRST + n) for n in range(-1, 4)] == [
            [], ["high"], ["medium"], ["low"], ["low"],
        ]  # fmt: skip
        assert await _levels(reader, numbers[1], to_day=FIRST + 1) == ["high"]
        assert await _levels(reader, from_day=FIRST + 1, to_day=FIRST + 1) == ["medium"]
        assert await _levels(reader, from_day=FIRST, to_day=FIRST + 2, scopes=["732"]) == []

    async def test_when_an_event_came_is_told(self, store: EventStore, reader: StoreReader) -> None:
        first = (await write(store, declared(), received_ms=NOW + 3)).last_number
        await write(store, declared("NC-2"), received_ms=NOW + 9)
        found = [await reader.arrived_ms(number) for number in (first - 1, first, first + 1, first + 7)]
        assert found == [None, NOW + 3, NOW + 9, NOW + 9]

    async def test_sent_thrice_in_any_order_is_the_same(self, store: EventStore, reader: StoreReader) -> None:
        chance = Random(9)
        sent = [
            declared(f"NC-{n % 20}", f"73{n % 8}", entered=f"2021-08-01T{n % 7:02}:{n:02}:00+07:00")
            for n in range(60)
        ]
        thrice = sent * 3
        chance.shuffle(thrice)
        for part in range(0, len(thrice), 9):
            await write(store, *thrice[part : part + 9])
        last = {
            f"NC-{n}": max((each for each in sent if each.event.subject == f"NC-{n}"), key=_entered)
            for n in range(20)
        }
        found = await reader.facts(FactFilter(DECLARED, ALL))
        assert {fact.subject: fact.id for fact in found} == {
            subject: each.event.id for subject, each in last.items()
        }
        assert {fact.versions for fact in found} == {3}

    async def test_facts_come_by_day_scope_and_subject(self, store: EventStore, reader: StoreReader) -> None:
        sent = [daily(f"kc-{n % 5:02}", f"2021-08-{1 + n // 5:02}", in_care=n) for n in range(30)]
        Random(3).shuffle(sent)
        await write(store, *sent)
        wanted = FactFilter(DAILY, ALL, from_day=FIRST + 1, to_day=FIRST + 3)
        found = await reader.facts(wanted)
        keys = [(fact.day, fact.scope) for fact in found]
        assert keys == sorted(keys)
        assert [fact.payload.figures["in_care"] for fact in found] == list(range(5, 20))  # type: ignore[attr-defined]
        two = await reader.facts(replace(wanted, scopes=["kc-01", "kc-04"]))
        assert {fact.scope for fact in two} == {"kc-01", "kc-04"}
        assert await reader.facts(replace(wanted, scopes=[])) == []
        assert await reader.facts(FactFilter("bed.status.v1", ALL)) == []

    async def test_nothing_reported_is_forgotten(self, store: EventStore, reader: StoreReader) -> None:
        await write(store, declared(), declared(district="732"))
        await maintained(store, NOW + 5000 * DAY)
        assert await districts(reader) == [("NC-1", "732", 2)]

    async def test_a_report_that_says_the_same_is_the_same_revision(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        first = await store.revise_report(told())
        assert first == told(revision=1)
        assert await store.revise_report(told(up_to=9, at_ms=NOW + 5)) == first
        second = await store.revise_report(told(up_to=9, sha256="cd" * 32))
        third = await store.revise_report(told(up_to=12))
        assert [second.revision, third.revision] == [2, 3], "back to what it was is told, too"
        other = await store.revise_report(told(query="{}"))
        assert other.revision == 1
        assert await reader.report_revisions("declarations", told().query) == [third, second, first]
        assert await reader.report_revisions("declarations", "{ }\0") == []

    @pytest.mark.parametrize(
        "wrong",
        [
            {"report": ""},
            {"report": "x" * 65},
            {"report": "a b"},
            {"query": "x" * 2001},
            {"query": "\0"},
            {"sha256": "AB" * 32},
            {"up_to": -1},
            {"at_ms": 2**63},
        ],
    )
    async def test_a_revision_that_no_table_holds_is_refused(
        self, store: EventStore, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(ValueError, match="revision"):
            await store.revise_report(told(**wrong))


def _entered(each: Arrival) -> str:
    assert isinstance(each.payload, Declaration)
    return each.payload.entered
