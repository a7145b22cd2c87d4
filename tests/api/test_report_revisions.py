"""Revisions of a report over a real store: what came late is a new one, the old one comes again."""

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx
import pytest

from hub.reported import Declaration
from hub.runtime.report_desk import ReportDesk
from hub.sink.born import born
from storage.contract import Arrival, Batch
from tests.api.conftest import NOW_MS, Stage
from tests.api.test_alarms import SharedReader

URL = "/api/v1/reports/declarations"
YESTERDAY = "2026-11-21"
FORMS = ("json", "csv", "xlsx", "pdf")


def declared(number: int, district: str = "731") -> Arrival:
    told = Declaration(reference=f"r{number}", date=YESTERDAY, district=district, origin="imported")
    return born("hub", told, told.reference, NOW_MS, "intake")


class Told:
    def __init__(self, stage: Stage, client: httpx.AsyncClient) -> None:
        self.stage, self.client = stage, client

    async def put(self, arrivals: list[Arrival]) -> None:
        store = self.stage.writer.store
        await store.write(Batch(store.term, arrivals, received_ms=NOW_MS))

    async def ask(self, form: str = "json", **more: Any) -> httpx.Response:
        asked = {"date": YESTERDAY, "format": form, **more}
        answer = await self.client.get(URL, params=asked)
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
async def told(stage: Stage) -> AsyncIterator[Told]:
    object.__setattr__(stage.deck, "now_ms", lambda: NOW_MS)
    reader: Any = SharedReader(stage.deck.reader)
    desk = ReportDesk(stage.writer.store, lambda: reader, lambda: NOW_MS)
    await stage.hub.stop()
    stage.hub.desk = desk.calls()
    await stage.hub.start()
    async with stage.client() as client:
        yield Told(stage, client)


async def test_an_old_revision_comes_again_byte_by_byte_after_later_facts(told: Told) -> None:
    await told.put([declared(n) for n in range(20)])
    first = {form: (await told.ask(form)).content for form in FORMS}
    await told.put([declared(30, "734"), declared(3, "742")])
    second = (await told.ask()).json()
    assert second["revision"] == 2
    for form in FORMS:
        assert (await told.ask(form, revision=1)).content == first[form]
        assert (await told.ask(form)).content != first[form]
    listed = (await told.client.get(f"{URL}/revisions", params={"date": YESTERDAY})).json()["items"]
    assert (listed[0]["revision"], listed[0]["sha256"]) == (2, second["sha256"])


async def test_facts_three_times_in_any_order_give_the_same_report(told: Told) -> None:
    arrivals = [declared(n, ("731", "734", "742")[n % 3]) for n in range(30)]
    await told.put(arrivals)
    first = (await told.ask()).json()
    again = arrivals * 2
    Random(7).shuffle(again)
    await told.put(again)
    second = (await told.ask()).json()
    assert (second["sha256"], second["revision"]) == (first["sha256"], 1)
