"""What a daily report of facilities is made of. Pure data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.reports.frame.content import Column
from api.reports.reported_facts import rows_on
from hub.reported import BedStatus, QuarantineDay, ReportRow
from storage.reporting import StoredFact

Daily = QuarantineDay | BedStatus
FLOW, FLOW_IN = "flow", "flow_in"


@dataclass(frozen=True, slots=True)
class Field:
    """``group``: the figure, or kind of figures, that it tells a part of. ``stock``: how many there are, not
    how many came to be on the day. ``people``: it counts them. ``dated``: a day, beside the figures."""

    code: str
    group: str = ""
    stock: bool = False
    people: bool = True
    dated: bool = False
    vi: str = ""
    en: str = ""

    @property
    def column(self) -> Column:
        return Column(self.code, "date" if self.dated else "count", self.vi, self.en)


@dataclass(frozen=True, slots=True)
class Spec:
    """``inside``: the figure that must be yesterday's plus those of ``came`` minus those of ``left``.

    ``wholes``: figures of which those under them tell parts. ``optional``: codes that people configured.
    """

    report: str
    kind: str
    daily: type[Daily]
    fields: tuple[Field, ...]
    inside: str
    came: tuple[str, ...]
    left: tuple[str, ...]
    wholes: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()

    def configured(self, rows: Sequence[StoredFact], day: date) -> "Spec":
        """With the rows that people configured for ``day``, each behind its group."""
        own = [field.code for field in self.fields]
        found = rows_on(rows, self.report, day, own)
        fields = list(self.fields)
        for row in found:
            fields.insert(_behind(fields, row), Field(row.code, row.under, vi=row.vi, en=row.en))
        return replace(
            self,
            fields=tuple(fields),
            came=(*self.came, *(row.code for row in found if row.under == FLOW_IN)),
            left=(*self.left, *(row.code for row in found if row.under == FLOW)),
            optional=frozenset(row.code for row in found),
        )


def _behind(fields: Sequence[Field], row: ReportRow) -> int:
    """After the last one of its group; at the end where there is none."""
    of = [at for at, field in enumerate(fields) if row.under and row.under in (field.group, field.code)]
    return of[-1] + 1 if of else len(fields)
