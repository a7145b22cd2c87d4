"""What the readers promise of any bytes: a result or a problem, never a fault, and no name in an event."""

import re
from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo

from adapters.lab_analyzers.astm.records import Fault as RecordsFault
from adapters.lab_analyzers.astm.records import Record, read_records
from adapters.lab_analyzers.astm.results import AstmReader, sender_of
from adapters.lab_analyzers.er7 import Fault, Segment, read_header, read_message
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.message_files import READERS, form_of, messages
from adapters.lab_analyzers.pictures import pictures
from adapters.lab_analyzers.profiles import Profile, load_profile
from adapters.lab_analyzers.tables import TableReader
from adapters.lab_analyzers.times import EARLIEST_MS, FUTURE_MS
from hub.contract import Frame, Interpretation, MalformedFrame
from hub.edge.encoder import Made, Origin, encode
from hub.events import decode_data, decode_event
from hub.payloads import LabResult
from hub.pseudonyms import KeyedPseudonyms
from tests.fuzz.parts.target import Check, random_of, require

RECEIVED_MS = 1_790_000_000_000
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
NAMES = ("Nguyễn", "Ánh", "Hồng")  # in the inputs: no label fits them, so no event may hold one
CHARSETS = ("", "utf-8", "cp1258", "gb18030", "euc_kr", "big5", "iso2022_jp", "latin-1")
_ORIGIN = Origin("lab", "edge-1", "fuzz-1")
_REASON = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_PLACE = re.compile(r"[A-Za-z0-9 ,.-]{0,200}")
_MOST_FIELDS = 45
AnyReader = Reader | AstmReader | TableReader


@cache
def reader_of(form: str, profile: str) -> AnyReader:
    """One for all inputs, as a device has one for all its messages."""
    return READERS[form](load_profile(profile), KeyedPseudonyms(b"k" * 32, weak=False), "lab", ZONE)


def check_er7(data: bytes) -> None:
    """Every field of every segment can be asked for, in every charset, and is bounded."""
    header = read_header(data)
    if isinstance(header, Fault):
        return
    for number in range(_MOST_FIELDS):
        require(isinstance(header.text(number + 1, 2), str), "a header field is text")
    message = read_message(data, header, random_of(data).choice(CHARSETS))
    if isinstance(message, Fault):
        return
    for line in message.lines:
        _check_segment(message.segment(line))


def _check_segment(segment: Segment) -> None:
    for number in range(_MOST_FIELDS):
        repeated = segment.repetitions(number)
        require(1 <= len(repeated) <= 33, "repetitions are bounded")
        parts = segment.components(number)
        require(1 <= len(parts) <= 14, "components are bounded")
        require(all(isinstance(part, str) for part in parts), "components are text")
        require(segment.text(number) == segment.text(number).strip(), "a text is stripped")
        segment.text(number, 3, 2)
        segment.is_repeated(number)


def read_rows(data: bytes) -> None:
    """A message with the fields of each segment cut, and nothing else."""
    header = read_header(data)
    message = header if isinstance(header, Fault) else read_message(data, header)
    if isinstance(message, Fault):
        return
    for line in message.lines:
        segment = message.segment(line)
        segment.text(3), segment.components(5), segment.repetitions(18)


def read_all_records(data: bytes) -> None:
    """Records with the fields of each cut, and nothing else."""
    records = read_records(data)
    for record in records.rest if not isinstance(records, RecordsFault) else ():
        record.text(3), record.components(4), record.repetitions(5)


def check_records(data: bytes) -> None:
    """Every field of every record can be asked for, in every charset, and is bounded."""
    records = read_records(data, random_of(data).choice(CHARSETS))
    sender_of(data)
    if isinstance(records, RecordsFault):
        return
    for record in (records.header, *records.rest):
        _check_record(record)


def _check_record(record: Record) -> None:
    require(len(record.type) <= 1, "a type is one letter")
    for number in range(1, _MOST_FIELDS):
        require(1 <= len(record.repetitions(number)) <= 65, "repetitions are bounded")
        require(1 <= len(record.components(number)) <= 26, "components are bounded")
        require(record.text(number) == record.components(number)[0], "a text is the first component")


def results(form: str, profile: str) -> Check:
    """The check of one reader with one profile."""

    def check(data: bytes) -> None:
        _check_results(reader_of(form, profile), data)

    return check


def reading(form: str, profile: str) -> Callable[[bytes], object]:
    """The same, once and without looking at what comes of it."""
    return lambda data: reader_of(form, profile).interpret(Frame(data, "C1"), RECEIVED_MS)


def _check_results(reader: AnyReader, data: bytes) -> None:
    frame = Frame(data, "C1", "10.1.2.3")
    found = reader.interpret(frame, RECEIVED_MS)
    require(bool(found.facts or found.problems) or _is_answered(reader, data), "something comes of it")
    require(told(reader.interpret(frame, RECEIVED_MS)) == told(found), "the same bytes mean the same")
    for problem in found.problems:
        _check_problem(problem, data)
    for fact in found.facts:
        require(EARLIEST_MS <= fact.time_ms <= RECEIVED_MS + FUTURE_MS, "a time can be true")
        record, _ = encode(_ORIGIN, fact, Made(RECEIVED_MS))
        event = decode_event(record.body)
        require(decode_data(event) == fact.payload, "the hub reads what the edge wrote")
        _check_result(fact.payload, record.body)


def _check_result(payload: object, body: bytes) -> None:
    require(isinstance(payload, LabResult), "a result is a lab.result.v1")
    assert isinstance(payload, LabResult)
    require(payload.specimen != "", "a result has a specimen")
    require(not (payload.control and payload.person), "a control is nobody's")
    text = body.decode()
    require(not any(name in text for name in NAMES), "no name leaves the edge")


def _check_problem(problem: MalformedFrame, data: bytes) -> None:
    require(_REASON.fullmatch(problem.reason) is not None, "a reason is a code")
    require(_PLACE.fullmatch(problem.place) is not None, "a place repeats nothing of the message")
    require(problem.raw == data or problem.raw in data, "a problem has the bytes it is about")


def _is_answered(reader: AnyReader, data: bytes) -> bool:
    """What is no result but has an answer, a query or one to our orders, leaves nothing behind here."""
    if isinstance(reader, AstmReader):
        return b"Q" in data.upper()
    header = read_header(data)
    return not isinstance(header, Fault) and header.text(9)[:3].upper() not in {"ORU", "OUL"}


def told(found: Interpretation) -> tuple[object, ...]:
    return (found.facts, tuple((each.reason, each.place, each.raw) for each in found.problems))


def captures(profile: str) -> Check:
    """A file of any bytes: its messages are pieces of it, and each can be read."""

    def check(data: bytes) -> None:
        known: Profile = load_profile(profile)
        form = form_of(data, known)
        require(form in READERS, "a form that is known")
        for message in messages(data, form):
            if isinstance(message, Frame):
                reader_of(form_of(message.raw, known), profile).interpret(message, RECEIVED_MS)

    return check


def check_pictures(data: bytes) -> None:
    """Pictures are no more than their message, and each is there once."""
    found = pictures(data)
    require(sum(len(each.content) for each in found) <= len(data), "pictures are part of their message")
    require(len({each.content for each in found}) == len(found), "a picture is there once")
