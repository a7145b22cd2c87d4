"""Pictures in messages, kept once: a capture has their places, all captures of the edge share their bytes.

What is looked for is a long Base64 text, whatever the message is: HL7's ED rows (2.5.1, 2.A.24) hold pictures
and documents so. A run that an analyzer uploads again brings the same texts, so they are not stored again.
A text is named by a keyed digest and sealed; it goes with the last capture that has it.
"""

import hmac
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import apsw
import msgspec

from hub.errors import OperatorError
from hub.spool.contents import Contents
from hub.vault import Sealer

SHORTEST_BYTES = 2048  # below that a row of its own gains little
MOST_PICTURES = 256  # of one message; those beyond stay in it
_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_OTHER = re.compile(b"[^%b]" % _ALPHABET)

_KNOWN = "SELECT 1 FROM picture WHERE name = ?"
_INSERT = "INSERT INTO picture (name, sealed) VALUES (?,?)"
_LINK = "INSERT INTO capture_picture (capture, picture) VALUES (?,?) ON CONFLICT DO NOTHING"
_SEALED = "SELECT sealed FROM picture WHERE name = ?"
_OF = "SELECT picture FROM capture_picture WHERE capture = ?"
_UNLINK = "DELETE FROM capture_picture WHERE capture = ?"
_DELETE = """
    DELETE FROM picture WHERE name = ? AND NOT EXISTS
    (SELECT 1 FROM capture_picture l WHERE l.picture = picture.name)"""


class TakenOut(NamedTuple):
    """``contents`` without its pictures, and their texts by name."""

    contents: Contents
    texts: dict[bytes, bytes]


def take_out(contents: Contents, key: bytes) -> TakenOut:
    """What a capture seals, and what it shares with others; pure."""
    raw = contents.raw
    texts: dict[bytes, bytes] = {}
    places: list[tuple[int, bytes]] = []
    rest: list[bytes] = []
    end = 0
    for first, last in long_texts(raw):
        text = raw[first:last]
        name = hmac.digest(key, b"picture\0" + text, "sha256")
        texts[name] = text
        places.append((first, name))
        rest.append(raw[end:first])
        end = last
    if not places:
        return TakenOut(contents, texts)
    rest.append(raw[end:])
    return TakenOut(msgspec.structs.replace(contents, raw=b"".join(rest), pictures=places), texts)


def long_texts(raw: bytes) -> Iterator[tuple[int, int]]:
    """First and last place of each long text. One step for 2 KiB: a text that long covers a step."""
    found = begin = 0
    at = SHORTEST_BYTES - 1
    while at < len(raw) and found < MOST_PICTURES:
        first = begin + len(raw[begin : at + 1].rstrip(_ALPHABET))
        if first <= at:
            stopped = _OTHER.search(raw, at)
            last = stopped.start() if stopped else len(raw)
            if last - first >= SHORTEST_BYTES:
                yield first, last
                found += 1
            at = last
        begin = at
        at += SHORTEST_BYTES


def keep(db: apsw.Connection, sealer: Sealer, capture: bytes, texts: dict[bytes, bytes]) -> None:
    """In the capture's own transaction."""
    for name, text in texts.items():
        if not db.execute(_KNOWN, (name,)).fetchone():
            db.execute(_INSERT, (name, sealer.seal(name, text)))
        db.execute(_LINK, (capture, name))


def put_back(db: apsw.Connection, sealer: Sealer, contents: Contents) -> Contents:
    """The message as it came; raises OperatorError when a picture is gone or cannot be opened."""
    parts: list[bytes] = []
    taken = length = 0
    for first, name in contents.pictures:
        parts.append(contents.raw[taken : taken + first - length])
        taken += first - length
        text = _text(db, sealer, name)
        parts.append(text)
        length = first + len(text)
    parts.append(contents.raw[taken:])
    return msgspec.structs.replace(contents, raw=b"".join(parts), pictures=[])


def let_go(db: apsw.Connection, captures: Sequence[tuple[bytes]]) -> None:
    """In the transaction that deletes the captures: pictures go that no other capture has."""
    for capture in captures:
        names: list[Any] = db.execute(_OF, capture).fetchall()
        if names:
            db.execute(_UNLINK, capture)
            db.executemany(_DELETE, names)


def _text(db: apsw.Connection, sealer: Sealer, name: bytes) -> bytes:
    sealed: bytes | None = db.execute(_SEALED, (name,)).get
    if sealed is None:
        raise OperatorError("a picture of the capture is gone: its time is over, or the spool is damaged")
    return sealer.open(name, sealed)
