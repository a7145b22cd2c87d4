"""Events as an edge makes them, for the store's tests."""

from dataclasses import dataclass
from typing import Any

from msgspec import Raw

from hub.events import Event, decode_data, decode_event, encode_data, encode_event, format_time, number_body
from hub.identity import event_id
from hub.payloads import (
    Call,
    Code,
    CommandResult,
    DeviceStatus,
    LabResult,
    Payload,
    Quality,
    Quarantined,
    Reading,
    ResultStatus,
)
from storage.contract import Arrival, Poison

NOW = 1_795_355_100_000  # 2026-11-22T13:45:00Z
DAY = 24 * 3600 * 1000
EPOCH_A = "aaaaaaaaaaaaaaaa"
EPOCH_B = "bbbbbbbbbbbbbbbb"
# What may be said of one instant; the lowest of the best is believed.
CLAIMS: tuple[tuple[float | None, Quality], ...] = (
    (5.5, "GOOD"),
    (2.0, "GOOD"),
    (9.0, "UNCERTAIN"),
    (None, "BAD"),
)


@dataclass(frozen=True)
class From:
    """Where an event comes from, and its number there."""

    device: str = "genexpert-01"
    site: str = "bv-thong-nhat"
    edge: str = "edge-1"
    epoch: str = EPOCH_A
    seq: int = 1


def arrival(
    payload: Payload, origin: From, *, time_ms: int, subject: str, supersedes: str = "", **changes: Any
) -> Arrival:
    """What the sink hands to the store: the event went through its bytes, as on the bus."""
    data = encode_data(payload)
    identity = event_id(
        time_ms=time_ms,
        device=origin.device,
        event_type=payload.TYPE,
        key=subject,
        data=data,
        supersedes=supersedes,
    )
    fields: dict[str, Any] = {
        "specversion": "1.0",
        "id": identity,
        "source": f"/{origin.site}/{origin.edge}/{origin.device}",
        "type": payload.TYPE,
        "subject": subject,
        "time": format_time(time_ms),
        "datacontenttype": "application/json",
        "site": origin.site,
        "edge": origin.edge,
        "received": format_time(time_ms + 1500),
        "timesource": "observation",
        "data": Raw(data),
        "supersedes": supersedes,
    }
    body = number_body(encode_event(Event(**{**fields, **changes})), origin.epoch, origin.seq)
    event = decode_event(body)
    return Arrival(event, decode_data(event), body)


def lab(
    specimen: str = "S-1",
    origin: From = From(),
    *,
    call: Call = "NEG",
    status: ResultStatus = "F",
    time_ms: int = NOW,
    subject: str = "",
    supersedes: str = "",
    ct: float | None = None,
    **changes: Any,
) -> Arrival:
    payload = LabResult(specimen=specimen, test=Code("SARS2", str(ct)), call=call, status=status)
    return arrival(
        payload,
        origin,
        time_ms=time_ms,
        subject=subject or f"{specimen}/SARS2/1",
        supersedes=supersedes,
        **changes,
    )


def reading(
    value: float | None = 5.0,
    origin: From = From("fridge-01", "kho-vac-xin"),
    *,
    ts: int = NOW,
    metric: str = "temp.fridge",
    unit: str = "Cel",
    quality: Quality = "GOOD",
    sequence: int | None = None,
    supersedes: str = "",
    **changes: Any,
) -> Arrival:
    payload = Reading(metric, value, unit, quality=quality, sequence=sequence)
    return arrival(payload, origin, time_ms=ts, subject=metric, supersedes=supersedes, **changes)


def status(origin: From, state: Any, *, since: int = NOW, **fields: Any) -> Arrival:
    payload = DeviceStatus(state, fields.pop("reason", "link"), format_time(since), **fields)
    return arrival(payload, origin, time_ms=since, subject=origin.device)


def waiting(origin: From, capture: str, state: Any = "WAITING", *, time_ms: int = NOW) -> Arrival:
    payload = Quarantined(capture, "hl7_mllp", "mllp.no_msh", 42, state, "byte 0")
    return arrival(payload, origin, time_ms=time_ms, subject=capture)


def answer(origin: From, command: str, outcome: Any) -> Arrival:
    return arrival(CommandResult(command, outcome), origin, time_ms=NOW, subject=command)


def poison(body: bytes = b"{", edge: str = "edge-1", reason: str = "event.undecodable") -> Poison:
    return Poison(edge, f"epihub/v1/evt/p01/bv-thong-nhat/{edge}/genexpert-01/lab-result-v1", body, reason)
