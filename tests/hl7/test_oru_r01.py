"""What we write is HL7 2.5.1 to a parser that is not ours, and says what the event said to our own reader."""

import re

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given

from hub.hl7.oru_r01 import Outgoing, Parties, oru_r01
from hub.payloads import LabResult
from tests.fhir.samples import AT, EVENT, SARS, labs

PARTIES = Parties("EPIHUB", "dong-nai", "LIS", "CDC")


def outgoing(lab: LabResult, *, pool: bool = False) -> Outgoing:
    return Outgoing(EVENT, "/bv/edge-1/gx|S1", "bv", "gx-01", AT, AT, lab, pool)


def test_a_result_as_it_is_sent() -> None:
    told = oru_r01(outgoing(SARS), PARTIES).decode().split("\r")
    assert [line[:3] for line in told] == ["MSH", "PID", "OBR", "OBX", "OBX", "OBX", "OBX", "SPM", ""]
    assert told[0].startswith("MSH|^~\\&|EPIHUB|dong-nai|LIS|CDC|20210726010203.000+0000||ORU^R01^ORU_R01|")
    assert told[3].startswith(
        "OBX|1|CWE|94500-6^SARS-CoV-2^LN^COVID^SARS-CoV-2^99EPI||260373001^Detected^SCT||||||F|||2021"
    )
    assert told[5].startswith(
        "OBX|3|NM|CT-E^Ct E^99EPI|1.3|18.6|{Ct}^^UCUM||||||F".replace("||||||F", "|||||F")
    )
    assert told[7] == "SPM|1|^S-1||ORH^Other^HL70487"


def test_a_pool_is_nobodys() -> None:
    assert b"PID|" not in oru_r01(outgoing(SARS, pool=True), PARTIES)


@given(labs)
def test_another_parser_takes_every_message(lab: LabResult) -> None:
    body = oru_r01(outgoing(lab), PARTIES)
    parsed = parse_message(body.decode(), validation_level=VALIDATION_LEVEL.TOLERANT, find_groups=True)
    assert parsed.msh.msh_9.to_er7() == "ORU^R01^ORU_R01"
    assert len(re.findall(rb"\rOBX\|", body)) == 1 + sum(
        1 + (target.value is not None) + (target.ct is not None) for target in lab.targets
    )


@given(labs)
def test_the_same_event_gives_the_same_bytes_and_one_control_id(lab: LabResult) -> None:
    first, again = (oru_r01(outgoing(lab), PARTIES) for _ in range(2))
    assert first == again
    control = first.split(b"\r")[0].split(b"|")[9]
    assert re.fullmatch(rb"[0-9a-f]{20}", control)


def test_a_strict_parser_finds_the_groups() -> None:
    parsed = parse_message(
        oru_r01(outgoing(SARS), PARTIES).decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=True
    )
    order = parsed.oru_r01_patient_result.oru_r01_order_observation
    assert len(order.oru_r01_observation) == 4
    assert order.oru_r01_specimen.spm.spm_2.to_er7() == "^S-1"
