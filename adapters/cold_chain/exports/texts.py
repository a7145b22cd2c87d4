"""The text of an exported file, whatever wrote it."""

import codecs
import re

from adapters.cold_chain.undecodable import Undecodable

_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,6})?")


def text_of(raw: bytes) -> str:
    """UTF-16 by its mark, UTF-8, else what Windows writes in western countries. Raises Undecodable."""
    if not raw.strip():
        raise Undecodable("cold.empty")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")  # only °, which stands in headers, is ever out of ASCII


def number_of(said: str, decimal: str = ".") -> float | str | None:
    """A number, ``+8.0`` too; "" is None; anything else stays a text, which is judged later as none."""
    text = said.strip()
    if not text:
        return None
    written = text if decimal == "." else text.replace(".", "x").replace(decimal, ".")
    return float(written) if _NUMBER.fullmatch(written) else text
