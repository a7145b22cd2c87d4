"""ZKTeco's push protocol (ADMS), as far as a gate needs it: handshake, attendance lines, no commands.

A terminal sends what it has until it hears ``OK``, so that is said after the commit alone. Its times have
no zone. Tables other than ATTLOG hold names, fingerprints and faces: the handshake asks for none, and one
that comes all the same is answered and let go (docs/adapters/gate_http.md).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from adapters.qr_gates.dialects.told_scan import NoScan, Told, ToldScan, Unintelligible, unix_ms

SERIAL = r"^[A-Za-z0-9_-]{4,32}$"
PATHS = (
    *("cdata", "getrequest", "devicecmd", "fdata", "ping"),
    *("registry", "push", "rtdata", "exchange", "querydata"),  # of access controllers
)
MOST_LINES = 5000
MOST_LINE_BYTES = 512
_PIN = re.compile(rb"[0-9A-Za-z]{1,24}")
_TIME = re.compile(rb"(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_CODE = re.compile(rb"\d{1,3}")

# Tables that hold names, fingerprints, faces, or the terminal's own state: nothing that a gate may keep.
_LET_GO = frozenset(
    [
        "OPERLOG",
        "USERINFO",
        "USER",
        "FINGERTMP",
        "TEMPLATEV10",
        "FACE",
        "BIODATA",
        "BIOPHOTO",
        "USERPIC",
        "ATTPHOTO",
        "IDCARD",
        "OPTIONS",
        "RTSTATE",
        "ERRORLOG",
    ]
)

_USER_TABLES = frozenset(["user", "extuser", "biodata", "biophoto", "templatev10", "userpic", "mulcarduser"])

Wants = Literal["greeting", "access greeting", "registration", "scans", "access scans", "nothing", "unknown"]
_OF_ACCESS: Mapping[str, Wants] = {"registry": "registration", "push": "access greeting"}
_OF_TABLES: Mapping[str, Wants] = {"ATTLOG": "scans", "RTLOG": "access scans"}


class _Line(NamedTuple):
    pin: bytes
    time: bytes
    verify: bytes


def wanted(method: str, path: str, query: Mapping[str, str]) -> Wants:
    """What a request is for: ``path`` is its last part, without ``.aspx`` of older firmware."""
    if path in _OF_ACCESS:
        return _OF_ACCESS[path]
    if path != "cdata":
        return "nothing"
    if method == "GET":
        return "access greeting" if query.get("DeviceType", "").lower() == "acc" else "greeting"
    table = query.get("table", "").upper()
    if table == "TABLEDATA" and query.get("tablename", "").lower() in _USER_TABLES:
        return "nothing"
    return _OF_TABLES.get(table, "nothing" if table in _LET_GO else "unknown")


def greeting(serial: str, zone_hours: int) -> bytes:
    """The options of the handshake: everything at once, attendance only, in plain text.

    Stamps of 0 let a terminal that was replaced send what it has kept: what is known is told apart by us.
    """
    options = {
        "ATTLOGStamp": 0,
        "OPERLOGStamp": 9999,
        "ATTPHOTOStamp": 9999,
        "ErrorDelay": 30,
        "Delay": 10,
        "TransTimes": "00:00;14:05",
        "TransInterval": 1,
        "TransFlag": "1000000000",
        "TimeZone": zone_hours,
        "Realtime": 1,
        "Encrypt": "None",
    }
    lines = [f"GET OPTION FROM: {serial}", *(f"{name}={value}" for name, value in options.items())]
    return "\n".join([*lines, ""]).encode()


def told(body: bytes, serial: str, zone: ZoneInfo) -> list[Told]:
    """The lines of an ATTLOG in their order, each once; raises Unintelligible."""
    lines = body.splitlines()
    if len(lines) > MOST_LINES:
        raise Unintelligible("zkteco.too_many_lines")
    found = {each if isinstance(each, NoScan) else each.key: each for each in _read(lines, serial, zone)}
    if not found:
        raise Unintelligible("zkteco.empty")
    return list(found.values())


def accepted(lines: int) -> bytes:
    """``OK`` and how many: said when all are on disk."""
    return b"OK: %d" % lines


def _read(lines: list[bytes], serial: str, zone: ZoneInfo) -> Iterator[Told]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        place = f"line {number}"
        line = _cut(raw)
        if line is None:
            yield NoScan(raw, "zkteco.bad_line", place)
            continue
        at_ms = _time(line.time, zone)
        if at_ms is None:
            yield NoScan(raw, "zkteco.bad_time", place)
            continue
        key = b" ".join((serial.encode(), line.pin, line.time, line.verify)).decode("ascii")
        yield ToldScan(line.pin, at_ms, key)


def _cut(raw: bytes) -> _Line | None:
    """PIN, time, status, verify; what follows (work code, reserved) says nothing to a gate."""
    fields = [field.strip() for field in raw.split(b"\t", 4)]
    if len(raw) > MOST_LINE_BYTES or len(fields) < 2 or not _PIN.fullmatch(fields[0]):
        return None
    verify = fields[3] if len(fields) > 3 else b""
    if verify and not _CODE.fullmatch(verify):
        return None
    return _Line(fields[0], fields[1], verify) if _TIME.fullmatch(fields[1]) else None


def _time(text: bytes, zone: ZoneInfo) -> int | None:
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second = map(int, found.groups())
    try:
        return unix_ms(datetime(year, month, day, hour, minute, second, tzinfo=zone), zone)
    except ValueError:
        return None
