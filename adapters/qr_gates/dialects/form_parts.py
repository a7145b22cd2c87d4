"""multipart/form-data (RFC 7578) with bounds: the parts as they came. Terminals send few and small ones."""

import re
from typing import NamedTuple

from adapters.qr_gates.dialects.told_scan import Unintelligible

MOST_PARTS = 8
MOST_HEADER_BYTES = 2048
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG")
_BOUNDARY = re.compile(r'boundary="?([0-9A-Za-z\'()+_,./:=? -]{1,70})"?')


class FormPart(NamedTuple):
    """``kind``: its media type in lower case, "" where it names none."""

    kind: str
    body: bytes


def form_parts(body: bytes, content_type: str) -> list[FormPart]:
    """Raises Unintelligible. Lines may end in LF alone: some firmware does so."""
    found = _BOUNDARY.search(content_type)
    if not found:
        raise Unintelligible("form.no_boundary")
    delimiter = b"--" + found[1].strip().encode()
    pieces = body.split(delimiter, MOST_PARTS + 2)
    if len(pieces) > MOST_PARTS + 2:
        raise Unintelligible("form.too_many_parts")
    if len(pieces) < 2:
        raise Unintelligible("form.no_parts")
    return [_part(piece) for piece in pieces[1:] if not piece.startswith(b"--")]


def _part(piece: bytes) -> FormPart:
    for break_ in (b"\r\n", b"\n"):
        head, found, body = piece.partition(break_ * 2)
        if found and len(head) <= MOST_HEADER_BYTES:
            return FormPart(_kind(head), body.removesuffix(break_))
    raise Unintelligible("form.no_header")


def _kind(head: bytes) -> str:
    for line in head.splitlines():
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-type":
            return value.partition(b";")[0].strip().decode("ascii", "replace").lower()
    return ""


def without_pictures(body: bytes) -> bytes:
    """Up to the first picture: what nobody understands is kept, and no face with it."""
    return _PICTURE.split(body, 1)[0]
