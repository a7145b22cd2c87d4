"""Messages as files hold them: HL7, ASTM or a table, with or without the framing of a link.

Captures of a line, and what analyzers and their software write into a folder.
"""

import re
from collections.abc import Iterator

from adapters.lab_analyzers.astm.frames import STX, Broken, Control, FrameReader
from adapters.lab_analyzers.astm.frames import Frame as Piece
from adapters.lab_analyzers.astm.results import AstmReader
from adapters.lab_analyzers.charsets import is_utf_16
from adapters.lab_analyzers.hl7_results import Reader
from adapters.lab_analyzers.mllp import FS, VT, MllpCodec
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.tables import TableReader
from adapters.lab_analyzers.workbooks import is_workbook
from hub.contract import Frame, MalformedFrame

_MESSAGE = {
    "hl7": re.compile(rb"(?<=[\r\n])(?=MSH[^\w\s])"),
    "astm": re.compile(rb"(?<=[\r\n])(?=H[^\w\s])"),
}
READERS: dict[str, type[Reader | AstmReader | TableReader]] = {
    "hl7": Reader,
    "astm": AstmReader,
    "table": TableReader,
}
_HEADER = re.compile(rb"H[^\w\s,;]{2}")
_LEAD = b" \t\r\n\x00\xef\xbb\xbf"


def form_of(raw: bytes, profile: Profile) -> str:
    """HL7 where MLLP or MSH begins it; a table where the profile knows one and no ASTM begins it.

    A workbook is always a table, and so is text in UTF-16, in which any byte may stand.
    """
    if is_workbook(raw) or (profile.table.specimen and is_utf_16(raw)):
        return "table"
    begin = raw.lstrip(_LEAD)
    if begin[:1] == VT or begin[:3] == b"MSH":
        return "hl7"
    is_astm = STX in raw or _HEADER.match(begin)
    return "table" if profile.table.specimen and not is_astm else "astm"


def messages(raw: bytes, form: str) -> Iterator[Frame | MalformedFrame]:
    """The messages of a capture, with or without the framing of its link."""
    if form == "table":
        yield Frame(raw)
    elif form == "hl7" and (VT in raw or FS in raw):
        codec = MllpCodec(lambda: 0, max(len(raw), 1))
        yield from [*codec.feed(raw), *codec.close()]
    elif form == "astm" and STX in raw:
        yield from _sessions(raw)
    else:
        for part in _MESSAGE[form].split(raw):
            if part.strip(_LEAD):
                yield Frame(part)


def _sessions(raw: bytes) -> Iterator[Frame | MalformedFrame]:
    """E1381 sessions: the frames of each, joined; a frame that came again is one."""
    reader = FrameReader(max(len(raw), 1))
    text, last = bytearray(), None
    for token in [*reader.feed(raw), *reader.close(), Control.EOT]:
        if isinstance(token, Broken):
            yield MalformedFrame(token.raw, token.reason)
        elif isinstance(token, Piece):
            if not token.intact:
                yield MalformedFrame(token.text, "astm.checksum", f"frame {token.number}")
            elif token != last:
                text += token.text
                last = token
        elif token in {Control.ENQ, Control.EOT}:
            for part in _MESSAGE["astm"].split(bytes(text)):
                if part.strip(_LEAD):
                    yield Frame(part)
            text, last = bytearray(), None
