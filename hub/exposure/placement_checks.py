"""What may be entered about a lot: codes of what is wrong, empty for nothing."""

import re
from collections.abc import Sequence
from datetime import date

from hub.exposure.placements import LOT, MISTAKE, REASONS, place_now, standing
from hub.exposure.products import products
from hub.exposure.vial_monitor import VVM_TYPES
from storage.lots import Placement

MOST_DOSES = 10_000_000
FUTURE_MS = 10 * 60_000  # a clock of whoever asks may be a little ahead
_UNIT = re.compile(r"[a-z0-9_-]{1,64}\Z")
OLDEST_MS = 800 * 86_400_000  # no lot lasts longer, and readings are kept for 13 months
MOST_ROWS = 1000  # of one lot


def refusal(row: Placement, known: Sequence[Placement], now_ms: int) -> str:
    """Why ``row`` cannot be entered after the ``known`` ones of its lot."""
    if not row.actor:
        return "lot.no_actor"
    if not LOT.match(row.lot):
        return "lot.bad_number"
    if len(known) >= MOST_ROWS:
        return "lot.too_many_rows"
    return _refused_of_what(row, known) or _refused_of_when(row, now_ms) or _refused_of_where(row, known)


def same(row: Placement, known: Sequence[Placement]) -> Placement | None:
    """The row that says the same already: a request that was sent twice is one row."""
    wanted = row._replace(number=0, actor="", at_ms=0)
    found = (one for one in known if one._replace(number=0, actor="", at_ms=0) == wanted)
    corrected = {one.corrects for one in known}
    return next((one for one in found if one.number not in corrected), None)


def _refused_of_what(row: Placement, known: Sequence[Placement]) -> str:
    product = products().get(row.product)
    if product is None:
        return "lot.unknown_product"
    if any(one.product != row.product and one.number != row.corrects for one in standing(known)):
        return "lot.other_product"
    if not _is_day(row.expiry):
        return "lot.bad_expiry"
    if row.doses is not None and not 0 < row.doses <= MOST_DOSES:
        return "lot.bad_doses"
    if row.vvm and row.vvm not in VVM_TYPES:
        return "lot.bad_vvm"
    return "lot.never_frozen" if row.thawed_ms is not None and not product.frozen else ""


def _refused_of_when(row: Placement, now_ms: int) -> str:
    times = [row.from_ms, *([] if row.thawed_ms is None else [row.thawed_ms])]
    if max(times) > now_ms + FUTURE_MS:
        return "lot.in_future"
    return "lot.too_old" if min(times) < now_ms - OLDEST_MS else ""


def _refused_of_where(row: Placement, known: Sequence[Placement]) -> str:
    if row.corrects:
        if row.corrects not in {one.number for one in known}:
            return "lot.no_such_row"
        if row.corrects not in {one.number for one in standing(known)}:
            return "lot.already_corrected"
    if row.reason == MISTAKE:
        return "" if row.corrects and not row.unit else "lot.bad_reason"
    if bool(row.unit) == bool(row.reason) or row.reason not in ("", *REASONS):
        return "lot.bad_reason"
    if row.unit:
        return "" if _UNIT.match(row.unit) else "lot.bad_unit"
    rest = [one for one in standing(known) if one.number != row.corrects]
    before = place_now(rest, row.from_ms)
    return "" if before and before.unit else "lot.not_placed"


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
