"""A table that somebody sent: read beside the event loop, checked as a whole, entered or not."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from api.access import Identity
from api.deck import Deck
from api.intake import Progress, entered_in_parts
from api.intake_files.columns import ConfiguredFigure, TableKind, columns_of
from api.intake_files.reading import Filled, filled, read_table
from api.intake_files.table import BadTable
from api.problems import Problem
from hub.intake_kinds import ADMIN_KINDS, FIGURES_OF, KINDS
from hub.reported import ReportRowsSet
from storage.reporting import FactFilter
from storage.reporting_versions import STILL

OUTCOMES = ("created", "updated", "unchanged", "superseded")
_READ = asyncio.Semaphore(2)  # a table takes memory while it is read
T = TypeVar("T")


class Upload(NamedTuple):
    """``counts`` by outcome; with ``errors`` ({row field code}, 200 at most) nothing was entered."""

    rows: int
    counts: dict[str, int]
    errors: list[dict[str, Any]]


def require_role(kind: TableKind, who: Identity) -> None:
    """Raises Problem 403: what reports are made by is the administrators'."""
    if kind in ADMIN_KINDS and not who.may("admin"):
        raise Problem(403, "role.missing", "This needs the role admin.")


async def upload(
    deck: Deck, kind: TableKind, body: bytes, who: Identity, *, check: bool, progress: Progress | None = None
) -> Upload:
    """``progress`` is told how many rows are entered; raises Problem 403, 421, 422 (no table) or 503."""
    require_role(kind, who)
    read = await _filled(deck, kind, body)
    if read.errors:
        return Upload(len(read.rows), {}, [error._asdict() for error in read.errors])
    done, wrong = await entered_in_parts(deck, kind, read.bodies, who.id, check=check, progress=progress)
    counts = {name: sum(row["outcome"] == name for row in done) for name in OUTCOMES}
    errors = [{"row": read.rows[one["index"]], "field": one["field"], "code": one["code"]} for one in wrong]
    return Upload(len(read.rows), {} if errors else counts, errors)


async def _filled(deck: Deck, kind: TableKind, body: bytes) -> Filled:
    zone, figures = ZoneInfo(deck.settings.timezone), await configured_figures(deck, kind)
    return await beside(lambda: filled(kind, read_table(body), zone, figures))


async def beside(make: Callable[[], T]) -> T:
    """In a thread; raises Problem 422 for no table, 501 without the extra."""
    try:
        async with _READ:
            return await asyncio.to_thread(make)
    except BadTable as error:
        errors = [{"row": 0, "field": "", "code": str(error)}]
        detail = "The file is no table that can be read; nothing was entered."
        raise Problem(422, "intake.bad_file", detail, errors=errors) from error
    except ImportError as error:
        detail = "Workbooks need the extra: pip install 'epihub[xlsx]'. CSV needs nothing more."
        raise Problem(501, "intake.no_xlsx", detail) from error


async def configured_figures(deck: Deck, kind: TableKind) -> Sequence[ConfiguredFigure]:
    """What people added to the report of ``kind``; of several words for a code the last."""
    if KINDS[kind] not in FIGURES_OF:
        return ()
    report, _ = FIGURES_OF[KINDS[kind]]
    facts = await deck.reader.facts(FactFilter(ReportRowsSet.TYPE, STILL - 1, scopes=[report]))
    rows = [row for fact in facts if isinstance(fact.payload, ReportRowsSet) for row in fact.payload.rows]
    return tuple({row.code: ConfiguredFigure(row.code, row.vi, row.en) for row in rows}.values())


async def template(deck: Deck, kind: TableKind, form: str, language: Any) -> bytes:
    """``form``: csv or xlsx. Raises Problem 501."""
    from api.intake_files.template import csv_template, xlsx_template

    columns = columns_of(kind, await configured_figures(deck, kind))
    return await beside(lambda: (xlsx_template if form == "xlsx" else csv_template)(columns, language))
