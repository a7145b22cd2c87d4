"""Interpret a capture again and say what changed (design 4).

Other data under the same key is a new event that supersedes the old one; equal data changes
nothing; what is no longer said is said once more with status X.
"""

from dataclasses import dataclass
from typing import Literal, cast

import msgspec

from hub.contract import Adapter, DeviceConfig, Fact, Frame, Interpretation, TimeSource
from hub.edge.encoder import Made, Origin, encode, encode_raw
from hub.edge.outlet import DeviceOutlet
from hub.events import encode_data
from hub.payloads import BY_TYPE, LabResult, Payload, Quarantined, Reading
from hub.spool import Capture, Emitted, EventRecord, ProblemRecord, Spool
from hub.streams.clock import now_ms


@dataclass(frozen=True, slots=True)
class Replayed:
    """``events``: how many new events; ``waiting``: how many problems are left."""

    events: int
    waiting: int


@dataclass(slots=True)
class _Changes:
    records: list[EventRecord]
    account: list[Emitted]


async def replay(
    spool: Spool, adapter: Adapter[DeviceConfig], outlet: DeviceOutlet, capture: Capture
) -> Replayed:
    """Raises NotCommitted, then nothing changed."""
    contents = capture.contents
    frame = Frame(contents.raw, contents.control, contents.origin)
    meaning = adapter.understand(frame, capture.received_ms)
    changes = _compare(outlet.origin, capture, meaning)
    problems = tuple(ProblemRecord(part, p.reason, p.place) for part, p in enumerate(meaning.problems))
    notes = _notes(outlet, capture, meaning, await spool.parts(capture.id))
    done = await spool.replay(
        capture,
        changes.records + notes,
        msgspec.structs.replace(contents, emitted=changes.account),
        problems,
        "REPLAYED",
    )
    made = {record.body for record in changes.records}
    return Replayed(sum(row.body in made for row in done.rows), len(problems))


async def discard(spool: Spool, outlet: DeviceOutlet, capture: Capture) -> None:
    """A person decided that these bytes mean nothing; they stay as long as any capture."""
    parts = await spool.parts(capture.id)
    notes = [_settled(outlet, capture, part, "DISCARDED") for part in parts if parts[part] != "DISCARDED"]
    await spool.replay(capture, notes, capture.contents, (), "DISCARDED")


def _compare(origin: Origin, capture: Capture, meaning: Interpretation) -> _Changes:
    known = {(old.type, old.key): old for old in capture.contents.emitted}
    changes = _Changes([], [])
    for part, fact in enumerate(meaning.facts):
        old = known.pop((fact.payload.TYPE, fact.key), None)
        _again(origin, capture, part, fact, old, changes)
    for old in known.values():
        _withdraw(origin, capture, old, changes)
    return changes


def _again(
    origin: Origin, capture: Capture, part: int, fact: Fact, old: Emitted | None, changes: _Changes
) -> None:
    data = encode_data(fact.payload)
    if old and old.data == data and old.time_ms == fact.time_ms:
        changes.account.append(old)
        return
    made = Made(capture.received_ms, capture.id.hex(), part, old.id if old else "")
    record, emitted = encode_raw(origin, fact.payload.TYPE, data, fact, made)
    changes.records.append(record)
    changes.account.append(emitted)


def _withdraw(origin: Origin, capture: Capture, old: Emitted, changes: _Changes) -> None:
    payload = _withdrawn(old)
    if payload is None:
        changes.account.append(old)
        return
    fact = Fact(payload, old.key, old.time_ms, cast(TimeSource, old.timesource))
    made = Made(capture.received_ms, capture.id.hex(), -1, old.id)
    record, emitted = encode_raw(origin, old.type, encode_data(payload), fact, made)
    changes.records.append(record)
    changes.account.append(emitted)


def _withdrawn(old: Emitted) -> Payload | None:
    """The old data marked as void; None when it is void already or cannot be."""
    payload = msgspec.json.decode(old.data, type=BY_TYPE[old.type])
    if isinstance(payload, LabResult) and payload.status != "X":
        return msgspec.structs.replace(payload, status="X")
    if isinstance(payload, Reading) and payload.reason != "withdrawn":
        return msgspec.structs.replace(payload, value=None, quality="BAD", reason="withdrawn")
    return None


def _notes(
    outlet: DeviceOutlet, capture: Capture, meaning: Interpretation, parts: dict[int, str]
) -> list[EventRecord]:
    """The new state of the capture's entries: what still waits, and what is settled."""
    waiting = [
        _note(
            outlet,
            capture,
            part,
            Quarantined(
                capture.id.hex(), outlet.adapter, problem.reason, len(problem.raw), "WAITING", problem.place
            ),
        )
        for part, problem in enumerate(meaning.problems)
    ]
    settled = [part for part in parts if part >= len(meaning.problems) and parts[part] != "REPLAYED"]
    return waiting + [_settled(outlet, capture, part, "REPLAYED") for part in settled]


def _settled(
    outlet: DeviceOutlet, capture: Capture, part: int, state: Literal["REPLAYED", "DISCARDED"]
) -> EventRecord:
    size = len(capture.contents.raw)
    return _note(outlet, capture, part, Quarantined(capture.id.hex(), outlet.adapter, "settled", size, state))


def _note(outlet: DeviceOutlet, capture: Capture, part: int, payload: Quarantined) -> EventRecord:
    """A change of an entry, told as what named it; the time is in its id: it may change back."""
    at_ms = now_ms()
    origin = Origin(outlet.origin.site, outlet.origin.edge, capture.device)
    fact = Fact(payload, f"{capture.id.hex()}/{part}", at_ms, "observation")
    return encode(origin, fact, Made(at_ms, capture.id.hex()))[0]
