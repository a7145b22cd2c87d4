"""A gzip body, bounded on both sides."""

import zlib

from adapters.cold_chain.undecodable import Undecodable

LARGEST_UNPACKED_BYTES = 16 * 1024 * 1024  # a year of records of one appliance has about 8 MB
_MAGIC = b"\x1f\x8b"
_GZIP_ONLY = 16 + zlib.MAX_WBITS
MOST_MEMBERS = 64
TOO_LARGE = "cce.unpacked_too_large"


def plain(payload: bytes, most: int = LARGEST_UNPACKED_BYTES) -> bytes:
    """What was packed, or what came as it is: no JSON begins like gzip. Raises Undecodable.

    The body decides, not its header: proxies unpack bodies and leave the header, or the other way round.
    """
    return _unpack(payload, most) if payload[:2] == _MAGIC else payload


def _unpack(payload: bytes, most: int) -> bytes:
    """The content of all members (RFC 1952, 2.2), refused before more than the bound is made."""
    made, left, rest = [], most, payload
    for _ in range(MOST_MEMBERS):
        content, rest = _member(rest, left)
        left -= len(content)
        made.append(content)
        if not rest:
            return b"".join(made)
    raise Undecodable("cce.gzip_broken", f"over {MOST_MEMBERS} members")


def _member(payload: bytes, most: int) -> tuple[bytes, bytes]:
    """(content, what follows it)."""
    inflater = zlib.decompressobj(_GZIP_ONLY)
    try:
        content = inflater.decompress(payload, most + 1)
    except zlib.error:
        raise Undecodable("cce.gzip_broken") from None
    if len(content) > most:
        raise Undecodable(TOO_LARGE, f"over {LARGEST_UNPACKED_BYTES} bytes")
    if not inflater.eof:
        raise Undecodable("cce.gzip_broken", "ends too early")
    return content, inflater.unused_data
