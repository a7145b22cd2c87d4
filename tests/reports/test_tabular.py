"""A report of tables from facts to its revisions: through the API, with a hub's desk, without a store."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from api.app import create_app
from api.keys import add_key
from api.reports.frame.tabular import Day, day_number
from hub.control import ControlClient
from hub.reported import Declaration
from hub.runtime.report_desk import ReportDesk
from storage.contract import EventStore, StoreReader
from storage.reporting import StoredFact
from tests.api.clients import client_of
from tests.api.conftest import NOW_MS
from tests.api.fake_hub import FakeHub
from tests.api.province import settings
from tests.reports.fake_facts import STORE, FakeFacts

URL = "/api/v1/reports/declarations"
TODAY, YESTERDAY = "2026-11-22", "2026-11-21"


def declared(number: int, day: str = YESTERDAY, district: str = "731", reference: str = "") -> StoredFact:
    told = Declaration(reference=reference or f"r{number}", date=day, district=district, origin="imported")
    when = day_number(Day.fromisoformat(day))
    return StoredFact(number, f"id{number}", told.reference, district, when, NOW_MS, 1, told)


class Bench:
    """The app over facts in memory; ``hub`` may be stopped."""

    def __init__(self, client: httpx.AsyncClient, facts: FakeFacts, hub: FakeHub, keys: Path) -> None:
        self.client, self.facts, self.hub, self.keys = client, facts, hub, keys

    async def told(self, status: int = 200, **asked: Any) -> dict[str, Any]:
        answer = await self.client.get(URL, params=asked)
        assert answer.status_code == status, answer.text
        return dict(answer.json())


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    facts = FakeFacts([declared(1), declared(2, district="737"), declared(3, TODAY)])
    hub = FakeHub(tmp_path / "hub.sock")
    desk = ReportDesk(cast(EventStore, facts), lambda: cast(StoreReader, facts), lambda: NOW_MS)
    hub.desk = desk.calls()
    await hub.start()
    app = create_app(
        settings(tmp_path, hub.path), reader=cast(StoreReader, facts), control=ControlClient(hub.path)
    )
    object.__setattr__(app.state.deck, "now_ms", lambda: NOW_MS)
    async with client_of(app) as client:
        yield Bench(client, facts, hub, tmp_path / "keys.json")
    await hub.stop()


async def test_a_report_is_told_with_its_hash_and_revision(bench: Bench) -> None:
    told = await bench.told()
    assert (told["revision"], told["up_to"], told["store"]) == (1, 3, STORE[:8])
    report = told["report"]
    assert report["query"] == {"audience": "exact", "date": YESTERDAY}
    assert report["cutoff"] == "2026-11-21T17:00:00.000Z"
    table = report["content"]["tables"][0]
    counts = {row["key"]: row["cells"][0]["value"] for row in table["rows"]}
    assert (counts["731"], counts["737"], counts["732"]) == (1, 1, None)
    assert table["total"]["cells"][0]["value"] == 2
    plain = json.dumps(report, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert told["sha256"] == sha256(plain.encode()).hexdigest()


async def test_late_facts_make_a_new_revision_and_the_old_one_is_told_again(bench: Bench) -> None:
    first = await bench.client.get(URL)
    bench.facts.told.append(declared(4, TODAY))
    assert (await bench.client.get(URL)).content == first.content  # of another day: nothing new
    bench.facts.told.append(declared(5))
    second = await bench.told()
    assert (second["revision"], second["up_to"]) == (2, 5)
    again = await bench.client.get(URL, params={"revision": 1, "date": YESTERDAY})
    assert again.content == first.content
    assert (await bench.told(404, revision=3))["code"] == "report.no_revision"


async def test_a_revision_that_the_log_no_longer_gives_is_gone(bench: Bench) -> None:
    await bench.told()
    del bench.facts.told[0]
    assert (await bench.told(410, revision=1))["code"] == "report.not_reproducible"


async def test_without_the_hub_a_report_has_no_revision(bench: Bench) -> None:
    await bench.hub.stop()
    told = await bench.told()
    assert (told["revision"], told["up_to"]) == (None, 3)


async def test_days_that_have_not_begun_are_refused(bench: Bench) -> None:
    assert (await bench.told(422, date="2026-11-23"))["code"] == "range.future"
    assert (await bench.told(422, date=YESTERDAY, **{"from": TODAY}))["code"] == "request.invalid"
    assert (await bench.told(date=TODAY))["report"]["content"]["event_count"] == 3


async def test_an_older_log_never_follows_a_newer(bench: Bench) -> None:
    desk = ReportDesk(cast(EventStore, bench.facts), lambda: cast(StoreReader, bench.facts))
    told: dict[str, Any] = {"report": "declarations", "query": "{}", "event_count": 1}
    await desk.revise(**told, up_to=9, sha256="a" * 64)
    assert (await desk.revise(**told, up_to=8, sha256="b" * 64))["outcome"] == "stale"
    assert (await desk.revise(**told, up_to=8, sha256="a" * 64))["revision"] == 1
    assert (await desk.revise(**told, up_to=10, sha256="b" * 64))["revision"] == 2


async def test_revisions_are_listed_and_what_changed_is_told_cell_by_cell(bench: Bench) -> None:
    await bench.told()
    bench.facts.told.append(declared(5))
    await bench.told()
    listed = (await bench.client.get(f"{URL}/revisions")).json()["items"]
    assert [(one["revision"], one["up_to"]) for one in listed] == [(2, 5), (1, 3)]
    changed = (await bench.client.get(f"{URL}/changes", params={"since": 1})).json()
    assert (changed["before"]["revision"], changed["after"]["revision"]) == (1, 2)
    cells = {
        (one["row"], one["column"]): (one["was"]["value"], one["now"]["value"]) for one in changed["items"]
    }
    assert cells["731", "declarations"] == (1, 2)
    assert ("737", "declarations") not in cells
    today = (await bench.client.get(f"{URL}/changes", params={"date": TODAY})).json()
    assert (today["before"]["date"], today["before"]["revision"], today["after"]["date"]) == (
        YESTERDAY,
        2,
        TODAY,
    )


async def test_a_copy_that_still_stands_is_not_sent_again(bench: Bench) -> None:
    first = await bench.client.get(URL)
    tag = {"If-None-Match": first.headers["ETag"]}
    assert (await bench.client.get(URL, headers=tag)).status_code == 304
    assert (await bench.client.get(URL, headers=tag, params={"format": "csv"})).status_code == 200
    bench.facts.told.append(declared(6))
    assert (await bench.client.get(URL, headers=tag)).status_code == 200


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
async def test_every_form_of_an_old_revision_has_the_same_bytes(bench: Bench, form: str) -> None:
    first = await bench.client.get(URL, params={"format": form})
    assert first.status_code == 200, first.text
    assert first.headers["Content-Disposition"].endswith(f'declarations-{YESTERDAY}-r1.{form}"')
    bench.facts.told.append(declared(7))
    assert (await bench.client.get(URL, params={"format": form})).content != first.content
    again = await bench.client.get(URL, params={"format": form, "revision": 1})
    assert again.content == first.content


async def test_the_public_is_told_no_small_number(bench: Bench) -> None:
    token = add_key(bench.keys, "public")
    told = (await bench.client.get(URL, headers={"Authorization": f"Bearer {token}"})).json()
    assert told["report"]["query"]["audience"] == "public"
    cells = [
        cell
        for table in told["report"]["content"]["tables"]
        for row in table["rows"]
        for cell in row["cells"]
    ]
    assert {cell["flag"] for cell in cells if cell["people"] and cell["value"] is None} >= {"suppressed"}
    assert all(cell["value"] in (None, 0) for cell in cells if cell["people"])
    assert told["report"]["content"]["event_count"] is None
    exact = await bench.client.get(
        URL, headers={"Authorization": f"Bearer {add_key(bench.keys, 'reporter')}"}
    )
    assert exact.json()["sha256"] != told["sha256"]
    assert exact.json()["revision"] == told["revision"] == 1


async def test_the_dictionary_says_what_every_number_means(bench: Bench) -> None:
    told = (await bench.client.get("/api/v1/reports/dictionary")).json()
    terms = {term["id"]: term for term in told["terms"]}
    assert {"person", "test", "case", "collected", "observed", "received", "revision"} <= terms.keys()
    assert terms["case"]["vi"]["name"] == "Ca (F0)"
    assert all(term[lang]["definition"] for term in told["terms"] for lang in ("vi", "en"))
    assert [report["system"] for report in told["reports"]] == list(range(1, 10))
