"""The columns of each type's table. A type without columns has no table: its items have lists in them."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, get_args

from hub.intake_kinds import FIGURES_OF, KINDS
from hub.reported import RISK_LEVELS

ColumnKind = Literal["text", "count", "flag", "day", "moment", "day_or_moment", "choice", "words"]
TableKind = Literal[
    "declaration",
    "assessment",
    "quarantine-daily",
    "bed-status",
    "stock",
    "vaccination-session",
    "specimen",
    "facility",
    "reference",
    "rollout",
]
FIGURE: Final = "figures."


class Column(NamedTuple):
    """``field`` of the body, or ``figures.<code>``; ``vi`` and ``en``: words of a row that was configured."""

    field: str
    kind: ColumnKind = "text"
    needed: bool = True
    choices: tuple[str, ...] = ()
    vi: str = ""
    en: str = ""


class ConfiguredFigure(NamedTuple):
    """A row that people configured, with its words."""

    code: str
    vi: str
    en: str


_FACILITY_KINDS: Final = (
    "quarantine", "field-hospital", "hospital", "vaccination", "workplace", "laboratory",
)  # fmt: skip
_ENTERED: Final = Column("entered", "moment", needed=False)
_PLACE: Final = (Column("district"), Column("commune", needed=False))
_PERSON: Final = (Column("vnid", needed=False), Column("person", needed=False))
_DAY_OF: Final = (Column("facility"), Column("date", "day"))

_COLUMNS: Final[dict[TableKind, tuple[Column, ...]]] = {
    "declaration": (
        Column("reference"),
        Column("date", "day"),
        *_PLACE,
        *_PERSON,
        Column("visit_site", needed=False),
        Column("symptoms", "words", needed=False),
        _ENTERED,
    ),
    "assessment": (
        Column("workplace"),
        Column("district"),
        Column("level", "choice", choices=RISK_LEVELS),
        Column("submitted", "moment"),
    ),
    "quarantine-daily": (*_DAY_OF, Column("last_f0", "day", needed=False), _ENTERED),
    "bed-status": (*_DAY_OF, _ENTERED),
    "stock": (
        *_DAY_OF,
        Column("lot"),
        Column("product"),
        Column("kind", "choice", choices=("received", "used", "wasted", "sent", "stock")),
        Column("doses", "count"),
        Column("reference", needed=False),
        _ENTERED,
    ),
    "vaccination-session": (
        *_DAY_OF,
        Column("plan"),
        Column("lot"),
        Column("dose_number", "count"),
        Column("doses", "count"),
        _ENTERED,
    ),
    "specimen": (
        Column("specimen"),
        Column("collected", "day_or_moment"),
        Column("facility", needed=False),
        Column("district", needed=False),
        Column("commune", needed=False),
        Column("order", needed=False),
        *_PERSON,
        Column("round", "count", needed=False),
        Column("pool", "flag", needed=False),
        Column("contact_of_case", "flag", needed=False),
        _ENTERED,
    ),
    "facility": (
        Column("facility"),
        Column("name"),
        Column("kind", "choice", choices=_FACILITY_KINDS),
        *_PLACE,
        Column("level", needed=False),
        Column("site", needed=False),
        Column("valid_from", "day"),
        Column("valid_to", "day", needed=False),
    ),
    "reference": (
        Column("name"),
        Column("scope", needed=False),
        Column("valid_from", "day"),
        Column("value", "count"),
    ),
    "rollout": (Column("district"), Column("valid_from", "day"), Column("phase", "count")),
}
WITH_TABLE: Final[tuple[TableKind, ...]] = get_args(TableKind)


def columns_of(kind: TableKind, configured: Sequence[ConfiguredFigure] = ()) -> tuple[Column, ...]:
    """In the order of a template."""
    figures = FIGURES_OF.get(KINDS[kind])
    if figures is None:
        return _COLUMNS[kind]
    own = [Column(f"{FIGURE}{code}", "count", needed=False) for code in figures[1]]
    added = [Column(f"{FIGURE}{one.code}", "count", False, (), one.vi, one.en) for one in configured]
    return (*_COLUMNS[kind], *own, *added)
