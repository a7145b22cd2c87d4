"""Line protocol read character by character, after InfluxDB's reference; shares nothing with what writes it.

Stricter than a server: a line that two servers could read in two ways is an error here.
"""

from typing import NamedTuple


class Point(NamedTuple):
    """A line; an integer field is an int, a float one a float. ``time``: in the request's precision."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float]
    time: int


class NotALine(ValueError):
    """What no server should get; the text says where."""


def parse(line: str) -> Point:
    """One line without its newline; raises NotALine."""
    if any(not character.isprintable() for character in line):
        raise NotALine("a character that nobody sees")
    head, fields, time = _split(line, " ", 3)
    measurement, *tags = _split(head, ",")
    found = dict(_pair(tag) for tag in tags)
    if not measurement or len(found) != len(tags) or list(found) != sorted(found):
        raise NotALine("tags: twice, or not in order")
    values = [_pair(field) for field in _split(fields, ",")]
    if len(dict(values)) != len(values):
        raise NotALine("a field twice")
    return Point(_plain(measurement), found, {name: _value(text) for name, text in values}, int(time))


def _split(text: str, at: str, parts: int | None = None) -> list[str]:
    """At ``at`` where no backslash stands before it."""
    found, escaped = [""], False
    for character in text:
        if character == at and not escaped:
            found.append("")
            continue
        escaped = character == "\\" and not escaped
        found[-1] += character
    if "" in found or (parts is not None and len(found) != parts):
        raise NotALine(f"parts at {at!r}")
    return found


def _pair(text: str) -> tuple[str, str]:
    name, value = _split(text, "=", 2)
    return _plain(name), _plain(value)


def _plain(text: str) -> str:
    """Without its escapes; a backslash before anything else is read in two ways."""
    found, escaped = "", False
    for character in text:
        if escaped and character not in ",= ":
            raise NotALine("a backslash that escapes nothing")
        if character == "\\" and not escaped:
            escaped = True
            continue
        found, escaped = found + character, False
    if escaped:
        raise NotALine("a backslash at the end")
    return found


def _value(text: str) -> float:
    if text.endswith("i"):
        number = int(text[:-1])
        if not -(2**63) <= number < 2**63:
            raise NotALine("an integer of more than 64 bits")
        return number
    if not set(text) <= set("0123456789.+-e"):
        raise NotALine("no number")
    return float(text)
