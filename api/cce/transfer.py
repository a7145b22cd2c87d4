"""The envelope and its reports, valid by the schema."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from api.cce.records import Instant, Kind, LeftOut, compact, instants
from storage.contract import Row

SCHEMA_VERSION = "0.8.1"
UNKNOWN = "unknown"  # where the schema wants a text and null is none

_MONITOR = ("CID", "EDOP", "EMFR", "EMOD", "EPQS", "ESER", "EMSV")
_NULLS: dict[Kind, tuple[str, ...]] = {
    "ems": (*_MONITOR, "ADOP", "AMFR", "AMOD", "APQS", "ASER", "LSV"),
    "rtm": _MONITOR,
}
_TEXTS: dict[Kind, tuple[str, ...]] = {"ems": ("LDOP", "LMFR", "LMOD", "LPQS", "LSER"), "rtm": ()}


def transfer(
    rows: Iterable[Row],
    kind: Kind | None,
    source: str,
    at: str,
    following: str | None = None,
    equipment: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any] | None:
    """One report a device; None where no reading can be told.

    ``equipment``: by device, what is known of makers, models and serials.

    ``kind`` None: EMS where every instant has what that asks for, else RTM. ``at``: RFC 3339 of now;
    ``following``: where the readings go on. What is left out is counted in ``meta.epihub``.
    """
    left_out: LeftOut = Counter()
    by_device: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_device[row["device"]].append(row)
    known = {device: instants(found, left_out) for device, found in by_device.items()}
    kind = kind or _kind(known.values())
    reports = [
        report
        for device, found in sorted(known.items())
        if (report := _report(kind, device, by_device[device][0]["site"], found, left_out))
    ]
    for report in reports:
        report.update((equipment or {}).get(report["AID"], {}))
    if not reports:
        return None
    return {"meta": _meta(kind, reports, source, at, left_out, following), "data": reports}


def _kind(known: Iterable[dict[str, Instant]]) -> Kind:
    complete = all(instant.is_complete() for found in known for instant in found.values())
    return "ems" if complete else "rtm"


def _report(
    kind: Kind, device: str, site: str, found: dict[str, Instant], left_out: LeftOut
) -> dict[str, Any] | None:
    """None: no instant has what an EMS must tell."""
    records = []
    for time, instant in zip(compact(found), found.values(), strict=True):
        if kind == "rtm" or instant.is_complete():
            records.append(instant.record(kind, time, left_out))
        else:
            left_out["incomplete"] += 1
    if not records:
        return None
    header: dict[str, Any] = dict.fromkeys(_NULLS[kind]) | dict.fromkeys(_TEXTS[kind], UNKNOWN)
    header |= {"AID": device, "FID": site, "records": records}
    if kind == "rtm":
        header |= {"AMID": device, "DLST": _sensors(device, records)}
    return header


def _sensors(device: str, records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The schema wants TVC always."""
    names = {name for record in records for name in ("TFRZ", "TAMB", "IDRV") if name in record}
    return {
        name: {"SID": f"{device}/{name}", "SMFR": UNKNOWN, "SMOD": UNKNOWN}
        for name in ("TVC", *sorted(names))
    }


def _meta(
    kind: Kind,
    reports: Sequence[dict[str, Any]],
    source: str,
    at: str,
    left_out: LeftOut,
    following: str | None,
) -> dict[str, Any]:
    """The id is made of the reports: the same readings are the same transfer."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "transferType": kind,
        "transferId": sha256(msgspec.json.encode(reports)).hexdigest()[:32],
        "transferSrc": source,
        "transferredAt": at,
        "epihub": {"leftOut": dict(sorted(left_out.items())), "next": following},
    }
