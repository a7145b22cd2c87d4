"""Line protocol: one line is one point, ``measurement,tag=value field=value time``. Pure.

Rules of InfluxDB's line protocol reference and of VictoriaMetrics' parser, as far as both agree: what they
would read differently (a backslash in a tag, a character that nobody sees) is refused here. Times are Unix
milliseconds.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite

# A point's time is kept in nanoseconds with 64 bits: until 2262-04-11. VictoriaMetrics has none before 1970.
EARLIEST_MS = 0
LATEST_MS = 9_223_372_036_854
LARGEST_INTEGER = 2**63 - 1
# An id has 64 characters, a unit a few: what is longer is no name of ours.
LONGEST_TAG = 128
_PLAIN = re.compile(r"[A-Za-z0-9_.:%/\[\]{}()-]{1,128}\Z")
_ESCAPED = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})


class UnwritableError(ValueError):
    """What no line can say; the text is a code: ``tag.too_long``, ``value.not_finite`` …"""


def tag_value(text: str) -> str:
    """``text`` escaped; raises UnwritableError for what two servers would read as different things."""
    if _PLAIN.match(text):
        return text
    if len(text) > LONGEST_TAG:
        raise UnwritableError("tag.too_long")
    if "\\" in text:
        raise UnwritableError("tag.backslash")
    if not text.isprintable():
        raise UnwritableError("tag.unprintable")
    return text.translate(_ESCAPED)


def series_prefix(measurement: str, tags: Iterable[tuple[str, str]]) -> str:
    """Everything before the fields, with its space; an empty tag is left out. Raises UnwritableError."""
    written = [f",{name}={tag_value(value)}" for name, value in sorted(tags) if value]
    return f"{measurement}{''.join(written)} "


def number(value: float) -> str:
    """A field's value: a float in its shortest form that reads back to the bit, an integer with its ``i``."""
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise UnwritableError("value.too_large")
        return f"{int(value)}i"
    if not isfinite(value):
        raise UnwritableError("value.not_finite")
    return repr(value)


def instant(time_ms: int) -> int:
    """``time_ms``; raises UnwritableError for a moment that no server keeps."""
    if not EARLIEST_MS <= time_ms <= LATEST_MS:
        raise UnwritableError("time.out_of_range")
    return time_ms


def fields_text(fields: Mapping[str, float | None]) -> str:
    """``a=1.5,b=2i``, without those that are None; empty when all are. Raises UnwritableError."""
    return ",".join(f"{name}={number(value)}" for name, value in fields.items() if value is not None)


def line_of(prefix: str, fields: Mapping[str, float | None], time_ms: int) -> str | None:
    """A whole line, without a newline; None when no field has a value. Raises UnwritableError."""
    written = fields_text(fields)
    return f"{prefix}{written} {instant(time_ms)}" if written else None


class OverLimitError(UnwritableError):
    """One series more than the projection may have (``series.over_limit``)."""


class SeriesPrefixes:
    """The escaped beginning of each series' lines, made once; at most as many as ``admit`` lets in.

    ``admit`` is asked once for each new series (its prefix), and counts.
    """

    def __init__(self, measurement: str, tags: Sequence[str], admit: Callable[[str], bool]) -> None:
        self._measurement = measurement
        self._tags = tuple(tags)
        self._admit = admit
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, values: tuple[str, ...]) -> str:
        """The prefix for the tags' values, in their order; raises UnwritableError, OverLimitError."""
        prefix = self._known.get(values)
        return prefix if prefix is not None else self._made(values)

    def _made(self, values: tuple[str, ...]) -> str:
        prefix = series_prefix(self._measurement, zip(self._tags, values, strict=True))
        if not self._admit(prefix):
            raise OverLimitError("series.over_limit")
        self._known[values] = prefix
        return prefix


def lines_of_all(
    made: Iterable[tuple[tuple[str, ...], Mapping[str, float | None]]], series: SeriesPrefixes, time_ms: int
) -> Iterator[str]:
    """A line for each (tags' values, fields); an unwritable one stops no other and is raised at the end."""
    trouble: UnwritableError | None = None
    for values, fields in made:
        try:
            line = line_of(series.of(values), fields, time_ms)
        except UnwritableError as error:
            trouble = error
            continue
        if line is not None:
            yield line
    if trouble is not None:
        raise trouble
