"""Pictures inside HL7 messages (OBX-2 = ED; HL7 2.5.1, 2.A.24), as haematology analyzers send their curves.

A picture stays where it came, in the sealed capture of its message: it is found there when a person asks, by
the digest of its bytes. The spool keeps the same picture once for all captures. No event ever holds one.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256

from adapters.lab_analyzers.er7 import Fault, read_header, read_message
from hub.contract import Picture

MAX_PICTURES = 64  # of one message; a BC-5380 sends four
MAX_PICTURE_BYTES = 8 * 1024 * 1024
_KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"BM": "image/bmp",
}
_UNKNOWN = "application/octet-stream"


def pictures(raw: bytes, charset: str = "") -> tuple[Picture, ...]:
    """What can be decoded of ``raw``, each once. Pure; never raises, whatever the bytes are."""
    header = read_header(raw)
    if isinstance(header, Fault):
        return ()
    message = read_message(raw, header, charset)
    if isinstance(message, Fault):
        return ()
    found: dict[str, Picture] = {}
    for number, line in enumerate(message.lines, 2):
        if line.startswith("OBX") and len(found) < MAX_PICTURES:
            segment = message.segment(line)
            for content in _contents(segment.repetitions(5)) if segment.field(2) == "ED" else ():
                digest = sha256(content).hexdigest()
                found.setdefault(digest, Picture(f"segment {number}", kind_of(content), digest, content))
    return tuple(found.values())


def kind_of(content: bytes) -> str:
    """The media type that the first bytes show; what the sender calls it is not asked."""
    return next((kind for begin, kind in _KINDS.items() if content.startswith(begin)), _UNKNOWN)


def _contents(repetitions: list[list[str]]) -> Iterator[bytes]:
    """Source ^ type ^ subtype ^ Base64 ^ data; other encodings (hex, ASCII) hold no pictures."""
    for components in repetitions[:MAX_PICTURES]:
        encoding, data = (*components[3:5], "", "")[:2]
        if encoding.strip().lower() == "base64" and len(data) <= MAX_PICTURE_BYTES * 4 // 3 + 4:
            try:
                content = b64decode(data.encode("ascii", "replace"))
            except (binascii.Error, ValueError):
                continue
            if content:
                yield content
