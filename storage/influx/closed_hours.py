"""Hours of gates and analyzers are sent once they are over: a server may keep any of several values of one.

A pass sends each hour as it closes; until then what events change in it is left to that pass. What changes
an hour that is sent already is sent at once, by the page of the log or of history that tells of it.
"""

from collections.abc import Collection

from storage.gates import HOUR_MS
from storage.influx.days import DAY_MS
from storage.influx.pages import PageLines, PageOfLog
from storage.projections import AnalyzerHourKey, GateHourKey, ProjectionReader

# Events of an hour's last minutes come with it, where their edge is not away.
CLOSING_MS = 5 * 60_000
# Before what is settled so many are sent again at the start: the cursor's time is not theirs.
HOURS_AGAIN = 2
HOURS_A_DAY = DAY_MS // HOUR_MS
# Hourly figures stay ten years, where single readings are gone: so far back every day is looked at.
DAYS_OF_HOURS = 3660


def closed_before(now_ms: int) -> int:
    """Hours before this one (since 1970-01-01T00Z) are over, and were five minutes ago."""
    return (now_ms - CLOSING_MS) // HOUR_MS


def first_unsettled(settled_at_ms: int, now_ms: int) -> int:
    """Hours before this one are settled where the cursor was told last at ``settled_at_ms``."""
    oldest = closed_before(now_ms) - DAYS_OF_HOURS * HOURS_A_DAY
    return max(oldest, closed_before(min(settled_at_ms, now_ms)) - HOURS_AGAIN)


def first_of_pass(settled_at_ms: int, now_ms: int) -> int:
    """Where the pass begins; of a new cursor (0) log and history send the closed ones."""
    return first_unsettled(settled_at_ms, now_ms) if settled_at_ms else closed_before(now_ms)


def end_of_load(first: int, closed: int) -> int:
    """Where a load of the pass that begins with ``first`` ends: with its UTC day at most."""
    return min(closed, (first // HOURS_A_DAY + 1) * HOURS_A_DAY)


async def add_hours(
    found: PageLines,
    reader: ProjectionReader,
    gates: Collection[GateHourKey],
    analyzers: Collection[AnalyzerHourKey],
    before: int,
) -> None:
    """Those before the hour ``before``, as they stand; raises StoreUnavailable."""
    gates = [key for key in gates if key.hour < before]
    analyzers = [key for key in analyzers if key.hour < before]
    if gates:
        found.add_gate_hours(await reader.standing_gate_hours(gates))
    if analyzers:
        found.add_analyzer_hours(await reader.analyzer_hours(analyzers))


async def page_of_hours(reader: ProjectionReader, pages: PageOfLog, first: int, before: int) -> PageLines:
    """All from ``first`` on of its UTC day, but for those from ``before`` on; raises StoreUnavailable."""
    found = PageLines(pages.book)
    gates, analyzers = await reader.hours_of_day(first // HOURS_A_DAY)
    await add_hours(
        found,
        reader,
        [key for key in gates if key.hour >= first],
        [key for key in analyzers if key.hour >= first],
        before,
    )
    return found
