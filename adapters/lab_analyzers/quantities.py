"""Numbers as analyzers write them: comparator, mantissa, power of ten in the value or in the unit.

Forms seen on real lines: SN ``<^40``; ST ``< 20``, ``3.26E+05 cp/mL``, ``2.52E+3 (3.40)``; a decimal
comma; ``763`` with the unit ``10*-1.{Copies}/mL`` (cobas 5800/6800); ``***.**`` and ``-----``.
"""

import math
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

Comparator = Literal["<", "<=", ">", ">="]

_COMPARATORS: dict[str, Comparator | None] = {
    "": None, "=": None, "<": "<", "<=": "<=", ">": ">", ">=": ">=", "≤": "<=", "≥": ">=",
}  # fmt: skip
_FORM = re.compile(
    r"(<=|>=|<|>|≤|≥|=)?\s*([+-]?[0-9]{1,15}(?:[.,][0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?)"
    r"(?:\s*([A-Za-z%{\[][^\s()]{0,23}))?(?:\s*\([0-9.,]{1,8}\))?",
    re.ASCII,
)
_POWER_IN_UNIT = re.compile(r"10\*(-?[0-9]{1,2})\.(.+)", re.ASCII)
_PLACEHOLDER = re.compile(
    r"[*.]*\*[*.]*|-{2,}|\.{2,}", re.ASCII
)  # filled out where the machine has no number
_PLAIN_CYCLES = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}", re.ASCII)  # what nearly every Ct looks like
_MAX_CHARACTERS = 64

# Units of an amount of nucleic acid: a number with one of them says that the target was found.
COPIES_UNITS = frozenset(
    ("cp/ml", "copies/ml", "{copies}/ml", "[copies]/ml", "cp/ul", "copies/ul", "iu/ml", "[iu]/ml", "ui/ml",
     "log cp/ml", "log10 cp/ml", "log copies/ml", "log iu/ml", "log10", "geq/ml", "1/ml", "copies", "cp")
)  # fmt: skip
CYCLES_UNITS = frozenset(("ct", "cycles", "cycle", "{ct}", "{ct_value}", "cq", "{cq}", "{cycles}"))
# What else may leave the edge as a unit; anything unlisted could be free text and does not.
_OTHER_UNITS = frozenset(
    ("%", "g/l", "g/dl", "mg/dl", "mg/l", "ug/ml", "ng/ml", "pg/ml", "mmol/l", "umol/l", "u/l", "u/ml",
     "10*9/l", "10*12/l", "10*3/ul", "10*6/ul", "fl", "pg", "s", "min", "h", "{ratio}", "s/co", "coi")
)  # fmt: skip
_UNITS = COPIES_UNITS | CYCLES_UNITS | _OTHER_UNITS


class Quantity(NamedTuple):
    """``value`` in ``unit``; ``unit`` is None when there is none or it is not a known one."""

    value: float
    comparator: Comparator | None
    unit: str | None


def is_placeholder(text: str) -> bool:
    """Whether the machine filled the field because it has no number: ``***.**``, ``-----``."""
    return len(text) <= _MAX_CHARACTERS and _PLACEHOLDER.fullmatch(text) is not None


def parse(text: str, unit: str = "", decimal: str = ".") -> Quantity | None:
    """A number in free form; the unit behind the number goes before ``unit``. None: no (finite) number."""
    if len(text) > _MAX_CHARACTERS:
        return None
    match = _FORM.fullmatch(text.strip())
    if match is None:
        return None
    comparator, mantissa, own_unit = match.groups()
    return _quantity(comparator or "", mantissa, own_unit or unit, decimal)


def parse_structured(components: Sequence[str], unit: str, decimal: str = ".") -> Quantity | None:
    """An SN value: comparator ^ number; a ratio or a range (a third component) is no single number."""
    parts = [part.strip() for part in components] + ["", "", ""]
    if parts[2] or parts[0] not in _COMPARATORS or len(parts[1]) > _MAX_CHARACTERS:
        return None
    match = _FORM.fullmatch(parts[1])
    if match is None or match.group(1) or match.group(3):
        return None
    return _quantity(parts[0], match.group(2), unit, decimal)


def _is_person_number(mantissa: str, unit: str) -> bool:
    """Id and telephone numbers are typed into result fields too: 9, 10, 12 bare digits, or a 0 in front."""
    return mantissa.isdigit() and (
        (mantissa[0] == "0" and len(mantissa) >= 9) or (not unit and len(mantissa) in (9, 10, 12))
    )


def _quantity(comparator: str, mantissa: str, unit: str, decimal: str) -> Quantity | None:
    if _is_person_number(mantissa, unit):
        return None
    if "," in mantissa:
        if decimal != ",":
            return None  # a comma may set thousands apart; only the device's profile says which
        mantissa = mantissa.replace(",", ".")
    exponent = 0
    power = _POWER_IN_UNIT.fullmatch(unit)
    if power is not None and unit.lower() not in _UNITS:
        exponent, unit = int(power.group(1)), power.group(2)
    value = _scaled(mantissa, exponent)
    return None if value is None else Quantity(value, _COMPARATORS[comparator], known_unit(unit))


def _scaled(mantissa: str, exponent: int) -> float | None:
    """Through decimal text, so that 763 with 10*-1 is 76.3 and not 76.30000000000001."""
    digits, _, own = mantissa.lower().partition("e")
    value = float(f"{digits}e{int(own or 0) + exponent}")
    return value if math.isfinite(value) else None


def known_unit(unit: str) -> str | None:
    """``unit`` as sent, blanks aside, if it is a known one, else None."""
    if unit.lower() in _UNITS:
        return unit
    spaceless = unit.replace(" ", "")  # "Copies / mL", as m2000 writes it
    return spaceless if spaceless.lower() in _UNITS else None


def is_plain_cycles(text: str) -> bool:
    """Whether ``text`` is a number as nearly every Ct is written."""
    return _PLAIN_CYCLES.fullmatch(text) is not None


def cycles(text: str, decimal: str = ".") -> float | None:
    """A Ct in cycles; 0.0, "Undetermined" and anything that no PCR run can give are None."""
    if is_plain_cycles(text):
        return float(text) or None
    quantity = parse(text, "", decimal)
    if quantity is None or quantity.comparator is not None:
        return None
    return quantity.value if 0 < quantity.value <= 100 else None


def as_comparator(text: str) -> Comparator | None:
    """The comparator that ``text`` is, or None."""
    return cast("Comparator | None", text) if text in {"<", "<=", ">", ">="} else None
