"""A JSON document from a device: bounded, and read in one way only."""

import json
import re
from typing import Any

from adapters.cold_chain.undecodable import Undecodable

__all__ = ["Undecodable", "parse", "parse_object"]

LARGEST_BYTES = 64 * 1024
DEEPEST_LEVELS = 16
LONGEST_INTEGER_DIGITS = 18  # fits 64 bits; a longer number is no measurement and becomes a float

# Possessive: a string is matched in one pass, whatever a device writes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")


def parse(payload: bytes, largest_bytes: int = LARGEST_BYTES) -> Any:
    """The JSON value of ``payload``; NaN and Infinity are floats. Raises Undecodable.

    A key that stands twice in an object is refused: parsers disagree on which one counts.
    """
    if not payload:
        raise Undecodable("cold.empty")
    if len(payload) > largest_bytes:
        raise Undecodable("cold.too_large", f"{len(payload)} bytes")
    if _depth(payload) > DEEPEST_LEVELS:
        raise Undecodable("cold.too_deep", f"over {DEEPEST_LEVELS} levels")
    try:
        return json.loads(payload.decode("utf-8-sig"), object_pairs_hook=_object, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Undecodable("cold.not_utf8", f"byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Undecodable("cold.invalid_json", f"character {error.pos}") from None


def parse_object(payload: bytes) -> dict[str, Any]:
    """The JSON object of ``payload``; raises Undecodable."""
    document = parse(payload)
    if not isinstance(document, dict):
        raise Undecodable("cold.not_an_object")
    return document


def _depth(payload: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", payload)):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Undecodable("cold.duplicate_key", f"an object of {len(pairs)} keys")
    return found


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER_DIGITS else float(digits)
