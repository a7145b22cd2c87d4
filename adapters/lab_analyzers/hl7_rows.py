"""OBX rows: their codes, their calls, their numbers. Nothing of a row passes that no list knows.

A machine writes the same few rows in every message, with other values: what a row says beside its value,
the words that it gives as one, and which rows belong together are read once and remembered. OBX-2 says how
OBX-5 is written (HL7 2.5.1 table 0125); rows that are pictures, documents or times carry no result.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from adapters.lab_analyzers import quantities
from adapters.lab_analyzers.er7 import Delimiters, Segment, split_fields
from adapters.lab_analyzers.loinc import CT_TARGET
from adapters.lab_analyzers.names import CodedName, Names
from adapters.lab_analyzers.observations import STATUS, Value, interpreted, measured, read_coded, read_free
from adapters.lab_analyzers.profiles import Profile
from adapters.lab_analyzers.quantities import CYCLES_UNITS
from hub.payloads import ResultStatus

_NO_RESULT_TYPES = frozenset(("ED", "RP", "DR", "DT", "TM", "TS", "DTM"))
_CODED_TYPES = frozenset(("CE", "CWE", "CNE", "CF"))
_LEAST_FINAL_FIRST: tuple[ResultStatus, ...] = ("P", "C", "F", "D", "X")
_REMEMBERED = 1024
_MAX_REMEMBERED_CHARACTERS = 512  # longer rows are prose, and would only fill the memory
_LEAST_FIELDS = 12  # up to OBX-11
_DIGIT = re.compile("[0-9]")
_NOTHING = Value()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What an OBX says beside its value and times."""

    kind: str
    name: CodedName
    sub_id: str
    unit: str
    flag: str  # OBX-8
    status: ResultStatus | None
    is_ct: bool


class Row(NamedTuple):
    """One OBX, read; only a Ct has ``ct``, and it has no ``value``. ``fields`` are as they came."""

    fields: list[str]
    shape: Shape
    ct: float | None
    value: Value


class Plan(NamedTuple):
    """How the rows of a test belong together, by their places.

    ``targets``: (a row, the row of its Ct or -1). ``alone``: Cts that belong to no target. ``status``: of
    the least final row.
    """

    targets: tuple[tuple[int, int], ...]
    alone: tuple[int, ...]
    status: ResultStatus | None


class RowReader:
    """Reads the rows of one device that are written with ``marks`` in ``charset``."""

    def __init__(self, profile: Profile, names: Names, marks: Delimiters, charset: str) -> None:
        self._profile = profile
        self._names = names
        self._marks = marks
        self._charset = charset
        self._shapes = lru_cache(_REMEMBERED)(self._shape)
        self._words = lru_cache(_REMEMBERED)(self._value)

    def read(self, lines: Iterable[str]) -> list[Row]:
        """The rows that carry a result."""
        rows: list[Row] = []
        for line in lines:
            fields = split_fields(line, self._marks)
            if len(fields) < _LEAST_FIELDS:
                fields += [""] * _LEAST_FIELDS
            _, _, kind, code, sub_id, said, unit, _, flag, _, _, observed = fields[:_LEAST_FIELDS]
            short = len(line) <= _MAX_REMEMBERED_CHARACTERS
            shape = (self._shapes if short else self._shape)(kind, code, sub_id, unit, flag, observed)
            if shape is None:
                continue
            if shape.is_ct:
                rows.append(Row(fields, shape, self._cycles(said), _NOTHING))
                continue
            is_word = short and (kind in _CODED_TYPES or _DIGIT.search(said) is None)
            rows.append(Row(fields, shape, None, (self._words if is_word else self._value)(shape, said)))
        return rows

    def segment(self, row: Row) -> Segment:
        """The whole of a row."""
        return Segment(row.fields, self._marks, self._charset)

    def _shape(self, kind: str, code: str, sub_id: str, unit: str, flag: str, observed: str) -> Shape | None:
        """None of a row that carries no result: an attachment, a time, data about the run."""
        profile = self._profile
        if kind in _NO_RESULT_TYPES or observed == "O" or (sub_id and sub_id in profile.metadata_sub_ids):
            return None
        segment = self._segment(code, unit, flag)
        name = self._names.read(segment.components(0))
        if not name.is_result:
            return None
        # Alinity m writes the text of the unit without its code.
        text = segment.text(1) or segment.text(1, 2)
        is_ct = name.is_ct or text.lower() in CYCLES_UNITS or kind in profile.ct_types
        return Shape(kind, name, sub_id, text, segment.text(2).upper(), STATUS.get(observed), is_ct)

    def _segment(self, *fields: str) -> Segment:
        return Segment([*fields], self._marks, self._charset)

    def _cycles(self, said: str) -> float | None:
        """The Ct; of an NA array (one a channel) that of the profile's channel, or the first there is."""
        at = self._profile.ct_component
        if not at and quantities.is_plain_cycles(said):
            return float(said) or None
        parts = self._segment(said).components(0)
        for part in parts[at - 1 : at] if at else parts:
            ct = quantities.cycles(part, self._profile.decimal)
            if ct is not None:
                return ct
        return None

    def _value(self, shape: Shape, said: str) -> Value:
        """What OBX-5 says; several repetitions only where they all say the same."""
        segment = self._segment(said)
        first, *others = segment.repetitions(0) if segment.is_repeated(0) else [segment.components(0)]
        value = self._of_components(first, shape)
        if any(self._of_components(other, shape) != value for other in others):
            value = Value(flags=("values_differ",))
        return interpreted(value, shape.flag, self._profile)

    def _of_components(self, components: Sequence[str], shape: Shape) -> Value:
        profile = self._profile
        if shape.kind in _CODED_TYPES:
            return read_coded(components, profile)
        if shape.kind == "SN":
            return measured(quantities.parse_structured(components, shape.unit, profile.decimal), profile)
        return read_free(components[0].strip(), shape.unit, shape.status, profile)


@lru_cache(_REMEMBERED)
def plan(shapes: tuple[Shape, ...]) -> Plan:
    """Each Ct goes to the target that it belongs to; a second one of the same target stands alone."""
    results = [place for place, shape in enumerate(shapes) if not shape.is_ct]
    cts = [place for place, shape in enumerate(shapes) if shape.is_ct]
    owners = _Owners([(place, shapes[place]) for place in results])
    ct_of: dict[int, int] = {}
    alone: list[int] = []
    for place in cts:
        owner = owners.of(shapes[place], only=len(cts) == 1)
        if owner < 0 or owner in ct_of:
            alone.append(place)
        else:
            ct_of[owner] = place
    present = {shape.status for shape in shapes}
    status = next((status for status in _LEAST_FINAL_FIRST if status in present), None)
    return Plan(tuple((place, ct_of.get(place, -1)) for place in results), tuple(alone), status)


class _Owners:
    """Which target a Ct is of: same code, same gene, same OBX-4, or there is just one of each."""

    def __init__(self, results: Sequence[tuple[int, Shape]]) -> None:
        self.only = results[0][0] if len(results) == 1 else -1
        self.by_code = _places((shape.name.code, place) for place, shape in results)
        self.by_gene = _places((shape.name.text, place) for place, shape in results)
        self.by_sub_id = _places((shape.sub_id, place) for place, shape in results)

    def of(self, ct: Shape, *, only: bool) -> int:
        """The place of the target, -1 where there is none; one of several that fit alike is none."""
        gene = CT_TARGET.get(ct.name.raw)
        for found in (
            self.by_code.get(ct.name.code, -1),
            self.by_gene.get(gene, -1) if gene else -1,
            self.by_sub_id.get(ct.sub_id, -1) if ct.sub_id else -1,
        ):
            if found >= 0:
                return found
        return self.only if only else -1


def _places(names: Iterable[tuple[str | None, int]]) -> dict[str | None, int]:
    """Where each name stands; -1 where it stands more than once."""
    places: dict[str | None, int] = {}
    for name, place in names:
        places[name] = place if name not in places else -1
    return places
