"""What every store must do for notices: an outbox in the ledger's transaction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hub.alarms.incidents.book import Book
from hub.alarms.incidents.entries import Head
from hub.alarms.incidents.rows import changes_of
from storage.contract import Batch, EventStore, StoreReader
from storage.incidents import AlarmChanges, LedgerMoved
from storage.notices import (
    Claim,
    Decide,
    NoticeChanges,
    NoticeRow,
    NoticeState,
    Settle,
    Stop,
    TellTold,
    ToldElsewhere,
)
from tests.conformance.store_arrivals import NOW

MINUTE = 60_000
NOTICE = NoticeRow(
    "1.inc.RAISED.0.an.sms",
    "inc",
    "kho",
    "RAISED",
    0,
    "an",
    "sms",
    0,
    NOW,
    "WAITING",
    0,
    "",
    "",
    "",
    NOW,
    NOW,
    b"{}",
)


def notice(person: str = "an", **changes: Any) -> NoticeRow:
    row = NOTICE._replace(person=person, **changes)
    return row._replace(key=f"1.{row.incident}.{row.kind}.{row.step}.{person}.sms")


async def change(store: EventStore, **parts: Sequence[Any] | int) -> None:
    changes = AlarmChanges(0, notices=NoticeChanges(**parts))  # type: ignore[arg-type]
    await store.write(Batch(store.term, received_ms=NOW, alarms=changes))


async def keys(reader: StoreReader, state: Any) -> list[str]:
    return sorted(row.person for row in await reader.notices(state, limit=100))


class NoticesContract:
    """Parts of StoreContract."""

    async def test_what_an_edge_told_counts_as_delivered(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        """Of that person and incident; not the reminder, nor what is going out already."""
        rows = [
            notice("an"),
            notice("an", kind="REMINDER"),
            notice("an", incident="other"),
            notice("an", step=1, message="on-its-way"),
            notice("binh"),
        ]
        await change(store, new=rows)
        await change(store, elsewhere=[ToldElsewhere("inc", "an", "", "edge", NOW + 5)])
        (told,) = await reader.notices("DELIVERED", limit=10)
        assert (told.key, told.code, told.at_ms) == (rows[0].key, "edge", NOW + 5)
        assert len(await reader.notices("WAITING", limit=10)) == 4
        await change(store, elsewhere=[ToldElsewhere("inc", "binh", "siren", "edge", NOW + 5)])
        assert len(await reader.notices("WAITING", limit=10)) == 4
        await change(store, elsewhere=[ToldElsewhere("inc", "binh", "sms", "edge", NOW + 5)])
        assert len(await reader.notices("WAITING", limit=10)) == 3
        await change(store, tells=[TellTold("inc", "kho", "RETURNED", 2, 0, NOW, NOW + 6, b"{}")])
        returned = [row for row in await reader.notices("WAITING", limit=10) if row.kind == "RETURNED"]
        assert "an" in {row.person for row in returned}

    async def test_a_notice_is_made_once_and_given_when_due(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        urgent = notice("binh", urgent=1)
        await change(store, new=[notice(), urgent, notice("chi", due_ms=NOW + MINUTE)])
        await change(store, new=[notice(due_ms=0)])
        assert await reader.notices_due(NOW, limit=10) == [urgent, notice()]
        assert await reader.notices_due(NOW, limit=1) == [urgent]
        assert await reader.notices_due(NOW - 1, limit=10) == []
        assert await reader.notice_counts(NOW) == (NOW + MINUTE, 3, 0)
        assert await reader.notice_counts(NOW + MINUTE) == (None, 3, 0)
        assert await reader.incidents_noticed() == {"inc"}

    async def test_notices_of_changes_that_are_refused_are_not_made(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        stale = replace(changes_of(Book(), Head(), []), before=7, notices=NoticeChanges(new=[notice()]))
        with pytest.raises(LedgerMoved):
            await store.write(Batch(store.term, received_ms=NOW, alarms=stale))
        assert (await reader.notice_counts(NOW)).waiting == 0

    async def test_what_is_settled_is_settled(self, store: EventStore, reader: StoreReader) -> None:
        row = notice()
        await change(store, new=[row])
        await change(store, settles=[Settle(row.key, "WAITING", "http.503", NOW + 5, NOW + 1)])
        assert await reader.notices_due(NOW + 4, limit=9) == []
        again = row._replace(tries=1, code="http.503", due_ms=NOW + 5, at_ms=NOW + 1)
        assert await reader.notices_due(NOW + 5, limit=9) == [again]
        await change(store, settles=[Settle(row.key, "DEAD", "http.404", NOW + 5, NOW + 6)])
        await change(store, settles=[Settle(row.key, "WAITING", "late", NOW, NOW)])
        assert await reader.notice_counts(NOW) == (None, 0, 1)
        await change(store, settles=[Settle(row.key, "DELIVERED", "delivered", NOW, NOW + 9)])
        assert await keys(reader, "DELIVERED") == ["an"]

    async def test_stopping_takes_back_what_waits(self, store: EventStore, reader: StoreReader) -> None:
        """Not due: what was never tried; else all of it; never what people must hear of the end."""
        tried = notice("dung", due_ms=NOW + MINUTE)
        end = notice("an", kind="RETURNED")
        rows = [notice(), notice("chi", due_ms=NOW + MINUTE), tried, end, notice("em", incident="other")]
        await change(store, new=rows)
        await change(store, settles=[Settle(tried.key, "WAITING", "no_answer", NOW + MINUTE, NOW)])
        await change(store, stops=[Stop("inc", "rtn_unack", NOW, due=False)])
        assert await keys(reader, "SKIPPED") == ["chi"]
        await change(store, stops=[Stop("inc", "ack", NOW, due=True)])
        assert await keys(reader, "SKIPPED") == ["an", "chi", "dung"]
        assert await keys(reader, "WAITING") == ["an", "em"]

    async def test_the_end_is_told_to_those_who_were_told(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        told, dead = notice("an"), notice("binh")
        later, now = notice("chi", due_ms=NOW + MINUTE), notice("dung")
        again = notice("an", kind="REMINDER")
        await change(store, new=[told, dead, later, now, again])
        settles: list[tuple[NoticeRow, NoticeState]] = [
            (told, "DELIVERED"),
            (dead, "DEAD"),
            (again, "DELIVERED"),
        ]
        await change(store, settles=[Settle(row.key, state, "", NOW, NOW) for row, state in settles])
        tell = TellTold("inc", "kho", "RETURNED", 9, 0, NOW + 5, NOW, b"{}")
        await change(store, tells=[tell])
        await change(store, tells=[tell])
        ends = [row for row in await reader.notices("WAITING", limit=9) if row.kind == "RETURNED"]
        assert sorted(row.person for row in ends) == ["an", "dung"]
        assert {(row.key, row.due_ms, row.step, row.tries) for row in ends} == {
            ("9.RETURNED.an.sms", NOW + 5, 0, 0),
            ("9.RETURNED.dung.sms", NOW + 5, 0, 0),
        }

    async def test_a_message_is_remembered_and_answered(self, store: EventStore, reader: StoreReader) -> None:
        calm, urgent = notice(), notice("binh", urgent=1)
        await change(store, new=[calm, urgent])
        await change(store, claims=[Claim([calm.key], "m1", "7F3K", NOW + 1)])
        await change(store, claims=[Claim([urgent.key], "m2", "AAAA", NOW + 1)])
        assert await reader.recent_notices(NOW) == [("an", "sms", "kho", "m1", NOW + 1)]
        assert await reader.recent_notices(NOW + 1) == []
        assert (await reader.notices_due(NOW, limit=9))[1].message == "m1"
        assert await reader.incidents_answered("7F3K", "an", NOW) == ["inc"]
        assert await reader.incidents_answered("7F3K", "binh", NOW) == []
        assert await reader.incidents_answered("", "an", NOW) == []
        assert await reader.incidents_answered("7F3K", "an", NOW + 1) == []

    async def test_what_was_given_up_waits_for_a_decision(
        self, store: EventStore, reader: StoreReader
    ) -> None:
        rows = [notice(), notice("binh")]
        await change(store, new=rows)
        await change(store, settles=[Settle(row.key, "DEAD", "http.404", NOW, NOW) for row in rows])
        await change(store, decisions=[Decide(rows[0].key, "WAITING", NOW + 9)])
        assert await reader.notices_due(NOW + 9, limit=9) == [
            rows[0]._replace(due_ms=NOW + 9, at_ms=NOW + 9, made_ms=NOW + 9)
        ]
        await change(store, decisions=[Decide("", "SKIPPED", NOW + 9)])
        assert (await reader.notice_counts(NOW))[1:] == (1, 0)

    async def test_settled_notices_go_in_time(self, store: EventStore, reader: StoreReader) -> None:
        rows = [notice(), notice("binh"), notice("chi")]
        await change(store, new=rows)
        done: list[tuple[NoticeRow, NoticeState, int]] = [
            (rows[0], "DELIVERED", NOW),
            (rows[1], "DELIVERED", NOW + 1),
            (rows[2], "DEAD", NOW),
        ]
        await change(store, settles=[Settle(row.key, state, "", NOW, at) for row, state, at in done])
        await change(store, forget_before_ms=NOW + 1)
        assert await keys(reader, "DELIVERED") == ["binh"]
        assert await keys(reader, "DEAD") == ["chi"]
