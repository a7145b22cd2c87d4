"""Inflates what a stranger shows us: never more than a hundred kilobytes, whatever 29 kB of text promise."""

import zlib

MOST_INFLATED_BYTES = 100_000
RAW_DEFLATE, ZLIB = -zlib.MAX_WBITS, zlib.MAX_WBITS


def inflated(data: bytes, wbits: int) -> bytes:
    """Raises ValueError: too long, damaged, or cut."""
    engine = zlib.decompressobj(wbits)
    try:
        found = engine.decompress(data, MOST_INFLATED_BYTES + 1)
    except zlib.error as error:
        raise ValueError("inflate.damaged") from error
    if len(found) > MOST_INFLATED_BYTES:
        raise ValueError("inflate.too_long")
    if not engine.eof:
        raise ValueError("inflate.cut")
    return found
