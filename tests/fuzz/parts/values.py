"""What the small readers of values promise of any text: a value within its bounds, or none."""

import math
import unicodedata

from adapters.lab_analyzers import calls, quantities, times
from adapters.lab_analyzers.charsets import decode, is_usable
from adapters.lab_analyzers.er7 import STANDARD, unescape
from adapters.lab_analyzers.loinc import is_loinc
from adapters.lab_analyzers.quantities import Quantity
from tests.fuzz.parts.meaning import CHARSETS, ZONE
from tests.fuzz.parts.target import random_of, require

DECLARED = (
    "",
    "ASCII",
    "UNICODE",
    "8859/1",
    "8859/15",
    "GB 18030-2000",
    "BIG-5",
    "ISO IR87",
    "KS X 1001",
    "?",
)


def check_charsets(data: bytes) -> None:
    """Any bytes are text in some charset, and read as the same text by the charset that is told."""
    random = random_of(data)
    text, used = decode(data, random.choice(CHARSETS), random.choice(DECLARED))
    require(data.decode(used) == text, "the charset that is told is the one that read it")
    is_usable(data[:20].decode("latin-1"))


def check_times(data: bytes) -> None:
    """A moment within the years that a date can have, or none."""
    for text in _texts(data):
        at = times.to_ms(text, ZONE)
        require(at is None or abs(at) < 300_000_000_000_000, "a moment is a moment")
        require(at is None or (text.isascii() and text[:8].isdigit()), "only digits are a moment")


def check_quantities(data: bytes) -> None:
    """A finite number with a known comparator and unit, or none; a Ct that a cycler can give, or none."""
    random = random_of(data)
    for text in _texts(data):
        unit, decimal = random.choice(_UNITS), random.choice(".,")
        _check_quantity(quantities.parse(text, unit, decimal))
        _check_quantity(quantities.parse_structured(text.split("^"), unit, decimal))
        ct = quantities.cycles(text, decimal)
        require(ct is None or 0 < ct <= 100, "a Ct is of a PCR run")
        quantities.is_placeholder(text)
        _check_quantity(quantities.parse("1", text, decimal))


def check_words(data: bytes) -> None:
    """A word is the same word however its accents are written; escapes end."""
    for text in _texts(data):
        apart = unicodedata.normalize("NFD", text)
        require(calls.plain(apart) == calls.plain(text), "accents are compared however they are written")
        calls.of_word(text, {})
        require(not is_loinc(text) or text.isascii(), "a LOINC code is ASCII")
        require(len(unescape(text, STANDARD)) <= 4 * len(text) + 8, "escapes do not grow without bound")


_UNITS = ("", "cp/mL", "10*-1.{Copies}/mL", "10*99.x", "log10", "10*3/uL")


def _check_quantity(found: Quantity | None) -> None:
    if found is not None:
        require(math.isfinite(found.value), "a number is finite")
        require(found.unit is None or quantities.known_unit(found.unit) is not None, "a unit is a known one")


def _texts(data: bytes) -> list[str]:
    """As one text, and line by line."""
    text = decode(data)[0]
    return [text, *text.splitlines()[:50]]
