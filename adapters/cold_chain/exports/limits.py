"""The limits that a logger's file names, and what we call its alarms about them."""

from decimal import Decimal
from typing import NamedTuple

from adapters.cold_chain.decoders.measurement import to_celsius
from adapters.cold_chain.exports.indented import Branch
from adapters.cold_chain.exports.texts import number_of
from adapters.cold_chain.units import UNITS

# Q-tag: 1 below and 2 above at a stretch, 3 and 4 the same in all; 0 is off.
_TYPES = {"1": (False, ""), "2": (True, ""), "3": (False, "_total"), "4": (True, "_total")}
_FROST = (Decimal(-30), Decimal(0))  # a lower limit here guards against freezing, as E006's FRZE does


class Limit(NamedTuple):
    """``at`` in the file's unit; ``alarm`` is the metric of the device's alarm about it."""

    at: float
    is_upper: bool
    alarm: str

    def broken_by(self, value: float) -> bool:
        """Strict: a value at the limit is in it (domain notes 1.3, measured on 10,653 flags)."""
        return value > self.at if self.is_upper else value < self.at


class Limits(NamedTuple):
    """By the number of the alarm in the file."""

    by_number: dict[str, Limit]

    def broken_by(self, value: float) -> bool:
        return any(limit.broken_by(value) for limit in self.by_number.values())

    @classmethod
    def read(cls, settings: Branch, unit: str) -> "Limits":
        """Of ``Conf``: Fridge-tags have 0 below and 1 above, Q-tags say the type of each."""
        found: dict[str, Limit] = {}
        for alarm in settings.child("Alarm").children:
            at = number_of(alarm.value("T AL"))
            type_ = alarm.value("Type")
            known = _TYPES.get(type_) if type_ else {"0": (False, ""), "1": (True, "")}.get(alarm.name)
            if isinstance(at, float) and known:
                is_upper, suffix = known
                found[alarm.name] = Limit(at, is_upper, _name(at, is_upper, unit) + suffix)
        return cls(found)

    def alarm(self, number: str) -> str:
        """The metric of an alarm, also of one that we do not know."""
        known = self.by_number.get(number)
        return known.alarm if known else "alarm.other"


def _name(at: float, is_upper: bool, unit: str) -> str:
    if is_upper:
        return "alarm.heat"
    celsius = to_celsius(Decimal(repr(at)), UNITS.get(unit.casefold(), "Cel"))
    return "alarm.frze" if _FROST[0] <= celsius <= _FROST[1] else "alarm.low"
