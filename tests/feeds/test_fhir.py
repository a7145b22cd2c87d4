"""Results as they reach a FHIR server: once each, corrected and withdrawn in their place."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.feeds.contract import Opened, Unsendable
from hub.feeds.kinds.fhir import open_feed
from hub.payloads import Code, LabResult
from hub.reported import SpecimenRegistered
from storage.contract import EventStore, StoreReader
from storage.sqlite.reader import SqliteReader
from storage.sqlite.store import SqliteStore
from tests.conformance.store_arrivals import NOW, From, arrival, lab
from tests.conformance.store_use import write
from tests.feeds.peers import FhirServer, running
from tests.feeds.results import message, messages, settings, wanted
from tests.fhir.judges import model_refuses, schema_refuses

SITES = {"bv-thong-nhat": {"name": "Bệnh viện đa khoa Thống Nhất", "district": "Biên Hòa"}}


def feed(port: int = 1, token: str = "") -> Opened:
    url = f"http://127.0.0.1:{port}/fhir"
    return open_feed(settings("fhir", url=url, private=True, token=token, sites=SITES, province="Đồng Nai"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EventStore]:
    made = SqliteStore(tmp_path / "e.db")
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def reader(store: EventStore, tmp_path: Path) -> AsyncIterator[StoreReader]:
    made = SqliteReader(tmp_path / "e.db")
    await made.open()
    yield made
    await made.close()


async def test_a_result_and_its_correction_have_one_place(store: EventStore, reader: StoreReader) -> None:
    peer = FhirServer()
    async with running(peer):
        opened = feed(peer.port, token="t0ken")
        first, corrected = lab("S-1", call="POS"), lab("S-1", From(seq=2), call="NEG", status="C")
        for each in (first, corrected, first):
            await write(store, each)
            answer = await opened.line.send(await message(opened, reader, each))
            assert answer.outcome == "taken"
        await opened.line.close()
    reports = [told for url, told in peer.kept.items() if url.startswith("DiagnosticReport/")]
    assert [report["status"] for report in reports] == ["corrected"]
    assert "POST /fhir HTTP/1.1" in peer.heads[0]
    assert "Authorization: Bearer t0ken" in peer.heads[0]


async def test_what_is_sent_passes_both_judges(store: EventStore, reader: StoreReader) -> None:
    for sent in await messages(feed(), store, reader, lab("S-1", call="POS", ct=21.5)):
        assert not model_refuses(sent.body)
        assert schema_refuses(sent.body) == []


async def test_a_fact_that_another_superseded_was_entered_in_error(
    store: EventStore, reader: StoreReader
) -> None:
    """Replayed with another specimen: the result belongs to that one."""
    wrong = lab("S-1", call="POS")
    right = lab("S-2", From(seq=2), call="POS", supersedes=wrong.event.id)
    _, told = await messages(feed(), store, reader, wrong, right)
    (body,) = [one.body for one in (await message(feed(), reader, wrong),)]
    assert body.count(b'"entered-in-error"') == 2
    assert told.body.count(b'"entered-in-error"') == 0


async def test_a_pool_is_of_no_person(store: EventStore, reader: StoreReader) -> None:
    person = "p-aabbccdd:" + "0" * 32
    pooled = LabResult("S-9", Code("SARS2"), "POS", "F", person=person)
    result = arrival(pooled, From(), time_ms=NOW, subject="S-9/SARS2/1")
    (before,) = await messages(feed(), store, reader, result)
    assert person.encode() in before.body
    registered = SpecimenRegistered(specimen="S-9", collected="2026-11-22", pool=True)
    await write(store, arrival(registered, From("intake", seq=2), time_ms=NOW, subject="S-9"))
    assert person.encode() not in (await message(feed(), reader, result)).body


async def test_controls_stay_in_the_laboratory() -> None:
    control = LabResult("QC-1", Code("SARS2"), "POS", "F", control=True)
    assert wanted(feed(), [arrival(control, From(), time_ms=NOW, subject="QC-1")]) == []


async def test_what_the_store_does_not_have_is_a_dead_letter(reader: StoreReader) -> None:
    with pytest.raises(Unsendable, match="not_in_store"):
        await message(feed(), reader, lab("S-404"))


@pytest.mark.parametrize(
    ("status", "outcome"), [(422, "dead"), (400, "dead"), (503, "again"), (401, "again"), (410, "gone")]
)
async def test_what_a_refusal_means(
    store: EventStore, reader: StoreReader, status: int, outcome: str
) -> None:
    peer = FhirServer(answer=status)
    async with running(peer):
        opened = feed(peer.port)
        (sent,) = await messages(opened, store, reader, lab("S-1"))
        assert (await opened.line.send(sent)).outcome == outcome
        await opened.line.close()
