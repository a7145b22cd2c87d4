"""The ER7 reader: delimiters, escapes, null, segment ends, charsets, limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.er7 import (
    MAX_SEGMENTS,
    NULL,
    STANDARD,
    Fault,
    Header,
    Message,
    read_header,
    read_message,
    unescape,
)

MSH = b"MSH|^~\\&|XP^123|LAB|||2026||ORU^R01|ID-1|P|2.5.1"


def message(raw: bytes, charset: str = "") -> Message:
    header = read_header(raw)
    assert isinstance(header, Header)
    read = read_message(raw, header, charset)
    assert isinstance(read, Message)
    return read


def test_header_counts_the_separator_as_its_first_field() -> None:
    header = read_header(MSH + b"\rPID|1")
    assert isinstance(header, Header)
    assert header.control == "ID-1"
    assert (header.text(3), header.text(3, 2), header.text(9, 2), header.text(12)) == (
        "XP",
        "123",
        "R01",
        "2.5.1",
    )
    assert header.text(18) == ""


def test_other_delimiters() -> None:
    header = read_header(b"MSH#*~\\&#XP*1####2026##ORU*R01#A|1#P#2.5")
    assert isinstance(header, Header)
    assert (header.control, header.text(9, 2)) == ("A|1", "R01")


def test_five_encoding_characters_since_2_7() -> None:
    header = read_header(MSH.replace(b"^~\\&", b"^~\\&#"))
    assert isinstance(header, Header)
    assert header.delimiters == STANDARD


@pytest.mark.parametrize(
    ("raw", "reason", "control"),
    [
        (b"", "hl7.no_msh", b""),
        (b"PID|1", "hl7.no_msh", b""),
        (b"FHS|^~\\&|batch\rMSH|^~\\&|", "hl7.no_msh", b""),
        (MSH.decode().encode("utf-16"), "hl7.no_msh", b""),
        (b"MSH", "hl7.separators", b""),
        (b"MSH|", "hl7.separators", b""),
        (b"MSHAAAA", "hl7.separators", b""),
        (MSH.replace(b"^~\\&", b"^~"), "hl7.separators", b"ID-1"),
        (MSH.replace(b"^~\\&", b"^^^^"), "hl7.separators", b"ID-1"),
        (MSH.replace(b"^~\\&", b"abcd"), "hl7.separators", b"ID-1"),
        (b"MSH|^~\\&|A|B", "hl7.no_control_id", b""),
        (MSH.replace(b"ID-1", b"  "), "hl7.no_control_id", b""),
        (MSH.replace(b"ID-1", b'""'), "hl7.no_control_id", b""),
    ],
)
def test_headers_that_identify_nothing(raw: bytes, reason: str, control: bytes) -> None:
    fault = read_header(raw)
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.control) == (reason, control)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n \t"])
def test_segment_ends(end: bytes) -> None:
    read = message(end.join((MSH, b"PID|1", b"", b"OBR|1", b"")))
    assert [line[:3] for line in read.lines] == ["PID", "OBR"]


def test_null_is_not_empty() -> None:
    segment = message(MSH + b'\rOBR|""||x^""^z').segment('OBR|""||x^""^z')
    assert (segment.field(1), segment.field(2)) == (NULL, "")
    assert (segment.text(1), segment.text(2)) == ("", "")
    assert segment.components(3) == ["x", "", "z"]
    assert segment.field(99) == ""


def test_parts_of_a_field() -> None:
    segment = message(MSH).segment(r"SPM|1|a&ROCHE^b&c~d||x\T\y^\S\ ")
    assert segment.text(2) == "a"
    assert segment.text(2, 1, 2) == "ROCHE"
    assert segment.text(2, 2) == "b"
    assert segment.text(2, 2, 2) == "c"
    assert segment.text(2, 3) == ""
    assert segment.repetitions(2) == [["a&ROCHE", "b&c"], ["d"]]
    assert segment.components(4) == ["x&y", "^ "]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"a\F\b\S\c\R\d\E\e\T\f", "a|b^c~d\\e&f"),
        (r"line\.br\two", "line\ntwo"),
        (r"\H\bold\N\ ", "bold "),
        (r"\X41C3A9\ ", "Aé "),
        (r"\X4\ ", r"\X4\ "),
        (r"\Zfoo\ ", r"\Zfoo\ "),
        (r"\C2842\ \M244040\ ", r"\C2842\ \M244040\ "),
        (r"open \F", r"open \F"),
        ("\\", "\\"),
        (r"\X0D\ ", "\r "),
    ],
)
def test_escapes(text: str, expected: str) -> None:
    assert unescape(text, STANDARD) == expected


@pytest.mark.parametrize(
    ("body", "declared", "override", "expected"),
    [
        ("Nguyễn".encode(), "UNICODE UTF-8", "", "Nguyễn"),
        ("Nguyễn".encode(), "", "", "Nguyễn"),
        ("Nguyễn".encode(), "ASCII", "", "Nguyễn"),
        ("Nguyễn".encode(), "no such", "", "Nguyễn"),
        ("Tr\u00e2\u0300n".encode("cp1258"), "UNICODE UTF-8", "", "Tr\u00e2\u0300n"),
        ("Müller".encode("latin-1"), "8859/1", "", "Müller"),
        ("李|明".encode("gb18030"), "GB 18030-2000", "", "李"),
        ("ệ".encode(), "8859/1", "utf-8", "ệ"),
        (b"\xd2\xff\x81", "", "", "Òÿ\x81"),
    ],
)
def test_charsets(body: bytes, declared: str, override: str, expected: str) -> None:
    raw = MSH + b"||||||" + declared.encode() + b"\rNTE|1||" + body
    read = message(raw, override)
    assert read.segment(read.lines[0]).field(3) == expected


def test_a_delimiter_inside_a_double_byte_character_cuts_nothing() -> None:
    character = b"\x81\x7c".decode("gb18030")  # its second byte is "|"
    read = message(MSH + b"||||||GB 18030-2000\rNTE|1||" + character.encode("gb18030") + b"|end")
    assert read.segment(read.lines[0]).field(3) == character
    assert read.segment(read.lines[0]).field(4) == "end"


def test_too_many_segments() -> None:
    raw = MSH + b"\rNTE|1" * (MAX_SEGMENTS + 1)
    header = read_header(raw)
    assert isinstance(header, Header)
    assert read_message(raw, header) == Fault("hl7.too_many", "segments")


def test_a_field_of_separators_is_cut_only_so_far() -> None:
    segment = message(MSH).segment("OBX" + "|" * 1_000_000)
    assert len(segment.fields) < 100
    assert len(message(MSH).segment("OBX|" + "~" * 1_000_000).repetitions(1)) < 100
    assert len(message(MSH).segment("OBX|" + "^" * 1_000_000).components(1)) < 100


def test_a_text_of_escapes_costs_nothing() -> None:
    text = "\\X41\\" * 2_000_000
    assert unescape(text, STANDARD) == text


@given(st.text(alphabet="|^~\\&FSTREX0.br ab", max_size=40))
def test_unescape_keeps_all_other_text(text: str) -> None:
    assert unescape(text.replace("\\", ""), STANDARD) == text.replace("\\", "")
    unescape(text, STANDARD)


@given(st.text(alphabet="|^~\\&abcé", max_size=40))
def test_escape_and_back(text: str) -> None:
    escaped = "".join(
        {"|": r"\F\x"[:3], "^": r"\S\x"[:3], "~": r"\R\x"[:3], "\\": r"\E\x"[:3], "&": r"\T\x"[:3]}.get(c, c)
        for c in text
    )
    assert unescape(escaped, STANDARD) == text


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(garbage: bytes) -> None:
    header = read_header(b"MSH|^~\\&|" + garbage)
    if isinstance(header, Header):
        read_message(b"MSH|^~\\&|" + garbage, header)
