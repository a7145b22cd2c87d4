"""What DHIS2 says of a data value set: which values it took, and why not each of the others.

Since 2.38 conflicts name the indexes of the values that they are about; before, only an object. Rejected
values are a matter for a person (a unit that is not assigned, a period that is locked): none is forced.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from api.feeds.dhis2.values import DataValue

MOST_CONFLICTS = 1000
LONGEST_CODE = 40
NOT_NAMED = "conflict"


class Conflict(NamedTuple):
    """``cell`` of the report, empty: DHIS2 did not say which; ``code``: DHIS2's own (E7600 …)."""

    cell: str
    code: str


class Imported(NamedTuple):
    """``status`` as DHIS2 has it; counts of values; ``ignored`` includes those of ``conflicts``."""

    status: Literal["SUCCESS", "WARNING", "ERROR"]
    imported: int
    updated: int
    ignored: int
    deleted: int
    conflicts: tuple[Conflict, ...]


class _Count(msgspec.Struct):
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    deleted: int = 0


class _Conflict(msgspec.Struct, rename="camel"):
    error_code: str = ""
    object: str = ""
    indexes: tuple[int, ...] = ()


class _Summary(msgspec.Struct, rename="camel"):
    status: Literal["SUCCESS", "WARNING", "ERROR"]
    import_count: _Count = msgspec.field(default_factory=_Count)
    conflicts: tuple[_Conflict, ...] = ()


class NotAnswered(ValueError):
    """What came is no import summary."""


def read_answer(body: bytes, sent: Sequence[DataValue]) -> Imported:
    """Of any version: the summary is the whole answer, or its ``response``. Raises NotAnswered."""
    try:
        told: Any = msgspec.json.decode(body)
        inner = told.get("response", told) if isinstance(told, dict) else None
        summary = msgspec.convert(inner, _Summary)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAnswered("dhis2.no_summary") from error
    count = summary.import_count
    found = [each for one in summary.conflicts for each in _conflicts(one, sent)]
    counts = count.imported, count.updated, count.ignored, count.deleted
    return Imported(summary.status, *counts, tuple(found[:MOST_CONFLICTS]))


def _conflicts(told: _Conflict, sent: Sequence[DataValue]) -> list[Conflict]:
    code = told.error_code if told.error_code.isalnum() else ""
    code = code[:LONGEST_CODE] or NOT_NAMED
    named = [sent[index].cell for index in told.indexes if 0 <= index < len(sent)]
    named = named or _by_object(told.object, sent)
    return [Conflict(cell, code) for cell in named or [""]]


def _by_object(name: str, sent: Sequence[DataValue]) -> list[str]:
    """Before 2.38 a conflict names a unit, an element or a combination by its code."""
    return [value.cell for value in sent if name and name in value[:3]]
