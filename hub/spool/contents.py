"""What is sealed in a capture."""

import msgspec


class Emitted(msgspec.Struct, array_like=True, frozen=True):
    """An event that was made from a capture, as a replay must know it."""

    type: str
    key: str
    time_ms: int
    timesource: str
    id: str
    data: bytes


class Contents(msgspec.Struct, array_like=True, frozen=True):
    """A message and what became of it.

    ``repeats``: ids of ``emitted`` that were here from an earlier message when this one came: identical
    repeats. A capture of an earlier epihub has none.
    ``pictures``: (place, name) of what is left out of ``raw`` and kept beside it (hub/spool/pictures.py);
    empty wherever a capture was loaded whole.
    """

    raw: bytes
    control: str
    origin: str
    reply: bytes
    emitted: list[Emitted]
    repeats: list[str] = msgspec.field(default_factory=list)
    pictures: list[tuple[int, bytes]] = msgspec.field(default_factory=list)


packed = msgspec.msgpack.Encoder().encode
open_contents = msgspec.msgpack.Decoder(Contents).decode
