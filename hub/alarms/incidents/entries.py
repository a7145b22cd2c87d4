"""Entries of the ledger: canonical bytes, and the chain that shows every change, removal and swap."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, NamedTuple

from hub.alarms.episodes import Episode
from hub.alarms.incidents.states import Kind

BEGINS = "0" * 64

Detail = Mapping[str, int | str]


class Head(NamedTuple):
    """Where a ledger stands: the number and hash of its last entry."""

    number: int = 0
    hash: str = BEGINS


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. Times in Unix ms, ``number`` 1, 2, 3 …

    ``incident`` is empty where the entry is about a device as a whole, ``actor`` (a user's id) where the
    hub itself acted. ``detail`` has codes and numbers; ``note`` is a person's own words, which stay here.
    """

    number: int
    at_ms: int
    kind: Kind
    site: str
    device: str
    incident: str
    episode: Episode | None
    actor: str = ""
    detail: Detail = field(default_factory=dict)
    note: str = ""
    hash: str = ""


class Fault(NamedTuple):
    """The first entry that is wrong, by its place (1, 2, 3 …), and how: a code."""

    number: int
    reason: str


class BadEntry(ValueError):
    """Bytes that are no entry; the text is a code."""


def entry_bytes(entry: Entry) -> bytes:
    """Canonical: JSON in ASCII, sorted keys, no spaces; without the hash, which is made of it."""
    said = {
        "number": entry.number,
        "at": entry.at_ms,
        "kind": entry.kind.value,
        "site": entry.site,
        "device": entry.device,
        "incident": entry.incident,
        "episode": asdict(entry.episode) if entry.episode else None,
        "actor": entry.actor,
        "detail": dict(entry.detail),
        "note": entry.note,
    }
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def entry_of(body: bytes, chained: str) -> Entry:
    """The entry of ``entry_bytes``; raises BadEntry."""
    try:
        said: dict[str, Any] = json.loads(body)
        episode = said["episode"]
        entry = Entry(
            said["number"],
            said["at"],
            Kind(said["kind"]),
            said["site"],
            said["device"],
            said["incident"],
            Episode(**episode) if episode else None,
            said["actor"],
            said["detail"],
            said["note"],
            chained,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadEntry("ledger.unreadable") from error
    if entry_bytes(entry) != body:
        raise BadEntry("ledger.not_canonical")
    return entry


def link(before: str, body: bytes) -> str:
    """SHA-256 over the hash before (32 bytes, at first zeros) and the entry's canonical bytes."""
    return sha256(bytes.fromhex(before) + body).hexdigest()


def chained(head: Head, entry: Entry) -> Entry:
    """``entry`` as the next one after ``head``."""
    entry = replace(entry, number=head.number + 1)
    return replace(entry, hash=link(head.hash, entry_bytes(entry)))


def head_of(entry: Entry) -> Head:
    return Head(entry.number, entry.hash)


def fault_of(head: Head, entry: Entry) -> Fault | None:
    """What is wrong with ``entry`` as the next one after ``head``."""
    number = head.number + 1
    if entry.number != number:
        return Fault(number, "ledger.wrong_number")
    if entry.hash != link(head.hash, entry_bytes(entry)):
        return Fault(number, "ledger.broken_chain")
    return None


def verify(entries: Iterable[Entry], head: Head | None = None) -> Fault | None:
    """The first entry that is wrong, None when all are as written.

    ``head`` is where the ledger stood when somebody last looked: a ledger that ends before it was cut short.
    """
    at = Head()
    for entry in entries:
        if fault := fault_of(at, entry):
            return fault
        at = head_of(entry)
        if head is not None and head.number == at.number and head.hash != at.hash:
            return Fault(at.number, "ledger.another_ledger")
    if head is not None and at.number < head.number:
        return Fault(at.number + 1, "ledger.cut_short")
    return None
