"""The log of the store as lines, page by page, with what the store says stands."""

from storage.influx.measurements import event_types
from storage.influx.pages import PageLines, PageOfLog
from storage.projections import ProjectionReader


async def page_after(reader: ProjectionReader, pages: PageOfLog, after: int, limit: int) -> PageLines:
    """The next page; its ``last`` equals ``after`` at the end of the log.

    Raises CursorGone, StoreUnavailable.
    """
    page = await reader.log_page(after, limit=limit, types=event_types())
    found = pages.read(page)
    if found.unknown_series:
        pages.know(await reader.series())
        found = pages.read(page)
    if found.instants:
        found.settle(await reader.contested(found.instants))
    if page.gate_hours:
        found.add_gate_hours(await reader.standing_gate_hours(page.gate_hours))
    if page.analyzer_hours:
        found.add_analyzer_hours(await reader.analyzer_hours(page.analyzer_hours))
    return found
