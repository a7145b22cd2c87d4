"""The message of the codec bench: an ORU^R01 with eight OBX, eleven segments, 1,291 bytes."""

from datetime import datetime, timedelta, timezone

from tests.bench.parts.message import END, START, Sample

PANEL_BYTES = 1291
FIRST_AT = datetime(2021, 8, 5, 7, 30, tzinfo=timezone(timedelta(hours=7)))
_TARGETS = ("94500-6", "94745-7", "94533-7", "94510-5", "94559-2", "94644-2", "94640-0", "94642-6")
_TEST = "94531-1^SARS-CoV-2 panel^LN"
_ADDRESS = "12 Phạm Văn Thuận^^Biên Hòa^^^VN"


def panel(control_id: str, number: int) -> bytes:
    """One message without framing; ``control_id`` is its specimen too, and no other has its times."""
    at = f"{FIRST_AT + timedelta(seconds=number):%Y%m%d%H%M%S}"
    head = "MSH|^~\\&|GeneXpert|PCR1|EPIHUB|DNAI|"
    segments = [
        f"{head}{at}+0700||ORU^R01^ORU_R01|{control_id}|P|2.5.1||||||UNICODE UTF-8",
        f"PID|1||BN{number:07d}^^^HIS^MR||Nguyễn^Thị Hồng Hạnh||19840229|F|||{_ADDRESS}|DN",
        f"OBR|1|O{number:07d}|{control_id}|{_TEST}|||{at}|||||||{at}|NP^Swab|||||||{at}|||F",
        *(_row(row, code, at) for row, code in enumerate(_TARGETS, 1)),
    ]
    return ("\r".join(segments) + "\r").encode()


def _row(row: int, code: str, at: str) -> str:
    if row % 2:
        result = f"CWE|{code}^SARS-CoV-2 RNA^LN|{row}|260373001^Detected^SCT||Not detected|POS"
    else:
        result = f"NM|{code}^SARS-CoV-2 Ct^LN|{row}|2{row}.6{row}|{{cycles}}^cycles^UCUM|<37|N"
    return f"OBX|{row}|{result}|||F|||{at}||KTV{row:02d}~KTV09||GX^80001"


def panels(prefix: str, count: int) -> list[Sample]:
    """``count`` of them, in blocks; the same prefix gives the same bytes."""
    names = [f"{prefix}-{number:06d}" for number in range(count)]
    return [Sample(name, START + panel(name, number) + END) for number, name in enumerate(names)]
