"""A made-up province in a real store: sites, devices, results and readings of people who do not exist."""

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from api.settings import ApiSettings
from hub.events import Event, encode_data, encode_event, format_time
from hub.identity import event_id
from hub.payloads import (
    Analyzer,
    Code,
    DeviceStatus,
    LabResult,
    Payload,
    Quarantined,
    Reading,
    Target,
)
from storage.contract import Arrival, Batch, EventStore, Poison

EDGE = "edge-1"
EPOCH = "00000000000000aa"
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
HOSTILE = '<img src=x onerror="window.pwned=1">{{7*7}}<b>đậm</b>'

SITES = [
    {"id": "bv-thong-nhat", "name": "Bệnh viện đa khoa Thống Nhất", "kind": "hospital", "district": "731"},
    {
        "id": "bv-long-khanh",
        "name": "Bệnh viện đa khoa khu vực Long Khánh",
        "kind": "hospital",
        "district": "732",
    },
    {"id": "bv-da-chien-1", "name": "Bệnh viện dã chiến số 1", "kind": "field-hospital", "district": "731"},
    {"id": "kho-vac-xin", "name": "Kho vắc xin tỉnh", "kind": "vaccine-store", "district": "731"},
    {"id": "tt-nhon-trach", "name": "Trung tâm Y tế Nhơn Trạch", "kind": "clinic", "district": "742"},
]
ANALYZERS = [
    ("genexpert-01", "bv-thong-nhat", "GeneXpert", "genexpert"),
    ("cobas-01", "bv-thong-nhat", "cobas 6800", "cobas"),
    ("quantstudio-01", "bv-long-khanh", "QuantStudio 5", "quantstudio"),
    ("genexpert-02", "bv-da-chien-1", "GeneXpert", "genexpert"),
]
FRIDGES = [(f"tu-lanh-{n:02d}", "kho-vac-xin" if n < 7 else "tt-nhon-trach", "fridge") for n in range(1, 10)]
FREEZERS = [("tu-dong-01", "kho-vac-xin", "freezer")]


def devices() -> list[dict[str, str]]:
    """As ``[[device]]`` names them."""
    labs = [{"id": name, "site": site, "kind": "hl7_mllp", "profile": p} for name, site, _, p in ANALYZERS]
    cold = [
        {"id": name, "site": site, "kind": "cold_mqtt", "profile": p} for name, site, p in FRIDGES + FREEZERS
    ]
    return labs + cold


def settings(data_dir: Any, control: Any, **more: Any) -> ApiSettings:
    told: dict[str, Any] = {
        "data_dir": data_dir,
        "control_socket": control,
        "keys_file": data_dir / "keys.json",
        "hub": "dong-nai",
        "sites": SITES,
        "devices": devices(),
        "console": False,
    }
    return ApiSettings(**(told | more))


class Writer:
    """Numbers events as a spool does and writes them as the sink does."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self._seq = 0

    def event(
        self,
        payload: Payload,
        device: str,
        site: str,
        time_ms: int,
        *,
        key: str = "",
        received_ms: int | None = None,
        supersedes: str = "",
    ) -> Event:
        self._seq += 1
        data = encode_data(payload)
        key = key or f"{payload.TYPE}|{time_ms}|{self._seq}"
        name = event_id(
            time_ms=time_ms, device=device, event_type=payload.TYPE, key=key, data=data, supersedes=supersedes
        )
        return Event(
            specversion="1.0",
            id=name,
            source=f"/{site}/{EDGE}/{device}",
            type=payload.TYPE,
            subject=key,
            time=format_time(time_ms),
            datacontenttype="application/json",
            site=site,
            edge=EDGE,
            received=format_time(time_ms + 800 if received_ms is None else received_ms),
            timesource="observation",
            data=msgspec.Raw(data),
            supersedes=supersedes,
            epoch=EPOCH,
            seq=self._seq,
        )

    async def write(
        self, *made: tuple[Event, Payload], poison: Iterable[Poison] = (), now_ms: int = 0
    ) -> None:
        arrivals = [Arrival(event, payload, encode_event(event)) for event, payload in made]
        await self.store.write(Batch(self.store.term, arrivals, list(poison), received_ms=now_ms))

    async def put(self, payload: Payload, device: str, site: str, time_ms: int, **more: Any) -> Event:
        event = self.event(payload, device, site, time_ms, **more)
        await self.write((event, payload))
        return event


def result(
    specimen: str, call: Any, *, ct: float | None = None, model: str = "GeneXpert", **more: Any
) -> LabResult:
    target = Target(code="N2", text="N2", call=call, ct=ct)
    told: dict[str, Any] = {"status": "F", "targets": (target,), "analyzer": Analyzer(model, "708123")}
    return LabResult(
        specimen=specimen, test=Code("SARS-CoV-2", "SARS-CoV-2", "94500-6"), call=call, **(told | more)
    )


def reading(value: float | None, **more: Any) -> Reading:
    return Reading(metric="temperature", value=value, unit="Cel", **more)


def status(state: Any, reason: str, since_ms: int, last_ms: int | None, kind: str) -> DeviceStatus:
    last = None if last_ms is None else format_time(last_ms)
    return DeviceStatus(state=state, reason=reason, since=format_time(since_ms), last_message=last, kind=kind)


CALLS = ["NEG", "NEG", "NEG", "POS", "NEG", "NEG", "INVALID", "NEG", "POS", "NEG", "INDETERMINATE", "ERROR"]


async def fill(store: EventStore, now_ms: int, *, results: int = 60, hours: int = 24) -> Writer:
    """A day of a province; ``tu-lanh-04`` is silent, ``tu-lanh-05`` too warm, ``cobas-01`` offline."""
    writer = Writer(store)
    await _fill_status(writer, now_ms)
    made = []
    for n in range(results):
        name, site, model, _ = ANALYZERS[n % len(ANALYZERS)]
        call = CALLS[n % len(CALLS)]
        payload = result(
            f"TN2611-{n:04d}", call, ct=round(18 + n % 17 + 0.3, 1) if call == "POS" else None, model=model
        )
        made.append((writer.event(payload, name, site, now_ms - (results - n) * 4 * MINUTE_MS), payload))
    await writer.write(*made)
    for name, site, profile in FRIDGES + FREEZERS:
        await writer.write(*_day_of_readings(writer, name, site, profile, now_ms, hours), now_ms=now_ms)
    await _fill_quarantine(writer, now_ms)
    return writer


async def _fill_status(writer: Writer, now_ms: int) -> None:
    for name, site, _, _ in ANALYZERS:
        away = name == "cobas-01"
        told = status("OFFLINE" if away else "ONLINE", "link.refused" if away else "", now_ms - HOUR_MS,
                      now_ms - (HOUR_MS if away else 20_000), "hl7_mllp")  # fmt: skip
        await writer.put(told, name, site, now_ms - HOUR_MS)
    for name, site, _ in FRIDGES + FREEZERS:
        silent = name == "tu-lanh-04"
        told = status("OFFLINE" if silent else "ONLINE", "device.silent" if silent else "", now_ms - HOUR_MS,
                      now_ms - (HOUR_MS if silent else 5_000), "cold_mqtt")  # fmt: skip
        await writer.put(told, name, site, now_ms - HOUR_MS)


def _day_of_readings(
    writer: Writer, name: str, site: str, profile: str, now_ms: int, hours: int
) -> list[tuple[Event, Payload]]:
    index = int(name[-2:])
    made: list[tuple[Event, Payload]] = []
    for step in range(hours * 20):
        at = now_ms - (hours * 20 - 1 - step) * 3 * MINUTE_MS - 4000
        age_h = (now_ms - at) / HOUR_MS
        if (name == "tu-lanh-04" and age_h < 1.2) or (name == "tu-lanh-02" and 9 < age_h < 11):
            continue
        base = -20.0 if profile == "freezer" else 4.6
        value = base + 0.9 * math.sin(step / 11 + index) + 0.2 * math.sin(step * 1.7)
        if name == "tu-lanh-05" and age_h < 2:
            value = 6.0 + (2 - age_h) * 2.6
        bad = name == "tu-lanh-03" and step % 97 == 0
        payload = reading(None, quality="BAD", reason="sentinel.85") if bad else reading(round(value, 1))
        made.append((writer.event(payload, name, site, at), payload))
    return made


async def _fill_quarantine(writer: Writer, now_ms: int) -> None:
    for n, (reason, place) in enumerate(
        [("hl7.no_specimen", "SPM-2"), ("mllp.no_msh", "byte 0"), ("json.undecodable", "")]
    ):
        payload = Quarantined(
            capture=f"c{n:07d}",
            adapter="hl7_mllp",
            reason=reason,
            bytes=412 + n,
            state="WAITING",
            place=place,
        )
        name, site, _, _ = ANALYZERS[n]
        await writer.put(payload, name, site, now_ms - (n + 1) * 7 * MINUTE_MS, key=f"capture|c{n:07d}")
    poison = Poison(
        EDGE,
        f"epihub/v1/evt/p00/bv-thong-nhat/{EDGE}/genexpert-01/lab-result-v1",
        b'{"id":',
        "event.undecodable",
    )
    await writer.write(poison=[poison], now_ms=now_ms - HOUR_MS)
