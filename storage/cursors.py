"""Opaque cursors: base64url of a small JSON array, and nothing but what this module wrote comes back."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64

from storage.contract import BadCursor

LONGEST_CURSOR = 256
LARGEST_PAGE = 1000
_LARGEST_INTEGER = 2**63 - 1

Place = tuple[int | str, ...]


def bounded(limit: int) -> int:
    """``limit`` brought into 1..1000."""
    return max(1, min(limit, LARGEST_PAGE))


def encode(kind: str, *place: int | str) -> str:
    """A cursor of list ``kind`` that stands after ``place``."""
    text = json.dumps([kind, *place], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(kind: str, cursor: str, shape: tuple[type[int | str], ...]) -> Place:
    """The place of a cursor made by ``encode`` for the same kind and shape; raises BadCursor."""
    if not cursor.isascii() or len(cursor) > LONGEST_CURSOR:
        raise BadCursor("cursor.malformed")
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (BadBase64, ValueError, RecursionError) as error:
        raise BadCursor("cursor.malformed") from error
    if not isinstance(found, list) or len(found) != len(shape) + 1 or found[0] != kind:
        raise BadCursor("cursor.of_another_list")
    place = tuple(found[1:])
    if not all(_fits(value, wanted) for value, wanted in zip(place, shape, strict=True)):
        raise BadCursor("cursor.malformed")
    if encode(kind, *place) != cursor:
        raise BadCursor("cursor.malformed")
    return place


def _fits(value: object, wanted: type[int | str]) -> bool:
    if type(value) is not wanted:
        return False
    return not isinstance(value, int) or abs(value) <= _LARGEST_INTEGER
