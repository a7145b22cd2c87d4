"""The log of the store as lines, page by page, with what the store says stands."""

from storage.influx.closed_hours import add_hours
from storage.influx.measurements import event_types
from storage.influx.pages import PageLines, PageOfLog
from storage.projections import ProjectionReader


async def page_after(
    reader: ProjectionReader, pages: PageOfLog, after: int, limit: int, *, hours_before: int
) -> PageLines:
    """The next page; its ``last`` equals ``after`` at the end of the log.

    Of the hours that it changed only those before ``hours_before``: the others are sent as they close.

    Raises CursorGone, StoreUnavailable.
    """
    page = await reader.log_page(after, limit=limit, types=event_types())
    found = pages.read(page)
    if found.unknown_series:
        pages.know(await reader.series())
        found = pages.read(page)
    if found.instants:
        found.settle(await reader.contested(found.instants))
    await add_hours(found, reader, page.gate_hours, page.analyzer_hours, hours_before)
    return found
