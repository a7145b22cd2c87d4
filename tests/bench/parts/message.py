"""The message of the lab bench: an ORU^R01 with three OBX, about 600 bytes, and how to read its answer."""

import random
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

START, END = b"\x0b", b"\x1c\r"
FAMILY_NAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Đặng")
GIVEN_NAMES = ("Thị Hồng Hạnh", "Văn Đức", "Thị Mỹ Duyên", "Quốc Bảo", "Ngọc Ánh", "Hữu Phước")
FIRST_AT = datetime(2021, 8, 5, 7, 30, tzinfo=timezone(timedelta(hours=7)))


class Sample(NamedTuple):
    """One message as it is sent; ``control_id`` is its MSH-10 and its specimen."""

    control_id: str
    block: bytes


def samples(prefix: str, count: int) -> list[Sample]:
    """``count`` messages with ids of their own; the same prefix gives the same bytes."""
    rng = random.Random(prefix)
    names = [f"{prefix}-{number:06d}" for number in range(count)]
    return [Sample(name, START + _oru(name, number, rng) + END) for number, name in enumerate(names)]


def answer_of(block: bytes) -> tuple[str, str]:
    """(MSA-1, MSA-2) of an acknowledgement; empty where it has none."""
    for segment in block.split(b"\r"):
        if segment.startswith(b"MSA"):
            fields = segment.split(b"|")
            return fields[1].decode(), fields[2].decode()
    return "", ""


def _oru(name: str, number: int, rng: random.Random) -> bytes:
    detected = rng.random() < 0.1
    call = "260373001^Detected^SCT" if detected else "260415000^Not detected^SCT"
    at = (FIRST_AT + timedelta(seconds=number)).strftime("%Y%m%d%H%M%S%z")  # each result has its own time
    patient = f"{rng.choice(FAMILY_NAMES)}^{rng.choice(GIVEN_NAMES)}"
    segments = [
        f"MSH|^~\\&|CFX96|PCR1|EPIHUB|DNAI|{at}||ORU^R01^ORU_R01|{name}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||BN{number:07d}^^^HIS^MR||{patient}||19840229|{rng.choice('MF')}",
        f"OBR|1||{name}|94500-6^SARS-CoV-2 RNA^LN|||{at}|||||||||||||||||F",
        f"OBX|1|CWE|94500-6^SARS-CoV-2 RNA^LN||{call}||||||F|||{at}|||||{at}",
        *(_ct(2 + index, code, at, rng) for index, code in enumerate(("94642-2", "94643-0"))),
    ]
    return ("\r".join(segments) + "\r").encode()


def _ct(number: int, code: str, at: str, rng: random.Random) -> str:
    ct = f"{rng.uniform(14, 40):.2f}"
    return f"OBX|{number}|NM|{code}^Ct^LN|{number - 1}|{ct}|{{cycles}}^cycles^UCUM|<37||||F|||{at}"
