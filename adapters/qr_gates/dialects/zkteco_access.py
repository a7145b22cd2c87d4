"""ZKTeco's second push protocol, of access controllers (``DeviceType=acc``): registration, events with names.

The same paths as ADMS, and otherwise its own: the terminal registers first, and tells ``table=rtlog`` in
lines of ``name=value``. Answers after what several public servers give such terminals; none was before us.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from adapters.qr_gates.dialects import zkteco
from adapters.qr_gates.dialects.told_scan import NoScan, Told, Unintelligible

# Somebody was let in: verified, in passage mode, first or several persons; from 20 on are refusals and doors.
PASSES = frozenset({0, 1, 2, 3, 14, 15, 16, 17, 18, 19})
_NOBODY = "0"


def registered(serial: str) -> bytes:
    """What the registration hears; the code is a name, not a secret."""
    return f"RegistryCode={serial}\n".encode()


def greeting(serial: str) -> bytes:
    """To ``cdata`` and ``push``: it is known, and tells events at once and nothing of its users."""
    options = {
        "registry": "ok",
        "RegistryCode": serial,
        "ServerVersion": "3.0.1",
        "ServerName": "epihub",
        "PushProtVer": "3.0.1",
        "ErrorDelay": 30,
        "RequestDelay": 10,
        "TransTimes": "00:00;14:05",
        "TransInterval": 1,
        "TransTables": "Transaction",
        "Realtime": 1,
        "SessionID": serial,
        "TimeoutSec": 10,
    }
    return "".join(f"{name}={value}\n" for name, value in options.items()).encode()


def told(body: bytes, serial: str, zone: ZoneInfo) -> list[Told]:
    """Scans of an rtlog in their order, each once, none for doors and refusals; raises Unintelligible."""
    lines = body.splitlines()
    if len(lines) > zkteco.MOST_LINES:
        raise Unintelligible("zkteco.too_many_lines")
    found = _read(lines, serial, zone)
    return list({each if isinstance(each, NoScan) else each.key: each for each in found}.values())


def _read(lines: list[bytes], serial: str, zone: ZoneInfo) -> Iterator[Told]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        fields = _fields(raw)
        if fields is None or not {"time", "pin", "event"} <= fields.keys():
            yield NoScan(raw, "zkteco.bad_line", f"line {number}")
            continue
        if fields["pin"] == _NOBODY or not _is_pass(fields["event"]):
            continue
        line = "\t".join((fields["pin"], fields["time"], "0", fields.get("verifytype", "")))
        (scan,) = zkteco.told(line.encode(), serial, zone)
        yield NoScan(raw, scan.reason, f"line {number}") if isinstance(scan, NoScan) else scan


def _fields(raw: bytes) -> dict[str, str] | None:
    if len(raw) > zkteco.MOST_LINE_BYTES or not raw.isascii():
        return None
    pairs = [field.partition("=") for field in raw.decode("ascii").strip().split("\t")]
    return {name.strip().lower(): value.strip() for name, found, value in pairs if found}


def _is_pass(event: str) -> bool:
    return event.isdecimal() and len(event) <= 4 and int(event) in PASSES
