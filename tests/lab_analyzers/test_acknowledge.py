"""Acknowledgements: read by hl7apy as HL7, and safe whatever the sender put in its header."""

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapters.lab_analyzers.acknowledge import NOT_COMMITTED, acknowledge, trouble
from tests.lab_analyzers.line import msa, oru

NOW_MS = 1_790_000_000_000


def test_aa_is_hl7_that_another_library_reads() -> None:
    answer = acknowledge(oru("ID-7"), "AA", NOW_MS)
    parsed = parse_message(answer.decode())
    assert parsed.msh.msh_9.to_er7() == "ACK^R01^ACK"
    assert parsed.msh.msh_3.to_er7() == "EPIHUB"
    assert (parsed.msh.msh_5.to_er7(), parsed.msh.msh_6.to_er7()) == ("XP", "LAB")
    assert parsed.msh.msh_12.to_er7() == "2.5.1"
    assert parsed.msh.msh_18.to_er7() == "UNICODE UTF-8"
    assert (parsed.msa.msa_1.to_er7(), parsed.msa.msa_2.to_er7()) == ("AA", "ID-7")
    assert parsed.msh.msh_10.to_er7() not in ("", "ID-7")
    assert (parsed.msh.msh_15.to_er7(), parsed.msh.msh_16.to_er7()) == ("", "")
    assert parsed.msh.msh_7.to_er7() == "20260921141320+0000"


@pytest.mark.parametrize("version", ["2.3", "2.4", "2.5", "2.5.1", "2.6"])
def test_ae_names_code_and_place(version: str) -> None:
    raw = oru("ID-7").replace(b"|2.5.1|", f"|{version}|".encode())
    parsed = parse_message(acknowledge(raw, "AE", NOW_MS, NOT_COMMITTED).decode())
    assert parsed.version == version
    error = parsed.err.to_er7()
    assert "207" in error
    assert "not_committed" in error
    assert error.startswith("ERR||MSH^1|" if version >= "2.5" else "ERR|MSH^1^^207&")


def test_ar_points_at_the_missing_control_id() -> None:
    answer = acknowledge(b"MSH|^~\\&|A|B", "AR", NOW_MS, trouble("hl7.no_control_id", "MSH-10"))
    parsed = parse_message(answer.decode())
    assert parsed.msa.to_er7() == "MSA|AR"
    assert parsed.err.to_er7() == "ERR||MSH^1^10|101^hl7.no_control_id^HL70357|E"


def test_answer_speaks_the_senders_delimiters() -> None:
    raw = oru("A|^7").translate(bytes.maketrans(b"|^", b"#*")).replace(b"A#*7", b"A|^7")
    answer = acknowledge(raw, "AE", NOW_MS, NOT_COMMITTED)
    assert answer.startswith(b"MSH#*~\\&#EPIHUB#")
    assert b"#ACK*R01*ACK#" in answer
    assert msa(answer) == ("AE", "A|^7")
    assert b"ERR##MSH*1#207*not_committed*HL70357#E" in answer


def test_control_id_comes_back_byte_by_byte_and_bounded() -> None:
    raw = oru().replace(b"|M1|", "|Xé^1~<script>../#$+|".encode())
    assert "MSA|AA|Xé^1~<script>../#$+\r".encode() in acknowledge(raw, "AA", NOW_MS)
    long = oru("C" * 500)
    assert msa(acknowledge(long, "AA", NOW_MS)) == ("AA", "C" * 199)
    assert msa(acknowledge(oru("A\x00\x1b\x0c1"), "AA", NOW_MS)) == ("AA", "A1")


def test_the_same_message_is_answered_the_same_and_another_is_not() -> None:
    assert acknowledge(oru("A"), "AA", NOW_MS) == acknowledge(oru("A"), "AA", NOW_MS)
    ids = {
        acknowledge(raw, code, NOW_MS).split(b"|")[9] for raw in (oru("A"), oru("B")) for code in ("AA", "AE")
    }
    assert len(ids) == 4
    assert all(len(own) <= 20 for own in ids)


@given(st.binary(max_size=200), st.sampled_from(["AA", "AE", "AR"]))
def test_hostile_headers_make_no_segment_of_their_own(garbage: bytes, answer: str) -> None:
    text = acknowledge(b"MSH|^~\\&|" + garbage, answer, NOW_MS, trouble("hl7.no_msh", "MSH"))  # type: ignore[arg-type]
    assert [line[:3] for line in text.split(b"\r")] == [b"MSH", b"MSA", b"ERR", b""]
    assert b"\n" not in text
    assert b"\x0b" not in text
    assert b"\x1c" not in text
