"""What a result says, in words or numbers, whatever the protocol: nothing passes that no list knows."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from adapters.lab_analyzers import calls, quantities
from adapters.lab_analyzers.names import CodedName
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.quantities import COPIES_UNITS, Comparator
from hub.payloads import Call, ResultStatus, Target

_ANSWER_CODE = re.compile(r"LA[0-9]{1,7}-[0-9]|[0-9]{6,18}", re.ASCII)
_ABNORMAL = frozenset(("L", "H", "LL", "HH", "A", "AA", "<", ">"))  # table 0078, of what is no call

# OBX-11 (table 0085). W: the result belonged to another patient, so it is withdrawn like a deleted
# one. I, R, S: specimen waits, not verified, partial. U: final now. N: was never asked for.
STATUS: dict[str, ResultStatus] = {
    "P": "P", "F": "F", "C": "C", "X": "X", "D": "D", "W": "D", "I": "P", "R": "P", "S": "P", "U": "F",
    "V": "F", "B": "P", "N": "X",
}  # fmt: skip

# OBR-25 (table 0123).
_ORDER_STATUS: dict[str, ResultStatus] = {
    "O": "P", "I": "P", "S": "P", "A": "P", "P": "P", "R": "P", "C": "C", "F": "F", "X": "X",
}  # fmt: skip


class Value(NamedTuple):
    """What OBX-5, R.4 or a cell says."""

    call: Call = "UNMAPPED"
    number: float | None = None
    comparator: Comparator | None = None
    unit: str | None = None
    flags: tuple[str, ...] = ()

    def flagged(self, *flags: str) -> "Value":
        """The same with more flags."""
        return self._replace(flags=(*self.flags, *flags)) if flags else self

    def bounded(self, comparator: Comparator | None) -> "Value":
        """The same as the end of what an instrument can count: "<" or ">", where it has no comparator yet."""
        if comparator is None or self.comparator is not None:
            return self
        return self._replace(comparator=comparator).flagged(_out_of_range(comparator))


def read_text(text: str, unit: str, status: ResultStatus | None, flag: str, profile: Profile) -> Value:
    """What a free text says, with the abnormal flag beside it (R.7)."""
    return interpreted(read_free(text, unit, status, profile), flag.upper(), profile)


def read_coded(components: Sequence[str], profile: Profile) -> Value:
    """Code before text, first system before second; an answer code that no list knows is kept as a flag."""
    parts = [part.strip() for part in components[:6]]
    for index in (0, 3):
        call = calls.of_code(parts[index]) if index < len(parts) else None
        if call is not None:
            return Value(call)
    for index in (1, 0, 4):
        value = _word(parts[index], profile) if index < len(parts) else None
        if value is not None:
            return value
    known_system = len(parts) > 2 and parts[2] in {"SCT", "LN"}
    if known_system and _ANSWER_CODE.fullmatch(parts[0]):
        return Value(flags=(f"code:{parts[0]}",))
    return Value()


def read_free(text: str, unit: str, status: ResultStatus | None, profile: Profile) -> Value:
    """A word, a number, or nothing."""
    if not text:
        return Value(profile.cancelled_means if status == "X" else "UNMAPPED")
    word = _word(text, profile)
    if word is not None:
        return word
    if quantities.is_placeholder(text):
        return Value("NO_RESULT")
    return measured(quantities.parse(text, unit, profile.decimal), profile)


def _word(text: str, profile: Profile) -> Value | None:
    call = calls.of_word(text, profile.words)
    if call is not None:
        return Value(call)
    bound = profile.bounds.get(calls.plain(text)) if len(text) < 64 else None
    return Value("POS", comparator=bound, flags=(_out_of_range(bound),)) if bound else None


def measured(quantity: quantities.Quantity | None, profile: Profile) -> Value:
    """A number: with a unit of an amount of nucleic acid it says that the target was found."""
    if quantity is None:
        return Value()
    counts = quantity.unit is not None and quantity.unit.lower() in COPIES_UNITS
    call: Call = "POS" if counts else profile.number_means
    if call == "POS" and quantity.value <= 0 and not (counts and "log" in (quantity.unit or "").lower()):
        call = "UNMAPPED"  # "0 cp/mL" is no finding, and nobody said that it is a negative
    flags = (_out_of_range(quantity.comparator),) if quantity.comparator else ()
    return Value(call, quantity.value, quantity.comparator, quantity.unit, flags)


def _out_of_range(comparator: str) -> str:
    return "below_range" if comparator.startswith("<") else "above_range"


def interpreted(value: Value, interpretation: str, profile: Profile) -> Value:
    """OBX-8, R.7: a call where the value gave none; "<" without a number (GeneXpert) is a range."""
    if value.call == "UNMAPPED":
        value = _own_interpretation(value, interpretation, profile)
    if interpretation in _ABNORMAL:
        value = value.flagged(f"abnormal:{interpretation}")
    if value.call == "POS" and value.number is None:
        value = value.bounded(quantities.as_comparator(interpretation))
    return value


def _own_interpretation(value: Value, interpretation: str, profile: Profile) -> Value:
    """A call from OBX-8: the profile's word or bound, else that of table 0078."""
    word = calls.plain(interpretation[:64])
    bound = profile.bounds.get(word)
    if bound is not None and value.number is None:
        return value._replace(call="POS", comparator=bound).flagged(_out_of_range(bound))
    return value._replace(
        call=profile.words.get(word) or calls.of_interpretation(interpretation) or "UNMAPPED"
    )


def target_of(name: CodedName, value: Value, ct: float | None) -> Target:
    """One target as the event names it."""
    call, number, comparator, unit, flags = value
    return Target(name.code, name.text, name.loinc, call, number, comparator, unit, ct, name.flags + flags)


def order_status(code: str) -> ResultStatus:
    """OBR-25 (table 0123) and O.26; final where it says nothing."""
    return _ORDER_STATUS.get(code, "F")
