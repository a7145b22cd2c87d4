"""A topic that carries nothing but its value: ESPHome, Shelly of the first generation."""

import re

from adapters.cold_chain.undecodable import Undecodable

LONGEST_BYTES = 32
_NUMBER = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,15})?|\.[0-9]{1,15})([eE][+-]?[0-9]{1,3})?")
_NOT_FINITE = {"nan", "inf", "-inf", "+inf", "infinity", "-infinity"}


def value(payload: bytes) -> float | str:
    """The number, NaN included; a word is given as it stands, and judged later. Raises Undecodable."""
    if not payload:
        raise Undecodable("cold.empty")
    text = payload[: LONGEST_BYTES + 1].decode("ascii", "replace").strip()
    if len(payload) > LONGEST_BYTES or not text.isprintable() or "\ufffd" in text or text[:1] in ("{", "["):
        raise Undecodable("cold.not_plain", f"{len(payload)} bytes")
    if _NUMBER.fullmatch(text) or text.casefold() in _NOT_FINITE:
        return float(text)
    return text
