"""One OBX row: its code, its call, its numbers. Nothing of a row passes that no list knows.

OBX-2 says how OBX-5 is written (HL7 2.5.1 table 0125); rows that are pictures, documents or times
carry no result.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.lab_analyzers import calls, quantities
from adapters.lab_analyzers.er7 import Segment
from adapters.lab_analyzers.loinc import CT_TARGET
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.quantities import COPIES_UNITS, CYCLES_UNITS, Comparator
from hub.payloads import Call, ResultStatus, Target

_NO_RESULT_TYPES = frozenset(("ED", "RP", "DR", "DT", "TM", "TS", "DTM"))
_CODED_TYPES = frozenset(("CE", "CWE", "CNE", "CF"))
_ANSWER_CODE = re.compile(r"LA[0-9]{1,7}-[0-9]|[0-9]{6,18}", re.ASCII)
_ABNORMAL = frozenset(("L", "H", "LL", "HH", "A", "AA", "<", ">"))  # table 0078, of what is no call

# OBX-11 (table 0085). W: the result belonged to another patient, so it is withdrawn like a deleted
# one. I, R, S: specimen waits, not verified, partial. U: final now. N: was never asked for.
STATUS: dict[str, ResultStatus] = {
    "P": "P", "F": "F", "C": "C", "X": "X", "D": "D", "W": "D", "I": "P", "R": "P", "S": "P", "U": "F",
    "V": "F", "B": "P", "N": "X",
}  # fmt: skip


@dataclass(slots=True)
class Value:
    """What OBX-5 says."""

    call: Call = "UNMAPPED"
    number: float | None = None
    comparator: Comparator | None = None
    unit: str | None = None
    flags: tuple[str, ...] = ()


_NOTHING = Value()


@dataclass(slots=True)
class Row:
    """One OBX, read."""

    segment: Segment
    name: CodedName
    sub_id: str
    is_ct: bool
    ct: float | None
    value: Value
    status: ResultStatus | None


def read_row(segment: Segment, profile: Profile, names: Names) -> Row | None:
    """Read one OBX; None when it carries no result: an attachment, a time, data about the run."""
    kind, observed = segment.field(2), segment.field(11)
    if kind in _NO_RESULT_TYPES or observed == "O":
        return None
    if profile.metadata_sub_ids and segment.field(4) in profile.metadata_sub_ids:
        return None
    name = names.read(segment.components(3))
    if not name.is_result:
        return None
    unit = segment.text(6) or segment.text(6, 2)  # Alinity m writes the text of the unit without its code
    status = STATUS.get(observed)
    if name.is_ct or (unit and unit.lower() in CYCLES_UNITS) or kind in profile.ct_types:
        return Row(segment, name, segment.field(4), True, _cycles(segment, profile), _NOTHING, status)
    value = _value(segment, unit, status, profile)
    return Row(segment, name, segment.field(4), False, None, value, status)


def _cycles(segment: Segment, profile: Profile) -> float | None:
    """The Ct; of an NA array (one value a channel) that of the profile's channel, or the first there is."""
    parts, at = segment.components(5), profile.ct_component
    for part in parts[at - 1 : at] if at else parts:
        ct = quantities.cycles(part, profile.decimal)
        if ct is not None:
            return ct
    return None


def read_text(text: str, unit: str, status: ResultStatus | None, flag: str, profile: Profile) -> Value:
    """What a free text says, with the abnormal flag beside it (OBX-8, R.7)."""
    value = _free(text, unit, status, profile)
    _interpret(value, flag.upper(), profile)
    return value


def _value(segment: Segment, unit: str, status: ResultStatus | None, profile: Profile) -> Value:
    """What OBX-5 says; several repetitions only where they all say the same."""
    if not segment.is_repeated(5):
        value = _of_components(segment.components(5), segment, unit, status, profile)
    else:
        repeated = [
            _of_components(components, segment, unit, status, profile)
            for components in segment.repetitions(5)
        ]
        same = all(other == repeated[0] for other in repeated)
        value = repeated[0] if same else Value(flags=("values_differ",))
    _interpret(value, segment.text(8).upper(), profile)
    return value


def _of_components(
    components: list[str], segment: Segment, unit: str, status: ResultStatus | None, profile: Profile
) -> Value:
    kind = segment.field(2)
    if kind in _CODED_TYPES:
        return _coded(components, profile)
    if kind == "SN":
        return _measured(quantities.parse_structured(components, unit, profile.decimal), profile)
    return _free(components[0].strip(), unit, status, profile)


def _coded(components: list[str], profile: Profile) -> Value:
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


def _free(text: str, unit: str, status: ResultStatus | None, profile: Profile) -> Value:
    if not text:
        return Value(profile.cancelled_means if status == "X" else "UNMAPPED")
    word = _word(text, profile)
    if word is not None:
        return word
    if quantities.is_placeholder(text):
        return Value("NO_RESULT")
    return _measured(quantities.parse(text, unit, profile.decimal), profile)


def _word(text: str, profile: Profile) -> Value | None:
    call = calls.of_word(text, profile.words)
    if call is not None:
        return Value(call)
    bound = profile.bounds.get(calls.plain(text)) if len(text) < 64 else None
    return Value("POS", comparator=bound, flags=(_out_of_range(bound),)) if bound else None


def _measured(quantity: quantities.Quantity | None, profile: Profile) -> Value:
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


def _interpret(value: Value, interpretation: str, profile: Profile) -> None:
    """OBX-8, R.7: a call where the value gave none; "<" without a number (GeneXpert) is a range."""
    if value.call == "UNMAPPED":
        _own_interpretation(value, interpretation, profile)
    if interpretation in _ABNORMAL:
        value.flags = (*value.flags, f"abnormal:{interpretation}")
    if value.call == "POS" and value.number is None and value.comparator is None:
        value.comparator = quantities.as_comparator(interpretation)
        if value.comparator is not None:
            value.flags = (*value.flags, _out_of_range(value.comparator))


def _own_interpretation(value: Value, interpretation: str, profile: Profile) -> None:
    """A call from OBX-8: the profile's word or bound, else that of table 0078."""
    word = calls.plain(interpretation[:64])
    bound = profile.bounds.get(word)
    if bound is not None and value.number is None:
        value.call, value.comparator, value.flags = "POS", bound, (*value.flags, _out_of_range(bound))
    else:
        value.call = profile.words.get(word) or calls.of_interpretation(interpretation) or "UNMAPPED"


def targets(rows: list[Row]) -> tuple[list[Target], list[Row]]:
    """The targets of a test, each Ct with the target that it belongs to, and the rows they come from."""
    results = [row for row in rows if not row.is_ct]
    ct_rows = [row for row in rows if row.is_ct]
    owners = _Owners(results) if ct_rows and results else None
    cycles: dict[int, float | None] = {}
    alone: list[Row] = []
    for row in ct_rows:
        owner = owners.of(row, only=len(ct_rows) == 1) if owners else None
        if owner is None or owner in cycles:
            alone.append(row)
        else:
            cycles[owner] = row.ct
    found = [_target(row, cycles.get(index)) for index, row in enumerate(results)]
    return found + [_target(row, row.ct) for row in alone], results


class _Owners:
    """Which target a Ct is of: same code, same gene, same OBX-4, or there is just one of each."""

    __slots__ = ("by_code", "by_gene", "by_sub_id", "count")

    def __init__(self, results: list[Row]) -> None:
        self.count = len(results)
        self.by_code = _places(row.name.code for row in results)
        self.by_gene = _places(row.name.text for row in results)
        self.by_sub_id = _places(row.sub_id for row in results)

    def of(self, ct: Row, *, only: bool) -> int | None:
        """Index of the target; one of several that fit alike is none."""
        gene = CT_TARGET.get(ct.name.raw)
        for found in (
            self.by_code.get(ct.name.code, -1),
            self.by_gene.get(gene, -1) if gene else -1,
            self.by_sub_id.get(ct.sub_id, -1) if ct.sub_id else -1,
        ):
            if found >= 0:
                return found
        return 0 if only and self.count == 1 else None


def _places(names: Iterable[str | None]) -> dict[str | None, int]:
    """Where each name stands; -1 where it stands more than once."""
    places: dict[str | None, int] = {}
    for index, name in enumerate(names):
        places[name] = index if name not in places else -1
    return places


def _target(row: Row, ct: float | None) -> Target:
    return target_of(row.name, row.value, ct)


def target_of(name: CodedName, value: Value, ct: float | None) -> Target:
    """One target as the event names it."""
    return Target(
        code=name.code,
        text=name.text,
        loinc=name.loinc,
        call=value.call,
        value=value.number,
        comparator=value.comparator,
        unit=value.unit,
        ct=ct,
        flags=name.flags + value.flags if value.flags or name.flags else (),
    )


def order_status(code: str) -> ResultStatus:
    """OBR-25 (table 0123) and O.26; final where it says nothing."""
    return _ORDER_STATUS.get(code, "F")


def group_status(rows: list[Row], primary: Row | None, order_status: str) -> ResultStatus:
    """Of the row that stands for the test, else the least final of all rows, else OBR-25, else final.

    OBX-11 goes before OBR-25 because fixtures and machines shift the fields of OBR.
    """
    if primary is not None and primary.status is not None:
        return primary.status
    present = {row.status for row in rows}
    for status in ("P", "C", "F", "D", "X"):
        if status in present:
            return status
    return _ORDER_STATUS.get(order_status, "F")


# OBR-25 (table 0123).
_ORDER_STATUS: dict[str, ResultStatus] = {
    "O": "P", "I": "P", "S": "P", "A": "P", "P": "P", "R": "P", "C": "C", "F": "F", "X": "X",
}  # fmt: skip
