"""What a report says, before it is put into any form: tables of cells, each with where it came from. Pure."""

from dataclasses import dataclass, field
from typing import Literal

Source = Literal["device", "manual", "imported", "derived"]
Kind = Literal["text", "count", "number", "percent", "date"]
Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """``value`` None: not reported (never 0). ``source`` of its number; None: of a text, or not reported.

    ``events``: facts behind it. ``people``: it counts people, so the public is not told a small one.
    ``flag``: a code of what is wrong with it (``identity_broken`` …), empty: nothing.
    """

    value: Value
    source: Source | None = None
    events: int = 0
    people: bool = False
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """``code``: key of its title in the texts, ``report.<report>.<table>.<code>``, unless it has its own.

    ``vi`` and ``en``: words that people configured.
    """

    code: str
    kind: Kind = "count"
    vi: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """``key``: a code (district, facility, day …); ``label`` its name, the same in both languages.

    ``code``: instead of a label, a key of the texts. ``district`` for the scope of who asks.
    """

    key: str
    cells: tuple[Cell, ...]
    label: str = ""
    code: str = ""
    district: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """``total``: a row below, where the columns add up. ``additive``: rows sum to the total (suppression).

    ``public`` False: the public is not told it, since another table has the same numbers summed.
    """

    code: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    additive: bool = True
    public: bool = True


@dataclass(frozen=True, slots=True)
class Completeness:
    """Who should have reported, and who did not: keys with their names."""

    expected: int
    reported: int
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A remark by its key in the texts, ``report.<report>.note.<code>``, with what it names."""

    code: str
    told: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """``event_count``: facts that were read; None: the public is not told."""

    tables: tuple[Table, ...]
    event_count: int | None
    completeness: Completeness | None = None
    notes: tuple[Note, ...] = field(default=())
