"""What a sender is answered, and what is on disk when it hears it."""

import asyncio
import gzip
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.cold_chain import cold_http_door
from adapters.cold_chain.cold_http import ColdHttp
from adapters.cold_chain.cold_http_door import MOST_WAITING, SMALL_BYTES, Door, is_small
from hub.contract import Fact, Frame
from hub.errors import StoreUnavailable
from hub.streams import HttpRequest
from tests.cold_chain.http.doors import door
from tests.cold_chain.http.transfers import (
    FIRST,
    RTM_HEADER,
    SECOND,
    appliance,
    body,
    ems,
    envelope,
    payload,
    rtm,
    transfer,
)
from tests.conformance.memory_outlet import MemoryOutlet

URL = "/api/v1/ingest/tu-lanh-01"
MAPPING = {
    "temp.vaccine": {"value": "t", "time": "at"},
    "door.open_s": {"value": "door", "unit": "s", "optional": True},
}
HOURS = [
    f"202611{day:02d}T{hour:02d}{minute:02d}00Z"
    for day in (20, 21)
    for hour in range(24)
    for minute in (0, 30)
]


async def test_a_transfer_is_answered_with_what_was_kept(tmp_path: Path) -> None:
    async with door(tmp_path) as (client, outlet):
        answer = await client.post(URL, content=body(transfer(ems(), "no record")))
    assert (answer.status_code, answer.json()) == (200, {"readings": 13, "quarantined": 1})
    (kept,) = outlet.committed
    assert kept.frame is not None
    assert kept.frame.raw == body(transfer(ems(), "no record"))
    assert [(one.reason, one.place) for one in kept.problems] == [("cce.not_a_record", "data[0].records[1]")]


@pytest.mark.parametrize("header", [{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "x-GZIP"}])
async def test_a_packed_body_is_the_same(tmp_path: Path, header: dict[str, str]) -> None:
    async with door(tmp_path) as (client, outlet):
        answer = await client.post(URL, content=gzip.compress(body(transfer(ems()))), headers=header)
        assert answer.json()["readings"] == 13
        assert (await client.post(URL, content=body(transfer(ems())), headers=header)).status_code == 200
    assert len(outlet.committed) == 1  # packed or not, it is one frame


@pytest.mark.parametrize(
    ("content", "status", "code", "reason"),
    [
        (b"", 400, "cold.empty", "cold.empty"),
        (b"{", 400, "cold.invalid_json", "cold.invalid_json"),
        (b"\xff\xfe", 400, "cold.not_utf8", "cold.not_utf8"),
        (b"\x1f\x8b\x00", 400, "cce.gzip_broken", "cce.gzip_broken"),
        (b"[" * 40, 400, "cold.too_deep", "cold.too_deep"),
        (gzip.compress(b" " * (17 << 20), mtime=0), 413, "cce.unpacked_too_large", "cce.unpacked_too_large"),
        (b"[]", 422, "cold.not_an_object", "cold.not_an_object"),
        (body(transfer(ems(), version="0.9.0")), 422, "cce.schema_unknown", "cce.schema_unknown"),
    ],
)
async def test_what_the_sender_must_mend_is_refused_and_kept(
    tmp_path: Path, content: bytes, status: int, code: str, reason: str
) -> None:
    async with door(tmp_path) as (client, outlet):
        answer = await client.post(URL, content=content)
    told = answer.json()
    assert (answer.status_code, told["status"], told["code"]) == (status, status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    (kept,) = outlet.quarantined
    assert (kept.raw, kept.reason) == (content, reason)
    assert not outlet.facts


async def test_an_encoding_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as (client, outlet):
        answer = await client.post(URL, content=b"\xce\xb2", headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "gzip")
    assert not outlet.committed


async def test_over_a_megabyte_is_refused_by_the_guard(tmp_path: Path) -> None:
    async with door(tmp_path) as (client, outlet):
        answer = await client.post(URL, content=b" " * (1 << 20) + b" ")
    assert answer.status_code == 413
    assert not outlet.committed


async def test_what_cannot_be_stored_is_our_trouble(tmp_path: Path) -> None:
    for content in (body(transfer(ems())), b"{", body(transfer(*map(ems, HOURS)))):
        async with door(tmp_path, MemoryOutlet(refuse=True)) as (client, outlet):
            answer = await client.post(URL, content=content)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert not outlet.committed


class FullOutlet(MemoryOutlet):
    """Its spool has no room."""

    @property
    def accepts(self) -> bool:
        return False


async def test_a_full_spool_is_told_before_anything_is_read(tmp_path: Path) -> None:
    async with door(tmp_path, FullOutlet()) as (client, outlet):
        answer = await client.post(URL, content=b"{")
    assert (answer.status_code, answer.json()["code"]) == (503, "cce.not_committed")
    assert outlet.queued.empty()


class BreakingOutlet(MemoryOutlet):
    """Commits four times, then no more until it is ``mended``."""

    mended = False

    def emit(self, *facts: Fact, **more: Any) -> Awaitable[bytes]:
        if len(self.committed) >= 4 and not self.mended:
            raise StoreUnavailable("refused by the test")
        return super().emit(*facts, **more)


async def test_a_large_transfer_that_breaks_off_is_whole_after_a_resend(tmp_path: Path) -> None:
    content, outlet = body(transfer(*map(ems, HOURS))), BreakingOutlet()
    async with door(tmp_path, outlet) as (client, _):
        assert (await client.post(URL, content=content)).status_code == 503
    assert 0 < len(outlet.committed) < 8
    outlet.mended = True
    async with door(tmp_path, outlet) as (client, _):
        assert (await client.post(URL, content=content)).status_code == 200
    assert len(outlet.committed) == 8  # two days in quarters: what was known was not written again
    assert len({fact.key for fact in outlet.facts if "vaccine" in fact.key}) == len(HOURS)


async def test_too_many_at_once_are_asked_to_wait() -> None:
    outlet = MemoryOutlet()
    outlet.hold()
    entrance = Door([ColdHttp(appliance(), outlet)])
    request = HttpRequest("POST", "/ingest/tu-lanh-01", body=body(transfer(ems())))
    waiting = [asyncio.create_task(entrance.take(request)) for _ in range(MOST_WAITING)]
    for _ in waiting:
        await outlet.queued.get()
    answer = await entrance.take(request)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
    outlet.release()
    assert {told.status for told in await asyncio.gather(*waiting)} == {200}
    assert (await entrance.take(request)).status == 200


def test_what_unpacks_to_much_is_not_read_on_the_loop() -> None:
    assert is_small(gzip.compress(b" " * SMALL_BYTES))
    assert not is_small(gzip.compress(b" " * (SMALL_BYTES + 1)))
    assert not is_small(b" " * (SMALL_BYTES + 1))


async def test_what_takes_too_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cold_http_door, "ANSWER_SECONDS", 0.0)
    entrance = Door([ColdHttp(appliance(), MemoryOutlet())])
    request = HttpRequest("POST", "/ingest/tu-lanh-01", body=body(transfer(*map(ems, HOURS * 2))))
    assert len(request.body) > SMALL_BYTES
    answer = await entrance.take(request)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")


async def test_reports_of_several_appliances_go_to_each_and_the_rest_waits() -> None:
    outlets = [MemoryOutlet(), MemoryOutlet()]
    names = ["kho-7/tu-3", "kho-7/tu-4"]
    members = [
        ColdHttp(appliance(f"tu-{n}", route="kho", match={"AMID": name}), outlets[n])
        for n, name in enumerate(names)
    ]
    assert members[0].link() == members[1].link() == "/ingest/kho"
    reports = [
        RTM_HEADER | {"AMID": name, "records": [rtm(TVC=n)]} for n, name in enumerate([*names, "kho-8"])
    ]
    told = await Door(members).take(
        HttpRequest("POST", "/ingest/kho", body=body(envelope(*reports, kind="rtm")))
    )
    assert (told.status, told.body) == (200, b'{"readings": 14, "quarantined": 1}')
    for n, outlet in enumerate(outlets):
        (value,) = (payload(fact).value for fact in outlet.facts if fact.key.startswith("temp.vaccine"))
        assert value == n
    (nobodys,) = outlets[0].quarantined
    assert (nobodys.reason, nobodys.place) == ("cce.appliance_unknown", "data[2]")
    # A person who says whose it is gets its readings.
    again = members[0].interpret(Frame(nobodys.raw, origin=nobodys.origin), 0)
    assert [payload(fact).value for fact in again.facts if "vaccine" in fact.key] == [2.0]


async def test_mapped_json(tmp_path: Path) -> None:
    async with door(tmp_path, dialect="mapped", mapping=MAPPING) as (client, outlet):
        answer = await client.post(URL, json={"t": 4.5, "at": "2026-11-22T06:00:00Z", "door": 3})
        assert answer.json() == {"readings": 2, "quarantined": 0}
        missing = await client.post(URL, json={"at": "2026-11-22T06:10:00Z"})
        assert missing.status_code == 200
        refused = await client.post(URL, content=b"[" * 20)
        assert (refused.status_code, refused.json()["code"]) == (400, "cold.too_deep")
    assert [(payload(fact).value, payload(fact).reason) for fact in outlet.facts] == [
        (4.5, None), (3.0, None), (None, "missing"),
    ]  # fmt: skip
    assert len(outlet.quarantined) == 1


async def test_a_fault_of_ours_is_never_the_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ColdHttp, "interpret", broken)
    for config, content in (
        (appliance(), body(transfer(ems()))),
        (appliance(dialect="mapped", mapping=MAPPING), b"{}"),
    ):
        outlet = MemoryOutlet()
        entrance = Door([ColdHttp(config, outlet)])
        answer = await entrance.take(HttpRequest("POST", "/ingest/tu-lanh-01", body=content))
        assert answer.status == 200
        assert [one.reason for kept in outlet.committed for one in kept.problems] == ["adapter.fault"]


async def test_mapped_devices_share_no_route() -> None:
    outlet = MemoryOutlet()
    members = [
        ColdHttp(appliance(route="kho", match={"ESER": "x"}), outlet),
        ColdHttp(appliance(route="kho", dialect="mapped", mapping=MAPPING), outlet),
    ]
    answer = await Door(members).take(HttpRequest("POST", "/ingest/kho", body=b"{}"))
    assert answer.status == 200
    assert [(one.raw, one.reason) for one in outlet.quarantined] == [(b"{}", "http.route_of_several")]


async def states_after(client: httpx.AsyncClient, outlet: MemoryOutlet, *told: dict[str, Any]) -> list[Any]:
    for each in told:
        assert (await client.post(URL, content=body(each))).status_code == 200
    return outlet.states


async def test_a_broken_probe_degrades_until_it_measures_again(tmp_path: Path) -> None:
    async with door(tmp_path) as (client, outlet):
        broken = transfer(ems(SECOND, TVC=None, LERR="SENS"))
        old, well = transfer(ems(FIRST)), transfer(ems("20261122T063000Z"))
        assert await states_after(client, outlet, broken, old, well) == [
            ("DEGRADED", "probe_failed"),
            ("ONLINE", "measures_again"),
        ]


async def test_a_clock_that_is_wrong_degrades_until_it_is_set(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    ahead, right = now + timedelta(hours=20), now + timedelta(seconds=60)
    async with door(tmp_path) as (client, outlet):
        told = [transfer(ems(time.strftime("%Y%m%dT%H%M%SZ"))) for time in (ahead, right)]
        assert await states_after(client, outlet, *told) == [
            ("DEGRADED", "clock_wrong"),
            ("ONLINE", "measures_again"),
        ]


async def test_an_appliance_that_stands_elsewhere_is_degraded(tmp_path: Path) -> None:
    place = {"latitude": 10.957, "longitude": 106.842}
    async with door(tmp_path, place=place) as (client, outlet):
        moved = transfer(ems(), LAT=21.03, LNG=105.85)
        assert await states_after(client, outlet, moved) == [("DEGRADED", "place_differs")]
        assert outlet.facts
