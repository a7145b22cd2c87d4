"""What every store must do for the audit: rows that only grow, in one chain without gaps, told twice once."""

import asyncio
from typing import Any

import pytest

from storage.audit import CHAIN_BEGINS, AuditFilter, AuditHead, AuditNote, AuditRow, first_broken
from storage.contract import EventStore, StoreReader
from tests.conformance.store_arrivals import NOW
from tests.conformance.store_use import MakeStore

BEGIN = AuditHead(0, CHAIN_BEGINS)
ALL = AuditFilter()
_LAST = 2**62


def note(n: int, **changes: Any) -> AuditNote:
    told = AuditNote(
        f"{n:032x}", NOW + n, "k1", "reporter", "api", "GET /results/{result}", f"result={n}", "200", ""
    )
    return told._replace(**changes)


async def whole(reader: StoreReader) -> list[AuditRow]:
    return await reader.audit_after(0, limit=1000)


class AuditContract:
    """Parts of StoreContract."""

    async def test_notes_become_one_chain_also_over_a_restart(
        self, store: EventStore, make_store: MakeStore, reader: StoreReader
    ) -> None:
        await store.note_audit([note(1), note(2, actor="Đặng", target="khoa=xét nghiệm")])
        await store.close()
        again = make_store()
        await again.open()
        head = await again.note_audit([note(3)])
        await again.close()
        rows = await whole(reader)
        assert [row.number for row in rows] == [1, 2, 3]
        assert [row.note.target for row in rows] == ["result=1", "khoa=xét nghiệm", "result=3"]
        assert first_broken(BEGIN, rows) is None
        assert head == AuditHead(3, rows[-1].hash)

    async def test_told_twice_it_is_one_row(self, store: EventStore, reader: StoreReader) -> None:
        first = await store.note_audit([note(1), note(2), note(2)])
        assert await store.note_audit([note(2), note(1)]) == first
        assert await store.note_audit([]) == first
        assert [row.note for row in await whole(reader)] == [note(1), note(2)]

    async def test_many_at_once_leave_no_gap(self, store: EventStore, reader: StoreReader) -> None:
        await asyncio.gather(*(store.note_audit([note(n), note(n + 100)]) for n in range(20)))
        rows = await whole(reader)
        assert [row.number for row in rows] == list(range(1, 41))
        assert first_broken(BEGIN, rows) is None

    async def test_a_page_goes_back_from_a_number(self, store: EventStore, reader: StoreReader) -> None:
        await store.note_audit([note(n, actor="k2" if n % 2 else "k1") for n in range(10)])
        assert [row.number for row in await reader.audit(ALL, _LAST, limit=3)] == [10, 9, 8]
        assert [row.number for row in await reader.audit(ALL, 8, limit=1000)] == [7, 6, 5, 4, 3, 2, 1]
        mine = await reader.audit(AuditFilter("k2"), _LAST, limit=1000)
        assert {row.note.actor for row in mine} == {"k2"}
        timed = await reader.audit(AuditFilter(from_ms=NOW + 2, to_ms=NOW + 4), _LAST, limit=1000)
        assert [row.note.at_ms for row in timed] == [NOW + 3, NOW + 2]
        assert await reader.audit(AuditFilter(action="none"), _LAST, limit=5) == []
        assert [row.number for row in await reader.audit_after(8, limit=1000)] == [9, 10]

    async def test_what_no_table_holds_is_refused_whole(self, store: EventStore, reader: StoreReader) -> None:
        for bad in (note(2, target="x" * 301), note(2, key="short"), note(2, actor="a\0"), note(2, at_ms=-1)):
            with pytest.raises(ValueError, match="audit note"):
                await store.note_audit([note(1), bad])
        assert await whole(reader) == []
