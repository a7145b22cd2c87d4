"""Well-formed inputs to begin with: our own cases, and messages made for every shipped profile."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from adapters.lab_analyzers.message_files import messages
from adapters.lab_analyzers.profiles import load_profile, names
from hub.contract import Frame
from tests.lab_analyzers.astm.device import ENQ, EOT, ETB, frame, records, session
from tests.lab_analyzers.line import framed, oru

CASES = Path(__file__).parents[2] / "cases"

HL7 = (
    oru("M1"),
    oru("M2", obx=["OBX|1|NM|94745-7^Ct^LN|1|36,51|{Ct}||||F", "OBX|2|SN|T||<^40|cp/mL|||||F"]),
    oru(
        "M3", obx=["OBX|1|NA|T||36.51^^37.15||||||F|||20260301~20260302|||A^B~C", "NTE|1||Ct:0 (MMx 1),26.71"]
    ),
    oru("M4", obx=["OBX|1|ED|PDF||^^^Base64^QUFB||||||F", "OBX|2|ST|T||2.52E+3 (3.40)|log10||||X"]),
    oru(
        "M5",
        obr="OBR|1|O~P|A,B^c&d|T^\\T\\\\X0D\\^LN|||||||||||||||||||||P",
        obx=["OBX|1|CE|T||DET^x"],
    ),
    (
        b"MSH#*~\\&#A#B#C#D#20260301##OUL*R22#M6#P#2.5.1###NE#AL#VNM#GB 18030-2000\rSPM#1#S1&ROCHE##"
        b"BLD#######P\rSAC#1##S2\rINV#POSCO\rOBR#1##O#T*x*LN\rORC#1\rOBX#1#ST#T##763#10*-1.{Copies}/mL#####F\rTCD#1\r"
    ),
    b"MSH|^~\\&#|A|B|C|D|2026030110||QBP^Q11^QBP_Q11|Q1|P|2.5.1\rQPD|WOS^Work Order^IHELAW|1|S-1\rRCP|I\r",
)
ASTM = (
    b"".join(records()),
    b"".join(records(word="POSITIVE", ct="23,4")),
    (
        b"H|\\^&|||A^B^C||||||P|1|20260301\rP|1||Nguy\xe1\xbb\x85n\rO|1|S1,S2|^R^1|^^^T\\^^^U|S||||||Q\r"
        b"R|1|^^^T|< 40|cp/mL||<||F\rC|1|I|Error^5006^x^y^20260301|I\rM|1\rL|1|N\r"
    ),
    b"H|@^\\|M1||LAB\rQ|1|^DN0812-0007||||||||||O@N\rL|1|N\r",
    b"H*\\^&***A\nP*1\nO*1*S&F&1**^^^T&X41&\nR*1*^^^T*1.2E+3*10*3/uL\nL*1\n",
)
_FROM = b"|A|B|EPIHUB|D|20260301103000||"
HL7_QUERIES = (
    HL7[-1],
    b"MSH|^~\\&" + _FROM + b"QBP^Q11^QBP_Q11|Q2|P|2.5.1|||NE|AL||UNICODE UTF-8|||LAB-27^IHE\r"
    b"QPD|WOS^Work Order Step^IHELAW|T1|S-1~S-2|R1|7\rRCP|I||R^^HL70394\r",
    b"MSH|^~\\&" + _FROM + b"QBP^Q11|Q3|P|2.5|||||||8859/1\rQPD|WOS_ALL^^IHELAW|T2\rRCP|I\r",
    b"MSH|^~\\&" + _FROM + b"QBP^Z03|Q4|P|2.5\rQPD|Z03^HOST QUERY^GX|T3||DN0812-0007\rRCP|I\r",
    b"MSH#*~\\&#A#B#C#D#20260301##QBP*Z01#Q5#P#2.5\rQPD#Z01#T4\r",
    b"MSH|^~\\&" + _FROM + b"QRY^Q02|Q6|P|2.3.1||||||ASCII\rQRD|20260301|R|D|6|||RD|S-1|OTH|||T|\r"
    b"QRF|A|20260301|20260301|||RCT|COR|ALL||\r",
    b"MSH|^~\\&" + _FROM + b"QRY^Q02|Q7|P|2.3.1\rQRD|20260301|R|D|7|||RD||OTH\r",
)
ASTM_REFUSALS = (
    b"H|\\^&|||A\rP|1\rO|1|S-1||^^^T" + b"|" * 21 + b"X\rC|1|I|why|I\rL|1|N\r",
    b"H|@^\\|||A\rO|1|S-1||^^^T@^^^U" + b"|" * 21 + b"F\rR|1|^^^T|^|||||X\rL|1|E\r",
)
HL7_ANSWERS = (
    b"MSH|^~\\&" + _FROM + b"ORL^O34^ORL_O42|A1|P|2.5.1\rMSA|AA|C1\rORC|OK|O-0/T\rORC|UA\rOBR|1|O-1/T\r",
    b"MSH|^~\\&" + _FROM + b"ACK^O33|A2|P|2.5.1\rMSA|AR|C1\rERR||MSH^1|207|E\r",
)
VALUES = (
    b"20260301103000\n20260301103000.1234+0700\n202603\n20260301\n20261301\n00010101000000-1400\n99991231235959",
    b"<^40\n>^1^-^5\n< 20\n3.26E+05 cp/mL\n2.52E+3 (3.40)\n***.**\n-----\n60,96\n0.0\n1e308\n99999999e999",
    "NOT DETECTED\nDương tính\n94500-6\n94500\u20116\nno result - repeat test\nΔ ß ﬁ İ".encode(),
    b"a\\F\\b\\X0D0A\\c\\.br\\\\H\\x\\N\\\\Z\\\\Cxxyy\\ unclosed \\T",
    "Nguyễn Thị Ánh".encode("cp1258", "replace") + b"\x1b$B$3$N\x1b(B" + "陈".encode("gb18030"),
)
HL7_WORDS = (
    b"\x0b",
    b"\x1c\r",
    b"\x1c",
    b"\r",
    b"\n",
    b"|",
    b"^",
    b"~",
    b"&",
    b"\\",
    b'""',
    b"MSH",
    b"MSH|^~\\&|",
    b"PID|",
    b"OBR|",
    b"OBX|",
    b"SPM|",
    b"SAC|",
    b"ORC|",
    b"INV|",
    b"NTE|",
    b"QPD|",
    b"ORU^R01",
    b"OUL^R22",
    b"QBP^Q11",
    b"\\T\\",
    b"\\X0D\\",
    b"|NM|",
    b"|SN|",
    b"|CWE|",
    b"|ED|",
    b"|NA|",
    b"AL",
    b"NE",
    b"2.5.1",
    b"UNICODE UTF-8",
    b"GB 18030-2000",
    b"ISO IR87",
    b"8859/1",
    b"94500-6",
    b"LN",
    b"260373001",
    b"SCT",
    b"\xef\xbb\xbf",
    b"\x00",
    "Nguyễn".encode(),
    b"MSA|AA|LAST",
    b"MSA|AE|LAST",
    b"MSA|CA|LAST",
)
ASTM_WORDS = (
    b"\x05",
    b"\x04",
    b"\x02",
    b"\x03",
    b"\x17",
    b"\x06",
    b"\x15",
    b"\r",
    b"\n",
    b"\r\n",
    b"|",
    b"\\",
    b"^",
    b"&",
    b"@",
    b"H|\\^&",
    b"H|@^\\",
    b"P|1",
    b"O|1|",
    b"R|1|",
    b"C|1|",
    b"Q|1|",
    b"M|1",
    b"L|1|N",
    b"&F&",
    b"&X0D&",
    b"Error^5006^",
    b"<",
    b">=",
    b"|F|",
    b"|P|",
    b"|C|",
    b"\x021",
    b"\x022",
    b"\x00",
    "Nguyễn".encode(),
    b"MSH|^~\\&|",
    b"NEGATIVE",
)
TABLE_WORDS = (
    b",",
    b";",
    b"\t",
    b'"',
    b'""',
    b"\r\n",
    b"\n",
    b"* ",
    b" = ",
    b"0",
    b"1,5",
    b"Undetermined",
    b"\x00",
    b"\xef\xbb\xbf",
    "Dương tính".encode(),
    "Nguyễn".encode(),
    b"=cmd|' /C calc'!A0",
)


@cache
def cases(kind: str) -> tuple[bytes, ...]:
    """The bytes of our own cases, as they come over the line."""
    return tuple(path.read_bytes() for path in sorted((CASES / kind).glob("*/input.bin")))


@cache
def messages_of(kind: str, form: str) -> tuple[bytes, ...]:
    """The messages of our own cases, without framing."""
    found = [message for raw in cases(kind) for message in messages(raw, form)]
    return tuple(message.raw for message in found if isinstance(message, Frame))


def mllp_streams() -> Sequence[bytes]:
    return (b"".join(map(framed, HL7)), framed(HL7[0]) + b"\n" + HL7[1] + b"\x1c\r", *cases("hl7_mllp"))


def mllp_answers() -> Sequence[bytes]:
    head = b"MSH|^~\\&|LIS|||EPI|20260301||ACK|9|P|2.5.1\rMSA|"
    return tuple(framed(head + code + b"|LAST\r") for code in (b"AA", b"AE", b"AR", b"CA", b"CR"))


def hl7() -> Sequence[bytes]:
    return (*HL7, *messages_of("hl7_mllp", "hl7"))


def astm() -> Sequence[bytes]:
    return (*ASTM, HL7[0], *messages_of("astm_tcp", "astm"))


def astm_streams() -> Sequence[bytes]:
    whole = b"".join(records())
    parts = [whole[at : at + 240] for at in range(0, len(whole), 240)]
    cut = b"".join(frame(n, part, ETB) for n, part in enumerate(parts[:-1], 1)) + frame(len(parts), parts[-1])
    return (
        session(records()),
        ENQ + cut + EOT,
        *(ENQ + frame(1, each) + EOT for each in ASTM),
        *cases("astm_tcp"),
    )


def astm_answers() -> Sequence[bytes]:
    return (
        b"\x06" * 9,
        b"\x06\x06\x15\x06\x06",
        b"\x15",
        b"\x06\x04",
        b"\x05" + session(records()),
        b"\x06\x06\x05",
    )


def tables() -> Sequence[bytes]:
    """A table for each profile that reads them, in three delimiters, and the files of our own cases."""
    made = [_table(name, mark) for name in table_profiles() for mark in ("\t", ";", ",")]
    return [*made, *cases("file_drop")]


def table_profiles() -> list[str]:
    return [name for name in names() if load_profile(name).table.specimen]


def _table(profile: str, mark: str) -> bytes:
    layout = load_profile(profile).table
    columns = [layout.well, layout.specimen, layout.test, layout.target, layout.task, layout.result]
    columns += [layout.quantity, layout.ct, layout.time, layout.run]
    heads = [group[0] for group in columns if group]
    values = ["A1", "S-1", "COV", "N", "UNKN", "POSITIVE", "1e3", "23.5", "2026-03-01 10:30:00", "RUN-1"]
    row = [value for group, value in zip(columns, values, strict=True) if group]
    above = ["* Experiment Name = Nguyễn Thị", "", mark.join(heads)]
    return "\r\n".join([*above, *(mark.join(row).replace("S-1", f"S-{n}") for n in range(4)), ""]).encode()
