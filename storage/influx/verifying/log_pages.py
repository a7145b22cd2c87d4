"""The log between two numbers, page by page."""

from collections.abc import AsyncIterator, Collection

from storage.contract import CursorGone
from storage.projections import MOST_EVENTS, LogPage, ProjectionReader


async def log_pages(
    reader: ProjectionReader, after: int, last: int | None, types: Collection[str]
) -> AsyncIterator[LogPage]:
    """What the log has after ``after``; what it let go of is left out.

    The page that holds ``last`` is the final one, and may go beyond it; None: to the end.
    """
    while last is None or after < last:
        try:
            page = await reader.log_page(after, limit=MOST_EVENTS, types=types)
        except CursorGone as gone:
            after = gone.first - 1
            continue
        if page.last == after:
            return
        after = page.last
        yield page
