"""The codecs of the codec bench: ours, a plain split reader, and the libraries that people use instead."""

from collections.abc import Callable
from itertools import count

import astm
import hl7
from astm.server import BaseRecordsDispatcher, RequestHandler
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from adapters.lab_analyzers.astm.events import Event, Message, Piece
from adapters.lab_analyzers.astm.link import Link
from adapters.lab_analyzers.astm.policy import Policy
from adapters.lab_analyzers.astm.records import Records, read_records
from adapters.lab_analyzers.er7 import Header, read_header, read_message
from adapters.lab_analyzers.er7 import Message as Er7Message

ENQ, EOT, STX, ETX, ETB = b"\x05", b"\x04", b"\x02", b"\x03", b"\x17"
_POLICY = Policy()
Parts = list[list[list[list[str]]]]


def split_reader(raw: bytes) -> Parts:
    """What everybody writes first: segments, fields, repetitions, components; nothing else is looked at."""
    return [
        [[repetition.split("^") for repetition in field.split("~")] for field in segment.split("|")]
        for segment in raw.decode().split("\r")
        if segment
    ]


def our_reader(raw: bytes) -> tuple[list[str], Parts]:
    """Every field of every segment: delimiters and charset from the header, escapes undone, bounded."""
    read_header.cache_clear()
    header = read_header(raw)
    assert isinstance(header, Header)
    message = read_message(raw, header)
    assert isinstance(message, Er7Message)
    head = [header.text(number) for number in range(1, 19)]
    return head, [
        [segment.repetitions(number) for number in range(1, 1 + line.count("|"))]
        for line, segment in ((line, message.segment(line)) for line in message.lines)
    ]


def python_hl7(raw: bytes) -> object:
    return hl7.parse(raw.decode())


def hl7apy(raw: bytes) -> object:
    return parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=False)


READERS: dict[str, Callable[[bytes], object]] = {
    "split reader": split_reader,
    "epihub": our_reader,
    "python-hl7": python_hl7,
    "hl7apy": hl7apy,
}


def our_session(chunks: list[bytes]) -> Records:
    """Link and records, with an owner that commits at once; each record is there, its fields on demand."""
    link, messages = Link(_POLICY), []
    waiting: list[Event] = []
    for chunk in chunks:
        waiting += link.receive(chunk, 0.0)
        while waiting:
            event = waiting.pop()
            if isinstance(event, Message):
                messages.append(event.text)
                waiting += link.committed(0.0) if event.answered else ()
            elif isinstance(event, Piece):
                waiting += link.committed(0.0)
    records = read_records(messages[0])
    assert isinstance(records, Records)
    return records


def their_codec(chunks: list[bytes]) -> object:
    """astm-2025's codec alone: each frame decoded; no link, and it cannot join what ETB cuts."""
    return [astm.decode(chunk, "utf-8") for chunk in chunks[1:-1]]


class _Collecting(BaseRecordsDispatcher):  # type: ignore[misc]
    def _default_handler(self, record: object) -> None: ...


def their_session(chunks: list[bytes]) -> object:
    """astm-2025's codec behind its own link."""
    handler = RequestHandler(None, _Collecting("utf-8"))
    handler.push = lambda data: None
    for chunk in chunks:
        handler.dispatch(chunk)
    return handler


SESSIONS: dict[str, Callable[[list[bytes]], object]] = {
    "epihub": our_session,
    "astm-2025": their_codec,
    "with its link": their_session,
}


def genexpert_run() -> list[bytes]:
    """What a GeneXpert says of one MTB/RIF cartridge: 88 records, 84 of them R, each with its CR."""
    run = "PC^800001^600002^470003^00511^20270131"
    lines = [
        "H|@^\\|M1||LAB^GeneXpert^6.4|||||HUB||P|1394-97|20260812101530",
        "P|1||HN-771",
        "O|1|DN0812-0007||^^^MTB-RIF|R|20260812093000|||||||||ORH||||||||||F",
    ]
    numbers = count(1)
    for target in ("MTB", "Rif Resistance", "SPC", "IS1081", "rpoB1", "rpoB2"):
        main = f"|NOT DETECTED^|||||F||KTV|20260812093000|20260812101500|{run}"
        lines.append(f"R|{next(numbers)}|^MTB-RIF^^TBU^Xpert MTB-RIF Ultra^4^{target}^{main}")
        for part, value in (("Ct", "23.4"), ("EndPt", "113.0"), ("Delta Ct", "1.2")) * 4 + (
            ("Conc/LOG", ""),
        ):
            lines.append(f"R|{next(numbers)}|^MTB-RIF^^TBU^^^{target}^{part}|^{value}|||")
    return [f"{line}\r".encode() for line in [*lines, "L|1|N"]]


def sessions(records: list[bytes]) -> dict[str, list[bytes]]:
    """The same message as machines cut it, chunk by chunk as it is sent: a sender waits for each answer."""
    whole = b"".join(records)
    cuts = [whole[at : at + 240] for at in range(0, len(whole), 240)]
    last = len(cuts)
    return {
        "one frame": [ENQ, _frame(1, whole, ETX), EOT],
        "a frame a record": [ENQ, *(_frame(n, text, ETX) for n, text in enumerate(records, 1)), EOT],
        "240 bytes a frame": [
            ENQ,
            *(_frame(n, text, ETX if n == last else ETB) for n, text in enumerate(cuts, 1)),
            EOT,
        ],
    }


def _frame(number: int, text: bytes, end: bytes) -> bytes:
    covered = b"%d" % (number % 8) + text + end
    return STX + covered + b"%02X\r\n" % (sum(covered) % 256)
